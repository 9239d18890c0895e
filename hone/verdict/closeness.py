"""Comparison of plain values whose numbers need only be near each other, at every depth, with a bound on the work."""

import math
import struct
from collections import defaultdict, deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from hone.sandbox.inside.arrays import FORMATS
from hone.tasks.array import Array
from hone.verdict.equality import DEEPEST, Order, UnlikeError, alike, digest, items, same

_MOST_WORK = 300_000
"""Comparisons made in search of partners for the items of sets; past it the values are not equal."""
_INTEGERS_OF = {"e": "h", "f": "i", "d": "q"}
"""`struct` formats of floats, and of integers of the same size."""


class Nearness(Protocol):
    """Whether one number may answer for another. Both relations here keep to the order of numbers: what lies between
    two numbers that are near is near to both."""

    @property
    def mixes_numbers(self) -> bool:
        """Whether an int may answer for a float, and the other way round."""
        ...

    def near(self, got: float, expected: float, width: str) -> bool:
        """Whether `got` may answer for `expected`; `width` is the `struct` format that floats of theirs have."""
        ...


@dataclass(frozen=True)
class Tolerance:
    """Numbers may differ by so much, or by a share of the larger one: `math.isclose`, but NaN is near NaN, and integers
    of any size are compared without rounding."""

    absolute: float = 0.0
    relative: float = 0.0
    mixes_numbers: ClassVar[bool] = True

    def near(self, got: float, expected: float, width: str = "d") -> bool:
        """Whether the two are close enough. Infinity is near itself only."""
        del width
        if got == expected:
            return True
        try:
            if math.isnan(expected) or math.isnan(got):
                return math.isnan(expected) and math.isnan(got)
            if math.isinf(expected) or math.isinf(got):
                return False
            apart, largest = abs(got - expected), max(abs(got), abs(expected))
            return apart <= self.absolute or apart <= self.relative * largest
        except OverflowError:  # an int too large to be a float
            return type(got) is type(expected) and self._near_integers(int(got), int(expected))

    def _near_integers(self, got: int, expected: int) -> bool:
        apart, largest = abs(got - expected), max(abs(got), abs(expected))
        share, whole = self.relative.as_integer_ratio()
        return apart <= self.absolute or apart * whole <= largest * share


@dataclass(frozen=True)
class Ulps:
    """Floats may lie so many units in the last place apart: so many floats of their width, counted from the one to the
    other. Integers must be equal."""

    most: int
    mixes_numbers: ClassVar[bool] = False

    def near(self, got: float, expected: float, width: str = "d") -> bool:
        """Whether the two are close enough. NaN is near NaN; infinity is near itself only; the zeros are one."""
        if got == expected:
            return True
        if type(got) is not float or type(expected) is not float:
            return False
        if not (math.isfinite(got) and math.isfinite(expected)):
            return math.isnan(got) and math.isnan(expected)
        return abs(_rank(got, width) - _rank(expected, width)) <= self.most


def _rank(value: float, width: str) -> int:
    """Which float of its width it is, counted from zero."""
    (bits,) = struct.unpack(f"<{_INTEGERS_OF[width]}", struct.pack(f"<{width}", abs(value)))
    return -bits if value < 0 else bits


def near(got: Any, expected: Any, nearness: Nearness) -> bool:
    """Whether `got` is `expected` but for numbers that are near. Raises UnlikeError."""
    return _Comparison(nearness).same(got, expected, 0)


class _Comparison:
    """One comparison, and the work that it may still do."""

    def __init__(self, nearness: Nearness) -> None:
        self._nearness = nearness
        self._work = _MOST_WORK
        self._matching = 0
        """Levels of sets whose items are being tried for partners: only there does work count, for elsewhere it is
        no more than the expected value is large."""

    def same(self, got: Any, expected: Any, depth: int) -> bool:
        """Whether the two are near at every depth."""
        if depth > DEEPEST:
            raise UnlikeError
        if self._matching:
            self._spend(1)
        kind = type(expected)
        if type(got) is not kind:
            both_numbers = kind in (int, float) and type(got) in (int, float)
            return both_numbers and self._nearness.mixes_numbers and self._near(got, expected)
        match expected:
            case bool():
                return got is expected
            case int() | float():
                return self._near(got, expected)
            case complex():
                return self._near(got.real, expected.real) and self._near(got.imag, expected.imag)
            case list() | tuple():
                return len(got) == len(expected) and all(
                    self.same(a, b, depth + 1) for a, b in zip(got, expected, strict=True)
                )
            case dict():
                return len(got) == len(expected) and self._entries_match(got, expected, depth + 1)
            case set() | frozenset():
                return len(got) == len(expected) and self._items_match(got, expected, depth + 1)
            case Array():
                return alike(got, expected) and self._arrays_match(got, expected)
        return same(got, expected, Order.LISTS, depth)

    def _near(self, got: float, expected: float) -> bool:
        return self._nearness.near(got, expected, "d")

    def _arrays_match(self, got: Array, expected: Array) -> bool:
        """Arrays of one dtype and shape, item by item, each float measured in its own width."""
        if got.data == expected.data:
            return True
        if expected.dtype == "b1":
            return False
        width = FORMATS[expected.dtype]
        numbers = items(expected)
        if self._matching:
            self._spend(len(numbers))
        return all(self._nearness.near(a, b, width) for a, b in zip(items(got), numbers, strict=True))

    def _spend(self, work: int) -> None:
        self._work -= work
        if self._work < 0:
            raise UnlikeError

    def _entries_match(self, got: dict[Any, Any], expected: dict[Any, Any], depth: int) -> bool:
        """Equal keys belong together; entries whose keys are merely close are matched as pairs."""
        keyed: dict[bytes, deque[tuple[Any, Any]]] = defaultdict(deque)
        for key, value in got.items():
            keyed[digest(key, Order.LISTS, depth)].append((key, value))
        left = []
        for key, value in expected.items():
            entries = keyed[digest(key, Order.LISTS, depth)]
            if not entries:
                left.append((key, value))
            elif not self.same(entries.popleft()[1], value, depth):
                return False
        return self._match([entry for entries in keyed.values() for entry in entries], left, depth)

    def _items_match(self, got: Iterable[Any], expected: Iterable[Any], depth: int) -> bool:
        """Numbers are matched in their order, which is the best match there is; of other items, equal ones first."""
        numbers, others = _numbers_apart(got)
        expected_numbers, expected_others = _numbers_apart(expected)
        if len(numbers) != len(expected_numbers):
            return False
        if not all(self.same(a, b, depth) for a, b in zip(numbers, expected_numbers, strict=True)):
            return False
        spare: dict[bytes, deque[Any]] = defaultdict(deque)
        for item in others:
            spare[digest(item, Order.LISTS, depth)].append(item)
        left = []
        for item in expected_others:
            partners = spare[digest(item, Order.LISTS, depth)]
            if partners:
                partners.popleft()
            else:
                left.append(item)
        return self._match([item for partners in spare.values() for item in partners], left, depth)

    def _match(self, got: list[Any], expected: list[Any], depth: int) -> bool:
        """Give each item the first partner that is near. In one frame, for values may be nested deep."""
        self._matching += 1
        for item in got:
            for index, candidate in enumerate(expected):
                if self.same(item, candidate, depth):
                    del expected[index]
                    break
            else:
                break
        self._matching -= 1
        return not expected


def _numbers_apart(items: Iterable[Any]) -> tuple[list[Any], list[Any]]:
    """Integers and floats in their order, and all else; NaN has no place in an order."""
    numbers, others = [], []
    for item in items:
        is_number = type(item) is int or (type(item) is float and not math.isnan(item))
        (numbers if is_number else others).append(item)
    return sorted(numbers), others
