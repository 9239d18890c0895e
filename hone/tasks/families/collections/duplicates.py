"""Numbers that count as the same, and which of them is kept."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_KEYS = {
    "rest": (
        "leave the same remainder on division by {number}, 0 or more also for negative numbers",
        "value % {number}",
    ),
    "block": ("give the same when divided by {number} and rounded down (-1 to -1)", "value // {number}"),
    "distance": ("are equally far from {number}", "abs(value - {number})"),
}
_ASKED = {
    "alike": (
        "Two numbers in `values` are alike if they {how}.",
        "Numbers of `values` are called alike if they {how}.",
    ),
    "first": (
        "Of numbers that are alike keep the first alone; return the list of those kept, in the order of `values`.",
        "Return `values` without the numbers to which an earlier one is alike.",
    ),
    "last": (
        "Of numbers that are alike keep the last alone; return the list of those kept, in the order of `values`.",
        "Return `values` without the numbers to which a later one is alike.",
    ),
    "largest": (
        "Of numbers that are alike keep the largest alone, the first of several that are equal; return the list of "
        "those kept, in the order of `values`.",
        "Return, in the order of `values`, for all numbers that are alike only the largest one (where it is there "
        "several times, the first of these).",
    ),
    "near": (
        "Only numbers at most {near} places apart are compared: with one further back a number is never alike, whether "
        "that one is kept or not.",
        "But two numbers whose indices in `values` differ by more than {near} are not alike, whatever they are, and "
        "numbers that are not kept count like all others.",
    ),
    "except": (
        "The number {free} is alike to no other, not even to another {free}: it is always kept.",
        "Always keep {free}, however often it is there; no number is alike to it.",
    ),
    "count": (
        "In place of each number kept, give the pair (number, how many numbers of `values` are alike to it, itself "
        "counted).",
        "Make every number kept a pair: the number, and the count of all in `values` that are alike to it, with "
        "itself.",
    ),
    "single": (
        "Numbers to which no other is alike are left out altogether.",
        "Nothing is kept that has no other number alike to it.",
    ),
    "sorted": (
        "The result is sorted in descending order.",
        "In the end, sort the result from the largest to the smallest.",
    ),
    "reject": (
        "Raise ValueError if a number in `values` is below {low} or above {high}.",
        "Numbers less than {low} or more than {high} in `values` are refused with ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    kind = rng.choice(tuple(_KEYS))
    number = rng.randint(3, 15)
    drawn = {
        "kind": kind,
        "number": number,
        "how": _KEYS[kind][0].format(number=number),
        "near": rng.randint(1, 3),
        "free": rng.randint(-3, 12),
        "low": rng.randint(-40, -20),
        "high": rng.randint(25, 50),
    }
    gives = "list[tuple[int, int]]" if "count" in rules else "list[int]"
    said = worded(rng, _ASKED, rules, **drawn)
    if "except" in rules and "single" in rules:  # then it is not kept after all
        said = said.replace(": it is always kept.", ".")
        always = f"Always keep {drawn['free']}, however often it is there; no number is alike to it."
        said = said.replace(always, f"No number is alike to {drawn['free']}, not even another {drawn['free']}.")
    signature = f"{rng.choice(('unique', 'distinct', 'without_doubles', 'kept'))}(values: list[int]) -> {gives}"
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=said,
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    lines = []
    if "reject" in rules:
        test = rng.choice(
            (
                f"any(not {drawn['low']} <= value <= {drawn['high']} for value in values)",
                f"any(value < {drawn['low']} or value > {drawn['high']} for value in values)",
            )
        )
        lines += [f"if {test}:", '    raise ValueError("a number is out of range")']
    if "near" in rules:
        return [*lines, *_near(rng, rules, drawn)]
    key = _KEYS[drawn["kind"]][1].format(number=drawn["number"])
    if rng.random() < 0.5:
        lines += ["groups: dict[object, list[int]] = {}", "for place, value in enumerate(values):"]
        name = f"({key},)" if "except" not in rules else f"({key},) if value != {drawn['free']} else place"
        lines += [f"    groups.setdefault({name}, []).append(place)"]
    else:
        lines += [
            "groups: dict[object, list[int]] = {}",
            "for place in range(len(values)):",
            "    value = values[place]",
        ]
        lines += [f"    key = str({key})"]
        lines += [f"    if value == {drawn['free']}:", '        key = f"place {place}"'] if "except" in rules else []
        lines += ["    if key not in groups:", "        groups[key] = []", "    groups[key].append(place)"]
    chosen = "places[0]" if "first" in rules else "places[-1]"
    if "largest" in rules:
        chosen = "max(places, key=lambda place: values[place])"
    lines += ["kept = {}", "for places in groups.values():"]
    lines += ["    if len(places) < 2:", "        continue"] if "single" in rules else []
    lines += [f"    kept[{chosen}] = len(places)"]
    if "count" in rules:
        lines += ["result = [(values[place], kept[place]) for place in sorted(kept)]"]
    else:
        lines += ["result = [values[place] for place in sorted(kept)]"]
    return [*lines, "return sorted(result, reverse=True)" if "sorted" in rules else "return result"]


def _near(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    """Each number against those just before it, or just after it."""
    near, key = drawn["near"], _KEYS[drawn["kind"]][1].format(number=drawn["number"])
    lines = [f"keys = [{key} for value in values]", "result = []", "for place, value in enumerate(values):"]
    before, after = f"keys[max(place - {near}, 0) : place]", f"keys[place + 1 : place + {near + 1}]"
    others = before if "first" in rules else after
    if "except" in rules:
        lines[:1] = [f"keys = [None if value == {drawn['free']} else {key} for value in values]"]
    test = f"keys[place] not in {others}"
    test = f"value == {drawn['free']} or {test}" if "except" in rules else test
    if rng.random() < 0.5:
        lines += [f"    if {test}:", "        result.append(value)"]
    else:
        lines += [f"    kept = {test}", "    if kept:", "        result.append(value)"]
    return [*lines, "return sorted(result, reverse=True)" if "sorted" in rules else "return result"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    number, free, near = drawn["number"], drawn["free"], drawn["near"]
    low, high = drawn["low"], drawn["high"]

    def alike(value: int) -> int:
        """Another number that is alike to this one, as a rule."""
        match drawn["kind"]:
            case "rest":
                made = value + rng.choice((-1, 1)) * number
            case "block":
                made = value // number * number + rng.randrange(number)
            case _:
                made = 2 * number - value
        return made if low <= made <= high else value

    def some(count: int) -> list[int]:
        values = [rng.randint(low, high) for _ in range(count // 2 + 1)]
        while len(values) < count:
            values.append(alike(rng.choice(values[-4:])) if rng.random() < 0.8 else rng.choice((free, alike(free))))
        tail = values[1:]
        rng.shuffle(tail)
        return [values[0], *tail]

    a, b = rng.sample([value for value in range(-9, 20) if value != free], 2)
    hidden = [
        [],
        [a],
        [a, a],
        [a, b, alike(a), alike(b), b],
        [alike(a), a, a + 1, alike(a + 1)],
        [-1, number - 1, 0, number, -number, 2 * number, 2 * number + 1],
        [free, a, free, alike(free), free],
        [alike(free), alike(free), free, b],
        [a, *[b] * near, a],
        [a, *[b] * (near - 1), a, alike(a)],
        [a, alike(a), a, alike(a), a],
        *(some(count) for count in (5, 6, 8, 9, 11)),
    ]
    hidden = [[value for value in values if low <= value <= high] for values in hidden]
    if "reject" in rules:
        hidden += [[low, high, a, high], [low - 1, a, b], [b, high + 1]]
    return [(some(rng.randint(4, 6)),) for _ in range(6)], [(given,) for given in hidden]


FAMILY = DraftedFamily(
    name="collections.duplicates",
    about="numbers that count as the same, and which of them is kept",
    skills=("lists", "equivalence", "dictionaries"),
    compositions={
        1: (("alike", "first"), ("alike", "last"), ("alike", "largest")),
        2: (
            ("alike", "first", "count"),
            ("alike", "last", "near"),
            ("alike", "largest", "sorted"),
            ("alike", "first", "near"),
        ),
        3: (
            ("alike", "except", "first", "count"),
            ("alike", "except", "last", "near"),
            ("alike", "largest", "single", "sorted"),
            ("alike", "last", "single", "count"),
        ),
        4: (
            ("alike", "except", "first", "reject"),
            ("alike", "first", "near", "sorted", "reject"),
            ("alike", "largest", "count", "reject"),
            ("alike", "last", "single", "reject"),
        ),
        5: (
            ("alike", "except", "largest", "single", "count", "sorted", "reject"),
            ("alike", "except", "last", "single", "count", "sorted", "reject"),
            ("alike", "except", "first", "near", "sorted", "reject"),
        ),
    },
    draw=_draw,
)
