"""Exact equality of plain values: equal type, equal value, all the way down.

No method of an answer decides, only its exact type and, at the leaves, the equality of builtin values. What has no
order is compared by sorted digests, so that no answer can make the judge work long for it.
"""

import datetime as dt
import hashlib
import math
import struct
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import Enum, auto
from fractions import Fraction
from typing import Any

from hone.sandbox.inside.arrays import FORMATS
from hone.tasks.array import Array

DEEPEST = 200
_SIMPLE = frozenset({type(None), bool, int, str, bytes})
"""Types whose values are the same where Python says that they are equal."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class Order(Enum):
    """In which containers the order of items counts. In tuples it always does, in sets never."""

    LISTS = auto()
    """As Python has it."""
    NONE = auto()
    """In lists it does not count either."""
    LISTS_AND_DICTS = auto()
    """In dicts it counts, too."""


class UnlikeError(Exception):
    """A value that equals nothing: not plain, nested too deep, or too much work to compare."""


def same(got: Any, expected: Any, order: Order = Order.LISTS, depth: int = 0) -> bool:
    """Whether the two are equal. NaN equals NaN; 0.0 is not -0.0. Raises UnlikeError."""
    kind = type(expected)
    if type(got) is not kind or depth > DEEPEST:
        return False
    if kind in _SIMPLE:
        return got == expected
    if kind is tuple or (kind is list and order is not Order.NONE):
        return len(got) == len(expected) and _same_items(got, expected, order, depth + 1)
    if kind in (list, dict, set, frozenset) and len(got) != len(expected):
        return False
    if kind is dict and order is Order.LISTS and set(map(type, expected)) == set(map(type, got)) == {str}:
        return got.keys() == expected.keys() and all(
            same(got[key], value, order, depth + 1) for key, value in expected.items()
        )
    if kind is Array:
        return alike(got, expected) and (got.data == expected.data or _content(got) == _content(expected))
    return digest(got, order, depth) == digest(expected, order, depth)


def _same_items(got: Sequence[Any], expected: Sequence[Any], order: Order, depth: int) -> bool:
    kinds = list(map(type, expected))
    if _SIMPLE.issuperset(kinds):
        return kinds == list(map(type, got)) and got == expected
    return all(same(a, b, order, depth) for a, b in zip(got, expected, strict=True))


def alike(got: Array, expected: Array) -> bool:
    """Whether two arrays are of one dtype and shape."""
    return (got.dtype, got.shape, got.scalar) == (expected.dtype, expected.shape, expected.scalar)


def items(array: Array) -> tuple[Any, ...]:
    """An array's items in C order; complex ones as their two parts."""
    return first_items(array, len(array.data))


def first_items(array: Array, most: int) -> tuple[Any, ...]:
    """As `items`, but no more than so many."""
    one = FORMATS[array.dtype]
    size = struct.calcsize(f"<{one}")
    count = min(len(array.data) // size, most)
    return struct.unpack(f"<{count}{one}", array.data[: count * size])


def digest(value: Any, order: Order, depth: int) -> bytes:
    """Equal for equal values of equal types, and for no others. Raises UnlikeError for what is not plain."""
    if depth > DEEPEST:
        raise UnlikeError

    def inner(values: Iterable[Any]) -> list[bytes]:
        return [digest(item, order, depth + 1) for item in values]

    match value:
        case list() if type(value) is list:
            parts = sorted(inner(value)) if order is Order.NONE else inner(value)
        case tuple() if type(value) is tuple:
            parts = inner(value)
        case set() | frozenset() if type(value) in (set, frozenset):
            parts = sorted(inner(value))
        case dict() if type(value) is dict:
            parts = list(map(b"".join, zip(inner(value), inner(value.values()), strict=True)))
            if order is not Order.LISTS_AND_DICTS:
                parts.sort()
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
    if kind is Array:
        return f"{value.dtype} {value.shape} {value.scalar} ".encode() + _content(value)
    return _moment(value, kind)


def _moment(value: Any, kind: type) -> bytes:
    """A date, a time or a duration. Those that know their offset are equal where they name one instant."""
    if kind is dt.datetime and value.tzinfo is not None:
        return repr(value - _EPOCH).encode()
    if kind is dt.time and value.utcoffset() is not None:
        since_midnight = dt.timedelta(
            hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
        )
        return f"{(since_midnight - value.utcoffset()) // _MICROSECOND} from midnight UTC".encode()
    if kind is dt.time or kind is dt.datetime:
        return repr(value.replace(fold=0, tzinfo=None)).encode()
    if kind in (dt.date, dt.timedelta):
        return repr(value).encode()
    raise UnlikeError


def _decimal(value: Decimal) -> bytes:
    """Sign, digits without the zeros at their end, exponent: `Decimal("1.0")` equals `Decimal("1.00")`."""
    sign, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        return f"{sign}{exponent}{digits}".encode()
    text = "".join(map(str, digits)).lstrip("0")
    short = text.rstrip("0")
    return f"{sign}:{short}e{exponent + len(text) - len(short)}".encode() if short else b"0"


def _content(array: Array) -> bytes:
    """An array's bytes, with one NaN for all."""
    if array.dtype[0] not in "fc":
        return array.data
    numbers = items(array)
    if not any(map(math.isnan, numbers)):
        return array.data
    one = FORMATS[array.dtype]
    return struct.pack(f"<{len(numbers)}{one}", *(math.nan if math.isnan(number) else number for number in numbers))
