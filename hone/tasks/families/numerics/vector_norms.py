"""Norms of vectors, whose powers overflow or vanish long before the norm does."""

import math
import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.numerics.exact import numeric_draft
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_ASKED = {
    "large": (
        "Numbers may be of any size, down to 5e-324 and up to 1e300: no power may overflow or vanish on the way.",
        "It must hold for numbers of any size, from 5e-324 to 1e300, of which a power overflows or becomes 0.",
    ),
    "infinite": (
        "A number may be infinite: then the result is inf, even if another is NaN. Otherwise, if a number is NaN, the "
        "result is NaN.",
    ),
    "empty": ("Raise ValueError if there are no numbers.",),
    "reject": ("Raise ValueError if a number of `vector` is NaN or infinite.",),
    "uneven": ("Raise ValueError if the two lists differ in length.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    power = rng.randint(5, 48) / 4
    weighted, unit = "weights" in rules, "unit" in rules
    name = rng.choice(("normalized", "unit_vector") if unit else ("norm", "length", "vector_norm"))
    argument = "vector: list[float]" + (", weights: list[float]" if weighted else "")
    signature = f"{name}({argument}) -> {'list[float]' if unit else 'float'}"
    term = "weight·|number|" if weighted else "|number|"
    norm = f"the sum of all {term} to the power {power!r}, and of that sum the root of order {power!r}"
    norm = (
        norm.replace("weight·|number| to", "weight·(|number| to").replace(f"{power!r}, and", f"{power!r}), and", 1)
        if weighted
        else norm
    )
    asked = f"The norm of `vector` is {norm}. "
    if weighted:
        asked += "The weight of a number is the one at its place in `weights`; weights are from 0.001 to 1000. "
        asked += "" if "uneven" in rules else "The two lists are equally long. "
    if unit:
        asked += (
            "Return the list of all numbers of `vector`, each divided by the norm; if the norm is 0, return `vector`. "
        )
    else:
        asked += f"Return the norm{'' if 'empty' in rules else '; of an empty list it is 0.0'}. "
    asked += " ".join(rng.choice(_ASKED[rule]) for rule in rules if rule in _ASKED)

    def exact(mp: Any, vector: list[float], weights: list[float] | None = None) -> Any:
        mp.dps = 60
        if weights is not None and len(weights) != len(vector):
            raise ValueError
        if "reject" in rules and not all(map(math.isfinite, vector)):
            raise ValueError
        if not vector and "empty" in rules:
            raise ValueError
        if any(map(math.isinf, vector)):
            return math.inf
        if any(map(math.isnan, vector)):
            return math.nan
        pairs = zip(vector, weights or [1.0] * len(vector), strict=True)
        total = mp.fsum(mp.mpf(weight) * abs(mp.mpf(number)) ** mp.mpf(power) for number, weight in pairs)
        if not unit:
            return total ** (1 / mp.mpf(power)) if total else 0.0
        return [mp.mpf(number) / total ** (1 / mp.mpf(power)) for number in vector] if total else vector

    return numeric_draft(
        parameters=(power,),
        signature=signature,
        asked=asked.strip(),
        reference=function(
            signature, _body(rng, rules, power), imports=("import math",) if {"infinite", "reject"} & set(rules) else ()
        ),
        exact=exact,
        inputs=lambda rng: _inputs(rng, rules),
        ulps=8,
    )


def _body(rng: random.Random, rules: Rules, power: float) -> list[str]:
    weighted, unit = "weights" in rules, "unit" in rules
    lines = []
    if "uneven" in rules:
        lines += ["if len(vector) != len(weights):", '    raise ValueError("the lists differ in length")']
    if "empty" in rules:
        lines += ["if not vector:", '    raise ValueError("there are no numbers")']
    if "reject" in rules:
        lines += ["if not all(math.isfinite(number) for number in vector):"]
        lines += ['    raise ValueError("a number is not finite")']
    if "infinite" in rules:
        lines += ["if any(math.isinf(number) for number in vector):", "    return math.inf"]
        lines += ["if any(math.isnan(number) for number in vector):", "    return math.nan"]
    each = "for number, weight in zip(vector, weights)" if weighted else "for number in vector"
    if "large" not in rules:
        term = f"{'weight * ' if weighted else ''}abs(number) ** {power}"
        lines += [f"norm = sum({term} {each}) ** (1 / {power})"]
        return [*lines, "return [number / norm for number in vector] if norm else vector" if unit else "return norm"]
    lines += ["top = max((abs(number) for number in vector), default=0.0)", "if top == 0.0:"]
    lines += [f"    return {'vector' if unit else '0.0'}"]
    term = f"{'weight * ' if weighted else ''}(abs(number) / top) ** {power}"
    lines += rng.choice(
        (
            [f"total = sum({term} {each})"],
            ["total = 0.0", f"{each}:", f"    total += {term}"],
        )
    )
    lines += [f"root = total ** (1 / {power})"]
    return [*lines, "return [number / top / root for number in vector]" if unit else "return top * root"]


def _inputs(rng: random.Random, rules: Rules) -> tuple[list[Arguments], list[Arguments]]:
    def given(vector: list[float]) -> Arguments:
        if "weights" not in rules:
            return (vector,)
        return vector, [rng.choice((0.25, 0.5, 1.5, 2.0, 3.0, 10.0, 0.001, 1000.0)) for _ in vector]

    def some(count: int) -> Arguments:
        return given([rng.choice((-1, 1)) * rng.randint(1, 400) / 16 for _ in range(count)])

    shown = [some(rng.randint(2, 3)) for _ in range(6)]
    hidden = [given([3.0]), given([-3.0, 4.0]), given([0.0, 2.0, 0.0]), given([1.0, 1.0, -1.0, 1.0])]
    hidden += [some(count) for count in (2, 3, 5, 8)]
    hidden += [given([0.0, 0.0])]
    if "large" in rules:
        sizes = (1e300, 1e200, 1e-200, 1e-300, 1e-290)
        hidden += [given([size * rng.randint(-60, 60) / 64 for _ in range(3)] + [size]) for size in sizes]
        hidden += [given([1e300, 1.0]), given([1e-300, -1e-300, 0.0]), given([5e-324] * 4), given([1e-320, 3e-320])]
    if "empty" in rules or not {"unit", "infinite"} & set(rules):
        hidden += [([],) * (1 + ("weights" in rules))]
    if "infinite" in rules:
        odd = [[math.inf, 1.0], [1.0, -math.inf, 2.0], [math.nan, 1.0], [math.inf, math.nan], [math.nan, -math.inf]]
        hidden += [given(vector) for vector in odd]
    if "reject" in rules:
        hidden += [given([1.0, math.nan]), given([math.inf, 2.0]), given([0.0, -math.inf])]
    if "uneven" in rules:
        hidden += [([1.0, 2.0], [1.0]), ([1.0, 2.0], [0.5, 1.0, 2.0])]
    return shown, hidden


FAMILY = DraftedFamily(
    name="numerics.vector_norms",
    about="norms and unit vectors without overflow and underflow",
    skills=("numerics", "overflow", "underflow"),
    compositions={
        1: (("plain",), ("plain", "weights")),
        2: (("large",), ("plain", "unit"), ("plain", "weights", "empty")),
        3: (("large", "unit"), ("large", "infinite"), ("large", "weights"), ("large", "empty")),
        4: (
            ("large", "infinite", "empty"),
            ("large", "weights", "empty"),
            ("large", "unit", "reject"),
            ("large", "weights", "uneven"),
        ),
        5: (
            ("large", "weights", "uneven", "infinite", "empty"),
            ("large", "unit", "weights", "uneven", "reject"),
            ("large", "weights", "uneven", "empty", "reject"),
        ),
    },
    draw=_draw,
)
