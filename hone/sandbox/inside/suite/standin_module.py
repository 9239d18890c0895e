"""The stand-in for the candidate's module, and for modules that it imported: names are read and patched over there."""

import contextlib
import sys
import types
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .wire import Wire

_SPECIAL = ("__all__", "__version__", "__author__")


class StandInModule(types.ModuleType):
    """A module of the candidate's process."""

    _hone: "tuple[Wire, int]"

    def __init__(self, wire: "Wire", number: int, name: str, fixed: dict[str, int]) -> None:
        """`fixed` has its functions and classes, by number; everything else is read anew each time."""
        super().__init__(str(name)[:100])
        object.__setattr__(self, "_hone", (wire, number))
        for attribute, value in fixed.items():
            if type(attribute) is str and not attribute.startswith(("__", "_hone")):
                object.__setattr__(self, attribute, wire.value(value))

    @property
    def __dict__(self) -> Any:
        """What `patch` and `monkeypatch` look into before they replace a name."""
        return _Names(self)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_hone") or (name.startswith("__") and name not in _SPECIAL):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        wire, number = self._hone
        return wire.ask("get", number, (name,))

    def __setattr__(self, name: str, value: object) -> None:
        if name.startswith("__") and name not in _SPECIAL:
            object.__setattr__(self, name, value)
            return
        wire, number = self._hone
        wire.ask("set", number, (name, value))
        self._forget(name)

    def __delattr__(self, name: str) -> None:
        wire, number = self._hone
        wire.ask("del", number, (name,))
        self._forget(name)

    def __dir__(self) -> list[str]:
        wire, number = self._hone
        return [name for name in wire.ask("dir", number) if type(name) is str]

    def _forget(self, name: str) -> None:
        """From now on the name is asked for."""
        with contextlib.suppress(AttributeError):
            object.__delattr__(self, name)


class _Names(Mapping[str, Any]):
    """The module's names, read when asked for."""

    def __init__(self, module: StandInModule) -> None:
        self._module = module

    def __getitem__(self, name: str) -> Any:
        try:
            return getattr(self._module, name)
        except AttributeError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(dir(self._module))

    def __len__(self) -> int:
        return len(dir(self._module))


def install(name: str, module: types.ModuleType) -> None:
    """Put the stand-in where `import` finds it."""
    parent, _dot, last = name.rpartition(".")
    if parent:
        package = sys.modules.setdefault(parent, types.ModuleType(parent))
        package.__path__ = []
        setattr(package, last, module)
    sys.modules[name] = module
