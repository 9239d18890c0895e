"""Expressions of one variable whose plain form loses its digits near a point, or overflows far from it."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.numerics.exact import numeric_draft
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules


@dataclass(frozen=True)
class _Expression:
    """`{k}` is the parameter; `{x}` the variable."""

    told: str
    stable: tuple[str, ...]
    """Bodies that stay accurate: the last line is the value."""
    exact: Callable[[Any, Any, Any], Any]
    """`(mp, k, x)`"""
    hard: tuple[float, ...]
    """Arguments at which the plain form fails."""


_EXPRESSIONS = {
    "growth": _Expression(
        "exp({k}·x) − 1",
        ("math.expm1({k} * x)",),
        lambda mp, k, x: mp.expm1(k * x),
        (1e-9, -1e-12, 3e-16, 1e-300),
    ),
    "log": _Expression(
        "the natural logarithm of 1 + {k}·x (x is above 0)",
        ("math.log1p({k} * x)",),
        lambda mp, k, x: mp.log(1 + k * x),
        (1e-9, 1e-12, 3e-17, 1e-300),
    ),
    "cosine": _Expression(
        "1 − cos({k}·x)",
        ("2.0 * math.sin({k} * x / 2) ** 2", "math.sin({k} * x / 2) * math.sin({k} * x / 2) * 2"),
        lambda mp, k, x: 2 * mp.sin(k * x / 2) ** 2,
        (1e-5, 1e-8, -1e-9, 3e-12),
    ),
    "roots": _Expression(
        "the square root of x + {k} less the square root of x (x is above 0)",
        ("{k} / (math.sqrt(x + {k}) + math.sqrt(x))",),
        lambda mp, k, x: mp.sqrt(x + k) - mp.sqrt(x),
        (1e12, 1e15, 3e20, 1e100),
    ),
    "inverses": _Expression(
        "1 / x less 1 / (x + {k}) (x is above 0)",
        ("{k} / (x * (x + {k}))", "{k} / x / (x + {k})"),
        lambda mp, k, x: 1 / x - 1 / (x + k),
        (1e12, 1e15, 3e20, 1e40),
    ),
    "softplus": _Expression(
        "the natural logarithm of 1 + exp({k}·x)",
        ("max({k} * x, 0.0) + math.log1p(math.exp(-abs({k} * x)))",),
        lambda mp, k, x: mp.log(1 + mp.exp(k * x)),
        (-40.0, 800.0, 1e5, -300.0 / 7),
    ),
}
_ASKED = {
    "hard": (
        "It must stay accurate where terms nearly cancel, and nothing may overflow on the way to a finite result.",
    ),
    "list": ("`xs` holds several x; return a list of the values in the same order.",),
    "reject": ("Raise ValueError if an x is NaN.",),
    "clip": ("Values above {most} are replaced by {most}.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    kind = rng.choice([rule for rule in rules if rule in _EXPRESSIONS] or list(_EXPRESSIONS))
    expression = _EXPRESSIONS[kind]
    k = rng.choice((0.5, 1.5, 2.0, 2.5, 3.0)) * rng.randint(1, 12)
    most = rng.randint(2, 9) / 2
    several = "list" in rules
    name = rng.choice(("evaluate", "compute", "value_of"))
    signature = f"{name}(xs: list[float]) -> list[float]" if several else f"{name}(x: float) -> float"
    said = [rng.choice(_ASKED[rule]).format(most=most) for rule in rules if rule in _ASKED]
    asked = f"Return {expression.told.format(k=k)}. " + " ".join(said)

    def one(mp: Any, x: float) -> Any:
        if math.isnan(x) and "reject" in rules:
            raise ValueError
        value = expression.exact(mp, mp.mpf(k), mp.mpf(x))
        return min(value, mp.mpf(most)) if "clip" in rules else value

    def exact(mp: Any, given: Any) -> Any:
        mp.dps = 330
        if several and "reject" in rules and any(map(math.isnan, given)):
            raise ValueError
        return [one(mp, x) for x in given] if several else one(mp, given)

    return numeric_draft(
        parameters=(kind, k, *((most,) if "clip" in rules else ())),
        signature=signature,
        asked=asked.strip(),
        reference=function(signature, _body(rng, rules, expression, k, most), imports=("import math",)),
        exact=exact,
        inputs=lambda rng: _inputs(rng, rules, expression, k, most),
        ulps=6,
    )


def _body(rng: random.Random, rules: Rules, expression: _Expression, k: float, most: float) -> list[str]:
    value = rng.choice(expression.stable).format(k=k)
    if "clip" in rules:
        value = f"min({value}, {most})"
    if "list" not in rules:
        lines = ["if math.isnan(x):", '    raise ValueError("x is not a number")'] if "reject" in rules else []
        return [*lines, f"return {value}"]
    lines = ["if any(math.isnan(x) for x in xs):", '    raise ValueError("an x is not a number")']
    looped = ["values = []", "for x in xs:", f"    values.append({value})", "return values"]
    return [*(lines if "reject" in rules else []), *rng.choice((looped, [f"return [{value} for x in xs]"]))]


def _inputs(
    rng: random.Random, rules: Rules, expression: _Expression, k: float, most: float
) -> tuple[list[Arguments], list[Arguments]]:
    above = "above 0" in expression.told
    plain = [round(rng.uniform(0.1, 3), 2) * (1 if above else rng.choice((-1, 1))) for _ in range(14)]
    numbers = [1.0, 0.25, *plain[6:]]
    hard = [*expression.hard, *(number * 1.7 for number in expression.hard)] if "plain" not in rules else []
    if "clip" in rules:
        numbers += [most, most / k, 2 * most / k, 50.0]
    odd = [math.nan] if "reject" in rules else []
    if "list" not in rules:
        return [(x,) for x in plain[:6]], [(x,) for x in (*numbers, *hard, *odd)]
    groups = [[], [numbers[0]], numbers[1:4], numbers[4:6], numbers[6:], hard[:2], hard[2:5], hard[5:], [*hard, 2.0]]
    groups += [[1.0, *odd], [*odd, 1.0, 2.0], *([number] for number in numbers[1:4])]
    return [(plain[start : start + 2],) for start in range(5)], [(group,) for group in groups]


FAMILY = DraftedFamily(
    name="numerics.expressions",
    about="expressions whose plain form cancels or overflows",
    skills=("numerics", "cancellation", "overflow"),
    compositions={
        1: (("plain",),),
        2: (("hard", "growth"), ("hard", "cosine"), ("hard", "roots"), ("hard", "softplus")),
        3: (("hard", "list"), ("hard", "clip"), ("hard", "log", "list"), ("hard", "inverses", "list")),
        4: (("hard", "list", "reject"), ("hard", "clip", "reject"), ("hard", "softplus", "clip", "reject")),
        5: (("hard", "list", "clip", "reject"), ("hard", "cosine", "list", "clip", "reject")),
    },
    draw=_draw,
)
