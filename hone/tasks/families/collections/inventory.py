"""Stocks of goods, and moves that add and take away."""

import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import parameters, worded
from hone.tasks.families.source import function, quoted
from hone.tasks.families.splits import Rules

_GOODS = ("nails", "rope", "salt", "tea", "wax", "yarn", "öl")
_ASKED = {
    "move": (
        "`stock` has the count of each good; goods that it lacks count 0. Each of the `moves`, pairs (good, change), "
        "adds its change, which may be negative, to the good's count, one move after the other. Return the new stock "
        "as a dictionary.",
        "Carry out the `moves` one after the other: a move is a pair (good, change), and the change, positive or "
        "negative, is added to the count of the good in `stock` (0 where it is not there). Return a dictionary with "
        "the new counts.",
    ),
    "empty": (
        "It holds no good whose count is 0 in the end, whether it was moved or not.",
        "Goods that end with a count of 0 are not in it, even if they never moved.",
    ),
    "all": (
        "It has an entry for every good of `stock` and for every good {moved}, also where the count is 0.",
        "Every good that is in `stock` or was {moved} is in it, even with a count of 0.",
    ),
    "debt": ("Counts may become negative.", "It is no error that a count becomes negative."),
    "floor": (
        "A count never goes below 0: of a good, no more is taken than is there at that moment.",
        "If a move takes away more than there is, the count becomes 0.",
    ),
    "cap": (
        "A count never goes above {cap} by a move: what would be too much of a good is lost; no count in `stock` is "
        "above that to begin with.",
        "At most {cap} of each good can be kept, and what a move adds beyond that is thrown away. `stock` itself keeps "
        "to this.",
    ),
    "crate": (
        "A good {crate!r} in a move stands for {size} {inside!r} each: moving n of it moves n times {size} {inside!r}, "
        "and {crate!r} itself is never in the stock.",
        "Whoever moves {crate!r} moves {size} {inside!r} for each one (so a change of -2 takes {double} {inside!r}); "
        "{crate!r} has no count of its own, in `stock` or in the result.",
    ),
    "fee": (
        "A move with a negative change also takes {fee} of {paid!r}, by the same rules, right after it, even if "
        "nothing was there to be taken; taking {paid!r} itself is free.",
        "Right after each move with a negative change, {fee} {paid!r} are taken away, too, as by a move of its own "
        "that costs nothing; but moves of {paid!r} cost nothing.",
    ),
    "report": (
        "Return the pair (stock, n) instead, where n is the number of `moves` with a change other than 0 that left all "
        "counts as they were.",
        "Instead of the stock alone, return a pair: the stock, and how many of the `moves` whose change is not 0 left "
        "every count as it was.",
    ),
    "known": (
        "Raise KeyError if the good of a move with a negative change is neither in `stock` nor was moved before.",
        "A move with a negative change raises KeyError if its good is not a key of `stock` and no earlier move was of "
        "it.",
    ),
    "reject": (
        "Raise ValueError, before anything else, if there are more than {most} moves.",
        "First of all, more than {most} moves are refused: raise ValueError.",
    ),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    inside, paid = rng.sample(_GOODS, 2)
    size = rng.randint(2, 12)
    drawn = {
        "cap": rng.randint(10, 60),
        "crate": rng.choice(("crate", "box", "sack", "bundle")),
        "size": size,
        "double": 2 * size,
        "inside": inside,
        "fee": rng.randint(1, 4),
        "paid": paid,
        "most": rng.randint(4, 7),
        "moved": "moved or charged" if "fee" in rules else "moved",
    }
    gives = "tuple[dict[str, int], int]" if "report" in rules else "dict[str, int]"
    name = rng.choice(("carry_out", "restock", "apply_moves", "after_moves"))
    signature = f"{name}(stock: dict[str, int], moves: list[tuple[str, int]]) -> {gives}"
    told = (*rules[:1], *(() if "empty" in rules else ("all",)), *(() if "floor" in rules else ("debt",)), *rules[1:])
    said = worded(rng, _ASKED, told, **drawn)
    if "crate" in rules and "known" in rules:
        said += f" A move of {drawn['crate']!r} counts as one of {inside!r} in this, too."
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
        lines += [f"if len(moves) > {drawn['most']}:", '    raise ValueError("too many moves")']
    lines += rng.choice((["counts = dict(stock)"], ["counts = {good: count for good, count in stock.items()}"]))
    count = "counts.get(good, 0) + change"
    if "floor" in rules and "cap" in rules:
        count = f"min(max({count}, 0), {drawn['cap']})"
    elif "floor" in rules:
        count = f"max({count}, 0)"
    elif "cap" in rules:
        count = f"min({count}, {drawn['cap']})"
    apart = "fee" in rules or rng.random() < 0.3
    if apart:
        lines += ["", "def add(good: str, change: int) -> None:", f"    counts[good] = {count}", ""]
    lines += ["idle = 0"] if "report" in rules else []
    lines += ["for good, change in moves:"]
    if "crate" in rules:
        lines += [f"    if good == {quoted(drawn['crate'])}:"]
        lines += [f"        good, change = {quoted(drawn['inside'])}, change * {drawn['size']}"]
    if "known" in rules:
        lines += ["    if change < 0 and good not in counts:", '        raise KeyError("nothing to take")']
    lines += ["    before = {other: count for other, count in counts.items() if count}"] if "report" in rules else []
    lines += ["    add(good, change)" if apart else f"    counts[good] = {count}"]
    if "fee" in rules:
        lines += [f"    if change < 0 and good != {quoted(drawn['paid'])}:"]
        lines += [f"        add({quoted(drawn['paid'])}, -{drawn['fee']})"]
    if "report" in rules:
        lines += ["    after = {other: count for other, count in counts.items() if count}"]
        lines += ["    if change != 0 and after == before:", "        idle += 1"]
    kept = "counts"
    if "empty" in rules:
        kept = "{good: count for good, count in counts.items() if count != 0}"
    return [*lines, f"return {kept}, idle" if "report" in rules else f"return {kept}"]


def _inputs(rng: random.Random, rules: Rules, drawn: dict[str, Any]) -> tuple[list[Arguments], list[Arguments]]:
    cap, crate, inside, paid, most = (drawn[name] for name in ("cap", "crate", "inside", "paid", "most"))
    longest = most if "reject" in rules else 9
    known = "known" in rules

    def some(count: int) -> Arguments:
        goods = rng.sample(_GOODS, 3)
        stock = {good: rng.choice((0, 3, cap - 2, rng.randint(0, cap))) for good in goods[: 3 if known else 2]}
        named = [*goods, inside, paid] if not known else goods
        named += [crate] if "crate" in rules and (not known or inside in stock) else []
        moves = [(rng.choice(named), rng.choice((-7, -3, -2, -1, 1, 2, 3, 5, cap // 2))) for _ in range(count)]
        return stock, moves[:longest]

    a, b = rng.sample([good for good in _GOODS if good not in (inside, paid)], 2)
    hidden: list[Arguments] = [
        ({}, []),
        ({a: 4, b: 0}, []),
        ({}, [(a, 5), (b, 0)]),
        ({a: 5}, [(a, -5), (b, 2)]),
        ({a: 5, paid: 9}, [(a, -7), (a, 3)]),
        ({a: cap - 1, b: 1}, [(a, 2), (a, -1), (b, cap + 5)]),
        ({inside: 3, paid: 8}, [(inside, -1), (paid, -2), (inside, 4)]),
        ({a: 0, b: 2}, [(a, -1), (b, 0), (b, -2), (b, -1)]),
        ({a: cap, paid: 1}, [(a, 1), (a, -1), (a, -1)]),
        ({b: 3}, [(b, -1)] * most),
        *(some(count) for count in (3, 4, 5, 6, 7, 9)),
    ]
    if "crate" in rules:
        hidden += [({inside: 2}, [(crate, 2), (inside, -1)]), ({inside: cap, a: 1}, [(crate, -1), (crate, -3)])]
        hidden += [({}, [(crate, 1), (crate, 0)]), ({inside: 1, paid: 10}, [(crate, 1), (crate, -1), (inside, 1)])]
    if known:
        hidden += [({a: 1}, [(b, -1)]), ({a: 1}, [(b, 2), (b, -1)]), ({}, [(a, 0), (a, -2)])]
        hidden += [({a: 3}, [(a, -1), (b, 1), (inside, -1)])]
    if "reject" in rules:
        hidden += [({a: 1}, [(a, 1)] * (most + 1)), ({b: 1}, [(b, 2)] * most), ({}, [(a, -1)] * (most + 1))]
    return [some(rng.randint(2, 4)) for _ in range(6)], hidden


FAMILY = DraftedFamily(
    name="collections.inventory",
    about="stocks of goods, and moves that add and take away",
    skills=("dictionaries", "multisets", "state"),
    compositions={
        1: (("move", "cap"), ("move", "crate")),
        2: (("move", "floor", "cap"), ("move", "empty", "crate"), ("move", "floor", "crate"), ("move", "empty", "cap")),
        3: (
            ("move", "empty", "floor", "fee"),
            ("move", "floor", "cap", "crate"),
            ("move", "floor", "cap", "report"),
            ("move", "empty", "floor", "crate", "report"),
        ),
        4: (
            ("move", "floor", "cap", "reject"),
            ("move", "floor", "crate", "known"),
            ("move", "empty", "floor", "cap", "known"),
            ("move", "floor", "fee", "report", "reject"),
        ),
        5: (
            ("move", "empty", "floor", "cap", "crate", "fee", "report", "reject"),
            ("move", "floor", "cap", "crate", "fee", "report", "reject"),
            ("move", "empty", "floor", "cap", "crate", "report", "known", "reject"),
        ),
    },
    draw=_draw,
)
