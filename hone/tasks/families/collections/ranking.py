"""The best of a dictionary of scores, with rules for ties."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_NAMES = ("ann", "bo", "cy", "dé", "eve", "Flo", "gus", "Ann", "h", "über")
_ASKED = {
    "order": (
        "`scores` has points by name. Order the names by points, most first; names with equal points are ordered "
        "alphabetically, as Python compares texts.",
        "Sort the names in `scores` by their points in descending order, and those with the same points in ascending "
        "order of the names (as Python's comparison of texts has it).",
    ),
    "floor": (
        "Names with fewer than {least} points are left out and take no part.",
        "Only names with at least {least} points take part.",
    ),
    "bonus": (
        "A name that starts with a letter up to {letter!r} (that is, the name's first character is not above "
        "{letter!r}) gets {bonus} points more before anything else; no name is empty.",
        "Before all else, add {bonus} to the points of each name whose first character, compared as text, is "
        "{letter!r} or lower. Names are never empty.",
    ),
    "steps": (
        "Points are first divided by {step} and rounded down (-1 becomes -1), and only the result matters from then "
        "on.",
        "In place of the points take how many whole times {step} goes into them, rounded down, also for negative "
        "points.",
    ),
    "top": (
        "Take the first {top} of them, or all if there are fewer.",
        "Only the first {top} names are wanted (all, if there are not so many).",
    ),
    "ties": (
        "Names that come after these and have as many points as the last of them are taken, too.",
        "Whoever has the same points as the last of these is added, however many names that makes.",
    ),
    "names": ("Return the list of names.", "The result is a list of these names."),
    "pairs": (
        "Return a list of pairs (rank, name): the best has rank 1, equal points have equal rank, and the next rank is "
        "one more than the number of names before it.",
        "Return pairs (rank, name) in a list. A name's rank is 1 plus the number of names taking part that have more "
        "points.",
    ),
    "dense": (
        "Return a list of pairs (rank, name): the best has rank 1, equal points have equal rank, and the next lower "
        "points have the next rank, with no gap.",
        "Return pairs (rank, name) in a list. A name's rank is 1 plus the number of different points, among the names "
        "taking part, that are higher.",
    ),
    "reject": (
        "Raise ValueError if fewer than {need} names take part.",
        "If not at least {need} names take part, raise ValueError.",
    ),
    "bounds": (
        "Raise OverflowError if any points in `scores`, as given, are above {limit}; this is looked at first.",
        "First of all: points above {limit} as given, for whatever name, raise OverflowError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    least = rng.randint(0, 25)
    drawn = {
        "least": least // 4 if "steps" in rules else least,
        "letter": rng.choice("bcde"),
        "bonus": rng.randint(3, 15),
        "step": rng.randint(3, 8),
        "top": rng.randint(1, 5),
        "need": rng.randint(2, 4),
        "limit": rng.randint(50, 90),
    }
    gives = "list[str]" if "names" in rules else "list[tuple[int, str]]"
    signature = f"{rng.choice(('best', 'winners', 'ranking', 'leaders'))}(scores: dict[str, int]) -> {gives}"
    return CallDraft(
        parameters=parameters(_ASKED, rules, drawn),
        signature=signature,
        asked=worded(rng, _ASKED, rules, **drawn),
        reference=function(signature, _body(rng, rules, drawn)),
        inputs=lambda rng: _inputs(rng, rules, drawn),
    )


def _body(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> list[str]:
    lines = []
    if "bounds" in rules:
        lines += [f"if any(points > {drawn['limit']} for points in scores.values()):"]
        lines += ['    raise OverflowError("too many points")']
    points = "points"
    if "bonus" in rules:
        points = f'points + (name[0] <= "{drawn["letter"]}") * {drawn["bonus"]}'
        if rng.random() < 0.5:
            points = f'(points + {drawn["bonus"]} if name[0] <= "{drawn["letter"]}" else points)'
    if "steps" in rules:
        points = f"({points}) // {drawn['step']}" if "bonus" in rules else f"points // {drawn['step']}"
    if points != "points":
        lines += [f"scores = {{name: {points} for name, points in scores.items()}}"]
    if "floor" in rules:
        lines += [f"scores = {{name: points for name, points in scores.items() if points >= {drawn['least']}}}"]
    if "reject" in rules:
        lines += [f"if len(scores) < {drawn['need']}:", '    raise ValueError("too few names")']
    lines += rng.choice(
        (
            ["names = sorted(scores, key=lambda name: (-scores[name], name))"],
            ["names = sorted(sorted(scores), key=lambda name: scores[name], reverse=True)"],
        )
    )
    if "top" in rules and "ties" in rules:
        top = drawn["top"]
        lines += rng.choice(
            (
                [
                    f"best = names[:{top}]",
                    f"best += [name for name in names[{top}:] if scores[name] == scores[best[-1]]]",
                ],
                [
                    f"count = min({top}, len(names))",
                    "while 0 < count < len(names) and scores[names[count]] == scores[names[count - 1]]:",
                    "    count += 1",
                    "best = names[:count]",
                ],
            )
        )
    elif "top" in rules:
        lines += [f"best = names[:{drawn['top']}]"]
    else:
        lines += ["best = names"]
    if "pairs" in rules:
        lines += ["ordered = [scores[name] for name in names]"]
        return [*lines, "return [(ordered.index(scores[name]) + 1, name) for name in best]"]
    if "dense" in rules:
        lines += ["levels = sorted(set(scores.values()), reverse=True)"]
        return [*lines, "return [(levels.index(scores[name]) + 1, name) for name in best]"]
    return [*lines, "return best"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    step, letter, bonus, top = drawn["step"], drawn["letter"], drawn["bonus"], drawn["top"]
    least = drawn["least"] * (step if "steps" in rules else 1)

    def some(count: int) -> dict[str, int]:
        levels = [least + rng.randint(-3, 20) for _ in range(count // 2 + 1)]
        return {name: rng.choice(levels) + rng.choice((0, 0, 1)) for name in rng.sample(_NAMES, count)}

    after = chr(ord(letter) + 1)
    level = least + 2 * step
    hidden = [
        {},
        {"ann": level},
        {"ann": least - 1, "bo": least, "cy": -1},
        {"gus": least - 1, "h": least - 2},
        dict.fromkeys(("gus", "bo", "Ann", "eve", "ann", "h"), level),
        {f"x{place}": level - place // 2 * step for place in range(top + 3)},
        {f"y{place}": level + place for place in range(top)},
        {f"z{place}": level + (place < top - 1) * step for place in range(top + 2)},
        {f"{letter}o": level, after: level + bonus, f"{after}a": level + bonus - 1, f"{letter}": level},
        {f"{letter}": least - bonus, f"{letter}b": least - bonus - 1, after: least - 1, f"{after}{letter}": least},
        {f"n{place}": level for place in range(drawn["need"])},
        {f"m{place}": level for place in range(drawn["need"] - 1)} | {"low": least - 9 * step},
        {"é": level, "z": level, "Z": level, "a": level + step},
        *(some(count) for count in (4, 5, 6, 8, 10)),
    ]
    if "bounds" in rules:
        hidden += [{"ann": drawn["limit"], "bo": 30, "x": 30, "y": 45}, {"ann": drawn["limit"] + 1, "w": 30, "v": 31}]
    return [(some(rng.randint(4, 5)),) for _ in range(6)], [(given,) for given in hidden]


FAMILY = DraftedFamily(
    name="collections.ranking",
    about="the best of a dictionary of scores, with rules for ties",
    skills=("sorting", "ties", "dictionaries"),
    compositions={
        1: (("order", "floor", "top", "names"), ("order", "bonus", "names")),
        2: (
            ("order", "floor", "top", "ties", "names"),
            ("order", "floor", "pairs"),
            ("order", "bonus", "top", "names"),
            ("order", "floor", "dense"),
        ),
        3: (
            ("order", "floor", "top", "ties", "pairs"),
            ("order", "steps", "floor", "top", "ties", "names"),
            ("order", "bonus", "top", "ties", "dense"),
            ("order", "bonus", "floor", "pairs"),
        ),
        4: (
            ("order", "floor", "top", "ties", "names", "reject"),
            ("order", "bonus", "floor", "pairs", "reject"),
            ("order", "steps", "floor", "dense", "reject"),
            ("order", "floor", "top", "pairs", "reject", "bounds"),
        ),
        5: (
            ("order", "bonus", "steps", "floor", "top", "ties", "pairs", "reject", "bounds"),
            ("order", "bonus", "steps", "floor", "top", "ties", "dense", "reject", "bounds"),
            ("order", "bonus", "floor", "top", "ties", "pairs", "reject", "bounds"),
        ),
    },
    draw=_draw,
)
