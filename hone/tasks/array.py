"""numpy arrays and scalars as plain frozen data, so that tasks hold and compare them without numpy.

numpy itself is looked at only where somebody else has loaded it: a value of its types cannot exist otherwise.
"""

import sys
from dataclasses import dataclass
from typing import Any

from hone.errors import Boundary, HoneError

DTYPES = frozenset(
    {"b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16"}
)  # numpy's kind and bytes an item
"""Kinds of items that have a plain form: truth values, integers, floats and complex numbers of fixed size."""
_DEEPEST = 200
_SCALARS = frozenset({type(None), bool, int, float, str, bytes})


@dataclass(frozen=True)
class Array:
    """A numpy array, or a numpy scalar, by value."""

    dtype: str
    """One of `DTYPES`. Byte order is a matter of storage and no part of it."""
    shape: tuple[int, ...]
    data: bytes = b""
    """The items in C order, little-endian."""
    scalar: bool = False
    """A numpy scalar (`numpy.float64(1)`), which is not an array of no dimensions."""

    @classmethod
    def of(cls, value: Any) -> "Array":
        """The plain form of a numpy array or scalar.

        Raises:
            HoneError: its items have no plain form (objects, text, dates, long doubles).
        """
        dtype = f"{value.dtype.kind}{value.dtype.itemsize}"
        if dtype not in DTYPES:
            what = f"a numpy value of dtype {value.dtype} has no plain form"
            raise HoneError(Boundary.TASK, what, "use truth values, integers, floats or complex numbers, or a list")
        stored = value.astype(value.dtype.newbyteorder("<"))
        return cls(dtype, tuple(value.shape), stored.tobytes(), not isinstance(value, sys.modules["numpy"].ndarray))


def has_numpy() -> bool:
    """Whether any value can be numpy's: it is loaded."""
    return "numpy" in sys.modules


def without_numpy(value: Any, depth: int = 0) -> Any:
    """`value` with an `Array` in place of each numpy array and scalar in it; itself where there is none.

    Raises:
        HoneError: a numpy value of a dtype that has no plain form.
    """
    kind = type(value)
    numpy = sys.modules.get("numpy")
    if kind in _SCALARS or numpy is None or depth > _DEEPEST:
        return value
    if kind is numpy.ndarray or issubclass(kind, numpy.generic):
        return Array.of(value)
    if kind is dict:
        flat = [item for pair in value.items() for item in pair]
    elif kind in (list, tuple, set, frozenset):
        flat = list(value)
    else:
        return value
    parts = [without_numpy(item, depth + 1) for item in flat]
    if all(part is item for part, item in zip(parts, flat, strict=True)):
        return value
    return dict(zip(parts[::2], parts[1::2], strict=True)) if kind is dict else kind(parts)
