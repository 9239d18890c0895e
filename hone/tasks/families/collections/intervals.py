"""Intervals: merged, cut off, measured."""

import random

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_ASKED = {
    "merge": (
        "Merge intervals that overlap, touch, or have at most {gap} between the end of one and the start of the next; "
        "return the merged intervals in ascending order.",
        "Join all intervals between which there is a gap of {gap} or less (overlapping and touching ones, too), and "
        "return the result in ascending order.",
    ),
    "clip": (
        "Before that, cut every interval to the part from {low} to {high}; one of which nothing but a point or less is "
        "left is dropped.",
    ),
    "short": ("After that, drop intervals shorter than {least}.",),
    "total": ("Return the sum of the lengths of what is left instead of the list.",),
    "reject": ("Raise ValueError if an interval ends before it starts.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    gap, least = rng.randint(1, 40), rng.randint(3, 9)
    low = rng.randint(-20, 5)
    high = low + rng.randint(15, 40)
    name = rng.choice(("merge_intervals", "join_spans", "covered"))
    total = "total" in rules
    signature = f"{name}(intervals: list[tuple[int, int]]) -> {'int' if total else 'list[tuple[int, int]]'}"
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules).format(gap=gap, low=low, high=high, least=least)
    ordered = "" if "reject" in rules else ", which is never below `start`"
    drawn = {"merge": (gap,), "clip": (low, high), "short": (least,)}
    return CallDraft(
        parameters=tuple(number for rule in rules for number in drawn.get(rule, ())),
        signature=signature,
        asked=f"`intervals` holds pairs (start, end){ordered}, in any order; its length is end - start. {said} The "
        "argument is not changed.".replace("its length", "the length of one"),
        reference=function(signature, _body(rng, rules, gap, low, high, least)),
        inputs=lambda rng: _inputs(rng, rules, gap, low, high, least),
    )


def _body(rng: random.Random, rules: Rules, gap: int, low: int, high: int, least: int) -> list[str]:
    lines, given = [], "intervals"
    if "reject" in rules:
        lines += ["if any(end < start for start, end in intervals):", '    raise ValueError("an interval is reversed")']
    if "clip" in rules:
        lines += [f"cut = [(max(start, {low}), min(end, {high})) for start, end in intervals]"]
        lines += ["cut = [(start, end) for start, end in cut if start < end]"]
        given = "cut"
    lines += ["merged: list[tuple[int, int]] = []", f"for start, end in sorted({given}):"]
    with_tuple = [
        f"    if merged and start - merged[-1][1] <= {gap}:",
        "        merged[-1] = (merged[-1][0], max(merged[-1][1], end))",
        "    else:",
        "        merged.append((start, end))",
    ]
    with_pop = [
        f"    if merged and start <= merged[-1][1] + {gap}:",
        "        first, last = merged.pop()",
        "        merged.append((first, max(last, end)))",
        "    else:",
        "        merged.append((start, end))",
    ]
    lines += rng.choice((with_tuple, with_pop))
    if "short" in rules:
        lines += [f"merged = [(start, end) for start, end in merged if end - start >= {least}]"]
    return [*lines, "return sum(end - start for start, end in merged)" if "total" in rules else "return merged"]


def _inputs(
    rng: random.Random, rules: Rules, gap: int, low: int, high: int, least: int
) -> tuple[list[Arguments], list[Arguments]]:
    def some(count: int) -> Arguments:
        found = []
        for _ in range(count):
            start = rng.randint(low - 6, high + 4)
            found.append((start, start + rng.randint(0, 8)))
        return (found,)

    mid = (low + high) // 2
    hidden: list[Arguments] = [
        ([],),
        ([(mid, mid + 3)],),
        ([(mid, mid + least), (mid + least + gap, mid + least + gap + 1)],),
        ([(mid + 5 + gap, mid + 9 + gap), (mid, mid + 4)],),
        ([(mid - gap - 1, mid), (mid + gap + 1, mid + gap + 1 + least)],),
        ([(mid, mid + gap + 3), (mid + 2 * gap + 3, mid + 2 * gap + 9)],),
        ([(mid, mid + gap + 3), (mid + 2 * gap + 4, mid + 2 * gap + 13)],),
        ([(mid, mid + 9), (mid + 1, mid + 2), (mid, mid + 3)],),
        ([(low - 9, low), (low - 3, low + 1), (high - 1, high + 5), (high, high + 9)],),
        ([(low, low + least - 1), (high - least, high)],),
        ([(low + 1, low + 1), (low - 2, high + 2)],),
        some(3),
        some(4),
        some(6),
        some(9),
    ]
    if "reject" in rules:
        hidden += [([(mid, mid - 1)],), ([(mid, mid + 2), (high, low)],), ([(3, 2), (0, 9)],)]
    return [some(rng.randint(2, 4)) for _ in range(6)], hidden


FAMILY = DraftedFamily(
    name="collections.intervals",
    about="intervals merged, cut off and measured",
    skills=("sorting", "intervals"),
    compositions={
        1: (("merge",),),
        2: (("merge", "total"), ("merge", "short"), ("clip", "merge")),
        3: (("clip", "merge", "total"), ("merge", "short", "total"), ("clip", "merge", "short")),
        4: (("clip", "merge", "reject"), ("merge", "short", "reject"), ("clip", "merge", "short", "total")),
        5: (("clip", "merge", "short", "total", "reject"), ("clip", "merge", "short", "reject")),
    },
    draw=_draw,
)
