"""Windows that slide over a list of numbers."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_FIGURES = {
    "sum": "the sum",
    "max": "the largest number",
    "min": "the smallest number",
    "spread": "the largest number minus the smallest",
}
_ASKED = {
    "slide": (
        "A window is {size} neighbouring numbers of `values`. Windows start at index 0 and at every {step} indices "
        "after that. Return the list of {figure} in each window, in order.",
        "Look at `values` through windows of {size} numbers each, the first of which starts at index 0 and every "
        "further one {step} indices after the one before. Return, as a list in order, {figure} in every window.",
    ),
    "full": (
        "There are only as many windows as fit wholly into the list.",
        "A window that would reach beyond the end of the list is left out.",
    ),
    "partial": (
        "Windows that reach beyond the end are there, too, with the numbers that are left, as long as they start "
        "within the list.",
        "A window may reach beyond the end and then has fewer numbers; only one that would have none is left out.",
    ),
    "pad": (
        "Before that, {count} times the number {pad} is put in front of the list and as often behind it.",
        "But first lengthen the list by {count} times the number {pad} at each of its two ends.",
    ),
    "cut": (
        "Numbers in `values` above {high} are taken as {high} and those below {low} as {low}, before anything else.",
        "First of all, replace every number in `values` larger than {high} by {high}, and every number smaller than "
        "{low} by {low}.",
    ),
    "hole": (
        "A number {hole} in `values` as given is a hole: a window with a hole in it gives None.",
        "For a window that holds a number which is {hole} in `values` as given, the list has None.",
    ),
    "least": (
        "Leave out what is below {least}.",
        "Results smaller than {least} are dropped.",
    ),
    "index": (
        "Instead of each result r alone, return the pair (index of the window's start, r).",
        "Give every result as a pair: the index at which its window starts, and the result itself.",
    ),
    "reject": (
        "Raise ValueError if `values`, as given, has fewer than {short} numbers.",
        "If fewer than {short} numbers are given, raise ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    figure = rng.choice(tuple(_FIGURES))
    low = rng.randint(-15, -3)
    size = rng.randint(2, 5)
    drawn = {
        "size": size,
        "step": rng.randint(1, 4),
        "figure": _FIGURES[figure],
        "kind": figure,
        "count": rng.randint(1, size - 1),
        "pad": rng.randint(-9, 9),
        "high": low + rng.randint(15, 30),
        "low": low,
        "hole": rng.randint(-5, 9),
        "least": rng.randint(-5, 12) if figure != "spread" else rng.randint(5, 15),
        "short": rng.randint(2, 4),
    }
    entry = "int | None" if "hole" in rules else "int"
    gives = f"list[tuple[int, {entry}]]" if "index" in rules else f"list[{entry}]"
    signature = f"{rng.choice(('windows', 'sliding', 'over_windows', 'slide'))}(values: list[int]) -> {gives}"
    said = worded(rng, _ASKED, rules, **drawn)
    if "pad" in rules and "index" in rules:
        said += " The index is that in the lengthened list."
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=said,
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    size, step, high, low = (drawn[name] for name in ("size", "step", "high", "low"))
    lines = []
    if "reject" in rules:
        lines += [f"if len(values) < {drawn['short']}:", '    raise ValueError("too few numbers")']
    if "hole" in rules:
        lines += [f"holes = [value == {drawn['hole']} for value in values]"]
    if "cut" in rules:
        lines += rng.choice(
            (
                [f"values = [min(max(value, {low}), {high}) for value in values]"],
                [f"values = [{high} if v > {high} else {low} if v < {low} else v for v in values]"],
            )
        )
    if "pad" in rules:
        lines += [f"edge = [{drawn['pad']}] * {drawn['count']}", "values = edge + values + edge"]
        lines += [f"holes = [False] * {drawn['count']} + holes + [False] * {drawn['count']}"] if "hole" in rules else []
    lines += ["found = []"]
    end = "len(values)" if "partial" in rules else f"len(values) - {size - 1}"
    step_text = f", {step}" if step > 1 else ""
    counted = rng.random() < 0.5
    if counted:
        lines += [f"for start in range(0, {end}{step_text}):"]
    else:
        test = "start < len(values)" if "partial" in rules else f"start + {size} <= len(values)"
        lines += ["start = 0", f"while {test}:"]
    kind = drawn["kind"]
    figure = f"{kind}(window)" if kind != "spread" else "max(window) - min(window)"
    if "hole" in rules:
        figure = f"None if any(holes[start : start + {size}]) else {figure}"
    lines += [f"    window = values[start : start + {size}]"]
    result = "(start, result)" if "index" in rules else "result"
    if "least" in rules:
        lines += [f"    result = {figure}", f"    if result >= {drawn['least']}:", f"        found.append({result})"]
    else:
        lines += [f"    result = {figure}", f"    found.append({result})"]
    lines += [] if counted else [f"    start += {step}"]
    return [*lines, "return found"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    size, step, high, low, hole = (drawn[name] for name in ("size", "step", "high", "low", "hole"))

    def some(count: int) -> list[int]:
        return [rng.choice((rng.randint(low - 9, high + 9), rng.randint(-9, 9), hole)) for _ in range(count)]

    def plain(count: int) -> list[int]:
        return [rng.randint(low - 9, high + 9) for _ in range(count)]

    hidden = [
        [],
        [7],
        [hole + 1] * (size - 1),
        list(range(1, size + 1)),
        [9, -4, *plain(size)],
        plain(size + step - 1),
        plain(size + step),
        plain(size + 2 * step - 1),
        [high + 3, low - 3] * size,
        [drawn["least"], drawn["least"] - 1, drawn["least"] + 1] * size,
        [*plain(size), hole, *plain(size + step)],
        [hole, *plain(size + 1)],
        *(some(count) for count in (7, 9, 11, 13)),
    ]
    if "reject" in rules:
        hidden += [plain(drawn["short"]), plain(drawn["short"] - 1)]
    return [(some(rng.randint(5, 8)),) for _ in range(6)], [(given,) for given in hidden]


FAMILY = DraftedFamily(
    name="collections.windows",
    about="windows that slide over a list of numbers",
    skills=("lists", "indices", "aggregation"),
    compositions={
        1: (("slide", "full"), ("slide", "partial")),
        2: (
            ("cut", "slide", "full"),
            ("slide", "full", "index"),
            ("slide", "partial", "index"),
            ("slide", "full", "least"),
        ),
        3: (
            ("slide", "pad", "full", "index"),
            ("slide", "partial", "hole"),
            ("cut", "slide", "full", "least"),
            ("cut", "slide", "partial", "index"),
        ),
        4: (
            ("slide", "full", "hole", "reject"),
            ("slide", "pad", "partial", "hole", "reject"),
            ("cut", "slide", "full", "least", "index", "reject"),
            ("cut", "slide", "pad", "full", "reject"),
        ),
        5: (
            ("cut", "slide", "pad", "full", "hole", "index", "reject"),
            ("cut", "slide", "pad", "partial", "hole", "index", "reject"),
            ("cut", "slide", "pad", "partial", "least", "index", "reject"),
        ),
    },
    draw=_draw,
)
