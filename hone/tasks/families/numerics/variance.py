"""Variances and covariances of numbers that all lie far from zero, where the difference of the sums is lost."""

import math
import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.numerics.exact import numeric_draft
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_ASKED = {
    "shift": (
        "The numbers may lie millions of times as far from 0 as from each other; nothing may be lost by that.",
        "All numbers may be millions of times larger than their spread. That must cost no accuracy.",
    ),
    "few": ("{few} raise ValueError.",),
    "reject": ("Raise ValueError if a number is NaN or infinite.",),
    "large": (
        "The numbers may be as large as 1e200 in size, or as small as 1e-200; squares of such numbers overflow, or "
        "vanish, but the result must not.",
    ),
    "uneven": ("Raise ValueError if the lists differ in length.",),
}
_SPREAD = 1e6


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    factor = rng.choice((-1, 1)) * rng.randint(1, 60) / 4
    least = 2 if "sample" in rules else 1
    pairs, deviation = "pairs" in rules, "deviation" in rules
    divided = "one less than how many there are" if "sample" in rules else "how many there are"
    if pairs:
        name, given = (
            rng.choice(("covariance", "joint_spread", "scaled_covariance")),
            "xs: list[float], ys: list[float]",
        )
        what = (
            "the covariance of `xs` and `ys`: the sum of the products (x − mean of xs)·(y − mean of ys) over the pairs "
            f"of x and y at the same place, divided by {divided}"
        )
    else:
        name, given = rng.choice(("spread", "scaled_spread", "dispersion")), "numbers: list[float]"
        kind = "standard deviation of `numbers`, the root of their variance" if deviation else "variance of `numbers`"
        what = f"the {kind}: the variance is the sum of the squares of (number − mean), divided by {divided}"
    counted = "pairs" if pairs else "numbers"
    fewest = "two are" if least == 2 else "one is"
    promises = [] if "few" in rules else [f"At least {fewest} given."]
    promises += ["The two lists are equally long."] if pairs and "uneven" not in rules else []
    few = f"With fewer than two {counted}" if least == 2 else f"Without {counted}"
    said = [rng.choice(_ASKED[rule]).format(few=few) for rule in rules if rule in _ASKED]
    signature = f"{name}({given}) -> float"

    def exact(mp: Any, xs: list[float], ys: list[float] | None = None) -> Any:
        other = xs if ys is None else ys
        if len(xs) != len(other) or not all(map(math.isfinite, (*xs, *other))) or len(xs) < least:
            raise ValueError
        first, second = ([mp.mpf(value) for value in values] for values in (xs, other))
        means = mp.fsum(first) / len(first), mp.fsum(second) / len(second)
        total = mp.fsum((x - means[0]) * (y - means[1]) for x, y in zip(first, second, strict=True))
        result = total / (len(xs) - least + 1)
        return float(factor * (mp.sqrt(result) if deviation else result)) + 0.0

    return numeric_draft(
        parameters=(factor,),
        signature=signature,
        asked=" ".join([f"Return {factor!r} times {what}.", *promises, *said]),
        reference=function(
            signature,
            _body(rng, rules, factor, least),
            imports=("import math",) if {"deviation", "reject"} & set(rules) else (),
        ),
        exact=exact,
        inputs=lambda rng: _inputs(rng, rules, least),
        ulps=8,
    )


def _body(rng: random.Random, rules: Rules, factor: float, least: int) -> list[str]:
    pairs, deviation = "pairs" in rules, "deviation" in rules
    values = "xs" if pairs else "numbers"
    lines = []
    if "uneven" in rules:
        lines += ["if len(xs) != len(ys):", '    raise ValueError("the lists differ in length")']
    if "few" in rules:
        lines += [f"if len({values}) < {least}:", '    raise ValueError("there are too few numbers")']
    if "reject" in rules:
        whole = "[*xs, *ys]" if pairs else "numbers"
        lines += [f"if not all(math.isfinite(number) for number in {whole}):"]
        lines += ['    raise ValueError("a number is not finite")']
    divisor = f"(len({values}) - 1)" if least == 2 else f"len({values})"
    if pairs:
        lines += ["middle_x = sum(xs) / len(xs)", "middle_y = sum(ys) / len(ys)"]
        product = "(x - middle_x) * (y - middle_y)"
        lines += ["total = sum(" + product + " for x, y in zip(xs, ys))"]
        return [*lines, f"return {factor} * total / {divisor}"]
    lines += ["middle = sum(numbers) / len(numbers)"]
    if "large" in rules:
        lines += ["deviations = [number - middle for number in numbers]"]
        return [*lines, f"return {factor} * math.hypot(*deviations) / math.sqrt({divisor})"]
    lines += rng.choice(
        (
            ["total = sum((number - middle) ** 2 for number in numbers)"],
            [
                "total = 0.0",
                "for number in numbers:",
                "    deviation = number - middle",
                "    total += deviation * deviation",
            ],
            [
                "deviations = [number - middle for number in numbers]",
                "total = sum(deviation * deviation for deviation in deviations)",
            ],
        )
    )
    return [*lines, f"return {factor} * {f'math.sqrt(total / {divisor})' if deviation else f'total / {divisor}'}"]


def _inputs(rng: random.Random, rules: Rules, least: int) -> tuple[list[Arguments], list[Arguments]]:
    def paired(numbers: list[float]) -> Arguments:
        """With others that go up, or down, with them: their products do not cancel."""
        if "pairs" not in rules:
            return (numbers,)
        slope, place = rng.choice((-2.0, -0.5, 1.5, 3.0)), numbers[0] * rng.choice((1, -1, 0)) if numbers else 0.0
        first = numbers[0] if numbers else 0.0
        return numbers, [place + slope * (number - first) + rng.randint(0, 1) / 64 for number in numbers]

    def some(count: int, around: float = 0.0) -> Arguments:
        return paired([around + rng.randint(-400, 400) / 8 for _ in range(count)])

    shown = [some(rng.randint(2, 4)) for _ in range(6)]
    hidden = [paired([1.5, 4.0]), paired([2.0, 2.0, 5.0]), paired([4.0, 7.0, 13.0, 16.0]), paired([-1.0, 1.0])]
    hidden += [some(count) for count in (3, 5, 6, 9)]
    if least == 1 and "few" not in rules:
        hidden += [paired([2.5])]
    if "shift" in rules:
        hidden += [paired([base + number for number in (4.0, 7.0, 13.0, 16.0)]) for base in (1e6, -5e6, 8e6)]
        hidden += [some(count, rng.choice((-1, 1)) * rng.uniform(1, 9) * 1e6) for count in (2, 3, 7, 12)]
        hidden += [paired([_SPREAD, _SPREAD + 1.0, _SPREAD + 2.0]), paired([0.1 + 5e5] * 3 + [0.7 + 5e5])]
    if "large" in rules:
        hidden += [
            paired([size * number for number in (3.0, -1.0, 2.5, 0.5)]) for size in (1e200, 1e160, 1e-200, 1e-170)
        ]
        hidden += [paired([1e200, -1e200]), paired([1e-200, 3e-200])]
    if "few" in rules:
        hidden += [([],) * (1 + ("pairs" in rules)), paired([3.5]), paired([1e6])]
    if "reject" in rules:
        hidden += [_spoilt(paired([1.0, 2.0, 4.0]), bad, last) for bad, last in ((math.nan, 0), (math.inf, 1))]
        hidden += [_spoilt(paired([3.0, 2.0]), -math.inf, 1), _spoilt(paired([5.0, 1.0, 0.5]), math.nan, 1)]
    if "uneven" in rules:
        hidden += [([1.0, 2.0], [1.0, 2.0, 3.0]), ([1.0, 2.0, 4.0], [3.0, 1.0])]
    return shown, hidden


def _spoilt(arguments: Arguments, bad: float, last: int) -> Arguments:
    """With a bad number in the first list, or in the last one."""
    lists = [list(numbers) for numbers in arguments]
    lists[-last][-1] = bad
    return tuple(lists)


FAMILY = DraftedFamily(
    name="numerics.variance",
    about="variances and covariances of numbers far from zero",
    skills=("numerics", "cancellation", "statistics"),
    compositions={
        1: (("plain",), ("plain", "sample")),
        2: (("shift",), ("shift", "sample"), ("shift", "deviation")),
        3: (("shift", "pairs"), ("shift", "sample", "few"), ("shift", "deviation", "sample"), ("shift", "reject")),
        4: (
            ("shift", "sample", "few", "reject"),
            ("shift", "pairs", "few", "uneven"),
            ("shift", "deviation", "few", "reject"),
            ("shift", "deviation", "large", "sample"),
        ),
        5: (
            ("shift", "sample", "deviation", "large", "few", "reject"),
            ("shift", "sample", "pairs", "few", "uneven", "reject"),
            ("shift", "pairs", "few", "uneven", "reject"),
        ),
    },
    draw=_draw,
)
