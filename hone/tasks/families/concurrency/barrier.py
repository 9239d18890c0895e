"""Barriers that are used again and again: nobody goes on before all have come, and nobody is left behind."""

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
        "It is for `parties` threads. `wait` blocks until `parties` threads have called it; then all of these return, "
        "and the next round begins, for which the same threads may call `wait` at once. Rounds are numbered {first}, "
        "{second}, {third} and so on; {returned}.",
        "Each call of `wait` waits until as many threads as there are `parties` have called it in this round, and lets "
        "them all go on. It can be used any number of times, by fast threads and slow ones together. The first "
        "round has the number {first}, and each further one a number higher by {step}; {returned}.",
    ),
    "place": ("The thread that came first in a round has place 0, the next one place 1, and so on.",),
    "action": (
        "In each round the thread that comes last calls `action(number)` with the number of the round, before any "
        "thread of the round returns.",
        "Once all have come, one of them calls `action` with the round's number, once, and none of them returns before "
        "it has ended.",
    ),
    "waiting": (
        "`waiting` returns how many threads have come in the current round so far. That is never all of them: with the "
        "last one the next round begins, and it is 0{meanwhile}.",
    ),
    "leave": (
        "`leave` takes one party away for good and does not block; if all of those that are left are waiting already, "
        "their round is complete with that{acted}. It is not called for the last party.",
    ),
    "abort": (
        "After `abort`, every `wait` raises RuntimeError, those that are blocked and those that are called later.",
    ),
    "reset": (
        "`reset` makes all that are blocked in `wait` raise RuntimeError and begins the same round anew with nobody "
        "waiting{mended}.",
    ),
}
_HEAD = """
class $name:
    def __init__(self, parties: int) -> None: ...  #? !action
    def __init__(self, parties: int, action: Callable[[int], None]) -> None: ...  #? action
    def wait(self) -> int: ...  #? !place
    def wait(self) -> tuple[int, int]: ...  #? place
    def waiting(self) -> int: ...  #? waiting
    def leave(self) -> None: ...  #? leave
    def abort(self) -> None: ...  #? abort
    def reset(self) -> None: ...  #? reset
"""
_REFERENCE = """
import threading
from collections.abc import Callable  #? action


class $name:
    def __init__(self, parties: int) -> None:  #? !action
    def __init__(self, parties: int, action: Callable[[int], None]) -> None:  #? action
        self.parties = parties
        self.action = action  #? action
        self.changed = threading.Condition()
        self.number = $first
        self.count = 0
        self.broken = False  #? abort
        self.resets = 0  #? reset

    def wait(self) -> int:  #? !place
    def wait(self) -> tuple[int, int]:  #? place
        with self.changed:
            #? abort
            if self.broken:
                raise RuntimeError("aborted")
            number = self.number
            place = self.count  #? place
            resets = self.resets  #? reset
            self.count += 1
            if self.count == self.parties:
                self._complete()
            $loop
                $block
            #? abort
            if self.broken and self.number == number:
                raise RuntimeError("aborted")
            #? reset
            if self.resets != resets and self.number == number:
                raise RuntimeError("reset")
            return number  #? !place
            return number, place  #? place

    def _complete(self) -> None:
        self.count = 0
        self.action(self.number)  #? action
        self.number += $step
        self.changed.notify_all()

    #? waiting
    def waiting(self) -> int:
        with self.changed:
            return self.count

    #? leave
    def leave(self) -> None:
        with self.changed:
            self.parties -= 1
            if self.count == self.parties:
                self._complete()

    #? abort
    def abort(self) -> None:
        with self.changed:
            self.broken = True
            self.changed.notify_all()

    #? reset
    def reset(self) -> None:
        with self.changed:
            self.resets += 1
            self.count = 0
            self.broken = False  #? abort
            self.changed.notify_all()
"""
_SCENARIO = """
def scenario(solution, seed, parties, rounds):
    came, early, numbers, acted = [0] * (2 * rounds + 9), [], [[] for _ in range(parties)], []

    @opaque
    def act(number):
        acted.append([number, sum(map(len, numbers))])
        _sleep(0)

    gate = solution.$name(parties$action)

    def go(number):
        for n in range(rounds):
            came[n] += 1
            numbers[number].append(gate.wait())
            if came[n] != parties:
                early.append(n)

    if not together([lambda n=n: go(n) for n in range(parties)], seed):
        return ["stuck"]
    facts = [len(early)]
    facts.append([sorted(seen[n] for seen in numbers) for n in range(rounds)])
    facts.append([number for number, _ in acted])  #? action
    facts.append([got - parties * n for n, (_, got) in enumerate(acted)])  #? action
    facts.append(gate.waiting())  #? waiting

    #? waiting {
    slow, counts = solution.$name(parties$action), []

    def come(number):
        until(lambda: len(counts) > number)
        slow.wait()

    def count():
        for n in range(parties):
            until(lambda: slow.waiting() >= n)
            _sleep(0.001)
            counts.append(slow.waiting())

    if not together([count, *[lambda n=n: come(n) for n in range(parties)]], seed):
        return ["stuck"]
    facts += [counts, slow.waiting()]

    # With the last one the round is complete: that all wait is never seen.
    def completed():
        alone, seen = solution.$name(1$action), []
        return alone.wait, lambda: seen.append(alone.waiting()), lambda: None if seen == [0] else seen

    facts.append(cut(completed, seed))
    #? }

    #? leave {
    fewer, left, acted[:] = solution.$name(parties + 2$action), [[] for _ in range(parties)], []

    def stay(number):
        for n in range(3):
            left[number].append(fewer.wait())

    def go_away(number):
        for n in range(number):
            fewer.wait()
        _sleep(0.002)
        fewer.leave()

    if not together([*[lambda n=n: stay(n) for n in range(parties)], lambda: go_away(0), lambda: go_away(1)], seed):
        return ["stuck"]
    #? }
    facts.append(left)  #? leave !place
    facts.append([[number for number, _ in seen] for seen in left])  #? leave place
    facts.append([number for number, _ in acted])  #? leave action

    #? abort {
    broken, ends = solution.$name(parties + 1$action), []

    def end():
        ends.append(outcome(broken.wait))

    def stop():
        _sleep(0.001 * (seed % 2))
        broken.abort()

    if not together([stop, *[end] * parties], seed) or not together([end], seed):
        return ["stuck"]
    facts.append(ends)
    #? }

    #? reset {
    anew, ends_2, again = solution.$name(parties + 1$action), [], []

    def hope():
        ends_2.append(outcome(anew.wait))

    def start_anew():
        while len(ends_2) < parties and until(lambda: True):
            anew.reset()
            _sleep(0.0005)

    if not together([start_anew, *[hope] * parties], seed):
        return ["stuck"]
    if not together([lambda: again.append(anew.wait()) for _ in range(parties + 1)], seed):
        return ["stuck"]
    facts += [ends_2, sorted(again)]
    #? }
    #? reset abort {
    anew.abort()
    anew.reset()
    if not together([lambda: again.append(anew.wait()) for _ in range(parties + 1)], seed):
        return ["stuck"]
    facts.append(sorted(again))
    #? }
    return facts
"""


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    first, step = rng.randint(0, 40), rng.randint(1, 4)
    name = rng.choice(("Barrier", "Gate", "Rendezvous"))
    conditions = [
        "self.number == number",
        *(["not self.broken"] if "abort" in rules else []),
        *(["self.resets == resets"] if "reset" in rules else []),
    ]
    held = " and ".join(conditions)
    loops = ((f"while {held}:", "self.changed.wait()"), (f"if {held}:", f"self.changed.wait_for(lambda: not ({held}))"))
    loop, block = rng.choice(loops)
    returned = "`wait` returns the number of its round"
    if "place" in rules:
        returned = "`wait` returns the number of its round and the place of the thread in it"

    def inputs(rng: random.Random) -> tuple[list[Arguments], list[Arguments]]:
        shown: list[Arguments] = [(rng.randint(2, 3), n + 1) for n in range(6)]
        return shown, [(1, 1), (1, 4), (2, 9), (5, 2), (3, 7), (4, 6), (2, 12), (4, 3), (3, 10), (5, 5)]

    def show(_: str, check: CallCheck) -> str:
        parties, rounds = check.args
        got = check.expected[1]
        return f"{parties} threads that each call wait {rounds} times get, in all and sorted by round, {got}."

    action = ", act" if "action" in rules else ""
    return threaded_draft(
        parameters=(first, step),
        name=name,
        interface=marked(_HEAD, rules, name=name).strip(),
        asked=worded(
            rng,
            _ASKED,
            rules,
            first=first,
            second=first + step,
            third=first + 2 * step,
            step=step,
            returned=returned,
            meanwhile=", also where it returns while `action` runs" if action else "",
            acted=", and whoever called `leave` calls `action`" if action else "",
            mended=", also after `abort`: from then on `wait` waits again" if "abort" in rules else "",
        ),
        reference=marked(_REFERENCE, rules, name=name, first=first, step=step, loop=loop, block=block),
        scenario=marked(_SCENARIO, rules, name=name, action=action),
        inputs=inputs,
        show=show,
    )


FAMILY = DraftedFamily(
    name="concurrency.barrier",
    about="a barrier that is used again and again",
    skills=("threads", "conditions", "missed wake-ups"),
    compositions={
        1: (("base",),),
        2: (("base", "place"), ("base", "action"), ("base", "waiting")),
        3: (("base", "place", "action"), ("base", "leave"), ("base", "waiting", "action"), ("base", "place", "leave")),
        4: (("base", "abort", "waiting"), ("base", "action", "leave", "waiting"), ("base", "place", "leave", "abort")),
        5: (
            ("base", "place", "action", "waiting", "leave", "abort", "reset"),
            ("base", "place", "action", "leave", "abort", "reset"),
            ("base", "action", "waiting", "leave", "abort", "reset"),
        ),
    },
    draw=_draw,
)
