"""Lists within lists: flattened, weighed by depth, cut off."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_ASKED = {
    "walk": (
        "`tree` is a list of integers and of lists, which hold integers and lists in turn, to any depth. Its own items "
        "have depth 1, those of a list in it depth 2, and so on. Visit all integers from left to right, whatever list "
        "they are in.",
        "Go through `tree`, a list whose items are integers or such lists themselves, and take its integers from left "
        "to right. An integer directly in `tree` has depth 1; in a list that is an item of `tree`, 2; and so forth.",
    ),
    "depth": (
        "Each integer counts as itself plus {times} times its depth.",
        "To every integer, {times} times its depth is added.",
    ),
    "other": (
        "At a depth that is a multiple of {every}, an integer counts as the negative of what it would count otherwise.",
        "Where {every} divides the depth of an integer, what it counts is negated, after all else.",
    ),
    "empty": (
        "An empty list counts as one integer {hollow} in its place, with the depth of its items if it had any; this "
        "goes for `tree` itself, too.",
        "A list without items, be it `tree` itself, is treated as if it held the one integer {hollow}.",
    ),
    "deep": (
        "Integers with a depth above {deepest} are left out.",
        "Nothing deeper than {deepest} is taken.",
    ),
    "long": (
        "A list in `tree` (at any depth, but not `tree` itself) with more than {longest} items is passed over with all "
        "that is in it.",
        "Skip every list, other than `tree` itself, that has more than {longest} items of whatever kind, and "
        "everything inside it.",
    ),
    "list": (
        "Return the list of what is taken, in that order.",
        "The result is a flat list of them, in the order in which they are visited.",
    ),
    "pairs": (
        "Return a list of pairs (depth, integer as it counts), in that order.",
        "The result is a list with a pair for each: its depth, and what it counts as, in the order of the visit.",
    ),
    "total": (
        "Return the sum of what is taken, 0 if there is nothing.",
        "Add up all that is taken and return the sum (0 for nothing).",
    ),
    "reject": (
        "Raise ValueError if any integer in `tree`, taken or not, is {bad}.",
        "If {bad} occurs anywhere in `tree`, even where it would not be taken, raise ValueError.",
    ),
    "bottom": (
        "Raise RecursionError if `tree` has an item, integer or list, at a depth above {bottom}; look at that before "
        "all else.",
        "First of all, an item of whatever kind with a depth of more than {bottom} makes the call raise "
        "RecursionError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    deepest = rng.randint(1, 3)
    drawn = {
        "times": rng.choice((-1, 1)) * rng.randint(2, 30),
        "every": rng.randint(2, 3),
        "hollow": rng.choice((-1, 1)) * rng.randint(41, 90),
        "deepest": deepest,
        "longest": rng.randint(2, 4),
        "bad": rng.choice((0, 13, -13, 99, 66, -66)),
        "bottom": rng.randint(3, 4),
    }
    gives = "int" if "total" in rules else "list[tuple[int, int]]" if "pairs" in rules else "list[int]"
    signature = f"{rng.choice(('flatten', 'leaves', 'walk', 'collect'))}(tree: list) -> {gives}"
    said = worded(rng, _ASKED, rules, **drawn)
    if "empty" in rules and "bottom" in rules:
        said += f" An empty list at depth {drawn['bottom']} is not too deep."
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=said,
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    lines = [f"found: list[{'tuple[int, int]' if 'pairs' in rules else 'int'}] = []"]
    if {"reject", "bottom"} & set(rules):
        both = {"reject", "bottom"} <= set(rules)
        lines += ["", *_guard(rules, drawn), ""]
        lines += ["if guard(tree, 1):", '    raise ValueError("a bad number")'] if both else ["guard(tree, 1)"]
    if rng.random() < 0.5:
        lines += ["", "def visit(items: list, depth: int) -> None:"]
        lines += ["    if not items:", f"        take({drawn['hollow']}, depth)"] if "empty" in rules else []
        lines += ["    for item in items:", "        if isinstance(item, int):", "            take(item, depth)"]
        test = f"elif len(item) <= {drawn['longest']}:" if "long" in rules else "else:"
        lines += [f"        {test}", "            visit(item, depth + 1)"]
        start = ["visit(tree, 1)"]
    else:
        start = [
            "waiting = [(item, 1) for item in reversed(tree)]",
            "while waiting:",
            "    item, depth = waiting.pop()",
            "    if isinstance(item, int):",
            "        take(item, depth)",
        ]
        if "empty" in rules:
            start[:0] = ["if not tree:", f"    take({drawn['hollow']}, 1)"]
            start += ["    elif not item:", f"        take({drawn['hollow']}, depth + 1)"]
        start += [f"    elif len(item) <= {drawn['longest']}:" if "long" in rules else "    else:"]
        start += ["        waiting += [(inner, depth + 1) for inner in reversed(item)]"]
    lines += ["", *_take(rng, rules, drawn), "", *start]
    return [*lines, "return sum(found)" if "total" in rules else "return found"]


def _guard(rules: Rules, drawn: dict[str, Any]) -> list[str]:
    """Looks at all items; what is too deep comes before what is forbidden."""
    both = "reject" in rules and "bottom" in rules
    lines = ["def guard(items: list, depth: int) -> None:"]
    if both:
        lines = ["def guard(items: list, depth: int) -> bool:", "    bad = False"]
    lines += ["    for item in items:"]
    if "bottom" in rules:
        lines += [f"        if depth > {drawn['bottom']}:", '            raise RecursionError("too deep")']
    if both:
        lines += ["        if isinstance(item, list):", "            bad = guard(item, depth + 1) or bad"]
        lines += [f"        elif item == {drawn['bad']}:", "            bad = True"]
        return [*lines, "    return bad"]
    lines += ["        if isinstance(item, list):", "            guard(item, depth + 1)"]
    if "reject" in rules:
        lines += [f"        elif item == {drawn['bad']}:", '            raise ValueError("a bad number")']
    return lines


def _take(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    lines = ["def take(number: int, depth: int) -> None:"]
    early = "deep" in rules and rng.random() < 0.5
    lines += [f"    if depth > {drawn['deepest']}:", "        return"] if early else []
    lines += [f"    number += {drawn['times']} * depth"] if "depth" in rules else []
    lines += [f"    if depth % {drawn['every']} == 0:", "        number = -number"] if "other" in rules else []
    put = "found.append((depth, number))" if "pairs" in rules else "found.append(number)"
    if "deep" in rules and not early:
        return [*lines, f"    if depth <= {drawn['deepest']}:", f"        {put}"]
    return [*lines, f"    {put}"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    longest, bad = drawn["longest"], drawn["bad"]
    most = drawn["bottom"] if "bottom" in rules else 6

    def number() -> int:
        made = rng.randint(-20, 40)
        return made + 1 if made == bad else made

    def some(items: int, depth: int = 1) -> list[Any]:
        return [
            some(rng.randint(0, items), depth + 1) if depth < min(most, 4) and rng.random() < 0.4 else number()
            for _ in range(items)
        ]

    def chain(depth: int, *inside: Any) -> list[Any]:
        """A list at the bottom of which these items have this depth."""
        made = list(inside)
        for level in range(depth - 1):
            made = [7 + level, made]
        return made

    row = [3 + place for place in range(longest)]
    hidden: list[list[Any]] = [
        [],
        [5],
        [1, -2, 3],
        [[], 4, [[]]],
        [[1, [2, 3]], 4, [[5], 6]],
        [row, 2, [*row, 1], 3],
        [1, [*row, [2]], [4, [*row, 9], 5], *row],
        [[row[:-1], 6], [[], [8]]],
        chain(min(most, drawn["deepest"] + 1), 21),
        chain(min(most, 3), 22, [23] if most > 3 else 23),
        chain(most, 24, 25),
        *(some(count) for count in (3, 3, 4, 4, 5)),
    ]
    if "reject" in rules:
        hidden += [[bad], [4, [3, bad, 2]], [1, [*row, 2, bad], 2]]
    if "bottom" in rules:
        hidden += [chain(most + 1, 3), chain(most + 1), chain(most, [])]
        hidden += [[bad, *chain(most + 1, 3)]] if "reject" in rules else []
    return [(some(3),) for _ in range(6)], [(given,) for given in hidden]


FAMILY = DraftedFamily(
    name="collections.nesting",
    about="lists within lists, flattened by rules",
    skills=("recursion", "trees", "lists"),
    compositions={
        1: (("walk", "empty", "list"), ("walk", "depth", "list"), ("walk", "depth", "total")),
        2: (
            ("walk", "depth", "other", "list"),
            ("walk", "depth", "deep", "list"),
            ("walk", "empty", "pairs"),
            ("walk", "empty", "long", "total"),
            ("walk", "depth", "deep", "total"),
        ),
        3: (
            ("walk", "empty", "depth", "long", "list"),
            ("walk", "depth", "deep", "long", "pairs"),
            ("walk", "empty", "depth", "other", "total"),
            ("walk", "empty", "deep", "other", "pairs"),
        ),
        4: (
            ("walk", "depth", "deep", "list", "reject"),
            ("walk", "empty", "long", "pairs", "reject"),
            ("walk", "depth", "other", "total", "reject"),
            ("walk", "empty", "other", "list", "bottom"),
            ("walk", "depth", "deep", "pairs", "bottom"),
        ),
        5: (
            ("walk", "empty", "depth", "other", "deep", "long", "pairs", "reject", "bottom"),
            ("walk", "empty", "depth", "other", "deep", "long", "list", "reject", "bottom"),
            ("walk", "empty", "depth", "other", "long", "total", "reject", "bottom"),
        ),
    },
    draw=_draw,
)
