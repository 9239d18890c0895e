"""The logarithm of a sum of exponentials, which overflow long before it does."""

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
        "Values may be as large as 1e300 in size; nothing may overflow.",
        "It must work for values up to ±1e300.",
    ),
    "mean": ("The exponentials are averaged instead of added up: divide their sum by how many there are.",),
    "empty": ("Raise ValueError for an empty list.",),
    "infinite": (
        "A value may be -inf, whose exponential is 0, or inf, which makes the result inf; if all are -inf the result "
        "is -inf.",
    ),
    "nan": ("If any value is NaN the result is NaN, whatever the others are.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    scale = rng.randint(20, 1200) / 100
    name = rng.choice(("log_sum_exp", "soft_maximum", "smooth_max"))
    signature = f"{name}(values: list[float]) -> float"
    asked = (
        f"Return {scale!r} times the natural logarithm of the sum of exp(value / {scale!r}) over all `values`"
        f"{'' if 'empty' in rules else ', of which there is at least one'}. "
    ) + " ".join(rng.choice(_ASKED[rule]) for rule in rules if rule != "plain")

    def exact(mp: Any, values: list[float]) -> Any:
        if not values and "empty" in rules:
            raise ValueError
        if any(map(math.isnan, values)):
            return math.nan
        top = max(values)
        if math.isinf(top):
            return top
        mp.dps = 60  # of a sum of exponentials the first digits count
        total = mp.fsum(mp.exp((mp.mpf(value) - top) / scale) for value in values if value > -math.inf)
        return top + scale * mp.log(total / (len(values) if "mean" in rules else 1))

    return numeric_draft(
        parameters=(scale,),
        signature=signature,
        asked=asked.strip(),
        reference=function(signature, _body(rng, rules, scale), imports=("import math",)),
        exact=exact,
        inputs=lambda rng: _inputs(rng, rules, scale),
        ulps=8,
    )


def _body(rng: random.Random, rules: Rules, scale: float) -> list[str]:
    lines = []
    if "empty" in rules:
        lines += ["if not values:", '    raise ValueError("there are no values")']
    if "nan" in rules:
        lines += ["if any(math.isnan(value) for value in values):", "    return math.nan"]
    if rules == ("plain",):
        return [*lines, f"return {scale} * math.log(math.fsum(math.exp(value / {scale}) for value in values))"]
    lines += ["top = max(values)"]
    if "infinite" in rules:
        lines += ["if math.isinf(top):", "    return top"]
    lines += rng.choice(
        (
            [f"total = math.fsum(math.exp((value - top) / {scale}) for value in values)"],
            ["total = 0.0", "for value in values:", f"    total += math.exp((value - top) / {scale})"],
        )
    )
    return [*lines, f"return top + {scale} * math.log({'total / len(values)' if 'mean' in rules else 'total'})"]


def _inputs(rng: random.Random, rules: Rules, scale: float) -> tuple[list[Arguments], list[Arguments]]:
    def some(size: float, count: int) -> Arguments:
        return ([round(rng.uniform(-size, size), 3) for _ in range(count)],)

    shown = [some(3 * scale, rng.randint(2, 4)) for _ in range(6)]
    hidden = [([1.5],), ([scale],), ([scale, scale],), ([2 * scale, scale, 0.0],), ([-scale * 3, scale * 5],)]
    hidden += [some(4 * scale, rng.randint(2, 8)) for _ in range(5)]
    if "plain" not in rules:
        hidden += [([1e300, 1e300],), ([800 * scale, 801 * scale],), ([-900 * scale, -901 * scale],)]
        hidden += [([-1e300, -1e300, -1e300],), ([1e4 * scale, -1e4 * scale],), some(3000 * scale, 5)]
    if "empty" in rules:
        hidden.append(([],))
    if "infinite" in rules:
        hidden += [([-math.inf, scale],), ([math.inf, scale],), ([-math.inf, -math.inf],), ([math.inf, -math.inf],)]
    if "nan" in rules:
        hidden += [([math.nan, scale],), ([scale, math.nan],), ([math.inf, math.nan],)]
    return shown, hidden


FAMILY = DraftedFamily(
    name="numerics.log_sum_exp",
    about="logarithm of a sum of exponentials without overflow",
    skills=("numerics", "overflow"),
    compositions={
        1: (("plain",),),
        2: (("large",), ("mean",)),
        3: (("large", "mean"), ("large", "empty"), ("mean", "empty")),
        4: (("large", "infinite", "empty"), ("large", "mean", "infinite"), ("large", "nan", "empty")),
        5: (("large", "mean", "empty", "infinite", "nan"), ("large", "empty", "infinite", "nan")),
    },
    draw=_draw,
)
