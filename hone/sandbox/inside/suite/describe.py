"""What one end tells the other of its classes, errors and shared things.

Things that both ends have of their own cross by name: builtin types and exceptions, and (towards the candidate only)
whatever is found in the standard library. Some immutable values of the standard library are rebuilt from plain parts.
"""

import builtins
import datetime as dt
import importlib
import pathlib
import sys
import types
import uuid
from collections.abc import Callable
from typing import Any

from ..codec import WireError
from . import operators
from .forward import MEMBER_NAMES

_KIND_NAMES: dict[type, str] = {
    types.FunctionType: "function",
    types.BuiltinFunctionType: "builtin",
    types.MethodType: "method",
    types.GeneratorType: "generator",
}
_VALUES: dict[str, tuple[type, Callable[[Any], list[Any]], Callable[..., Any]]] = {
    "path": (pathlib.PosixPath, lambda path: [str(path)], pathlib.PosixPath),
    "pure path": (pathlib.PurePosixPath, lambda path: [str(path)], pathlib.PurePosixPath),
    "uuid": (uuid.UUID, lambda value: [value.int], lambda number: uuid.UUID(int=number)),
    "time": (dt.time, lambda time: [time.isoformat()], dt.time.fromisoformat),
    "slice": (slice, lambda value: [value.start, value.stop, value.step], slice),
    "ellipsis": (types.EllipsisType, lambda _: [], lambda: ...),
}
_VALUE_NAMES = {kind: name for name, (kind, _, _) in _VALUES.items()}
_TEST_MODULES = frozenset({"unittest", "doctest", "test", "pdb", "bdb"})


def told_class(kind: type, number: Callable[[Any], int | None]) -> dict[str, Any]:
    """A class: its names, its bases by number, what is in it and which special methods it has."""
    members = {
        name: type(value) in (types.FunctionType, types.MethodDescriptorType)
        for name, value in list(kind.__dict__.items())
        if type(name) is str and (not name.startswith("__") or name in MEMBER_NAMES)
    }
    hashing = getattr(kind, "__hash__", None)
    offered = operators.offered_by(kind)
    return {
        "name": kind.__name__,
        "qualname": kind.__qualname__,
        "module": str(kind.__module__),
        "doc": kind.__doc__ if type(kind.__doc__) is str else None,
        "bases": [number(base) for base in kind.__bases__ if base is not object],
        "members": members,
        "offered": offered,
        "hashable": hashing is not None,
        "kind": _KIND_NAMES.get(kind, ""),
    }


def told_value(value: Any) -> list[Any] | None:
    """An immutable value of the standard library, in plain parts; None for anything else."""
    name = _VALUE_NAMES.get(type(value))
    if name is None:
        return None
    parts = _VALUES[name][1](value)
    return [name, parts] if all(type(part) in (types.NoneType, int, str) for part in parts) else None


def rebuilt_value(name: object, parts: Any) -> Any:
    """The inverse of `told_value`. Raises WireError, TypeError, ValueError."""
    if type(name) is not str or name not in _VALUES:
        raise WireError(f"a value of kind {name!r}")
    return _VALUES[name][2](*parts)


def builtin_bases(kind: type) -> list[str]:
    """Names of the builtin exceptions that a class is made of, most specific first."""
    return [c.__name__ for c in kind.__mro__ if c.__module__ == "builtins" and issubclass(c, BaseException)]


def builtin_error(names: Any) -> type[BaseException] | None:
    """The first name of the list that is a builtin exception."""
    for name in names if type(names) is list else ():
        kind = vars(builtins).get(name) if type(name) is str else None
        if isinstance(kind, type) and issubclass(kind, BaseException):
            return kind
    return None


def global_name(value: Any) -> tuple[str, str] | None:
    """Under which module and name the standard library has exactly this function or class; None if it has not."""
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if type(module) is not str or type(name) is not str or module.partition(".")[0] in _TEST_MODULES:
        return None
    if module != "builtins" and module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return (module, name) if found is value else None


def shared_type(module: object, name: object) -> type | None:
    """A builtin type, or an exception of a module that is loaded here, by name: all that a candidate may name."""
    found = vars(sys.modules.get(module) or types).get(name) if type(module) is str and type(name) is str else None
    if not isinstance(found, type) or found.__module__ != module:
        return None
    if module == "builtins":
        return found
    return found if is_own(str(module)) and issubclass(found, Exception) else None


def found_global(module: str, name: str) -> Any:
    """What the tests name of the standard library. Raises ImportError, AttributeError, WireError."""
    if module.partition(".")[0] not in sys.stdlib_module_names:
        raise WireError(f"module {module!r}")
    found = importlib.import_module(module)
    for part in name.split("."):
        found = getattr(found, part)
    return found


def loaded(module: str) -> Any:
    """A module if it is loaded."""
    return sys.modules.get(module)


def is_own(module: str) -> bool:
    """Whether the other end has this module of its own: the standard library's, but for what tests are made of."""
    return module.partition(".")[0] in sys.stdlib_module_names - _TEST_MODULES
