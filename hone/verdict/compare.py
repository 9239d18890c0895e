"""Comparison of an answer with an expected value: outside the candidate's process, on exact plain types only.

Answers are rebuilt by the sandbox from bytes, so no object of the candidate's is ever consulted; and here no method of
an answer decides, only its exact type and, at the leaves, the equality of builtin values. What has no order (sets,
dicts, lists on request) is compared by sorted digests, so that no answer can make the judge work long for it.
"""

import datetime as dt
import hashlib
import math
from collections import defaultdict, deque
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hone.sandbox.jobs import CaseResult, Status
from hone.tasks.task import CallCheck, Compare

_DEEPEST = 200
_MOST_PAIRINGS = 100_000
"""Pairs of items that are tried for a match within a tolerance; past it the values are not equal."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class _UnlikeError(Exception):
    """A value that equals nothing: not plain, nested too deep, or too much work to compare."""


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


def equal(got: object, expected: object, *, unordered: bool = False, tolerance: float | None = None) -> bool:
    """Equal value and equal type, recursively. NaN equals NaN; 0.0 is not -0.0; dicts have no order.

    Values nested deeper than the wire carries them equal nothing, nor do values of types that it does not carry.

    Args:
        unordered: ignore the order of list items, at every depth.
        tolerance: numbers may differ by so much, and an int may answer for a float; None asks for exact numbers.
    """
    try:
        if tolerance is None:
            return _equal(got, expected, unordered, 0)
        return _Close(tolerance, unordered).same(got, expected, 0)
    except _UnlikeError:
        return False


def _equal(got: Any, expected: Any, unordered: bool, depth: int) -> bool:
    if depth > _DEEPEST or type(got) is not type(expected):
        return False
    match expected:
        case int() | str() | bytes() | None:
            return got == expected
        case list() | tuple() if isinstance(expected, tuple) or not unordered:
            return len(got) == len(expected) and all(
                _equal(a, b, unordered, depth + 1) for a, b in zip(got, expected, strict=True)
            )
        case list() | dict() | set() | frozenset() if len(got) != len(expected):
            return False
    return _digest(got, unordered, depth) == _digest(expected, unordered, depth)


class _Close:
    """Comparison within a tolerance, at every depth, with a bound on the work."""

    def __init__(self, tolerance: float, unordered: bool) -> None:
        self._tolerance = tolerance
        self._unordered = unordered
        self._pairings = _MOST_PAIRINGS

    def same(self, got: Any, expected: Any, depth: int) -> bool:
        """Whether the two are close."""
        if depth > _DEEPEST:
            raise _UnlikeError
        if type(expected) in (int, float) and type(got) in (int, float):
            return self._near(got, expected)
        if type(got) is not type(expected):
            return False
        match expected:
            case complex():
                return self._near(got.real, expected.real) and self._near(got.imag, expected.imag)
            case list() | tuple() if isinstance(expected, tuple) or not self._unordered:
                return len(got) == len(expected) and all(
                    self.same(a, b, depth + 1) for a, b in zip(got, expected, strict=True)
                )
            case dict():
                return len(got) == len(expected) and self._entries_match(got, expected, depth + 1)
            case list() | set() | frozenset():
                return len(got) == len(expected) and self._items_match(got, expected, depth + 1)
        return _equal(got, expected, self._unordered, depth)

    def _near(self, got: float, expected: float) -> bool:
        try:
            if math.isnan(expected) or math.isnan(got):
                return math.isnan(expected) and math.isnan(got)
            if math.isinf(expected) or math.isinf(got):
                return got == expected
            return abs(got - expected) <= self._tolerance
        except OverflowError:  # an int too large to be a float is far from every float
            return got == expected

    def _entries_match(self, got: dict[Any, Any], expected: dict[Any, Any], depth: int) -> bool:
        """Equal keys belong together; entries whose keys are merely close are matched as pairs."""
        keyed: dict[bytes, deque[tuple[Any, Any]]] = defaultdict(deque)
        for key, value in got.items():
            keyed[_digest(key, self._unordered, depth)].append((key, value))
        left = []
        for key, value in expected.items():
            entries = keyed[_digest(key, self._unordered, depth)]
            if not entries:
                left.append((key, value))
            elif not self.same(entries.popleft()[1], value, depth):
                return False
        return self._match([entry for entries in keyed.values() for entry in entries], left, depth)

    def _items_match(self, got: Iterable[Any], expected: Iterable[Any], depth: int) -> bool:
        """Equal items belong together; numbers are matched in their order, which is the best match there is."""
        spare: dict[bytes, deque[Any]] = defaultdict(deque)
        for item in got:
            spare[_digest(item, self._unordered, depth)].append(item)
        left = []
        for item in expected:
            items = spare[_digest(item, self._unordered, depth)]
            if items:
                items.popleft()
            else:
                left.append(item)
        return self._match([item for items in spare.values() for item in items], left, depth)

    def _match(self, got: list[Any], expected: list[Any], depth: int) -> bool:
        if all(_is_number(item) for item in (*got, *expected)):
            return all(map(self._near, sorted(got), sorted(expected)))
        for item in got:
            for index, candidate in enumerate(expected):
                self._pairings -= 1
                if self._pairings < 0:
                    raise _UnlikeError
                if self.same(item, candidate, depth):
                    del expected[index]
                    break
            else:
                return False
        return True


def _is_number(value: object) -> bool:
    return type(value) is int or (type(value) is float and not math.isnan(value))


def _digest(value: Any, unordered: bool, depth: int) -> bytes:
    """Equal for equal values of equal types, and for no others. Raises _UnlikeError for what is not plain."""
    if depth > _DEEPEST:
        raise _UnlikeError

    def inner(items: Iterable[Any]) -> list[bytes]:
        return [_digest(item, unordered, depth + 1) for item in items]

    match value:
        case list() if type(value) is list:
            parts = sorted(inner(value)) if unordered else inner(value)
        case tuple() if type(value) is tuple:
            parts = inner(value)
        case set() | frozenset() if type(value) in (set, frozenset):
            parts = sorted(inner(value))
        case dict() if type(value) is dict:
            parts = sorted(map(b"".join, zip(inner(value), inner(value.values()), strict=True)))
        case _:
            parts = [_leaf(value)]
    return hashlib.sha256(b"".join((type(value).__name__.encode(), b":", *parts))).digest()


def _leaf(value: Any) -> bytes:
    """A scalar as bytes: the same for equal values of one type."""
    kind = type(value)
    if kind is str:
        return value.encode("utf-8", "surrogatepass")
    if kind is bytes:
        return value
    if kind is int:
        return hex(value).encode()  # unlike str(), as fast for large numbers as for small ones
    if kind is bool or value is None:
        return repr(value).encode()
    if kind is float:
        return value.hex().encode()
    if kind is complex:
        return f"{value.real.hex()},{value.imag.hex()}".encode()
    if kind is Decimal:
        return _decimal(value)
    if kind is Fraction:
        return f"{value.numerator:x}/{value.denominator:x}".encode()
    if kind is dt.datetime and value.tzinfo is not None:
        return repr(value - _EPOCH).encode()
    if kind in (dt.date, dt.datetime, dt.timedelta):
        return repr(value.replace(fold=0) if kind is dt.datetime else value).encode()
    raise _UnlikeError


def _decimal(value: Decimal) -> bytes:
    """Sign, digits without the zeros at their end, exponent: `Decimal("1.0")` equals `Decimal("1.00")`."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return f"{sign}{exponent}{digits}".encode()
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    return f"{sign}:{short}e{exponent + len(text) - len(short)}".encode() if short else b"0"
