"""The wire: exact plain values as bytes, and back. Data only; nothing here can run code.

Plain means exactly: None, bool, int (any size), float (NaN and -0.0 included), complex, str (lone surrogates included),
bytes, list, tuple, dict (order kept, any plain key), set, frozenset, Decimal, Fraction, date, time, datetime (with
offsets, or zones by name), timedelta, numpy arrays and scalars. A subclass is not its base. `extended=True` (the
referee's wire) adds the standard library's own containers.

Two layouts of msgpack, named by the first byte: *native* (scalars, lists and dicts as msgpack has them: the fast path)
and *tagged* (every container is an array that starts with a tag). No declared length exceeds `CHUNK`, longer
containers are split; so bytes that lie about their length cannot make the reader allocate more than they weigh.
"""

import datetime as dt
import types
from array import array as TypedArray
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgpack

from . import arrays, zones

Plain = Any
"""A value of the exact types above, nested at will (a type checker cannot say it)."""
MAX_DEPTH = 200
"""Containers inside containers."""
MAX_CONTAINERS = 2**20
CHUNK = 4096
"""Longest array or map that is ever declared on the wire."""
MAX_FRACTION_BITS = 2**14
"""Parts of a Fraction: its constructor takes a greatest common divisor, which is quadratic."""
MAX_DECIMAL_EXPONENT = 10**5
"""Beyond this a Decimal's integer value would not fit in memory."""
MAX_EQUAL_HASHES = 64
"""Keys of one container that may share a hash: more is an attack on the reader's dict."""

BUFFER = 2**12
"""Bytes that a packer begins with; its own default, a quarter of a MiB for each message, leaves holes in the heap."""

_NATIVE, _TAGGED = b"\x00", b"\x01"
_SCALARS = frozenset({type(None), bool, int, float, str, bytes})
_LOW, _HIGH = -(2**63), 2**64

(
    _LIST,
    _TUPLE,
    _SET,
    _FROZENSET,
    _DICT,
    _CHUNKS,
    _INT,
    _COMPLEX,
    _DECIMAL,
    _FRACTION,
    _DATE,
    _DATETIME,
    _TIMEDELTA,
    _REFERENCE,
    _COUNTER,
    _ORDERED_DICT,
    _DEFAULT_DICT,
    _DEQUE,
    _BYTEARRAY,
    _RANGE,
    _TIME,
    _ARRAY,
    _TYPED_ARRAY,
) = range(23)

_SEQUENCES: dict[type, int] = {list: _LIST, tuple: _TUPLE, set: _SET, frozenset: _FROZENSET}
_EXTENDED_SEQUENCES: dict[type, int] = _SEQUENCES | {deque: _DEQUE}
_MAPS: dict[type, int] = {dict: _DICT}
_EXTENDED_MAPS: dict[type, int] = _MAPS | {Counter: _COUNTER, OrderedDict: _ORDERED_DICT, defaultdict: _DEFAULT_DICT}
_HASHED = frozenset({_SET, _FROZENSET, _DICT, _COUNTER, _ORDERED_DICT, _DEFAULT_DICT})


class UnplainError(Exception):
    """A value that has no plain form. `type_name` names the first offending type, or says which limit was passed."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name
        super().__init__(type_name)


class WireError(Exception):
    """Bytes that are no value. Nothing was built from them."""


def encode(
    value: object,
    *,
    limit: int | None = None,
    extended: bool = False,
    reference: Callable[[Any], int | None] | None = None,
    array: type | None = None,
) -> bytes:
    """`value` as bytes.

    Args:
        limit: longest encoding allowed, in bytes.
        extended: also accept the standard library's own containers (Counter, OrderedDict, defaultdict, deque,
            bytearray, range, array.array), each as its own type.
        reference: gives the number of an object that crosses by reference, or None where it may not cross. numpy's
            arrays are such objects then.
        array: a class that stands for numpy's arrays and scalars, with their `dtype`, `shape`, `data` and `scalar`.

    Raises:
        UnplainError: the value, or something in it, is not plain, or it passes a limit.
    """
    data = b""
    if _is_native(value):
        try:
            data = _NATIVE + msgpack.packb(value, strict_types=True, unicode_errors="surrogatepass", buf_size=BUFFER)
        except OverflowError:  # an int beyond 64 bits: the tagged layout has a form for it
            data = b""
        except (ValueError, RecursionError) as error:
            raise UnplainError(f"{type(value).__name__} ({error})") from error
    if not data:
        lowered = _lowered(value, 0, _ways(extended, reference, array))
        try:
            data = _TAGGED + msgpack.packb(lowered, unicode_errors="surrogatepass", buf_size=BUFFER)
        except (ValueError, OverflowError, RecursionError) as error:
            raise UnplainError(f"{type(value).__name__} ({error})") from error
    if limit is not None and len(data) > limit:
        raise UnplainError(f"{type(value).__name__} of more than {limit} bytes")
    return data


def decode(
    data: bytes,
    *,
    extended: bool = False,
    dereference: Callable[[int], Any] | None = None,
    array: Callable[[str, tuple[int, ...], bytes, bool], Any] | None = None,
) -> Plain:
    """The value that `encode` made `data` of; every byte is taken to be hostile.

    Args:
        extended: also rebuild what `encode` takes so.
        dereference: gives the object that crossed by reference as a number; None where none may.
        array: makes a numpy value, or what stands for it, of dtype, shape, data and "is a scalar"; None where none may
            come.

    Raises:
        WireError: for whatever is wrong with the bytes, and nothing else.
    """
    try:
        tree = msgpack.unpackb(
            data[1:],
            strict_map_key=False,
            unicode_errors="surrogatepass",
            timestamp=1,  # a float: the only choice that is not an object of msgpack's own
            max_array_len=CHUNK + 1,
            max_map_len=CHUNK,
            max_ext_len=0,
            ext_hook=_no_extension,
        )
        if data[:1] == _NATIVE:
            if not _is_native(tree):
                raise WireError("nested too deep")
            return tree
        if data[:1] == _TAGGED:
            return _Raising(extended, dereference, array).lift(tree, 0)
    except WireError:
        raise
    except Exception as error:  # msgpack and the constructors raise a dozen types; all mean the same here
        raise WireError(f"{type(error).__name__}: {str(error)[:200]}") from error
    raise WireError("unknown layout")


def _no_extension(code: int, _data: bytes) -> None:
    raise WireError(f"extension type {code}")


def _is_native(value: object) -> bool:
    """Whether msgpack's own types hold `value` exactly. Level by level, so that a cycle ends at the depth limit."""
    if type(value) in _SCALARS:
        return True
    level: list[Any] = [value]
    seen = 0
    for _depth in range(MAX_DEPTH):
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is list:
                inner: Iterable[Any] = item
            elif kind is dict:
                if not set(map(type, item)) <= _SCALARS:
                    return False
                inner = item.values()
            else:
                return False
            if len(item) > CHUNK:
                return False
            if not set(map(type, inner)) <= _SCALARS:
                below += [child for child in inner if type(child) not in _SCALARS]
        if not below:
            return True
        seen += len(below)
        if seen > MAX_CONTAINERS:
            return False
        level = below
    return False


def _ways(extended: bool, reference: Callable[[Any], int | None] | None, array: type | None) -> types.SimpleNamespace:
    """How plain values become tagged arrays: what all steps of one lowering share.

    No class of our own, whose methods a program could find among its base's subclasses and replace.
    """
    return types.SimpleNamespace(
        extended=extended,
        sequences=_EXTENDED_SEQUENCES if extended else _SEQUENCES,
        maps=_EXTENDED_MAPS if extended else _MAPS,
        reference=reference,
        array=array,
        seen=0,
    )


def _lowered(value: Plain, depth: int, ways: types.SimpleNamespace) -> Plain:
    kind = type(value)
    if kind is int:
        return value if _LOW <= value < _HIGH else [_INT, hex(value)]
    if kind in _SCALARS:
        return value
    ways.seen += 1
    if depth >= MAX_DEPTH or ways.seen > MAX_CONTAINERS:
        raise UnplainError(f"{kind.__name__} nested too deep or too large")
    if kind in ways.sequences:
        kinds = set(map(type, value))
        if kinds <= _SCALARS and int not in kinds:
            return _chunked(ways.sequences[kind], list(value))
        return _chunked(ways.sequences[kind], [_lowered(item, depth + 1, ways) for item in value])
    if kind in ways.maps:
        flat = []
        for key, item in value.items():
            flat.append(_lowered(key, depth + 1, ways))
            flat.append(_lowered(item, depth + 1, ways))
        return _chunked(ways.maps[kind], flat)
    return _lowered_rare(value, kind, ways)


def _lowered_rare(value: Plain, kind: type, ways: types.SimpleNamespace) -> list[Plain]:
    if kind is complex:
        return [_COMPLEX, value.real, value.imag]
    if kind is Decimal:
        if value.is_finite() and abs(value.adjusted()) > MAX_DECIMAL_EXPONENT:
            raise UnplainError("Decimal of a huge exponent")
        return [_DECIMAL, str(value)]
    if kind is Fraction:
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_FRACTION_BITS:
            raise UnplainError("Fraction of huge parts")
        return [_FRACTION, hex(value.numerator), hex(value.denominator)]
    if kind is dt.timedelta:
        return [_TIMEDELTA, value.days, value.seconds, value.microseconds]
    if kind is dt.date:
        return [_DATE, value.year, value.month, value.day]
    if kind is dt.datetime:
        date_and_time = (value.year, value.month, value.day, value.hour, value.minute, value.second)
        return [_DATETIME, *date_and_time, value.microsecond, value.fold, _zone_lowered(value.tzinfo)]
    if kind is dt.time:
        time = (value.hour, value.minute, value.second, value.microsecond, value.fold)
        return [_TIME, *time, _zone_lowered(value.tzinfo)]
    if ways.extended and kind is bytearray:
        return [_BYTEARRAY, bytes(value)]
    if ways.extended and kind is range:
        return [_RANGE, *(_lowered(part, 0, ways) for part in (value.start, value.stop, value.step))]
    if ways.extended and kind is TypedArray:
        return [_TYPED_ARRAY, value.typecode, value.tobytes()]
    if kind is ways.array:
        return [_ARRAY, value.dtype, list(value.shape), value.data, value.scalar]
    if ways.reference is not None:
        number = ways.reference(value)
        crossing = None if number is None else [_REFERENCE, number]
    else:
        parts = arrays.parts_of(value, kind)
        crossing = None if parts is None else [_ARRAY, *parts]
    if crossing is None:
        raise UnplainError(kind.__name__)
    return crossing


def _zone_lowered(zone: dt.tzinfo | None) -> int | str | None:
    crossing = None if zone is None else zones.lowered(zone)
    if zone is not None and crossing is None:
        raise UnplainError(type(zone).__name__)
    return crossing


def _chunked(tag: int, items: list[Any]) -> list[Plain]:
    if len(items) <= CHUNK:
        return [tag, *items]
    pieces = [items[start : start + CHUNK] for start in range(0, len(items), CHUNK)]
    if len(pieces) >= CHUNK:
        raise UnplainError(f"container of {len(items)} items")
    return [_CHUNKS, tag, *pieces]


class _Raising:
    """Tagged arrays to plain values. Raises whatever a constructor raises; `decode` makes one error of it."""

    def __init__(
        self, extended: bool, dereference: Callable[[int], Any] | None, array: Callable[..., Any] | None
    ) -> None:
        self.extended = extended
        self.dereference = dereference
        self.array = array

    def lift(self, node: Plain, depth: int) -> Plain:
        if type(node) is not list:
            if type(node) is dict:
                raise WireError("a map in the tagged layout")
            return node
        if depth >= MAX_DEPTH:
            raise WireError("nested too deep")
        tag, items = node[0], node[1:]
        if type(tag) is not int:
            raise WireError("no tag")
        if tag == _CHUNKS:
            tag, items = items[0], [item for piece in items[1:] for item in piece]
            if type(tag) is not int or tag not in (_LIST, _TUPLE, _DEQUE, *_HASHED):
                raise WireError("a chunked scalar")
        if tag in (_LIST, _TUPLE, _DEQUE, *_HASHED):
            if not set(map(type, items)) <= _SCALARS:
                items = [item if type(item) in _SCALARS else self.lift(item, depth + 1) for item in items]
            return self._container(tag, items)
        return self._scalar(tag, items)

    def _container(self, tag: int, items: list[Any]) -> Plain:
        if tag in _HASHED:
            keys = items if tag in (_SET, _FROZENSET) else items[::2]
            if len(keys) - len(set(map(hash, keys))) > MAX_EQUAL_HASHES:
                raise WireError("colliding keys")
        if tag == _LIST:
            return items
        if tag == _TUPLE:
            return tuple(items)
        if tag == _SET:
            return set(items)
        if tag == _FROZENSET:
            return frozenset(items)
        if tag == _DEQUE and self.extended:
            return deque(items)
        pairs = zip(items[::2], items[1::2], strict=True)
        if tag == _DICT:
            return dict(pairs)
        if self.extended and tag == _COUNTER:
            return Counter(dict(pairs))
        if self.extended and tag == _ORDERED_DICT:
            return OrderedDict(pairs)
        if self.extended and tag == _DEFAULT_DICT:
            return defaultdict(None, pairs)
        raise WireError(f"tag {tag}")

    def _scalar(self, tag: int, items: list[Any]) -> Plain:
        if tag == _INT:
            (text,) = items
            return int(text, 16)
        if tag == _COMPLEX:
            real, imaginary = items
            return complex(_exactly(float, real), _exactly(float, imaginary))
        if tag == _DECIMAL:
            (text,) = items
            value = Decimal(_exactly(str, text))
            if value.is_finite() and abs(value.adjusted()) > MAX_DECIMAL_EXPONENT:
                raise WireError("Decimal of a huge exponent")
            return value
        if tag == _FRACTION:
            numerator, denominator = items
            if max(len(numerator), len(denominator)) > MAX_FRACTION_BITS // 4 + 4:
                raise WireError("Fraction of huge parts")
            return Fraction(int(numerator, 16), int(denominator, 16))
        if tag == _TIMEDELTA:
            return dt.timedelta(*(_exactly(int, part) for part in items))
        if tag == _DATE:
            return dt.date(*(_exactly(int, part) for part in items))
        if tag == _DATETIME:
            *parts, zone = items
            year, month, day, hour, minute, second, micro, fold = (_exactly(int, part) for part in parts)
            return dt.datetime(year, month, day, hour, minute, second, micro, _zone_lifted(zone), fold=fold)
        if tag == _TIME:
            *parts, zone = items
            hour, minute, second, micro, fold = (_exactly(int, part) for part in parts)
            return dt.time(hour, minute, second, micro, _zone_lifted(zone), fold=fold)
        if tag == _ARRAY and self.array is not None:
            return self.array(*arrays.check(*items))
        if tag == _REFERENCE and self.dereference is not None:
            (number,) = items
            return self.dereference(_exactly(int, number))
        if tag == _BYTEARRAY and self.extended:
            (data,) = items
            return bytearray(_exactly(bytes, data))
        if tag == _RANGE and self.extended:
            return range(*(_exactly(int, self.lift(part, 0)) for part in items))
        if tag == _TYPED_ARRAY and self.extended:
            typecode, data = items
            made: Any = TypedArray  # a type checker takes every typecode for the deprecated `u`
            return made(_exactly(str, typecode), _exactly(bytes, data))
        raise WireError(f"tag {tag}")


def _zone_lifted(crossed: object) -> dt.tzinfo | None:
    return None if crossed is None else zones.lifted(crossed)


def _exactly(kind: type, value: object) -> Plain:
    if type(value) is not kind:
        raise WireError(f"{type(value).__name__} where {kind.__name__} belongs")
    return value
