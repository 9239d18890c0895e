"""The candidate's part of `mirror.py`: the standard library and the environment as the tests have patched them."""

import importlib
import os
from typing import Any

from ..codec import WireError
from . import describe

_NOT_THERE = object()


class Patched:
    """What the tests have replaced in this process, and what was there before."""

    def __init__(self) -> None:
        self._originals: dict[tuple[str, str, str], list[Any]] = {}

    def patch(self, module: str, kind: str, name: str, value: Any) -> None:
        """Set an attribute of a standard module, or of a class in it. Raises WireError for any other."""
        target = _found(module, kind)
        self._originals.setdefault((module, kind, name), []).append(vars(target).get(name, _NOT_THERE))
        setattr(target, name, value)

    def unpatch(self, module: str, kind: str, name: str) -> None:
        """Put back what was there."""
        kept = self._originals.get((module, kind, name))
        if not kept:
            return
        value, target = kept.pop(), _found(module, kind)
        if value is _NOT_THERE:
            delattr(target, name)
        else:
            setattr(target, name, value)


def set_environment(wanted: dict[str, str]) -> None:
    """Make the environment what it is in the tests."""
    os.environ.clear()
    os.environ.update(wanted)


def _found(module: str, kind: str) -> Any:
    if not describe.is_own(module):
        raise WireError(f"module {module!r}")
    return describe.found_global(module, kind) if kind else importlib.import_module(module)
