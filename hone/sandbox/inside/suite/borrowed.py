"""What the candidate holds of the tests': functions, objects and errors that were passed to it.

All that it does with them is asked of the tests, which decide what they answer (`lent.py`).
"""

import importlib
import types
from collections.abc import Callable
from typing import Any

from ..codec import WireError, decode
from . import describe, operators
from .lent import HAD
from .peer import Peer
from .signatures import rebuilt_signature


class TestObject:
    """An object of the tests."""

    __slots__ = ("__weakref__", "_hone")
    _hone: tuple[Peer, int]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        peer, number = self._hone
        return peer.ask("get", number, (name,))

    def __setattr__(self, name: str, value: object) -> None:
        peer, number = self._hone
        peer.ask("set", number, (name, value))

    def __delattr__(self, name: str) -> None:
        peer, number = self._hone
        peer.ask("del", number, (name,))


class _TestClass(type):
    """The type of the tests' classes: to make an instance is to ask for one."""

    _hone_class: tuple[Peer, int]

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        peer, number = cls._hone_class
        return peer.ask("call", number, args, kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        peer, number = cls._hone_class
        return peer.ask("get", number, (name,))


class Borrowed:
    """The tests' things by their negative numbers."""

    def __init__(self, peer: Peer, own: Callable[[int], Any]) -> None:
        """`own` gives the candidate's own object of a number."""
        self._peer = peer
        self._own = own
        self._things: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}

    def number(self, value: object) -> int | None:
        """The number of a thing of the tests; None for anything else."""
        return self._numbers.get(id(value))

    def value(self, number: int) -> Any:
        """The thing with this number. Raises WireError."""
        if number not in self._things:
            raise WireError(f"no thing {number}")
        return self._things[number]

    def learn(self, news: list[Any]) -> None:
        """Make stand-ins for what the tests lend."""
        for number, kind, *told in news:
            made = self._made(number, kind, *told)
            self._things[number] = made
            if kind not in HAD:
                self._numbers[id(made)] = number

    def _made(self, number: int, kind: str, *told: Any) -> Any:
        match kind:
            case "nothing":
                return None
            case "module":
                return importlib.import_module(told[0])
            case "value":
                return describe.rebuilt_value(*told)
            case "global":
                return describe.found_global(*told)
            case "bound":
                return getattr(self._own(told[0]), told[1])
            case "function":
                return _function(self._peer, number, *told)
            case "class":
                return self._class(number, *told)
            case "object":
                return self._instance(number, self._things[told[0]])
            case "thing":
                return self._instance(number, self._class(number, *told))
            case "error class":
                name, names = told
                return type(name, (describe.builtin_error(names) or Exception,), {})
            case "error":
                error = self._things[told[0]].__new__(self._things[told[0]])
                error.args = tuple(decode(told[1]))
                return error
        raise WireError(f"a thing of kind {kind!r}")

    def _class(self, number: int, name: str, offered: list[str]) -> type:
        namespace = {method: _forwarder(method) for method in offered if method in operators.FORWARDED}
        return _TestClass(name, (TestObject,), namespace | {"_hone_class": (self._peer, number)})

    def _instance(self, number: int, kind: type) -> TestObject:
        made: Any = object.__new__(kind)
        object.__setattr__(made, "_hone", (self._peer, number))
        return made


def _function(peer: Peer, number: int, name: str, doc: str | None, parameters: Any) -> types.FunctionType:
    """A real function, so that it binds, can be wrapped and has a name."""

    def ask(*args: Any, **kwargs: Any) -> Any:
        return peer.ask("call", number, args, kwargs)

    ask.__name__ = ask.__qualname__ = name
    ask.__doc__ = doc
    ask.__module__ = "tests"
    if parameters is not None:
        told = [[name, kind, has_default, None, False, None] for name, kind, has_default in parameters]
        ask.__signature__ = rebuilt_signature([told, False, None])  # ty: ignore[missing-attribute]  # as functools sets it
    return ask


def _forwarder(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        peer, number = self._hone
        if name == "__call__":
            return peer.ask("call", number, args, kwargs)
        return peer.ask("operate", number, (name, *args))

    return method
