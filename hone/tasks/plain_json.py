"""Plain values as JSON data, and back: what a task's checks hold, in files and over HTTP. Data only.

JSON's own types stand for themselves (an int is not a float: `1` and `1.0` differ). Every other plain type is an object
with one key that starts with `$`:

    {"$tuple": [1, 2]}   {"$set": []}   {"$frozenset": []}   {"$dict": [[key, value], …]}   {"$bytes": "base64"}
    {"$int": "0x1f"}   {"$float": "nan" | "inf" | "-inf" | number}   {"$complex": [real, imaginary]}
    {"$decimal": "1.50"}   {"$fraction": [1, 3]}   {"$timedelta": [days, seconds, microseconds]}
    {"$array": ["f8", [2, 3], "base64", false]} (a numpy array: dtype, shape, items; true for a numpy scalar)
    {"$date": "2026-01-31"}   {"$time": "12:30:00"}   {"$datetime": "2026-01-31T12:00:00+01:00"}
    {"$datetime": ["2026-10-25T02:30:00", 1, "Europe/Paris"]} (the fold is 1, and the zone has a name)

Errors name the place and the type, never the value: what a hidden check expects must not reach a log.
"""

import base64
import datetime as dt
import math
import re
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hone.errors import Boundary, HoneError
from hone.tasks.array import DTYPES, Array

MAX_DEPTH = 100
"""Containers inside containers."""
MAX_EQUAL_HASHES = 64
"""Keys of one set or dict that may share a hash: more is an attack on the reader's dict."""
MAX_DECIMAL_EXPONENT = 10**5
MAX_FRACTION_DIGITS = 4000
_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+)*")
_LONGEST_ZONE = 64
_MOST_DIMENSIONS = 32
_SAFE = 2**53
"""Integers beyond this lose digits in other languages' JSON readers."""


def to_plain_json(value: object, at: str = "value") -> Any:
    """JSON data that `from_plain_json` turns back into exactly `value`.

    Args:
        at: the value's place, named in errors.

    Raises:
        HoneError: the value, or something in it, is of no plain type (a subclass is not its base), or nested too deep.
    """
    return _lower(value, at, 0)


def from_plain_json(data: object, at: str = "value") -> Any:
    """The plain value that JSON data stands for; every part of it is taken to be hostile.

    Raises:
        HoneError: a tag is unknown, or what it holds is no such value; nested too deep.
    """
    return _lift(data, at, 0)


def _lower(value: Any, at: str, depth: int) -> Any:
    kind = type(value)
    if depth > MAX_DEPTH:
        raise _fault(at, "is nested too deep", "flatten it")
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return value if abs(value) <= _SAFE else {"$int": hex(value)}
    if kind is float:
        return value if abs(value) < float("inf") else {"$float": repr(value)}  # NaN compares false, too
    if kind is list:
        return [_lower(item, f"{at}[{index}]", depth + 1) for index, item in enumerate(value)]
    if kind is dict:
        if all(type(key) is str and not key.startswith("$") for key in value):
            return {key: _lower(item, at, depth + 1) for key, item in value.items()}
        return {"$dict": [[_lower(key, at, depth + 1), _lower(item, at, depth + 1)] for key, item in value.items()]}
    if kind in _SEQUENCES:
        return {_SEQUENCES[kind]: [_lower(item, at, depth + 1) for item in value]}
    if kind in _MOMENTS and type(value.tzinfo) not in _ZONES:
        raise _fault(at, "has a time zone of an unknown kind", "use datetime.timezone or zoneinfo.ZoneInfo")
    if kind in _SCALARS:
        tag, write = _SCALARS[kind]
        return {tag: write(value)}
    raise _fault(at, f"is a {kind.__name__}, which has no plain form", "give plain values")


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


_MOMENTS = (dt.datetime, dt.time)
_ZONES = (type(None), dt.timezone, ZoneInfo)
_SEQUENCES: dict[type, str] = {tuple: "$tuple", set: "$set", frozenset: "$frozenset"}
_SCALARS: dict[type, tuple[str, Callable[[Any], Any]]] = {
    Array: ("$array", lambda value: [value.dtype, list(value.shape), _base64(value.data), value.scalar]),
    bytes: ("$bytes", _base64),
    complex: ("$complex", lambda value: [_lower(value.real, "", 0), _lower(value.imag, "", 0)]),
    Decimal: ("$decimal", str),
    Fraction: ("$fraction", lambda value: [_lower(value.numerator, "", 0), _lower(value.denominator, "", 0)]),
    dt.date: ("$date", dt.date.isoformat),
    dt.datetime: ("$datetime", lambda value: _moment_lowered(value)),
    dt.time: ("$time", lambda value: _moment_lowered(value)),
    dt.timedelta: ("$timedelta", lambda value: [value.days, value.seconds, value.microseconds]),
}


def _moment_lowered(moment: Any) -> Any:
    """ISO 8601 where that says it all; else with the fold and the zone's name."""
    zone = moment.tzinfo.key if type(moment.tzinfo) is ZoneInfo else None
    text = (moment if zone is None else moment.replace(tzinfo=None)).isoformat()
    return text if zone is None and not moment.fold else [text, moment.fold, zone]


def _lift(data: Any, at: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise _fault(at, "is nested too deep", "flatten it")
    if data is None or type(data) in (bool, int, float, str):
        return data
    if type(data) is list:
        return [_lift(item, f"{at}[{index}]", depth + 1) for index, item in enumerate(data)]
    if type(data) is not dict:
        raise _fault(at, f"is a {type(data).__name__}", "give JSON data")
    tags = [key for key in data if type(key) is not str or key.startswith("$")]
    if not tags:
        return {key: _lift(item, at, depth + 1) for key, item in data.items()}
    tag = tags[0]
    if len(data) != 1 or tag not in _READERS:
        known = ", ".join(_READERS)
        raise _fault(at, "is an object with a key that starts with $ and is no known tag", f"tags: {known}")
    held = data[tag]
    if tag in ("$tuple", "$set", "$frozenset", "$dict"):
        if type(held) is not list:
            raise _fault(at, f"holds no {tag} but a {type(held).__name__}", "give a list")
        held = [_lift(item, f"{at}.{tag}[{index}]", depth + 1) for index, item in enumerate(held)]
    try:
        return _READERS[tag](held)
    except (ValueError, TypeError, LookupError, OSError, ArithmeticError) as error:
        # The error's own words would quote the value.
        raise _fault(at, f"holds no {tag}: {type(error).__name__}", "see the forms in hone.tasks.plain_json") from error


def _exactly(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{type(value).__name__} where {kind.__name__} belongs")
    return value


def _distinct(keys: list[Any]) -> list[Any]:
    if len(keys) - len(set(map(hash, keys))) > MAX_EQUAL_HASHES:
        raise ValueError("keys that collide")
    return keys


def _dict(pairs: list[Any]) -> dict[Any, Any]:
    if not all(type(pair) is list and len(pair) == 2 for pair in pairs):
        raise ValueError("items that are no pairs")
    _distinct([key for key, _ in pairs])
    return dict(pairs)


def _number(value: Any) -> float:
    if type(value) is int or type(value) is float:
        return float(value)
    if value not in ("nan", "inf", "-inf"):
        raise ValueError("no number")
    return float(value)


def _part(value: Any) -> float:
    return _number(value["$float"] if type(value) is dict and list(value) == ["$float"] else value)


def _integer(value: Any) -> int:
    whole = _hexadecimal(value["$int"]) if type(value) is dict and list(value) == ["$int"] else _exactly(int, value)
    if whole.bit_length() > MAX_FRACTION_DIGITS * 4:
        raise ValueError("too large")
    return whole


def _hexadecimal(text: Any) -> int:
    return int(_exactly(str, text), 16)


def _complex(parts: Any) -> complex:
    real, imaginary = _exactly(list, parts)
    return complex(_part(real), _part(imaginary))


def _decimal(text: Any) -> Decimal:
    value = Decimal(_exactly(str, text))
    if value.is_finite() and abs(value.adjusted()) > MAX_DECIMAL_EXPONENT:
        raise ValueError("huge exponent")
    return value


def _fraction(parts: Any) -> Fraction:
    numerator, denominator = _exactly(list, parts)
    return Fraction(_integer(numerator), _integer(denominator))


def _timedelta(parts: Any) -> dt.timedelta:
    days, seconds, microseconds = _exactly(list, parts)
    return dt.timedelta(_exactly(int, days), _exactly(int, seconds), _exactly(int, microseconds))


def _bytes(text: Any) -> bytes:
    return base64.b64decode(_exactly(str, text), validate=True)


def _array(parts: Any) -> Array:
    dtype, shape, data, scalar = _exactly(list, parts)
    sizes = tuple(_exactly(int, size) for size in _exactly(list, shape))
    items = _bytes(data)
    if dtype not in DTYPES or min(sizes, default=0) < 0 or len(sizes) > _MOST_DIMENSIONS:
        raise ValueError("no dtype or shape")
    if math.prod(sizes) * int(dtype[1:]) != len(items) or (scalar and sizes):
        raise ValueError("items that do not fill the shape")
    return Array(dtype, sizes, items, _exactly(bool, scalar))


def _moment(kind: type[dt.datetime] | type[dt.time], held: Any) -> Any:
    text, fold, zone = (held, 0, None) if type(held) is str else _exactly(list, held)
    moment = kind.fromisoformat(_exactly(str, text)).replace(fold=_exactly(int, fold))
    if zone is None:
        return moment
    # zoneinfo makes a path of the name, so nothing but names get that far.
    if len(_exactly(str, zone)) > _LONGEST_ZONE or not _ZONE_NAME.fullmatch(zone):
        raise ValueError("no name of a time zone")
    return moment.replace(tzinfo=ZoneInfo(zone))


_READERS: dict[str, Callable[[Any], Any]] = {
    "$array": _array,
    "$tuple": tuple,
    "$set": lambda items: set(_distinct(items)),
    "$frozenset": lambda items: frozenset(_distinct(items)),
    "$dict": _dict,
    "$bytes": _bytes,
    "$int": _hexadecimal,
    "$float": _number,
    "$complex": _complex,
    "$decimal": _decimal,
    "$fraction": _fraction,
    "$date": lambda text: dt.date.fromisoformat(_exactly(str, text)),
    "$datetime": lambda held: _moment(dt.datetime, held),
    "$time": lambda held: _moment(dt.time, held),
    "$timedelta": _timedelta,
}


def _fault(at: str, what: str, hint: str) -> HoneError:
    shown = at.encode("unicode_escape").decode()
    return HoneError(Boundary.TASK, f"{shown[:200]} {what}", hint)
