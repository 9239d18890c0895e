"""What is seen of a number that is off: by how much, told so that every machine tells the same.

Libraries of elementary functions differ in the last digit. So an answer counts as wrong only if it is off by many times
what is allowed, and no more of it is told than a few digits, or the power of ten that it is off by.
"""

import math
from collections.abc import Iterator
from typing import Any

from hone.tasks.checks import CallCheck, Compare

_CLEARLY = 64
"""So many times what is allowed is off on every machine."""


def seen(call: str, check: CallCheck, answer: Any) -> str:
    """What is seen when a call comes to an answer; empty if it passes, or does not fail for certain."""
    apart = list(_apart(answer, check.expected))
    if max((off / allowed(check, wanted) for off, wanted in apart), default=0.0) < _CLEARLY:
        return ""
    must = f"it must return `{check.expected!r}`, "
    must += f"give or take {check.ulps} units in the last place" if check.compare is Compare.ULPS else "or nearly that"
    units = max(off / math.ulp(wanted) for off, wanted in apart)
    if _about(answer) != _about(check.expected) or units == math.inf:
        about = "" if answer is None else "about "
        return f"With it {call} returns {about}`{_about(answer)}`; {must}."
    return f"With it {call} is off by more than {10 ** int(math.log10(units)):,} units in the last place; {must}."


def allowed(check: CallCheck, wanted: float) -> float:
    """How far from a number an answer may be."""
    if check.compare is Compare.ULPS:
        return check.ulps * math.ulp(wanted)
    return max(check.tolerance, check.relative_tolerance * abs(wanted))


def _apart(got: Any, wanted: Any) -> Iterator[tuple[float, float]]:
    """For each number that is wanted, how far off the one is that came, and itself: infinitely, where none came."""
    if isinstance(wanted, list | tuple) and type(got) is type(wanted) and len(got) == len(wanted):
        for pair in zip(got, wanted, strict=True):
            yield from _apart(*pair)
    elif type(wanted) is float and math.isfinite(wanted) and type(got) is float:
        yield abs(got - wanted) if math.isfinite(got) else math.inf, wanted
    else:
        yield (0.0 if type(got) is type(wanted) and repr(got) == repr(wanted) else math.inf), 1.0


def _about(value: Any) -> str:
    if isinstance(value, list | tuple):
        parts = ", ".join(map(_about, value))
        return f"[{parts}]" if isinstance(value, list) else f"({parts})"
    return f"{value:#.4g}" if type(value) is float else repr(value)
