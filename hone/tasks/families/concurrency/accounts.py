"""Transfers between accounts that have locks of their own: both are held, and nobody waits for ever."""

import random

from hone.tasks.checks import CallCheck
from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.concurrency.by_rules import marked
from hone.tasks.families.concurrency.interleaved import threaded_draft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import worded
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "`balances` are the accounts with what is on each at first. `transfer` takes `amount` (0 or more) off the "
        "source and adds it to the target, then calls `note(source, target)`, and then returns True. While it does so, "
        "from the first change until `note` has returned, no other thread sees or changes these two accounts: "
        "`balance` and other transfers of them wait. Where the source would fall below -{credit}, nothing is changed "
        "or noted, and it returns False. Transfers that have no account in common do not wait for each other, not "
        "even while `note` runs; `balance` returns what is on an account. Any number of threads may use it at the "
        "same time, and none may wait for ever.",
        "Each name in `balances` is an account. `transfer` moves `amount` (0 or more) from the source to the target "
        "and returns True, unless the source would then hold less than -{credit}: then nothing happens, and it returns "
        "False. A transfer that is made calls `note(source, target)` after both accounts have changed and before any "
        "other thread may see or change either of them: whoever asks for their `balance`, or transfers from or to "
        "them, waits until `note` has returned. Threads that work on other accounts must not wait for it. Whatever "
        "is transferred at the same time, no two threads may wait for each other for ever.",
    ),
    "total": (
        "`total` returns the sum of all accounts at one moment: no transfer is seen by half.",
        "`total` adds up all accounts as they are at one instant, never in the middle of a transfer.",
    ),
    "same": (
        "A transfer from an account to itself changes no balance, whatever the amount; it is noted, and returns True.",
    ),
    "unknown": ("Whatever names an account that is not in `balances` raises KeyError and changes nothing.",),
    "fee": (
        "A transfer that is made also takes {fee} off the source, for good{not_same}; with it, too, the source must "
        "not fall below -{credit}.",
    ),
    "spread": (
        "`spread` makes one transfer of `amount` from the source to each of the targets (different accounts, none of "
        "them the source) in one step: all of them, with True, or, where the source would fall below -{credit}, none, "
        "with False. No other thread sees or changes any of these accounts meanwhile; "
        "`note(source, target)` is called for each target in the order given, once all accounts have changed.",
    ),
}
_HEAD = """
class $name:
    def __init__(self, balances: dict[str, int], note: Callable[[str, str], None]) -> None: ...
    def transfer(self, source: str, target: str, amount: int) -> bool: ...
    def balance(self, name: str) -> int: ...
    def total(self) -> int: ...  #? total
    def spread(self, source: str, targets: list[str], amount: int) -> bool: ...  #? spread
"""
_REFERENCE = """
import threading
from collections.abc import Callable
from contextlib import ExitStack  #? !nested|total|spread


class $name:
    def __init__(self, balances: dict[str, int], note: Callable[[str, str], None]) -> None:
        self.balances = dict(balances)
        self.note = note
        self.locks = {name: threading.$kind() for name in balances}

    #? nested
    def transfer(self, source: str, target: str, amount: int) -> bool:
        #? unknown
        if source not in self.locks or target not in self.locks:
            raise KeyError("no such account")
        #? same
        if source == target:
            with self.locks[source]:
                self.note(source, target)
                return True
        first, second = sorted((source, target))
        with self.locks[first], self.locks[second]:
            if self.balances[source] - $taken < -$credit:
                return False
            self.balances[source] -= $taken
            self.balances[target] += amount
            self.note(source, target)
            return True

    #? !nested {
    def _held(self, names: set[str]) -> ExitStack:
        held = ExitStack()
        for name in sorted(names):
            held.enter_context(self.locks[name])
        return held

    def transfer(self, source: str, target: str, amount: int) -> bool:
        #? unknown
        if not {source, target} <= self.locks.keys():
            raise KeyError("no such account")
        with self._held({source, target}):
            if source != target:  #? same
                if self.balances[source] - $taken < -$credit:  #? same
                    return False  #? same
                self.balances[source] -= $taken  #? same
                self.balances[target] += amount  #? same
            if self.balances[source] - $taken < -$credit:  #? !same
                return False  #? !same
            self.balances[source] -= $taken  #? !same
            self.balances[target] += amount  #? !same
            self.note(source, target)
        return True
    #? }

    def balance(self, name: str) -> int:
        with self.locks[name]:
            return self.balances[name]

    #? total
    def total(self) -> int:
        with ExitStack() as held:
            for name in sorted(self.locks):
                held.enter_context(self.locks[name])
            return sum(self.balances.values())

    #? spread
    def spread(self, source: str, targets: list[str], amount: int) -> bool:
        #? unknown
        if not {source, *targets} <= self.locks.keys():
            raise KeyError("no such account")
        with ExitStack() as held:
            for name in sorted({source, *targets}):
                held.enter_context(self.locks[name])
            cost = $taken * len(targets)
            if self.balances[source] - cost < -$credit:
                return False
            self.balances[source] -= cost
            for target in targets:
                self.balances[target] += amount
            for target in targets:
                self.note(source, target)
            return True
"""
_SCENARIO = """
def scenario(solution, seed, threads, rounds, amount, start):
    names = ["n$tag", "c$tag", "x$tag", "a$tag"]
    noted = []
    bank = solution.$name({name: 10000 for name in names[:3]}, opaque(lambda *pair: noted.append(pair)))
    sums, before = set(), sum(bank.balance(name) for name in names[:3])

    def move(number):
        for n in range(rounds):
            source, target = names[(number + n) % 3], names[(2 * number + n + 1 + number % 2) % 3]
            if source == target:
                target = names[(number + n + 1) % 3]
            if number % 2:
                source, target = target, source
            bank.transfer(source, target, amount + n)
            bank.spread(target, [name for name in names[:3] if name != target], amount)  #? spread
            if number == 0:  #? total
                sums.add(bank.total() - before)  #? total

    if not together([lambda n=n: move(n) for n in range(threads)], seed):
        return ["stuck"]
    facts = [[bank.balance(name) for name in names[:3]], len(noted)]
    facts.append(all(change % $least == 0 and change <= 0 for change in sums))  #? total
    facts.append(bank.total())  #? total

    noted.clear()
    poor = solution.$name({name: start for name in names}, opaque(lambda *pair: noted.append(pair)))
    made = []

    def take(number):
        for n in range(rounds):
            made.append(poor.transfer(names[0], names[1 + (number + n) % 3], amount))

    if not together([lambda n=n: take(n) for n in range(threads)], seed):
        return ["stuck"]
    facts += [made.count(True), made.count(False), poor.balance(names[0]), len(noted)]
    facts.append(sum(poor.balance(name) for name in names))
    #? spread {
    noted.clear()
    wide = solution.$name({name: start for name in names}, opaque(lambda *pair: noted.append(pair)))
    for part in ([names[1], names[3]], [names[2]], [names[3], names[1], names[2]], [names[1]] * (amount > 2)):
        facts.append(wide.spread(names[0], part, amount))
        facts.append([[names.index(name) for name in pair] for pair in noted])
        facts.append([wide.balance(name) for name in names])
    for number in range(4):
        facts.append(wide.spread(names[number], [name for name in names if name != names[number]], start // 3))
    #? }

    # While one is noted, whoever needs its accounts waits.
    seen, free, asked, waited = [], [], [], []

    @opaque
    def note(source, target):
        seen.append((source, target))
        if (source, target) == (names[1], names[0]):
            until(lambda: 1 in free and len(asked) == len(others))
            _sleep(0.005)
            waited.extend([len(seen), len(free)])

    apart = solution.$name({name: 100 for name in names}, note)

    def apart_from_it():
        until(lambda: seen)
        facts.append(apart.transfer(names[3], names[2], 1))
        free.append(1)

    def waiting(function):
        until(lambda: seen)
        asked.append(1)
        function()

    def look():
        apart.balance(names[1])
        free.append(2)

    others = [lambda: waiting(look), lambda: waiting(lambda: apart.transfer(names[0], names[1], 1))]
    others.append(lambda: waiting(lambda: apart.transfer(names[0], names[0], 1)))  #? same
    if not together([lambda: apart.transfer(names[1], names[0], 1), apart_from_it, *others], seed):
        return ["stuck"]
    facts += [waited, sorted(free)]

    # Whoever sees that one account has changed sees that the other has, and that it was noted.
    def balanced():
        before, kept = [], []
        plain = solution.$name({name: 100 for name in names}, opaque(lambda *pair: kept.append(pair)))

        def look():
            one, noted, other, again = before
            fine = (one == 100 or (noted and other > 100)) and (other == 100 or again < 100)
            return None if fine else before

        def see():
            before.append(plain.balance(names[0]))
            before.append(len(kept))
            before.append(plain.balance(names[1]))
            before.append(plain.balance(names[0]))

        return lambda: plain.transfer(names[0], names[1], 1), see, look

    facts.append(cut(balanced, seed))
    #? same {
    same = solution.$name({name: start for name in names}, opaque(lambda *pair: noted.append(pair)))
    noted.clear()
    if not together([lambda: facts.append(same.transfer(names[2], names[2], amount + start))], seed):
        return ["stuck"]
    facts += [same.balance(names[2]), len(noted)]
    #? }
    #? unknown {
    odd = solution.$name({name: start for name in names}, opaque(lambda *pair: noted.append(pair)))
    for pair in (("q", names[1]), (names[1], "q")):
        facts.append(outcome(odd.transfer, *pair, 1))
    facts.append(outcome(odd.balance, "q"))
    #? }
    facts.append(outcome(odd.spread, names[0], [names[1], "q"], 0))  #? unknown spread
    facts.append(outcome(odd.spread, "q", [names[1]], 0))  #? unknown spread
    facts.append([odd.balance(name) for name in names])  #? unknown
    return facts
"""


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    credit, fee = rng.randint(0, 60), rng.randint(1, 9)
    name = rng.choice(("Bank", "Accounts", "Ledger"))
    tag = rng.choice(("", "1", "_"))
    fee = fee if "fee" in rules else 0

    def inputs(rng: random.Random) -> tuple[list[Arguments], list[Arguments]]:
        shown: list[Arguments] = [(rng.randint(1, 2), rng.randint(1, 3), n + 2, rng.randint(0, 20)) for n in range(6)]
        hidden: list[Arguments] = [
            (1, 1, 0, 0),
            (2, 4, 7, 21 + 3 * fee - credit),
            (2, 6, 5, 25 - credit),
            (3, 6, 5, 9 + fee - credit),
            (4, 5, 6, 5 * (6 + fee) - credit - 1),
        ]
        hidden += [(rng.randint(2, 4), rng.randint(2, 8), rng.randint(1, 9), rng.randint(0, 60)) for _ in range(5)]
        return shown, [(threads, rounds, amount, max(start, 0)) for threads, rounds, amount, start in hidden]

    def show(_: str, check: CallCheck) -> str:
        threads, rounds, amount, start = check.args
        place = 4 if "total" in rules else 2
        return (
            f"With {start} on an account, {threads} threads that each try {rounds} times to transfer {amount} from it "
            f"to others get True {check.expected[place]} times in all, and leave {check.expected[place + 2]} on it."
        )

    return threaded_draft(
        parameters=(credit, *([fee] if fee else [])),
        name=name,
        interface=marked(_HEAD, rules, name=name).strip(),
        asked=worded(
            rng,
            _ASKED,
            rules,
            credit=credit,
            fee=fee,
            not_same=", but for one from an account to itself" if "same" in rules else "",
        ),
        reference=marked(
            _REFERENCE,
            {*rules, *rng.choice(((), ("nested",)))},
            name=name,
            credit=credit,
            taken=f"(amount + {fee})" if fee else "amount",
            kind=rng.choice(("Lock", "RLock", "Semaphore")),
        ),
        scenario=marked(_SCENARIO, rules, name=name, tag=tag, least=fee or 10**9),
        inputs=inputs,
        show=show,
    )


FAMILY = DraftedFamily(
    name="concurrency.accounts",
    about="transfers between accounts with locks of their own, without deadlock",
    skills=("threads", "lock order", "deadlock"),
    compositions={
        1: (("base",),),
        2: (("base", "total"), ("base", "same"), ("base", "fee")),
        3: (("base", "same", "fee"), ("base", "total", "fee"), ("base", "spread"), ("base", "total", "same")),
        4: (
            ("base", "same", "unknown", "total"),
            ("base", "spread", "unknown"),
            ("base", "same", "fee", "spread"),
            ("base", "total", "unknown", "fee"),
        ),
        5: (
            ("base", "total", "same", "unknown", "fee", "spread"),
            ("base", "same", "unknown", "fee", "spread"),
            ("base", "total", "same", "unknown", "spread"),
        ),
    },
    draw=_draw,
)
