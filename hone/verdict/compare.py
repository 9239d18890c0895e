"""Comparison of an answer with what a check expects: outside the candidate's process, on exact plain types only.

Answers are rebuilt by the sandbox from bytes, so no object of the candidate's is ever consulted. The rules are in
docs/judging.md; `equality.py`, `closeness.py` and `outputs.py` follow them.
"""

from typing import Any

from hone.sandbox.jobs import CaseResult, NotPlain, Status
from hone.tasks.checks import CallCheck, Compare
from hone.verdict import closeness, equality
from hone.verdict.closeness import Nearness, Tolerance, Ulps
from hone.verdict.equality import Order, UnlikeError


def answers(check: CallCheck, case: CaseResult) -> bool:
    """Whether what came of a call is what the check expects; where a checker decides, whether it may be asked."""
    if check.compare is Compare.EXACT and case.status is Status.DONE:
        right = equal(case.value, check.expected, ordered=check.ordered)
    elif check.compare is Compare.RAISES:
        wanted = check.expected or "Exception"
        right = case.status is Status.RAISED and wanted in case.error_types
    elif case.status is not Status.DONE:
        right = False
    elif check.compare is Compare.CHECKER:
        right = type(case.value) is not NotPlain
    elif check.compare is Compare.ONE_OF:
        right = any(_agree(check, case.value, acceptable) for acceptable in check.expected)
    else:
        right = _agree(check, case.value, check.expected)
    if check.arguments_after is None or not right:
        return right
    return _agree(check, case.arguments_after, list(check.arguments_after))


def _agree(check: CallCheck, got: Any, expected: Any) -> bool:
    """Whether two values agree as the check's comparison has it; exactly, where that compares no values."""
    match check.compare:
        case Compare.UNORDERED:
            return equal(got, expected, unordered=True)
        case Compare.CLOSE:
            return near(got, expected, Tolerance(check.tolerance, check.relative_tolerance))
        case Compare.ULPS:
            return near(got, expected, Ulps(check.ulps))
    return equal(got, expected, ordered=check.ordered)


def equal(got: object, expected: object, *, unordered: bool = False, ordered: bool = False) -> bool:
    """Equal value and equal type, recursively. NaN equals NaN; 0.0 is not -0.0; dicts have no order.

    Values nested deeper than the wire carries them equal nothing, nor do values of types that it does not carry.

    Args:
        unordered: ignore the order of list items, at every depth.
        ordered: heed the order of dicts, at every depth.
    """
    order = Order.NONE if unordered else Order.LISTS_AND_DICTS if ordered else Order.LISTS
    try:
        return equality.same(got, expected, order)
    except (UnlikeError, RecursionError):  # the latter where the caller's own stack is deep
        return False


def near(got: object, expected: object, nearness: Nearness) -> bool:
    """As `equal`, but numbers need only be near each other, at every depth."""
    try:
        return closeness.near(got, expected, nearness)
    except (UnlikeError, RecursionError):  # the latter where the caller's own stack is deep
        return False
