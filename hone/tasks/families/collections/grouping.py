"""Rows grouped by name, and one figure for each group."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function, quoted
from hone.tasks.families.splits import Rules

_NAMES = ("ann", "Bo", "cy", "ANN", "dé", "bo", "eve", "Ann")
_ASKED = {
    "sum": (
        "`rows` holds pairs (name, amount). Return one pair (name, total) for each different name, in the order in "
        "which the names first occur among the rows that count; the total is the sum of the amounts.",
        "Add up the amounts of the pairs (name, amount) in `rows` by name. Return the list of pairs (name, total), one "
        "for each name, ordered by the first row that counts for it.",
    ),
    "average": (
        "`rows` holds pairs (name, amount). Return one pair (name, average) for each different name, in the order in "
        "which the names first occur among the rows that count; the average of the amounts is rounded down to an "
        "integer, -3.5 to -4.",
        "Return, for each name in the pairs (name, amount) of `rows`, a pair (name, average), ordered by the first row "
        "that counts for the name. Averages are rounded down, also below 0: -3.5 becomes -4.",
    ),
    "skip": (
        "Rows with an amount below {least} do not count.",
        "Ignore every row whose amount is less than {least}.",
    ),
    "cap": (
        "An amount above {cap} counts as {cap}.",
        "Where an amount is larger than {cap}, take {cap} instead.",
    ),
    "fold": (
        "Names that differ only in capital and small letters are one name, written in small letters.",
        "Names are put in small letters first, so that 'Ann' and 'ann' are the same.",
    ),
    "few": (
        "Leave out names with fewer than {few} rows that count.",
        "A name needs at least {few} rows that count, or it is left out of the result.",
    ),
    "rank": (
        "But order the pairs by their second part, largest first, and equal ones by name, ascending (as Python "
        "compares texts).",
        "Instead of that order, sort the result descending by the figure; where figures are equal, ascending by name "
        "(compared as Python does).",
    ),
    "rest": (
        "Only the first {top} pairs are returned as they are; if there are more, one last pair ({other!r}, sum of the "
        "figures of all further pairs) follows.",
        "If there are more than {top} pairs, put one pair ({other!r}, figure) in place of all after the first {top}, "
        "with the sum of their figures.",
    ),
    "reject": (
        "Raise ValueError if any row, whether it counts or not, has the empty name or an amount above {limit}.",
        "A row without a name (an empty text), or with an amount that exceeds {limit}, is an error even if the row "
        "would not count: raise ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    cap = rng.randint(20, 60)
    drawn = {
        "least": rng.randint(-9, 40) if "average" in rules else rng.randint(2, 40),
        "cap": cap,
        "few": rng.randint(2, 3),
        "top": rng.randint(1, 3),
        "other": rng.choice(("other", "rest", "...", "*", "(more)")),
        "limit": rng.randint(70, 150),
    }
    names = ("totals", "by_name", "summary", "group")
    signature = f"{rng.choice(names)}(rows: list[tuple[str, int]]) -> list[tuple[str, int]]"
    said = worded(rng, _ASKED, rules, **drawn)
    if "cap" in rules and {"skip", "reject"} & set(rules):
        decided = "Which rows count" if "reject" not in rules else "Which rows count and which are an error"
        said += f" {decided} is decided by the amounts as given."
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
        lines += [f'if any(name == "" or amount > {drawn["limit"]} for name, amount in rows):']
        lines += ['    raise ValueError("a row cannot be")']
    lines += ["groups: dict[str, list[int]] = {}", "for name, amount in rows:"]
    if "skip" in rules:
        lines += [f"    if amount < {drawn['least']}:", "        continue"]
    lines += ["    name = name.lower()"] if "fold" in rules else []
    amount = "amount"
    if "cap" in rules:
        amount = f"min(amount, {drawn['cap']})"
    lines += rng.choice(
        (
            [f"    groups.setdefault(name, []).append({amount})"],
            ["    if name not in groups:", "        groups[name] = []", f"    groups[name].append({amount})"],
        )
    )
    figure = "sum(amounts) // len(amounts)" if "average" in rules else "sum(amounts)"
    kept = f" if len(amounts) >= {drawn['few']}" if "few" in rules else ""
    lines += [f"result = [(name, {figure}) for name, amounts in groups.items(){kept}]"]
    if "rank" in rules:
        lines += rng.choice(
            (
                ["result.sort(key=lambda pair: (-pair[1], pair[0]))"],
                ["result.sort()", "result.sort(key=lambda pair: pair[1], reverse=True)"],
            )
        )
    if "rest" in rules:
        top = drawn["top"]
        lines += [f"if len(result) > {top}:", f"    more = sum(figure for _, figure in result[{top}:])"]
        lines += [f"    result = [*result[:{top}], ({quoted(drawn['other'])}, more)]"]
    return [*lines, "return result"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    least, cap, few, top, limit = (drawn[name] for name in ("least", "cap", "few", "top", "limit"))

    def some(count: int) -> list[tuple[str, int]]:
        names = rng.sample(_NAMES, min(len(_NAMES), count // 2 + 1))
        about = (least, cap, rng.randint(-30, 65))
        return [(rng.choice(names), rng.choice(about) + rng.randint(-4, 4)) for _ in range(count)]

    hidden = [
        [],
        [("x", least)],
        [("x", least - 1), ("y", cap), ("x", cap + 1)],
        [("Ann", 50), ("ANN", 41), ("ann", 44)],
        [("b", 44), ("a", 44), ("c", 44), ("b", 45), ("a", 45), ("d", 64)],
        [("b", least + 1)] * few + [("a", least)] * (few - 1) + [("c", cap + 7)] * (few + 1),
        [(name, 41 + place) for place, name in enumerate("xyzw"[: top + 1])] * few,
        [(name, 41) for name in "xyzw"[:top]] * few,
        [("Éa", 47), ("éa", 52), ("q", -7), ("q", -8), ("q", 43)],
        *(some(count) for count in (6, 8, 10, 12, 14)),
    ]
    if "reject" in rules:
        hidden += [[("", 50), ("a", 42)], [("a", limit)], [("a", limit + 1)], [("b", 42), ("", least - 1)]]
    return [(some(rng.randint(4, 7)),) for _ in range(6)], [(given,) for given in hidden]


FAMILY = DraftedFamily(
    name="collections.grouping",
    about="rows grouped by name, with a figure for each group",
    skills=("aggregation", "sorting", "dictionaries"),
    compositions={
        1: (("sum", "skip"), ("sum", "cap"), ("average", "skip")),
        2: (("sum", "skip", "fold"), ("sum", "cap", "rank"), ("average", "skip", "few"), ("sum", "skip", "rank")),
        3: (
            ("sum", "skip", "fold", "rank"),
            ("average", "cap", "few", "rank"),
            ("sum", "cap", "rank", "rest"),
            ("sum", "skip", "cap", "few"),
        ),
        4: (
            ("sum", "skip", "rank", "reject"),
            ("average", "skip", "cap", "reject"),
            ("sum", "skip", "fold", "rank", "rest"),
            ("sum", "fold", "few", "rank", "reject"),
        ),
        5: (
            ("sum", "skip", "cap", "fold", "few", "rank", "rest", "reject"),
            ("average", "skip", "cap", "fold", "few", "rank", "reject"),
            ("sum", "skip", "cap", "fold", "rank", "rest", "reject"),
        ),
    },
    draw=_draw,
)
