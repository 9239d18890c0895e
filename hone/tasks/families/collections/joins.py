"""Two tables joined by their keys."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_ASKED = {
    "join": (
        "`left` and `right` hold pairs (key, value). A pair of `left` and a pair of `right` match if their keys differ "
        "by at most {gap}. Return a tuple (key, left value, right value) for every match, with the key from `left`: in "
        "the order of `left`, and for one pair of `left` in the order of `right`.",
        "Both tables, `left` and `right`, are lists of pairs (key, value). Two pairs, one of each, belong together "
        "unless their keys are more than {gap} apart. For each two that do, return (key, left value, right value) with "
        "the key of the left one. Go through `left` in order, and for each of its pairs through `right` in order.",
    ),
    "combine": (
        "Before that, {factor} times the key of each right pair is added to its value.",
        "But first add {factor} times its key to the value of every pair in `right`.",
    ),
    "once": (
        "A pair of `right` is used up by its first match: it matches nothing after that.",
        "No pair of `right` is used twice; once matched, it is gone for later pairs of `left`.",
    ),
    "first": (
        "A pair of `left` matches only once: the first pair of `right`, in order, that it can match, and no other.",
        "A pair of `left` has at most one match, the earliest in `right`; with what comes later it does not match.",
    ),
    "lonely": (
        "A pair of `left` without a match gives (key, value, {missing}) in its place.",
        "Where a pair of `left` has no match, put (its key, its value, {missing}) at that place in the result.",
    ),
    "outer": (
        "At the end, in the order of `right`, comes (key, {missing}, value) for each pair of `right` that is in no "
        "match.",
        "After all of these follow the pairs of `right` that were never matched, in order, as (key, {missing}, value).",
    ),
    "sort": (
        "The result is sorted as a whole, as Python sorts tuples.",
        "In the end sort all tuples in ascending order (by key, then left value, then right value).",
    ),
    "reject": (
        "First of all, raise KeyError if two pairs of `left` have the same key.",
        "The keys in `left` must differ from each other; if two are equal, raise KeyError before anything else.",
    ),
    "limit": (
        "Raise OverflowError if the result would have more than {most} tuples.",
        "A result of more than {most} tuples is an error: raise OverflowError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    drawn = {
        "gap": rng.randint(0, 6),
        "factor": rng.choice((-3, -2, 2, 3, 5, 10, 100)),
        "missing": rng.choice((0, -1, -9, 99, -99, 999, -1000)),
        "most": rng.randint(4, 7),
    }
    name = rng.choice(("join", "match_up", "joined", "combine"))
    table = "list[tuple[int, int]]"
    signature = f"{name}(left: {table}, right: {table}) -> list[tuple[int, int, int]]"
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=worded(rng, _ASKED, rules, **drawn),
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    gap, missing = drawn["gap"], drawn["missing"]
    lines = []
    if "reject" in rules:
        lines += rng.choice(
            (
                ["if len({key for key, _ in left}) < len(left):"],
                ["keys = [key for key, _ in left]", "if any(keys.count(key) > 1 for key in keys):"],
            )
        )
        lines += ['    raise KeyError("a key is there twice")']
    if "combine" in rules:
        lines += [f"right = [(key, value + {drawn['factor']} * key) for key, value in right]"]
    near = rng.choice((f"abs(key - other) <= {gap}", f"-{gap} <= other - key <= {gap}"))
    test = near if gap else "key == other"
    if "once" in rules:
        test += " and place not in used"
    lines += ["found = []"]
    marks = {"once", "outer"} & set(rules)
    lines += ["used: set[int] = set()"] if marks else []
    lines += ["for key, value in left:"]
    if rng.random() < 0.5:
        head = "place, (other, more) in enumerate(right)" if marks else "other, more in right"
        lines += ["    matched = False"] if "lonely" in rules else []
        lines += [f"    for {head}:", f"        if {test}:", "            found.append((key, value, more))"]
        lines += ["            used.add(place)"] if marks else []
        lines += ["            matched = True"] if "lonely" in rules else []
        lines += ["            break"] if "first" in rules else []
        if "lonely" in rules:
            lines += ["    if not matched:", f"        found.append((key, value, {missing}))"]
    else:
        head = "for place, (other, _) in enumerate(right)"
        lines += [f"    places = [place {head} if {test}]"]
        lines += ["    places = places[:1]"] if "first" in rules else []
        lines += ["    found += [(key, value, right[place][1]) for place in places]"]
        lines += ["    used.update(places)"] if marks else []
        if "lonely" in rules:
            lines += ["    if not places:", f"        found.append((key, value, {missing}))"]
    if "outer" in rules:
        lines += ["for place, (key, value) in enumerate(right):", "    if place not in used:"]
        lines += [f"        found.append((key, {missing}, value))"]
    if "limit" in rules:
        lines += [f"if len(found) > {drawn['most']}:", '    raise OverflowError("too many tuples")']
    return [*lines, "return sorted(found)" if "sort" in rules else "return found"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    gap, most = drawn["gap"], drawn["most"]

    def table(count: int, first: int, *, differ: bool) -> list[tuple[int, int]]:
        keys = range(first, first + 5 * gap + 8)
        chosen = rng.sample(keys, min(count, len(keys))) if differ else rng.choices(keys, k=count)
        return list(zip(chosen, rng.choices(range(-20, 61), k=count), strict=False))

    def some(count: int, more: int) -> Arguments:
        first = rng.randint(-9, 20)
        return table(count, first, differ="reject" in rules), table(more, first, differ=False)

    spread = [(place * (2 * gap + 1), place) for place in range(most + 1)]
    hidden: list[Arguments] = [
        ([], []),
        ([(3, 4)], []),
        ([], [(5, 6), (2, 1)]),
        ([(7, 1)], [(7 + gap, 2), (7 + gap + 1, 3)]),
        ([(7, 1)], [(7 - gap - 1, 2), (7 - gap, 3)]),
        ([(4, 9), (5 + gap, 8)], [(4, 7), (5, 5), (5 + gap, 6), (5, 5)]),
        ([(9, 1), (2, 2), (9 + gap, 3)], [(9, 5), (9, 4), (2, 3), (50, 1)]),
        ([(1, 5), (-1, 5), (0, 6)], [(0, 2), (0, 1), (1, 3), (-1, 0)]),
        (spread[:most], spread[:most]),
        (spread, [(key, 8) for key, _ in spread]),
        (spread[: most - 1], [(spread[0][0], 3)]),
        (spread[:2], [(-50, 3), *spread[:1]]),
        *(some(count, more) for count, more in ((3, 3), (4, 5), (3, 6), (5, 3), (6, 5), (2, 7))),
    ]
    if "reject" in rules:
        hidden += [([(3, 1), (4, 2), (3, 1)], [(4, 1)]), ([(8, 1), (8, 2)], [])]
    return [some(rng.randint(2, 3), rng.randint(2, 3)) for _ in range(6)], hidden


FAMILY = DraftedFamily(
    name="collections.joins",
    about="two tables joined by their keys",
    skills=("joins", "lists", "matching"),
    compositions={
        1: (("join", "combine"), ("join", "lonely")),
        2: (
            ("join", "combine", "first"),
            ("join", "once", "lonely"),
            ("join", "combine", "sort"),
            ("join", "lonely", "outer"),
        ),
        3: (
            ("join", "combine", "once", "lonely"),
            ("join", "first", "lonely", "sort"),
            ("join", "combine", "first", "outer"),
            ("join", "once", "lonely", "outer"),
        ),
        4: (
            ("join", "combine", "lonely", "reject"),
            ("join", "first", "lonely", "outer", "reject"),
            ("join", "combine", "once", "lonely", "limit"),
            ("join", "combine", "first", "sort", "limit"),
        ),
        5: (
            ("join", "combine", "once", "first", "lonely", "outer", "sort", "reject", "limit"),
            ("join", "combine", "once", "first", "lonely", "outer", "reject", "limit"),
            ("join", "combine", "once", "lonely", "outer", "sort", "reject", "limit"),
        ),
    },
    draw=_draw,
)
