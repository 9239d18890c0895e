"""Drafts of numerical tasks: what must come back is the exact result for the given doubles, rounded once.

mpmath computes it with hundreds of digits. Inputs on which even the stable reference strays (the problem is
ill-conditioned there, for anyone) are left out, so the bound that the prompt states is one that can be met.
"""

import math
import random
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from hone.tasks.checks import Compare
from hone.tasks.families.calls import Arguments, CallDraft, executed

_DIGITS = 700
"""Doubles span 616 decimal digits: with these, their sums and products are exact."""
CONTRACT = (ValueError, ZeroDivisionError, OverflowError)
"""What a stated contract may have raised."""


def numeric_draft(
    *,
    parameters: tuple[Any, ...],
    signature: str,
    asked: str,
    reference: str,
    exact: Callable[..., Any],
    inputs: Callable[[random.Random], tuple[Sequence[Arguments], Sequence[Arguments]]],
    ulps: int,
) -> CallDraft:
    """A numerical function.

    Args:
        parameters: as in `CallDraft`.
        signature: as in `CallDraft`.
        asked: as in `CallDraft`, without the accuracy, which is added.
        reference: a stable program.
        exact: `(mp, *arguments)` to the result in `mp`'s numbers, a list of them, or a float such as `inf`; raises what
            the contract says. `mp` is an mpmath context, and its arguments are floats.
        inputs: as in `CallDraft`.
        ulps: how far from the exact result an answer may be, in units in the last place.
    """
    entry_point = signature.partition("(")[0]

    def expected(*arguments: Any) -> Any:
        context = _context()
        context.dps = _DIGITS
        return _rounded(exact(context, *arguments))

    def met(arguments: Arguments) -> bool:
        try:
            wanted = expected(*arguments)
        except CONTRACT:
            return True
        try:
            return _near(executed(reference, entry_point)(*arguments), wanted, max(ulps // 2, 1))
        except CONTRACT:  # beyond what any program can give
            return False

    def kept(rng: random.Random) -> tuple[list[Arguments], list[Arguments]]:
        shown, hidden = inputs(rng)
        return [one for one in shown if met(one)], [one for one in hidden if met(one)]

    told = (
        f" A number in the answer may be off the exact result for the given floats by at most {ulps} units in the last "
        "place, whatever the size of the numbers."
    )
    return CallDraft(
        parameters=parameters,
        signature=signature,
        asked=asked + told,
        reference=reference,
        inputs=kept,
        expected=expected,
        comparison={"compare": Compare.ULPS, "ulps": ulps},
    )


@lru_cache(maxsize=1)
def _context() -> Any:
    import mpmath

    return mpmath.MPContext()


def _rounded(value: Any) -> Any:
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if value is None or isinstance(value, float | bool):
        return value
    return float(value)


def _near(got: Any, wanted: Any, ulps: int) -> bool:
    if isinstance(wanted, list):
        return len(got) == len(wanted) and all(_near(*pair, ulps) for pair in zip(got, wanted, strict=True))
    if wanted is None or got is None or math.isnan(wanted) or math.isinf(wanted):
        return repr(got) == repr(wanted)
    return abs(got - wanted) <= ulps * math.ulp(wanted)
