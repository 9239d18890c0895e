"""Which special methods cross the wire between the tests and the candidate, and how each is carried out.

Everything not named here stays on its side: `__class__`, `__globals__`, `__getattribute__`, `__reduce__` … are never
asked for and never answered.
"""

import datetime as dt
import operator
from array import array
from collections import deque
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

NUMBERS = (int, float, complex, Decimal, Fraction)
PLAIN = (
    *NUMBERS,
    *(type(None), str, bytes, bytearray, array, list, tuple, dict, set, frozenset, deque, range),
    *(dt.date, dt.timedelta, dt.time),
)
"""Types (with their subclasses) of which a test builds what it expects."""


def _special(names: str) -> list[str]:
    return [f"__{name}__" for name in names.split()]


_BINARY = "add sub mul truediv floordiv mod divmod pow matmul lshift rshift and or xor"
ORDERINGS = frozenset(_special("lt le gt ge"))
COMPARISONS = ORDERINGS | {"__eq__", "__ne__"}
ARITHMETIC = frozenset(f"__{prefix}{name}__" for name in _BINARY.split() for prefix in ("", "r", "i"))
DIFFERENCES = frozenset(_special("sub rsub isub"))
"""What a test does with an answer and the number that it expects, before it looks at how little is left."""
NUMBERS_OUT = frozenset(_special("neg pos abs round trunc floor ceil int float complex index bool"))
"""What makes a number of one object."""
_UNARY: dict[str, Callable[..., Any]] = {
    "__neg__": operator.neg,
    "__pos__": operator.pos,
    "__abs__": abs,
    "__invert__": operator.invert,
    "__round__": round,
    "__int__": int,
    "__float__": float,
    "__complex__": complex,
    "__index__": operator.index,
    "__bool__": bool,
    "__len__": len,
    "__length_hint__": operator.length_hint,
    "__iter__": iter,
    "__next__": next,
    "__reversed__": reversed,
    "__repr__": repr,
    "__str__": str,
    "__bytes__": bytes,
    "__hash__": hash,
    "__format__": format,
    "__getitem__": operator.getitem,
    "__setitem__": operator.setitem,
    "__delitem__": operator.delitem,
    "__contains__": operator.contains,
}
_BY_TYPE = frozenset({"__trunc__", "__floor__", "__ceil__", "__enter__", "__exit__", "__fspath__"})
REFLECTABLE = COMPARISONS | ARITHMETIC
"""Operators that may answer NotImplemented, whereupon Python asks the other operand."""
FORWARDED = frozenset(_UNARY) | _BY_TYPE | REFLECTABLE | {"__call__"}
ENDS_ITERATION = frozenset({"__next__", "send", "throw", "__anext__"})
"""Only these may end an iteration; from elsewhere a StopIteration would silently cut `all(map(test, cases))` short."""
READABLE = frozenset(
    _special("name qualname doc module annotations defaults kwdefaults dict wrapped self func code")
    + _special("members slots match_args version all author")
)
"""Special attributes that the tests may read of the candidate's objects (never the other way round)."""


def is_plain(value: object) -> bool:
    """Whether it is what a test builds as the value that it expects; numpy's arrays and numbers are."""
    return isinstance(value, PLAIN) or type(value).__module__ == "numpy"


def is_number(value: object) -> bool:
    """Whether a difference from it can be small; again numpy's are counted in."""
    return isinstance(value, NUMBERS) or type(value).__module__ == "numpy"


def offered_by(kind: type) -> list[str]:
    """The forwarded special methods that `kind` has beyond those of every object."""
    found: dict[str, Any] = {}
    for base in reversed(kind.__mro__[:-1]):  # not getattr: it would find `__call__` of the class's own class
        found |= {name: value for name, value in base.__dict__.items() if type(name) is str and name in FORWARDED}
    return sorted(name for name, value in found.items() if value is not None)


def perform(name: str, target: Any, arguments: list[Any]) -> Any:
    """Do what Python does for the special method `name`; the operators that can be reflected may say NotImplemented.

    Raises:
        TypeError: `name` is not one of `FORWARDED`, or the object lacks it.
    """
    if name in _UNARY:
        return _UNARY[name](target, *arguments)
    if name not in FORWARDED:
        raise TypeError(f"{name} does not cross")
    method = getattr(type(target), name, None)
    if method is None:
        if name in REFLECTABLE:
            return NotImplemented
        raise TypeError(f"{type(target).__name__!r} object has no {name}")
    return method(target, *arguments)
