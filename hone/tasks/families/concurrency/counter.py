"""Counters that several threads change at once."""

import random
from typing import Any

from hone.tasks.checks import CallCheck
from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.concurrency.interleaved import threaded_draft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.splits import Rules

_ASKED = {
    "base": (
        "It starts at {first}. `add` adds an amount to it, and `value` returns it. Any number of threads may use one "
        "object at the same time without losing an update.",
    ),
    "drain": (
        "`drain` sets it back to {first} and returns what it had grown by since; no amount is drained twice or lost "
        "between threads.",
    ),
    "limit": (
        "It never goes above {first} + {limit}: an `add` that would take it there changes nothing and returns False; "
        "any other returns True.",
    ),
    "peak": ("`peak` returns the highest value that it ever had.",),
    "reject": ("`add` raises ValueError for an amount below 0.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    first, limit = rng.randint(0, 60), rng.randint(12, 40)
    name = rng.choice(("Counter", "Tally", "Meter"))
    heads = [
        "def __init__(self) -> None: ...",
        f"def add(self, amount: int) -> {'bool' if 'limit' in rules else 'None'}: ...",
        "def value(self) -> int: ...",
    ]
    heads += ["def drain(self) -> int: ..."] if "drain" in rules else []
    heads += ["def peak(self) -> int: ..."] if "peak" in rules else []
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules).format(first=first, limit=limit)

    def expected(threads: int, amounts: list[int]) -> list[Any]:
        total, added = 0, 0
        for _ in range(threads):
            for amount in amounts:
                if "limit" not in rules or total + amount <= limit:
                    total, added = total + amount, added + 1
        facts: list[Any] = [first + total]
        if "limit" in rules:
            facts.append(added)
        if "peak" in rules:
            facts.append(first + total)
        if "drain" in rules:
            facts += [total, first, 1]
        return [*facts, "ValueError"] if "reject" in rules else facts

    def inputs(rng: random.Random) -> tuple[list[Arguments], list[Arguments]]:
        # With a limit all amounts are alike, so that it does not matter who comes first.
        def some(most: int) -> list[int]:
            if "limit" in rules:
                return [rng.randint(1, 6)] * rng.randint(1, most)
            return [rng.randint(0 if most > 3 else 1, 9) for _ in range(rng.randint(1, most))]

        shown = [(rng.randint(1, 3), some(3)) for _ in range(6)]
        hidden: list[Arguments] = [(1, []), (1, [limit]), (1, [1] * (limit + 1)), (4, [1, 1, 1, 1]), (2, [1] * 10)]
        return shown, [*hidden, *((rng.randint(2, 4), some(8)) for _ in range(5))]

    def show(_: str, check: CallCheck) -> str:
        threads, amounts = check.args
        return (
            f"{threads} threads that each call add with {amounts} one after the other leave value() at "
            f"{check.expected[0]}."
        )

    return threaded_draft(
        parameters=(first, *((limit,) if "limit" in rules else ())),
        name=name,
        interface="\n".join([f"class {name}:", *(f"    {head}" for head in heads)]),
        asked=said,
        reference=_reference(rng, rules, name, first, limit),
        scenario=_scenario(rules, name),
        expected=expected,
        inputs=inputs,
        show=show,
    )


def _reference(rng: random.Random, rules: Rules, name: str, first: int, limit: int) -> str:
    lines = ["import threading", "", "", f"class {name}:", "    def __init__(self) -> None:"]
    lines += ["        self.lock = threading.Lock()", f"        self.count = {first}"]
    lines += [f"        self.highest = {first}"] if "peak" in rules else []
    lines += ["", f"    def add(self, amount: int) -> {'bool' if 'limit' in rules else 'None'}:"]
    if "reject" in rules:
        lines += ["        if amount < 0:", '            raise ValueError("an amount is negative")']
    lines += ["        with self.lock:"]
    if "limit" in rules:
        lines += [f"            if self.count + amount > {first + limit}:", "                return False"]
    lines += [rng.choice(("            self.count += amount", "            self.count = self.count + amount"))]
    lines += ["            self.highest = max(self.highest, self.count)"] if "peak" in rules else []
    lines += ["            return True"] if "limit" in rules else []
    lines += ["", "    def value(self) -> int:", "        return self.count"]
    if "drain" in rules:
        lines += [
            "",
            "    def drain(self) -> int:",
            "        with self.lock:",
            f"            grown = self.count - {first}",
        ]
        lines += [f"            self.count = {first}", "            return grown"]
    if "peak" in rules:
        lines += ["", "    def peak(self) -> int:", "        return self.highest"]
    return "\n".join(lines) + "\n"


def _scenario(rules: Rules, name: str) -> str:
    lines = ["def scenario(solution, seed, threads, amounts):", f"    counter = solution.{name}()"]
    lines += ["    added, drained, taken = [0] * threads, [0] * threads, [0] * threads", "", "    def work(number):"]
    lines += ["        for amount in amounts:", "            done = counter.add(amount)"]
    lines += ["            added[number] += done is True"]
    lines += [
        "",
        "    if not together([lambda n=n: work(n) for n in range(threads)], seed):",
        '        return ["stuck"]',
    ]
    lines += ["    facts = [counter.value()]"]
    lines += ["    facts.append(sum(added))"] if "limit" in rules else []
    lines += ["    facts.append(counter.peak())"] if "peak" in rules else []
    if "drain" in rules:
        lines += [
            f"    second = solution.{name}()",
            "",
            "    def both(number):",
            "        for place, amount in enumerate(amounts):",
            "            taken[number] += amount if second.add(amount) is not False else 0",
            "            if place % 3 == number % 3:",
            "                drained[number] += second.drain()",
            "",
            "    if not together([lambda n=n: both(n) for n in range(threads)], seed):",
            '        return ["stuck"]',
        ]
        if "limit" in rules:
            lines += ["    drained[0] += second.drain()", "    lost = sum(taken) - sum(drained)"]
            lines += ["    facts += [facts[0] - second.value() - lost, second.value()]"]
        else:
            lines += ["    drained[0] += second.drain()", "    facts += [sum(drained), second.value()]"]
    if "drain" in rules:
        lines += [f"    third = solution.{name}()", "    third.add(1)", "    facts.append(third.drain())"]
    if "reject" in rules:
        lines += ["    try:", "        counter.add(-1)", "    except ValueError:", '        facts.append("ValueError")']
        lines += ["    else:", '        facts.append("nothing")']
    return "\n".join([*lines, "    return facts"])


FAMILY = DraftedFamily(
    name="concurrency.counter",
    about="a counter that threads share",
    skills=("threads", "locks", "atomicity"),
    compositions={
        1: (("base",),),
        2: (("base", "peak"), ("base", "limit"), ("base", "drain")),
        3: (("base", "drain", "peak"), ("base", "limit", "peak")),
        4: (("base", "limit", "peak", "reject"), ("base", "drain", "reject"), ("base", "limit", "drain")),
        5: (("base", "drain", "limit", "peak", "reject"), ("base", "limit", "drain", "reject")),
    },
    draw=_draw,
)
