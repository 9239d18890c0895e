"""Values of polynomials near their roots, where Horner's scheme loses its digits, and where powers overflow."""

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
        "x may be so near a root that the terms nearly cancel; the value must be as accurate there.",
        "Near a root the terms nearly cancel; the value must be just as accurate there as elsewhere.",
    ),
    "derivative": ("Return the list of two numbers: p(x), and the derivative p'(x).",),
    "several": ("`xs` holds several x; return the list of the values p(x) in the same order.",),
    "overflow": (
        "Powers of x may overflow or vanish where the value does not, and then nothing may be lost; if {value} itself "
        "is, once rounded, beyond the largest float, raise OverflowError.",
    ),
    "reject": ("Raise ValueError if a coefficient or x is NaN or infinite.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    constant = rng.choice((-1, 1)) * rng.randint(1, 48) / 8
    falling = rng.random() < 0.5
    several, derivative = "several" in rules, "derivative" in rules
    name = rng.choice(("polynomial", "evaluate", "value_at"))
    argument = "xs: list[float]" if several else "x: float"
    signature = (
        f"{name}(coefficients: list[float], {argument}) -> {'list[float]' if several or derivative else 'float'}"
    )
    order = "highest power first" if falling else "lowest power first"
    plain = "" if several or derivative else "Return p(x). "
    value = "a value" if several or derivative else "the value"
    said = " ".join(rng.choice(_ASKED[rule]) for rule in rules if rule in _ASKED).format(value=value)
    asked = (
        f"p is the polynomial whose constant term is {constant!r} and whose further `coefficients` are those of x, x², "
        f"x³ and so on, {order}: {_example(constant, falling=falling)}. "
        f"There may be none: then p is {constant!r} everywhere. {plain}"
    )

    def one(mp: Any, given: list[float], x: float) -> list[Any]:
        if not all(map(math.isfinite, (*given, x))):
            raise ValueError
        mp.dps = 2500  # powers of doubles, without rounding
        rising = [mp.mpf(c) for c in (constant, *(reversed(given) if falling else given))]
        point = mp.mpf(x)
        found = [mp.fsum(c * point**k for k, c in enumerate(rising))]
        if derivative:
            found += [mp.fsum(k * c * point ** (k - 1) for k, c in enumerate(rising) if k > 0)]
        if any(abs(value) >= _BEYOND for value in found):
            raise OverflowError
        return [float(value) for value in found]

    def exact(mp: Any, given: list[float], x: Any) -> Any:
        if several:
            return [value for point in x for value in one(mp, given, point)]
        return one(mp, given, x) if derivative else one(mp, given, x)[0]

    return numeric_draft(
        parameters=(constant, falling),
        signature=signature,
        asked=(asked + said).strip(),
        reference=_reference(rng, rules, signature, constant, falling=falling),
        exact=exact,
        inputs=lambda rng: _inputs(rng, rules, constant, falling=falling),
        ulps=4,
    )


_BEYOND = 2**1024 - 2**970
"""From here on a number rounds to infinity."""


def _example(constant: float, *, falling: bool) -> str:
    told = "[3.0, 2.0]" if falling else "[2.0, 3.0]"
    return f"with {told} it is 3·x² + 2·x + ({constant!r})"


def _reference(rng: random.Random, rules: Rules, signature: str, constant: float, *, falling: bool) -> str:
    several, derivative = "several" in rules, "derivative" in rules
    lines = []
    if "reject" in rules:
        given = "[*coefficients, *xs]" if several else "[*coefficients, x]"
        lines += [f"if not all(math.isfinite(number) for number in {given}):"]
        lines += ['    raise ValueError("a number is not finite")']
    descending = "coefficients" if falling else "coefficients[::-1]"
    rising = "coefficients[::-1]" if falling else "coefficients"
    imports = ["import math"] if "reject" in rules else []
    if not {"cancel", "overflow"} & set(rules):
        steps = ["value = 0.0", *(["slope = 0.0"] if derivative else [])]
        steps += [f"for coefficient in [*{descending}, {constant}]:"]
        steps += ["    slope = slope * x + value"] if derivative else []
        steps += ["    value = value * x + coefficient"]
        result = "[value, slope]" if derivative else "value"
    else:
        imports += ["from fractions import Fraction"]
        if derivative or rng.random() < 0.5:
            steps = ["point, value = Fraction(x), Fraction(0)", *(["slope = Fraction(0)"] if derivative else [])]
            steps += [f"for coefficient in [*{descending}, {constant}]:"]
            steps += ["    slope = slope * point + value"] if derivative else []
            steps += ["    value = value * point + Fraction(coefficient)"]
        else:
            steps = [f"value, power = Fraction({constant}), Fraction(x)", f"for coefficient in {rising}:"]
            steps += ["    value += Fraction(coefficient) * power", "    power *= Fraction(x)"]
        result = "[float(value), float(slope)]" if derivative else "float(value)"
    if not several:
        return function(signature, [*lines, *steps, f"return {result}"], imports=imports)
    steps = ["values = []", "for x in xs:", *(f"    {step}" for step in steps), f"    values.append({result})"]
    return function(signature, [*lines, *steps, "return values"], imports=imports)


def _inputs(
    rng: random.Random, rules: Rules, constant: float, *, falling: bool
) -> tuple[list[Arguments], list[Arguments]]:
    sign = math.copysign(1.0, constant)

    def ordered(rising: list[float]) -> list[float]:
        return rising[::-1] if falling else rising

    def mild(count: int, x: float) -> Arguments:
        """Terms of one sign, which cannot cancel."""
        return ordered([sign * rng.randint(1, 40) / 8 for _ in range(count)]), x

    def steep(count: int, off: float) -> Arguments:
        """c·(1 − x/r)ⁿ near r, with its coefficients rounded: a root n times over, or n roots close together."""
        root = rng.choice((1.0, -2.0, 0.75, 1.5))
        rising = [constant * math.comb(count, k) * (-1 / root) ** k for k in range(1, count + 1)]
        return ordered(rising), root * (1 + off)

    shown = [mild(rng.randint(1, 3), rng.randint(1, 24) / 8) for _ in range(6)]
    hidden = [([], 2.5), (ordered([2.0 * sign]), 0.0), (ordered([sign, 3.0 * sign]), 1.0)]
    hidden += [mild(count, rng.randint(1, 30) / 8) for count in (1, 2, 3, 4, 6, 9)]
    if "cancel" in rules:
        hidden += [
            steep(count, off) for count, off in ((3, 1e-4), (5, 0.01), (7, 0.05), (5, -0.01), (9, 0.1), (2, 1e-6))
        ]
        hidden += [(ordered([-constant]), 1 + 2.0**-52), (ordered([constant * 1e16, -constant * 1e16]), 1.0)]
    if "overflow" in rules:
        hidden += [(ordered([1e-150, 1e-150]), 1e200), (ordered([0.0, 0.0, 1e-300]), 1e190), (ordered([1e300]), 1e-320)]
        hidden += [(ordered([1.0, 2.0]), 1e160), (ordered([-1e200]), 1e200), (ordered([0.0, 1e300, -1e300]), 1e-200)]
        hidden += [
            (ordered([1e308, 1e-10]), 1.5),
            (ordered([0.0, 1.0, 1e-250]), 1e250),
            (ordered([-1.7e308, 1.5e308]), 1.5),
        ]
    if "reject" in rules:
        hidden += [(ordered([1.0, math.nan]), 1.0), ([1.0], math.nan), ([math.inf], 0.5), ([2.0, 1.0], -math.inf)]
    if "several" in rules:
        hidden = [(given, [x, *(2.0 for _ in range(number % 3)), x]) for number, (given, x) in enumerate(hidden)]
        hidden += [([1.0, 2.0], [])]
        shown = [(given, [x, rng.randint(1, 16) / 8]) for given, x in shown]
    return shown, hidden


FAMILY = DraftedFamily(
    name="numerics.polynomials",
    about="values of polynomials near roots and beyond the range of their powers",
    skills=("numerics", "cancellation", "compensated arithmetic"),
    compositions={
        1: (("plain",), ("plain", "several")),
        2: (("cancel",), ("plain", "derivative"), ("overflow",)),
        3: (("cancel", "derivative"), ("cancel", "several"), ("cancel", "reject"), ("overflow", "derivative")),
        4: (("cancel", "derivative", "reject"), ("cancel", "several", "reject"), ("cancel", "overflow", "several")),
        5: (
            ("cancel", "derivative", "overflow", "reject"),
            ("cancel", "several", "overflow", "reject"),
        ),
    },
    draw=_draw,
)
