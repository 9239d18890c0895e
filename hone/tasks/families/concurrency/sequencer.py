"""Things that come from several threads in any order, and must go out in one.

Without its lock `held` would be as right where nothing is skipped: a length is read in one step. No repair drops it.
"""

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
        "Items are numbered {first}, {second}, {third} and so on. Threads `put` them in any order; each item goes to "
        "`sink(item)` once all items with lower numbers have, so that the sink gets them in the order of their "
        "numbers, and never two at the same time. `put` does not wait for lower numbers{but}: it keeps the item and "
        "returns. Once all calls of `put`{and_skip} have returned, everything whose turn has come has been through the "
        "sink.",
        "`put` takes items with numbers from {first} up, {step} apart, from any number of threads in any order, and "
        "passes them to `sink(item)` in the order of their numbers, one call after the other. An item whose turn has "
        "not come yet is kept, and `put` returns{but}. When no `put`{or_skip} is running any more, no item is still "
        "kept unless a lower number has not been put{either}.",
    ),
    "twice": (
        "`put` returns True; for a number that has been put {or_skipped}before it returns False, at once{far}, and the "
        "item counts for nothing.",
    ),
    "window": (
        "Only the next number due and the {window} numbers after it may be kept: `put` of one that is further ahead "
        "waits until it is not.",
        "`put` waits while its number is more than {window} places after the one that is due next.",
    ),
    "skip": (
        "`skip` says that a number will not come: those after it do not wait for it. For a number that "
        "has been put or skipped before, it does nothing{anyway}.",
    ),
    "held": ("`held` returns how many items are kept at the moment, waiting for their turn.",),
    "close": (
        "`close` returns the items that are kept, in the order of their numbers; they never go to the sink. After it, "
        "`put` raises RuntimeError{blocked}, and a second `close` returns an empty list. Whatever runs at the same "
        "time, an item whose `put` does not raise goes to the sink or is returned by `close`{unless}.",
    ),
}
_HEAD = """
class $name:
    def __init__(self, sink: Callable[[str], None]) -> None: ...
    def put(self, number: int, item: str) -> None: ...  #? !twice
    def put(self, number: int, item: str) -> bool: ...  #? twice
    def skip(self, number: int) -> None: ...  #? skip
    def held(self) -> int: ...  #? held
    def close(self) -> list[str]: ...  #? close
"""
_REFERENCE = """
import threading
from collections.abc import Callable


class $name:
    def __init__(self, sink: Callable[[str], None]) -> None:
        self.sink = sink
        self.lock = threading.$kind()
        self.due = $first
        self.kept: dict[int, str] = {}  #? !skip
        self.kept: dict[int, str | None] = {}  #? skip
        self.closed = False  #? close

    def put(self, number: int, item: str) -> None:  #? !twice
    def put(self, number: int, item: str) -> bool:  #? twice
        with self.lock:
            #? window
            while number > self.due + $ahead$but:
                self.lock.wait()
            #? close
            if self.closed:
                raise RuntimeError("closed")
            #? twice
            if number < self.due or number in self.kept:
                return False
            self.kept[number] = item
            self._deliver()
            return True  #? twice

    def _deliver(self) -> None:
        while self.due in self.kept:
            self.sink(self.kept.pop(self.due))  #? !skip
            item = self.kept.pop(self.due)  #? skip
            #? skip
            if item is not None:
                self.sink(item)
            self.due += $step
            self.lock.notify_all()  #? window

    #? skip
    def skip(self, number: int) -> None:
        with self.lock:
            if number >= self.due and number not in self.kept$open:
                self.kept[number] = None
                self._deliver()

    #? held !skip
    def held(self) -> int:
        with self.lock:
            return len(self.kept)

    #? held skip
    def held(self) -> int:
        with self.lock:
            return sum(item is not None for item in self.kept.values())

    #? close
    def close(self) -> list[str]:
        with self.lock:
            self.closed = True
            self.lock.notify_all()  #? window
            kept = [self.kept[number] for number in sorted(self.kept)]
            self.kept.clear()
            return kept  #? !skip
            return [item for item in kept if item is not None]  #? skip
"""
_SCENARIO = """
def scenario(solution, seed, threads, each):
    came, inside, overlaps, said = [], [0], [0], [[] for _ in range(threads)]

    @opaque
    def sink(item):
        inside[0] += 1
        overlaps[0] += inside[0] > 1
        _sleep(0)
        came.append(item)
        inside[0] -= 1

    total = threads * each
    line = solution.$name(sink)

    def put(number):
        mine = range(number, total, threads)
        $backwards
        for n in mine:
            #? skip
            if n % 4 == 2:
                line.skip($first + n * $step)
                line.skip($first + n * $step)
                continue
            said[number].append(line.put($first + n * $step, "i%d" % n))
            said[number].append(line.put($first + n * $step, "again"))  #? twice
            #? skip
            if n % 3 == 1:
                line.skip($first + n * $step)

    if not together([lambda n=n: put(n) for n in range(threads)], seed):
        return ["stuck"]
    facts = [list(came), overlaps[0], said]
    facts.append(line.held())  #? held
    #? twice {
    if not together([lambda n=n: facts.append(line.put($first + n * $step, "late")) for n in (0,)], seed):
        return ["stuck"]

    same, won = solution.$name(sink), []

    def race(number):
        for n in range(each):
            won.append(same.put($first + n * $step, "x"))

    came.clear()
    if not together([lambda n=n: race(n) for n in range(threads)], seed):
        return ["stuck"]
    facts += [won.count(True), won.count(False), len(came)]
    #? }

    #? window {
    came.clear()
    narrow, passed = solution.$name(sink), []

    def ahead(n):
        narrow.put($first + n * $step, "w%d" % n)
        passed.append(n)

    def first():
        until(lambda: len(passed) >= $window)
        _sleep(0.003)
        passed.append(sorted(passed))
        ahead(0)
        until(lambda: len(passed) >= $window + 3)
        _sleep(0.003)
        passed.append(len(passed))
        for n in range(1, each + 1):
            ahead($window + 1 + n)

    if not together([first, *[lambda n=n: ahead(n) for n in range(1, $window + 2)]], seed):
        return ["stuck"]
    facts += [[n for n in passed if isinstance(n, list)], list(came)]

    came.clear()
    far, passed, seen = solution.$name(sink), [], []

    def too_far():
        far.put($first + ($window + 2) * $step, "far")
        passed.append(True)

    def step_by_step():
        for n in range(2):
            _sleep(0.002)
            far.put($first + n * $step, "n%d" % n)
            _sleep(0.003)
            seen.append(len(passed))
        until(lambda: passed)
        far.put($first + 2 * $step, "n2")

    if not together([too_far, step_by_step], seed):
        return ["stuck"]
    facts += [seen[0], len(passed), list(came)]
    #? }
    #? window twice skip {
    beyond = solution.$name(sink)

    def skipped():
        beyond.skip($first + ($window + 3) * $step)
        facts.append(beyond.put($first + ($window + 3) * $step, "skipped"))

    if not together([skipped], seed):
        return ["stuck"]
    #? }

    came.clear()
    gap = solution.$name(sink)

    def gaps():
        for n in range($few, 1, -1):
            gap.put($first + n * $step, "g%d" % n)
            facts.append(gap.held())  #? held
        gap.put($first, "g0")

    if not together([gaps], seed):
        return ["stuck"]
    facts.append(list(came))
    facts.append(gap.held())  #? held
    #? skip !close
    if not together([lambda: gap.skip($first + $step)], seed):
        return ["stuck"]
    facts.append(list(came))
    #? close
    ends = []

    #? close window {
    def blocked():
        ends.append(outcome(gap.put, $first + ($window + 2) * $step, "far"))

    def close():
        _sleep(0.001 * (seed % 3))
        facts.append(gap.close())

    if not together([close, blocked, blocked], seed):
        return ["stuck"]
    #? }
    #? close !window
    if not together([lambda: facts.append(gap.close())], seed):
        return ["stuck"]

    #? close {
    def after():
        ends.append(outcome(gap.put, $first + 1 * $step, "after"))
        gap.skip($first + 1 * $step)  #? skip
        ends.append(gap.close())

    if not together([after], seed):
        return ["stuck"]
    facts += [ends, list(came)]

    # Of a `put` that is cut short by `close` the item is not lost, and not there twice.
    def closing(number):
        line, put, closed = solution.$name(sink), [], []
        came.clear()
        line.put($first + $step, "kept")

        def look():
            last, there = line.close(), came + closed[0]
            fine = there.count("kept") == 1 and there.count("new") == (put[0][0] == "returns") and last == []
            return None if fine else [put, closed, list(came), last]

        return (
            lambda: put.append(outcome(line.put, number, "new")),
            lambda: closed.append(line.close()),
            look,
        )

    for number in ($first, $first + 2 * $step):
        facts.append(cut(lambda: closing(number), seed))
    #? }
    #? skip {
    def skipping():
        line = solution.$name(sink)
        came.clear()
        line.put($first + $step, "kept")

        def look():
            return None if came == ["kept", "new"] and not overlaps[0] else [list(came), overlaps[0]]

        return lambda: line.skip($first), lambda: line.put($first + 2 * $step, "new"), look

    facts.append(cut(skipping, seed))
    #? }
    #? skip held {
    def counting():
        line, counts = solution.$name(sink), []
        line.put($first + $step, "kept")

        def look():
            return None if counts[0] in (1, 2) else counts

        return lambda: counts.append(line.held()), lambda: line.put($first + 2 * $step, "new"), look

    facts.append(cut(counting, seed))
    #? }
    return facts
"""


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    first, step, window = rng.randint(0, 20), rng.randint(1, 5), rng.randint(2, 5)
    name = rng.choice(("Sequencer", "Reorder", "InOrder"))
    waits, skips, closes = "window" in rules, "skip" in rules, "close" in rules

    def inputs(rng: random.Random) -> tuple[list[Arguments], list[Arguments]]:
        shown: list[Arguments] = [(rng.randint(1, 2), n + 1) for n in range(6)]
        return shown, [(1, 1), (1, 8), (3, 1), (4, 2), (2, 7), (4, 5), (3, 8), (4, 9), (3, 4), (2, 11)]

    def show(_: str, check: CallCheck) -> str:
        threads, each = check.args
        numbers = [first + n * step for n in range(threads * each)]
        skipped = [number for n, number in enumerate(numbers) if skips and n % 4 == 2]
        without = f", of which {skipped} are skipped instead" if skipped else ""
        return (
            f'{threads} threads put the numbers {numbers}{without}, with items "i0", "i1" and so on in the order of '
            f"the numbers: the sink gets {check.expected[0]}."
        )

    kind = "Condition" if waits else rng.choice(("Lock", "RLock", "Condition"))
    words = {"name": name, "first": first, "step": step, "window": window, "ahead": window * step}
    backwards = "" if waits else "mine = list(mine)[::-1] if number % 2 else mine"
    return threaded_draft(
        parameters=(first, step, *([window] if waits else [])),
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
            window=window,
            but=" (but see below)" if waits else "",
            and_skip=" and `skip`" if skips else "",
            or_skip=" or `skip`" if skips else "",
            either=" or skipped" if skips else "",
            or_skipped="or skipped " if skips else "",
            far=", however far ahead it is" if skips and waits else "",
            unless=", unless it counts for nothing" if "twice" in rules else "",
            anyway=", and after `close`, too" if closes else "",
            blocked=", also where it is waiting" if waits else "",
        ),
        reference=marked(
            _REFERENCE,
            rules,
            kind=kind,
            open=" and not self.closed" if closes else "",
            but=" and not self.closed" * closes + " and number not in self.kept" * (skips and "twice" in rules),
            **words,
        ),
        scenario=marked(_SCENARIO, rules, backwards=backwards, few=window if waits else 6, **words),
        inputs=inputs,
        show=show,
    )


FAMILY = DraftedFamily(
    name="concurrency.sequencer",
    about="items that come from threads in any order and go out in one",
    skills=("threads", "ordering", "conditions"),
    compositions={
        1: (("base",),),
        2: (("base", "twice"), ("base", "held"), ("base", "skip")),
        3: (("base", "twice", "skip"), ("base", "window"), ("base", "held", "skip"), ("base", "twice", "held")),
        4: (
            ("base", "twice", "window"),
            ("base", "skip", "close"),
            ("base", "window", "skip", "held"),
            ("base", "twice", "held", "close"),
        ),
        5: (
            ("base", "twice", "window", "skip", "held", "close"),
            ("base", "twice", "window", "skip", "close"),
            ("base", "window", "skip", "held", "close"),
        ),
    },
    draw=_draw,
)
