"""Pickles in the tests' process: those that may be the candidate's make plain values, and nothing else.

A pickle names classes and functions to be called. What the tests load from a file, or are given, the candidate may have
written; so only types of a fixed list and the tests' own classes are found by name, and no class has its
attributes set. What the tests have pickled themselves is loaded as ever.
"""

import _compat_pickle
import builtins
import io
import pickle
import sys
import types
import unittest
from collections.abc import Callable
from typing import Any

from .forward import TESTS_MODULE
from .guard import IN_ANY_PICKLE

_NAMES: dict[str, frozenset[str]] = {
    **IN_ANY_PICKLE,
    "collections": frozenset({"Counter", "OrderedDict", "defaultdict", "deque"}),
    "copyreg": frozenset({"_reconstructor"}),
    "fractions": frozenset({"Fraction"}),
    "numpy": frozenset({"dtype", "ndarray"}),
    "numpy._core.multiarray": frozenset({"_reconstruct", "scalar"}),
    "numpy._core.numeric": frozenset({"_frombuffer"}),
    "numpy.core.multiarray": frozenset({"_reconstruct", "scalar"}),
    "pathlib": frozenset({"PosixPath", "PurePosixPath"}),
    "types": frozenset({"SimpleNamespace"}),
    "uuid": frozenset({"SafeUUID", "UUID"}),
    "zoneinfo": frozenset({"ZoneInfo._unpickle"}),
}
_NEVER_CHANGED = (type, types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType)


def install() -> None:
    """For good: in `pickle`, and in `shelve`, which has taken the name from there."""
    made = set[int]()
    plain_loads, plain_dumps = pickle.loads, pickle.dumps

    def dumps(*args: Any, **kwargs: Any) -> bytes:
        data = plain_dumps(*args, **kwargs)
        made.add(hash(data))
        return data

    def loads(data: Any, /, **kwargs: Any) -> Any:
        whole = bytes(data)
        return plain_loads(whole, **kwargs) if hash(whole) in made else load(io.BytesIO(whole), **kwargs)

    def load(file: Any, **kwargs: Any) -> Any:
        return Unpickler(file, **kwargs).load()

    replaced: dict[str, Any] = {"Unpickler": Unpickler, "dumps": dumps, "loads": loads, "load": load}
    for module, names in ((pickle, replaced), (sys.modules.get("shelve"), ("Unpickler",))):
        for name in names if module is not None else ():
            setattr(module, name, replaced[name])


class _Steps(dict[int, Callable[[Any], None]]):
    """What each byte of a pickle does."""

    def __missing__(self, step: int) -> Callable[[Any], None]:
        raise pickle.UnpicklingError(f"invalid load key, {chr(step)!r}.")


_InPython: Any = vars(pickle)["_Unpickler"]
"""Whose steps can be had, one by one."""


class Unpickler(_InPython):
    """Makes plain values and objects of the tests' own classes."""

    dispatch = _Steps(_InPython.dispatch)

    def load(self) -> Any:
        """The next value. Raises UnpicklingError, and whatever the bytes lead to."""
        try:
            return super().load()
        except IndexError as error:
            raise pickle.UnpicklingError("unpickling stack underflow") from error

    def find_class(self, module: str, name: str) -> Any:
        """A type by its name. Raises UnpicklingError for one that is not on the list."""
        if self.proto < 3 and self.fix_imports:
            module, name = _compat_pickle.NAME_MAPPING.get(
                (module, name), (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
            )
        if name in _NAMES.get(module, ()):
            __import__(module)
            found = sys.modules[module]
            for part in name.split("."):
                found = getattr(found, part)
            return found
        found = (
            _own_class(name) if module == TESTS_MODULE else vars(builtins).get(name) if module == "builtins" else None
        )
        is_error = module == "builtins" and isinstance(found, type) and issubclass(found, BaseException)
        if found is None or (module == "builtins" and not is_error):
            raise pickle.UnpicklingError(
                f"{module}.{name} is not loaded beside the tests: no plain type of the library"
            )
        return found


def _load_build(unpickler: Any) -> None:
    """Set an object's attributes."""
    if isinstance(unpickler.stack[-2], _NEVER_CHANGED):
        raise pickle.UnpicklingError("a class is not changed by a pickle beside the tests")
    _InPython.load_build(unpickler)


Unpickler.dispatch[pickle.BUILD[0]] = _load_build


def _own_class(name: str) -> type | None:
    """A class of the tests, but for one that is tests itself."""
    found: Any = sys.modules[TESTS_MODULE]
    for part in name.split("."):
        found = None if part.startswith("_") or found is None else vars(found).get(part)
        if not isinstance(found, type) or found.__module__ != TESTS_MODULE:
            return None
    return None if found is None or issubclass(found, unittest.TestCase) else found
