"""Sums and inner products of numbers that differ in size by more than a float has digits."""

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
        "Large numbers may cancel and leave small ones, as in [1e16, 1.0, -1e16], where the sum is 1.0.",
        "Nothing may be lost where large terms cancel: of 1e16, 1.0 and -1e16 the sum is 1.0.",
    ),
    "absolute": ("Every number counts with its absolute value.",),
    "stride": (
        "Counting positions from 0, only the numbers at {start}, {start} + {step}, {start} + 2·{step} and so on count.",
    ),
    "reject": ("Raise ValueError if a number is NaN or infinite, wherever it stands.",),
    "mean": ("Divide the sum by how many numbers count; with none the result is 0.0.",),
}


def _draw(rng: random.Random, rules: Rules) -> CallDraft:
    factor = rng.choice((0.25, 0.5, 2.0, 4.0, 8.0, 16.0)) * rng.choice((-1, 1))
    start, step = rng.randint(0, 2), rng.randint(2, 3)
    name = rng.choice(("scaled_sum", "total", "accumulate"))
    signature = f"{name}(numbers: list[float]) -> float"
    said = [rng.choice(_ASKED[rule]).format(start=start, step=step) for rule in rules if rule in _ASKED]
    asked = f"Return {factor!r} times the sum of `numbers`; of an empty list that is 0.0. " + " ".join(said)

    def exact(mp: Any, numbers: list[float]) -> Any:
        if "reject" in rules and not all(map(math.isfinite, numbers)):
            raise ValueError
        kept = numbers[start::step] if "stride" in rules else numbers
        total = sum((mp.mpf(abs(number) if "absolute" in rules else number) for number in kept), mp.mpf(0))
        if "mean" in rules:
            total /= max(len(kept), 1)
        return float(total * factor) + 0.0

    drawn = (factor, *((start, step) if "stride" in rules else ()))
    return numeric_draft(
        parameters=drawn,
        signature=signature,
        asked=asked.strip(),
        reference=function(signature, _body(rng, rules, factor, start, step), imports=("import math",)),
        exact=exact,
        inputs=lambda rng: _inputs(rng, rules, start, step),
        ulps=4,
    )


def _body(rng: random.Random, rules: Rules, factor: float, start: int, step: int) -> list[str]:
    lines = []
    if "reject" in rules:
        lines += [
            "if not all(math.isfinite(number) for number in numbers):",
            '    raise ValueError("a number is not finite")',
        ]
    kept = "numbers"
    if "stride" in rules:
        lines += [f"kept = numbers[{start}::{step}]"]
        kept = "kept"
    if "mean" in rules:
        lines += [f"if not {kept}:", "    return 0.0"]
    term = "abs(number)" if "absolute" in rules else "number"
    compensated = [
        "total = lost = 0.0",
        f"for number in {kept}:",
        f"    term = {term}",
        "    following = total + term",
        "    if abs(total) >= abs(term):",
        "        lost += (total - following) + term",
        "    else:",
        "        lost += (term - following) + total",
        "    total = following",
        "total += lost",
    ]
    exactly = [f"total = math.fsum({kept if term == 'number' else f'{term} for number in {kept}'})"]
    simply = ["total = 0.0", f"for number in {kept}:", f"    total += {term}"]
    if "plain" in rules:
        lines += rng.choice((simply, exactly))
    else:
        lines += exactly if "mean" in rules or "stride" in rules else rng.choice((compensated, exactly))
    return [*lines, f"return {factor} * total / len({kept})" if "mean" in rules else f"return {factor} * total"]


def _inputs(rng: random.Random, rules: Rules, start: int, step: int) -> tuple[list[Arguments], list[Arguments]]:
    def some(count: int) -> Arguments:
        return ([rng.randint(-400, 400) / 8 for _ in range(count)],)

    def hard(count: int) -> list[float]:
        large = [rng.choice((-1, 1)) * rng.uniform(1, 9) * 10.0 ** rng.randint(12, 40) for _ in range(count)]
        small = [rng.randint(-99, 99) / 4 for _ in range(count + 1)]
        return [*large, *small, *(-number for number in reversed(large))]

    def spread(numbers: list[float]) -> Arguments:
        """The numbers where the stride finds them, others between."""
        if "stride" not in rules:
            return (numbers,)
        placed = [round(rng.uniform(-3, 3), 2) for _ in range(start + step * len(numbers))]
        placed[start::step] = numbers
        return (placed,)

    shown = [some(rng.randint(3, 5)) for _ in range(6)]
    hidden = [([],), ([2.5],), ([1.5, -4.0],), ([0.5, 0.25, 8.0, -1.0],), some(7), some(8), some(9), some(12), some(5)]
    if "plain" not in rules:
        hidden += [spread([1e16, 1.0, -1e16]), spread([1.0, 1e100, 1.0, -1e100]), spread([0.1] * 10)]
        hidden += [spread(hard(count)) for count in (1, 2, 3)]
    if "reject" in rules:
        hidden += [([1.0, math.nan],), ([math.inf, 1.0, 2.0],), ([1.0, 2.0, 3.0, -math.inf],)]
    return shown, hidden


FAMILY = DraftedFamily(
    name="numerics.sums",
    about="sums of floats in which large terms cancel",
    skills=("numerics", "compensated summation"),
    compositions={
        1: (("plain", "stride"),),
        2: (("cancel", "stride"), ("plain", "stride", "absolute")),
        3: (("cancel", "stride", "mean"), ("cancel", "stride", "absolute")),
        4: (("cancel", "stride", "reject"), ("cancel", "stride", "mean", "reject")),
        5: (("cancel", "absolute", "stride", "mean", "reject"), ("cancel", "absolute", "stride", "reject")),
    },
    draw=_draw,
)
