"""numpy arrays and scalars on the wire: a dtype of a fixed list, a shape, and the items' bytes.

numpy is never imported for a candidate that has not imported it. What calls itself numpy in a candidate's process may
be anything; so what it says of its arrays are claims, and the reader checks that they make an array.
"""

import math
import sys
from typing import Any

FORMATS = {
    "b1": "?",
    "i1": "b",
    "i2": "h",
    "i4": "i",
    "i8": "q",
    "u1": "B",
    "u2": "H",
    "u4": "I",
    "u8": "Q",
    "f2": "e",
    "f4": "f",
    "f8": "d",
    "c8": "f",
    "c16": "d",
}
"""What crosses: numpy's kind and bytes an item, and the `struct` format of one, or of each part of a complex one."""
MOST_DIMENSIONS = 32
_LONGEST = 2**62


def parts_of(value: Any, kind: type) -> tuple[str, list[int], bytes, bool] | None:
    """dtype, shape, data (C order, little-endian) and whether it is a scalar; None for what is nothing of numpy's.

    A subclass of an array is none: a matrix or a masked array compares in ways of its own.
    """
    numpy = sys.modules.get("numpy")
    if numpy is None:
        return None
    scalar = issubclass(kind, numpy.generic) and value.dtype.type is kind
    if kind is not numpy.ndarray and not scalar:
        return None
    dtype = f"{value.dtype.kind}{value.dtype.itemsize}"
    if dtype not in FORMATS:
        return None
    little = value.astype(value.dtype.newbyteorder("<"))
    return dtype, [int(length) for length in value.shape], little.tobytes(), scalar


def check(dtype: object, shape: object, data: object, scalar: object) -> tuple[str, tuple[int, ...], bytes, bool]:
    """The parts of an array as `parts_of` gives them. Raises ValueError for what makes none."""
    if type(dtype) is not str or dtype not in FORMATS:
        raise ValueError("an array of an unknown dtype")
    if type(shape) is not list or len(shape) > MOST_DIMENSIONS or type(scalar) is not bool or (scalar and shape):
        raise ValueError("an array of an impossible shape")
    lengths = tuple(length for length in shape if type(length) is int and 0 <= length < _LONGEST)
    if len(lengths) < len(shape):
        raise ValueError("an array of an impossible shape")
    if type(data) is not bytes or len(data) != math.prod(lengths) * int(dtype[1:]):
        raise ValueError("an array whose items do not fill its shape")
    return dtype, lengths, data, scalar


def rebuilt(dtype: str, shape: tuple[int, ...], data: bytes, scalar: bool) -> Any:
    """A numpy value of these parts, writable. Raises ImportError where the jail has no numpy."""
    import numpy

    array = numpy.frombuffer(data, numpy.dtype(dtype).newbyteorder("<")).astype(dtype).reshape(shape)
    return array[()] if scalar else array
