"""Values that are computed once, however many threads ask at the same time, and without others waiting for it.

Without their locks `known` and `peek` would be as right, but where the number of values is bounded: then there is one
too many for a moment. No repair drops the others.
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
        "`get` returns `compute(key)`. The value is kept, so that `compute` runs once for each key, also where several "
        "threads ask for it at the same time: they wait for the one that runs it, and get the same value. Values "
        "below {least} are not kept: those who waited get it too, and whoever asks later makes it run anew. "
        "Different keys do not wait for each other: `compute` of one key may need another thread to `get` another key, "
        "and may itself `get` other keys.",
        "For each key `compute` runs at most once, however many threads `get` it at the same moment; all of them "
        "return what it returned, and so does every later `get`, for the value is kept, unless it is less than "
        "{least}: such a value is returned to those who asked while it was computed, and then forgotten. A `get` "
        "never waits because `compute` runs for another key, and `compute` may call `get` for other keys.",
    ),
    "errors": (
        "If `compute` raises, the `get` that ran it raises the same error, and nothing is kept. Of the threads that "
        "waited for it, one runs it again while the others go on waiting.",
        "An error of `compute` is raised by the `get` that called it, and by no other: those who waited for the value "
        "try again, one at a time.",
    ),
    "known": (
        "`known` returns the keys whose values are kept, sorted; it never waits for `compute`.",
        "`known` gives the keys of the kept values in sorted order, without waiting for any `compute`.",
    ),
    "forget": (
        "`forget` drops the value of a key and returns whether there was one. A `compute` that runs at that moment "
        "still serves those who have asked for it, but its value is not kept, and a `get` that comes after `forget` "
        "does not wait for it and runs `compute` anew.",
    ),
    "most": (
        "At most {most} values are kept: when one more is to be kept, the one that has been kept longest is dropped.",
    ),
    "peek": (
        "`peek` returns the value that is kept for a key, or None; it never computes and never waits for `compute`.",
    ),
}
_HEAD = """
class $name:
    def __init__(self, compute: Callable[[str], int]) -> None: ...
    def get(self, key: str) -> int: ...
    def known(self) -> list[str]: ...  #? known
    def forget(self, key: str) -> bool: ...  #? forget
    def peek(self, key: str) -> int | None: ...  #? peek
"""
_REFERENCE = """
import threading
from collections.abc import Callable
from concurrent.futures import Future  #? future


#? !future {
class Running:
    def __init__(self) -> None:
        self.ended = threading.Event()
        self.value: int | None = None


#? }
class $name:
    def __init__(self, compute: Callable[[str], int]) -> None:
        self.compute = compute
        self.lock = threading.$kind()
        self.values: dict[str, int] = {}
        self.running: dict[str, $running] = {}

    def get(self, key: str) -> int:
        #? errors
        while True:
            with self.lock:
                if key in self.values:
                    return self.values[key]
                running = self.running.get(key)
                if running is None:
                    mine = self.running[key] = $running()
            if running is None:
                return self._run(key, mine)
            #? !future {
            running.ended.wait()
            if running.value is not None:
                return running.value
            #? }
            #? future {
            value = running.result()
            if value is not None:
                return value
            #? }
        #? !errors {
        with self.lock:
            if key in self.values:
                return self.values[key]
            running = self.running.get(key)
            if running is None:
                mine = self.running[key] = $running()
        if running is None:
            return self._run(key, mine)
        #? !future {
        running.ended.wait()
        return running.value
        #? }
        return running.result()  #? future
        #? }

    def _run(self, key: str, running: "$running") -> int:
        #? errors {
        value = None
        try:
            value = self.compute(key)
            return value
        finally:
            with self.lock:
                if self.running.get(key) is running:
                    del self.running[key]
                    if value is not None and value >= $least:
                        self._keep(key, value)
            running.set_result(value)  #? future
            #? !future {
            running.value = value
            running.ended.set()
            #? }
        #? }
        #? !errors {
        value = self.compute(key)
        with self.lock:
            if self.running.get(key) is running:
                del self.running[key]
                if value >= $least:
                    self._keep(key, value)
        running.set_result(value)  #? future
        #? !future {
        running.value = value
        running.ended.set()
        #? }
        return value
        #? }

    def _keep(self, key: str, value: int) -> None:
        self.values[key] = value
        #? most
        if len(self.values) > $most:
            del self.values[next(iter(self.values))]

    #? known
    def known(self) -> list[str]:
        with self.lock:
            return sorted(self.values)

    #? peek
    def peek(self, key: str) -> int | None:
        with self.lock:
            return self.values.get(key)

    #? forget
    def forget(self, key: str) -> bool:
        with self.lock:
            self.running.pop(key, None)
            return self.values.pop(key, None) is not None
"""
_SCENARIO = """
def scenario(solution, seed, threads, keys, above, fails):
    calls, guard, asking, facts = {}, _Lock(), [0], []

    @opaque
    def compute(key):
        with guard:
            number = calls[key] = calls.get(key, 0) + 1
        if key == "slow":
            until(lambda: asking[0] >= threads)
            _sleep(0.001)
        if key == "low":
            return $least - 1 - above
        if key == "x":
            until(lambda: "y" in calls)
        if key == "outer":
            return memo.get("inner") + above
        if key == "bad" and number <= fails:
            _sleep(0.0005)
            raise LookupError(key)
        if key == "held" and number == 1:
            until(lambda: released)
        return $least + above * len(key) + number - 1

    # At first, all threads ask for the same keys.
    memo, got = solution.$name(compute), [[] for _ in range(threads)]

    def ask(number):
        asking[0] += 1
        got[number].append(memo.get("slow"))
        for n in range(keys):
            got[number].append(memo.get("k" * (n + 1)))

    if not together([lambda n=n: ask(n) for n in range(threads)], seed):
        return ["stuck"]
    facts += [got, sorted(calls.items())]
    facts.append(memo.known())  #? known
    facts.append([memo.peek(key) for key in ("k", "slow", "never")])  #? peek

    # What is below the bound is not kept; neither does one key wait for another.
    memo = solution.$name(compute)
    calls.clear()
    low = []
    if not together([lambda: low.append([memo.get("low") for _ in range(keys)])], seed):
        return ["stuck"]
    facts += [low, calls["low"]]
    facts.append(memo.known())  #? known
    pair = []
    if not together([lambda: pair.append(memo.get("x")), lambda: until(lambda: "x" in calls) and memo.get("y")], seed):
        return ["stuck"]
    if not together([lambda: pair.append(memo.get("outer"))], seed):
        return ["stuck"]
    facts += [pair, calls["inner"]]
    #? errors {
    memo, tried = solution.$name(compute), []

    def try_it():
        tried.append(outcome(memo.get, "bad"))

    if not together([try_it] * threads, seed):
        return ["stuck"]
    facts += [sorted(tried), calls["bad"]]
    facts.append(memo.known())  #? known
    if not together([try_it] * fails, seed):
        return ["stuck"]
    facts += [sorted(tried), calls["bad"]]
    #? }
    #? most {
    calls.clear()
    memo, order = solution.$name(compute), ["k" * (n + 1) for n in range($most + keys)]

    def fill():
        for key in order:
            memo.get(key)
        memo.get("low")
        facts.append(memo.known())  #? known
        memo.get(order[-$most])
        memo.get(order[0])
        memo.get(order[-$most + 1])
        facts.append([calls[key] for key in order])
        facts.append([memo.peek(key) for key in order])  #? peek
        #? forget {
        memo.forget(order[0])
        memo.get("q")
        memo.get(order[-1])
        facts.append([calls[key] for key in order])
        #? }

    if not together([fill], seed):
        return ["stuck"]
    #? }
    #? known|peek|forget {
    calls.clear()
    memo, released, first, seen = solution.$name(compute), [], [], []

    def hold():
        first.append(memo.get("held"))

    def look():
        until(lambda: "held" in calls)
        memo.get("k" * keys)
        seen.append(memo.known())  #? known
        seen.append(memo.peek("held"))  #? peek
        #? forget {
        seen.append(memo.forget("held"))
        seen.append(memo.get("held"))
        #? }
        released.append(True)

    if not together([hold, look], seed):
        return ["stuck"]
    facts += [first, seen]
    #? forget {
    after = []

    def again():
        after.append(memo.get("held"))
        after.append(memo.forget("held"))
        after.append(memo.forget("held"))
        after.append(memo.get("held"))

    if not together([again], seed):
        return ["stuck"]
    facts.append(after)
    #? }
    #? }
    #? forget {
    # A `get` that is cut short by `forget` returns the value all the same, whether or not it was there.
    def forgotten(kept):
        memo, values = solution.$name(opaque(lambda key: $least + above)), []
        if kept:
            memo.get("k")

        def look():
            return None if values == [$least + above] else values

        return lambda: values.append(memo.get("k")), lambda: memo.forget("k"), look

    facts += [cut(lambda: forgotten(False), seed), cut(lambda: forgotten(True), seed)]
    #? }
    #? most known|peek {
    # No value too many is seen, not for a moment.
    def full():
        order = ["k" * (n + 1) for n in range($most + 1)]
        memo, seen = solution.$name(opaque(lambda key: $least + above)), []
        for key in order[:-1]:
            memo.get(key)

        def see():
            seen.append(len(memo.known()) <= $most)  #? known
            new = memo.peek(order[-1])  #? peek
            seen.append(new is None or memo.peek(order[0]) is None)  #? peek

        return lambda: memo.get(order[-1]), see, lambda: None if all(seen) else seen

    facts.append(cut(full, seed))
    #? }
    return facts
"""


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    least, most = rng.randint(-20, 40), rng.randint(2, 5)
    name = rng.choice(("Memo", "Once", "Computed"))
    future = rng.random() < 0.5

    def inputs(rng: random.Random) -> tuple[list[Arguments], list[Arguments]]:
        # As many keys as are kept, with the slow one: which of more were dropped would be a matter of luck.
        keys = most - 1 if "most" in rules else 4
        shown: list[Arguments] = [(2, 1, n, rng.randint(0, 1)) for n in range(6)]
        hidden: list[Arguments] = [(1, 1, 0, 0), (2, 1, 11, 2), (4, keys, 0, 1), (4, keys, 1, 3), (3, 1, 7, 3)]
        more = [(rng.randint(2, 4), rng.randint(1, keys), rng.randint(0, 30), rng.randint(0, 4)) for _ in range(5)]
        return shown, [*hidden, *more]

    def show(_: str, check: CallCheck) -> str:
        threads, keys, _, _ = check.args
        return (
            f'With a compute that returns {check.expected[0][0][0]} for "slow", {threads} threads that get "slow" and '
            f"{keys} further keys at the same time call it {sum(n for _, n in check.expected[1])} times in all."
        )

    return threaded_draft(
        parameters=(least, *([most] if "most" in rules else [])),
        name=name,
        interface=marked(_HEAD, rules, name=name).strip(),
        asked=worded(rng, _ASKED, rules, least=least, most=most),
        reference=marked(
            _REFERENCE,
            [*rules, *(["future"] if future else [])],
            name=name,
            least=least,
            most=most,
            kind=rng.choice(("Lock", "RLock", "Condition")),
            running="Future" if future else "Running",
        ),
        scenario=marked(_SCENARIO, rules, name=name, least=least, most=most),
        inputs=inputs,
        show=show,
    )


FAMILY = DraftedFamily(
    name="concurrency.memo",
    about="values that are computed once, whoever asks",
    skills=("threads", "locks", "errors"),
    compositions={
        1: (("base",),),
        2: (("base", "errors"), ("base", "known"), ("base", "most"), ("base", "peek")),
        3: (("base", "errors", "known"), ("base", "errors", "most"), ("base", "forget"), ("base", "most", "peek")),
        4: (
            ("base", "errors", "forget", "known"),
            ("base", "forget", "most"),
            ("base", "errors", "known", "most"),
            ("base", "forget", "peek", "errors"),
        ),
        5: (
            ("base", "errors", "known", "forget", "most", "peek"),
            ("base", "errors", "known", "forget", "most"),
            ("base", "errors", "forget", "most", "peek"),
        ),
    },
    draw=_draw,
)
