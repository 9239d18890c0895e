"""Rate limiters that threads share: so many calls in each window of time, on a clock that is given."""

import random
from typing import Any

from hone.tasks.checks import CallCheck
from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.concurrency.by_rules import marked
from hone.tasks.families.concurrency.interleaved import threaded_draft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import worded
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "`clock()` returns the time as a whole number. Time falls into windows of {period}: a time t belongs to window "
        "t // {period}. `allow` returns True for the first {limit} calls in a window and False for all others in it. "
        "Any number of threads may call it at the same time.",
        "It lets at most {limit} calls through in one window of time, whichever threads they come from: for these "
        "`allow` returns True, for every other one False. `clock()` tells the time, an int; it is window "
        "`clock() // {period}`.",
    ),
    "keys": (
        "Each key is counted by itself, as if it had a limiter of its own.",
        "All of this holds for each key separately.",
    ),
    "cost": (
        "A call counts for as many as `cost`: it is let through if what is left of the {limit} in the window covers "
        "all of it, and otherwise takes nothing.",
    ),
    "left": ("`left` returns how much of the {limit} can still be used in the current window.",),
    "refund": (
        "`refund` gives back {back} of what was used in the current window, or all of it if that is less.",
        "`refund` takes {back} off what was used in the current window, though never to below nothing.",
    ),
    "block": (
        "If `allow` returned False {strikes} times or more in one window, it lets nothing through in the window "
        "right after that one (window number one higher), where refusals count just the same{none_left}.",
    ),
    "reject": ("`allow` raises ValueError where the cost is less than 1, which counts for nothing.",),
}
_HEAD = """
class $name:
    def __init__(self, clock: Callable[[], int]) -> None: ...
    def allow(self) -> bool: ...  #? !keys !cost
    def allow(self, key: str) -> bool: ...  #? keys !cost
    def allow(self, cost: int) -> bool: ...  #? !keys cost
    def allow(self, key: str, cost: int) -> bool: ...  #? keys cost
    def left(self) -> int: ...  #? left !keys
    def left(self, key: str) -> int: ...  #? left keys
    def refund(self) -> None: ...  #? refund !keys
    def refund(self, key: str) -> None: ...  #? refund keys
"""
_REFERENCE = """
import threading
from collections.abc import Callable


class $name:
    def __init__(self, clock: Callable[[], int]) -> None:
        self.clock = clock
        self.lock = threading.$kind()
        self.window = -1  #? !keys
        self.used = 0  #? !keys
        self.refused = 0  #? block !keys
        self.shut = False  #? block !keys
        self.budgets: dict[str, Budget] = {}  #? keys

    #? !keys
    def _turn(self) -> None:
        window = self.clock() // $period
        if window != self.window:
            self.shut = window == self.window + 1 and self.refused >= $strikes  #? block
            self.refused = 0  #? block
            self.window, self.used = window, 0

    #? keys
    def _budget(self, key: str) -> "Budget":
        window = self.clock() // $period
        budget = self.budgets.setdefault(key, Budget(window))
        if budget.window != window:
            shut = window == budget.window + 1 and budget.refused >= $strikes  #? block
            budget = self.budgets[key] = Budget(window)
            budget.shut = shut  #? block
        return budget

    def allow(self) -> bool:  #? !keys !cost
    def allow(self, cost: int) -> bool:  #? !keys cost
    def allow(self, key: str) -> bool:  #? keys !cost
    def allow(self, key: str, cost: int) -> bool:  #? keys cost
        #? reject
        if cost < 1:
            raise ValueError("the cost is less than 1")
        with self.lock:
            $get
            #? !block
            if $it.used + $cost > $limit:
                return False
            #? block
            if $it.shut or $it.used + $cost > $limit:
                $it.refused += 1
                return False
            $it.used += $cost
            return True

    #? left {
    def left(self) -> int:  #? !keys
    def left(self, key: str) -> int:  #? keys
        with self.lock:
            $get
            return 0 if $it.shut else $limit - $it.used  #? block
            return $limit - $it.used  #? !block

    #? }
    #? refund {
    def refund(self) -> None:  #? !keys
    def refund(self, key: str) -> None:  #? keys
        with self.lock:
            $get
            $it.used = max($it.used - $back, 0)

    #? }

#? keys
class Budget:
    def __init__(self, window: int) -> None:
        self.window = window
        self.used = 0
        self.refused = 0  #? block
        self.shut = False  #? block
"""
_SCENARIO = """
def scenario(solution, seed, threads, calls, cost, ticks):
    now, facts = [0], []
    limiter = solution.$name(opaque(lambda: now[0]))
    for tick in ticks:
        now[0], answers = tick, [[] for _ in range($kinds)]

        def work(number):
            for n in range(calls):
                which = (number + n) % $kinds
                answers[which].append(limiter.allow($given))

        if not together([lambda n=n: work(n) for n in range(threads)], seed):
            return ["stuck"]
        for which in range($kinds):
            facts.append([answers[which].count(True), answers[which].count(False)])
            facts.append(limiter.left($key))  #? left
        #? refund {
        if not together([lambda n=n: limiter.refund($key_n) for n in range(2 * threads)], seed):
            return ["stuck"]
        for which in range($kinds):
        #? }
            answers = [limiter.allow($given) for _ in range($limit)]  #? refund
            facts.append([answers.count(True), answers.count(False)])  #? refund
    facts.append([outcome(limiter.allow, $worthless)[1] for which in range(2)])  #? reject
    #? left {
    # A look at a window that has just begun takes nothing back of what is used in it.
    def looked():
        time, which, cost = [0], 0, 1
        limiter = solution.$name(opaque(lambda: time[0]))
        limiter.allow($given)
        time[0] = $period
        seen, through = [], []

        def look():
            through.extend(limiter.allow($given) for _ in range($limit))
            fine = through.count(True) == $limit and seen[0] in ($limit, $limit - 1)
            return None if fine else [seen, through.count(True)]

        return lambda: seen.append(limiter.left($key)), lambda: through.append(limiter.allow($given)), look

    facts.append(cut(looked, seed))
    #? }
    return facts
"""


class _Model:
    """One limiter, or that of one key, asked by nobody else."""

    def __init__(self, rules: Rules, limit: int, strikes: int) -> None:
        self.rules, self.limit, self.strikes = rules, limit, strikes
        self.window, self.used, self.refused, self.shut = -1, 0, 0, False

    def turn(self, window: int) -> None:
        if window != self.window:
            self.shut = "block" in self.rules and self.refused >= self.strikes and window == self.window + 1
            self.window, self.used, self.refused = window, 0, 0

    def allow(self, cost: int) -> bool:
        if self.shut or self.used + cost > self.limit:
            self.refused += 1
            return False
        self.used += cost
        return True


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    limit, period = rng.randint(*((10, 20) if "refund" in rules else (3, 12))), rng.randint(2, 30)
    strikes, back = rng.randint(2, 6), rng.randint(1, 2)
    name = rng.choice(("Limiter", "Throttle", "RateLimit"))
    keyed = "keys" in rules
    kinds = 2 if keyed else 1
    words = {"name": name, "limit": limit, "period": period, "strikes": strikes, "back": back}

    def expected(threads: int, calls: int, cost: int, ticks: list[int]) -> list[Any]:
        models = [_Model(rules, limit, strikes) for _ in range(kinds)]
        facts: list[Any] = []
        cost = cost if "cost" in rules else 1
        for tick in ticks:
            for model in models:
                model.turn(tick // period)
            for which, model in enumerate(models):
                made = [(number + n) % kinds for number in range(threads) for n in range(calls)].count(which)
                answers = [model.allow(cost) for _ in range(made)]
                facts.append([answers.count(True), answers.count(False)])
                facts += [0 if model.shut else limit - model.used] if "left" in rules else []
            if "refund" in rules:
                for number in range(2 * threads):
                    models[number % kinds].used = max(models[number % kinds].used - back, 0)
                for model in models:
                    again = [model.allow(cost) for _ in range(limit)]
                    facts.append([again.count(True), again.count(False)])
        facts += [["ValueError"] * 2] if "reject" in rules else []
        return [*facts, []] if "left" in rules else facts

    def inputs(rng: random.Random) -> tuple[list[Arguments], list[Arguments]]:
        def ticks(most: int) -> list[int]:
            at = [rng.randint(0, 2 * period)]
            while len(at) < most:
                at.append(at[-1] + rng.choice((0, 1, period - 1, period, period, 2 * period)))
            return at

        def cost() -> int:
            return rng.randint(1, 4) if "cost" in rules else 1

        shown: list[Arguments] = [(rng.randint(1, 2), rng.randint(1, limit), cost(), ticks(2)) for _ in range(6)]
        edges: list[Arguments] = [
            (1, limit, 1, [0, period - 1]),
            (1, limit + 1, 1, [period, 2 * period]),
            (4, limit, 1, [0, 1, period]),
            (2, 2 * limit, 1, [period - 1, period, 3 * period]),
        ]
        return shown, [*edges, *((rng.randint(2, 4), rng.randint(1, limit), cost(), ticks(3)) for _ in range(6))]

    def show(_: str, check: CallCheck) -> str:
        threads, calls, cost, ticks = check.args
        taken = f" of cost {cost}" if "cost" in rules else ""
        per = ' with the keys "a" and "b" in turn' if keyed else ""
        whose = ' of those with the key "a"' if keyed else ""
        return (
            f"At time {ticks[0]}, {threads} threads each make {calls} calls{taken}{per}: "
            f"{check.expected[0][0]}{whose} are let through."
        )

    it, get = ("budget", "budget = self._budget(key)") if keyed else ("self", "self._turn()")
    given = ", ".join([*(['"ab"[which]'] if keyed else []), *(["cost"] if "cost" in rules else [])])
    none_left = " and `left` returns 0" if "left" in rules else ""
    kind = rng.choice(("Lock", "RLock", "Condition"))
    scenario = marked(
        _SCENARIO,
        rules,
        name=name,
        given=given,
        key='"ab"[which]' if keyed else "",
        key_n='"ab"[n % 2]' if keyed else "",
        worthless='"ab"[which], -which' if keyed else "-which",
        kinds=kinds,
        limit=limit,
        period=period,
    )
    return threaded_draft(
        parameters=(limit, period, *([strikes] if "block" in rules else []), *([back] if "refund" in rules else [])),
        name=name,
        interface=marked(_HEAD, rules, name=name).strip(),
        asked=worded(rng, _ASKED, rules, none_left=none_left, **words),
        reference=marked(
            _REFERENCE, rules, it=it, get=get, kind=kind, cost="cost" if "cost" in rules else "1", **words
        ),
        scenario=scenario,
        expected=expected,
        inputs=inputs,
        show=show,
    )


FAMILY = DraftedFamily(
    name="concurrency.rate_limiter",
    about="a rate limiter that threads share, on a clock that is given",
    skills=("threads", "locks", "time windows"),
    compositions={
        1: (("base",),),
        2: (("base", "keys"), ("base", "left"), ("base", "cost"), ("base", "refund")),
        3: (("base", "keys", "left"), ("base", "cost", "refund"), ("base", "block", "left"), ("base", "keys", "cost")),
        4: (
            ("base", "cost", "block", "reject"),
            ("base", "keys", "cost", "left", "reject"),
            ("base", "keys", "refund", "block"),
        ),
        5: (
            ("base", "keys", "cost", "left", "refund", "block", "reject"),
            ("base", "keys", "cost", "refund", "block", "reject"),
            ("base", "keys", "cost", "left", "block", "reject"),
        ),
    },
    draw=_draw,
)
