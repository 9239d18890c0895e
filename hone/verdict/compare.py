"""Comparison of an answer with an expected value: outside the candidate's process, on exact plain types only.

Answers are rebuilt by the sandbox from bytes, so no object of the candidate's is ever consulted; and here no method of
an answer decides, only its exact type and, at the leaves, the equality of builtin values.
"""

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from hone.sandbox.jobs import CaseResult, NotPlain, Status
from hone.tasks.task import CallCheck, Compare

_DEEPEST = 200
_LEAVES = (int, str, bytes, bool, type(None))
"""Types whose builtin equality and hash are all there is to compare."""
Same = Callable[[Any, Any], bool]


def answers(check: CallCheck, case: CaseResult) -> bool:
    """Whether what came of a call is what the check expects."""
    if check.compare is Compare.RAISES:
        wanted = check.expected or "Exception"
        return case.status is Status.RAISED and wanted in case.error_types
    if case.status is not Status.DONE:
        return False
    got, expected = case.value, check.expected
    match check.compare:
        case Compare.EXACT:
            return equal(got, expected)
        case Compare.UNORDERED:
            return equal(got, expected, unordered=True)
        case Compare.CLOSE:
            return equal(got, expected, tolerance=check.tolerance)
    return False


def equal(
    got: object, expected: object, *, unordered: bool = False, tolerance: float | None = None, depth: int = 0
) -> bool:
    """Equal value and equal type, recursively. NaN equals NaN; 0.0 is not -0.0; dicts have no order.

    Args:
        unordered: ignore the order of list items, at every depth.
        tolerance: numbers may differ by so much, and an int may answer for a float; None asks for exact numbers.
        depth: how deep inside the values this is; past a bound nothing is equal.
    """
    if depth > _DEEPEST or isinstance(got, NotPlain):
        return False
    if tolerance is not None and type(expected) in (int, float) and type(got) in (int, float):
        return _close(got, expected, tolerance)  # ty: ignore[invalid-argument-type]  # their types were just checked
    if type(got) is not type(expected):
        return False

    def same(a: object, b: object) -> bool:
        return equal(a, b, unordered=unordered, tolerance=tolerance, depth=depth + 1)

    match expected:
        case float():
            assert isinstance(got, float)
            return (math.isnan(got) and math.isnan(expected)) or (
                got == expected and math.copysign(1, got) == math.copysign(1, expected)
            )
        case complex():
            assert isinstance(got, complex)
            return same(got.real, expected.real) and same(got.imag, expected.imag)
        case list() if unordered:
            assert isinstance(got, list)
            return _matches(got, expected, same)
        case list() | tuple():
            assert isinstance(got, list | tuple)
            return len(got) == len(expected) and all(map(same, got, expected))
        case dict():
            assert isinstance(got, dict)
            return _matches(list(got.items()), list(expected.items()), same)
        case set() | frozenset():
            assert isinstance(got, set | frozenset)
            return _matches(list(got), list(expected), same)
    return got == expected


def _close(got: float, expected: float, tolerance: float) -> bool:
    try:
        if math.isnan(expected) or math.isnan(got):
            return math.isnan(expected) and math.isnan(got)
        if math.isinf(expected) or math.isinf(got):
            return got == expected
        return abs(got - expected) <= tolerance
    except OverflowError:  # an int too large to be a float is far from every float
        return got == expected


def _matches(got: Sequence[Any], expected: Sequence[Any], same: Same) -> bool:
    """Whether the items are the same in some order."""
    if len(got) != len(expected):
        return False
    if all(type(item) in _LEAVES for item in (*got, *expected)):
        return Counter((type(item), item) for item in got) == Counter((type(item), item) for item in expected)
    left = list(expected)
    for item in got:
        found = next((index for index, candidate in enumerate(left) if same(item, candidate)), None)
        if found is None:
            return False
        del left[found]
    return True
