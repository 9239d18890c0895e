"""Real roots of quadratics, where the textbook's formula subtracts nearly equal numbers or overflows."""

import math
import random
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.numerics.exact import numeric_draft
from hone.tasks.families.source import function
from hone.tasks.families.splits import Rules

_ASKED = {
    "cancel": (
        "It must hold, too, where b is far larger than the other coefficients, so that one root nearly cancels.",
        "The smaller root must be as accurate as the larger one, also when b is huge beside the other coefficients.",
    ),
    "none": ("Return an empty list if there is no real root.",),
    "linear": ("If a is 0 the equation is linear and has one root; if b is 0, too, return an empty list.",),
    "reject": ("Raise ValueError if a coefficient is NaN or infinite.",),
    "positive": ("Return only the roots above {least}.", "Leave out roots of {least} or less."),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    constant = rng.choice((-1, 1)) * rng.randint(1, 40) if "none" in rules else -rng.randint(1, 60)
    least = rng.randint(-5, 5)
    name = rng.choice(("roots", "solve_quadratic", "real_roots"))
    signature = f"{name}(a: float, b: float) -> list[float]"
    said = [rng.choice(_ASKED[rule]).format(least=least) for rule in rules if rule != "plain"]
    given = [] if "linear" in rules else ["a is not 0"]
    given += [] if "none" in rules else ["there are two different real roots"]
    asked = (
        f"Return the real roots x of a·x² + b·x + ({constant}) = 0, in ascending order"
        f"{'; ' + ' and '.join(given) if given else ''}. No double root is asked for. {' '.join(said)}"
    )

    def exact(mp: Any, a: float, b: float) -> Any:
        if not (math.isfinite(a) and math.isfinite(b)) and "reject" in rules:
            raise ValueError
        a, b = mp.mpf(a), mp.mpf(b)
        if a == 0:
            found = [] if b == 0 else [-constant / b]
        else:
            within = b * b - 4 * a * constant
            root = mp.sqrt(within) if within >= 0 else None
            found = [] if root is None else sorted([(-b - root) / (2 * a), (-b + root) / (2 * a)])
        return [x for x in found if "positive" not in rules or x > least]

    return numeric_draft(
        parameters=(constant, *((least,) if "positive" in rules else ())),
        signature=signature,
        asked=asked.strip(),
        reference=function(signature, _body(rng, rules, constant, least), imports=("import math",)),
        exact=exact,
        inputs=lambda rng: _inputs(rng, rules, constant),
        ulps=8,
    )


def _body(rng: random.Random, rules: Rules, constant: int, least: int) -> list[str]:
    lines = []
    if "reject" in rules:
        lines += [
            "if not (math.isfinite(a) and math.isfinite(b)):",
            '    raise ValueError("a coefficient is not finite")',
        ]
    if "linear" in rules:
        straight = f"[{-constant} / b]"
        kept = f"[x for x in {straight} if x > {least}]" if "positive" in rules else straight
        lines += ["if a == 0:", f"    return {kept} if b != 0 else []"]
    lines += [f"within = b * b - {4 * constant} * a"]
    if "none" in rules:
        lines += ["if within < 0:", "    return []"]
    if "plain" in rules:
        lines += ["root = math.sqrt(within)", "found = [(-b - root) / (2 * a), (-b + root) / (2 * a)]"]
    else:
        lines += ["half = -(b + math.copysign(math.sqrt(within), b)) / 2", f"found = [half / a, {constant} / half]"]
    if "positive" in rules:
        lines += [f"found = [x for x in found if x > {least}]"]
    return [*lines, *rng.choice((["return sorted(found)"], ["found.sort()", "return found"]))]


def _inputs(rng: random.Random, rules: Rules, constant: int) -> tuple[list[Arguments], list[Arguments]]:
    def some(size: int) -> Arguments:
        while True:
            a, b = float(rng.choice((-1, 1)) * rng.randint(1, 9)), float(rng.randint(-size, size))
            within = b * b - 4 * a * constant
            if within > 0 or ("none" in rules and within < 0):
                return a, b

    shown = [some(20) for _ in range(6)]
    sign = -math.copysign(1.0, constant)
    hidden = [(sign, 3.0), (sign, -3.0), (2 * sign, 7.0), (0.5 * sign, 0.0)]
    hidden += [some(30) for _ in range(6)]
    if "plain" not in rules:
        hidden += [(1.0, 1e8), (1.0, -1e8), (sign * 3.0, 123456789.0), (1e-6, 4e3), (-2.0, -5e7), (sign * 1e-8, 7.0)]
    if "none" in rules:
        hidden += [(-sign * 40.0, 1.0), (-sign * 7.0, 0.0), (-sign * 50.0, -2.0)]
    if "linear" in rules:
        hidden += [(0.0, 4.0), (0.0, -3.0), (0.0, 0.0)]
    if "reject" in rules:
        hidden += [(math.nan, 1.0), (1.0, math.nan), (math.inf, 1.0), (1.0, -math.inf)]
    return shown, hidden


FAMILY = DraftedFamily(
    name="numerics.quadratic_roots",
    about="real roots of quadratics without cancellation",
    skills=("numerics", "cancellation"),
    compositions={
        1: (("plain",),),
        2: (("cancel",), ("none", "plain")),
        3: (("cancel", "none"), ("cancel", "positive"), ("cancel", "linear")),
        4: (("cancel", "none", "reject"), ("cancel", "linear", "reject"), ("cancel", "none", "positive")),
        5: (("cancel", "none", "linear", "reject", "positive"), ("cancel", "none", "linear", "positive")),
    },
    draw=_draw,
)
