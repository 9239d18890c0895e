"""The referee's stand-in for the candidate's module: every name in it reaches across the wire.

A plain value comes back as itself. Anything else comes back as a `Handle`, which equals nothing but itself: no
`__eq__`, `__hash__` or `__class__` of the candidate is ever consulted on this side.
"""

import builtins
import importlib
import sys
import types
from collections.abc import Iterator
from typing import Any

from .codec import Plain, UnplainError, WireError, decode, encode
from .framing import Channel

_ENDS_OF_ITERATION = (StopIteration, StopAsyncIteration, GeneratorExit)


class CandidateGone(BaseException):  # not an error of the test: it must pass through `except Exception`
    """The candidate's process ended, or answered with bytes that are no answer."""


class CandidateError(Exception):
    """Stands for an exception of the candidate whose class has no counterpart here."""


class CrossingError(Exception):
    """A test passed something to the candidate that has no plain value."""


class Handle:
    """An object that stays in the candidate's process."""

    __slots__ = ("_number", "_wire")

    def __init__(self, wire: "Wire", number: int) -> None:
        object.__setattr__(self, "_wire", wire)
        object.__setattr__(self, "_number", number)

    def __call__(self, *args: object, **kwargs: object) -> Plain:
        return self._wire.ask("call", self._number, args, kwargs)

    def __iter__(self) -> Iterator[Any]:
        iterator = self._wire.ask("iter", self._number, (), {})
        if not isinstance(iterator, Handle):
            raise CandidateGone("iter() gave a plain value")
        while True:
            try:
                item = self._wire.ask("next", iterator._number, (), {})
            except StopIteration:
                return
            yield item

    def __getattr__(self, name: str) -> Plain:
        if name.startswith("__"):  # what Python and test libraries probe for: not the candidate's to answer
            raise AttributeError(name)
        return self._wire.ask("get", self._number, (name,), {})

    def __setattr__(self, name: str, value: object) -> None:
        self._wire.ask("set", self._number, (name, value), {})

    def __repr__(self) -> str:
        return f"<an object of the candidate, number {self._number}>"


class Wire:
    """Asks the candidate, one question at a time."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._handles: dict[int, Handle] = {}
        self._sequence = 0
        self.errors: dict[str, type[BaseException]] = {}
        """Exception classes of the candidate's module, rebuilt here from their names and builtin bases."""
        self.gone = False
        self._fault = ""

    def take_fault(self) -> str:
        """What the last test asked for that cannot be. Such a test has not passed, whatever it caught."""
        fault, self._fault = self._fault, ""
        return fault

    def handle(self, number: int) -> Handle:
        """The one handle with this number."""
        if number not in self._handles:
            self._handles[number] = Handle(self, number)
        return self._handles[number]

    def receive(self) -> Plain:
        """The next answer. Raises CandidateGone."""
        if self.gone:
            raise CandidateGone("the candidate is gone")
        try:
            return decode(self._channel.receive(), extended=True, dereference=self.handle)
        except (EOFError, OSError, WireError) as error:
            self.gone = True
            raise CandidateGone(f"{type(error).__name__}: {error}") from None

    def ask(self, operation: str, number: int, args: tuple[object, ...], kwargs: dict[str, object]) -> Plain:
        """Have the candidate do `operation` on its object; return the value or raise what it raised."""
        self._sequence += 1
        try:
            request = encode(
                [self._sequence, operation, number, list(args), kwargs],
                extended=True,
                reference=lambda value: value._number if type(value) is Handle else None,
            )
        except UnplainError as error:
            self._fault = f"an argument of type {error.type_name} cannot cross to the candidate"
            raise CrossingError(self._fault) from None
        try:
            self._channel.send(request)
        except OSError as error:
            self.gone = True
            raise CandidateGone(str(error)) from None
        answer = self.receive()
        if type(answer) is list and len(answer) > 2 and answer[0] == self._sequence:
            if answer[1] == "ok":
                return answer[2]
            if answer[1] == "raise" and len(answer) == 6:
                raise self._rebuild(operation, *answer[2:])
        self.gone = True
        raise CandidateGone("an answer to another question")

    def _rebuild(self, operation: str, name: str, text: str, bases: list[str], carried: bytes) -> BaseException:
        """The candidate's exception: its module's class, or the nearest builtin one, or a generic one."""
        kind = self.errors.get(name) if type(name) is str else None
        if kind is None:
            kind = _builtin_error(bases) or CandidateError
        if kind in (Exception, BaseException) or (operation != "next" and issubclass(kind, _ENDS_OF_ITERATION)):
            kind = CandidateError  # an end of iteration would silently cut short `all(map(test, cases))`
        try:
            arguments = decode(carried)
            rebuilt = kind(*arguments)
        except Exception:  # some builtin errors insist on arguments of a certain shape
            rebuilt = kind.__new__(kind)
            rebuilt.args = (str(text),)
        rebuilt.add_note("raised by the candidate")
        return rebuilt


def _builtin_error(names: object) -> type[BaseException] | None:
    """The first name of the list that is a builtin exception."""
    for name in names if type(names) is list else ():
        kind = vars(builtins).get(name) if type(name) is str else None
        if isinstance(kind, type) and issubclass(kind, BaseException):
            return kind
    return None


def install(name: str, wire: Wire) -> None:
    """Wait for the candidate's description of its module and put the stand-in into `sys.modules`.

    Raises:
        CandidateGone: there is no module to stand for.
    """
    described = wire.receive()
    try:
        module = _build(name, described, wire)
    except (WireError, KeyError, TypeError, ValueError, AttributeError) as error:
        wire.gone = True
        raise CandidateGone(f"a description that is none: {error}") from None
    parent, _dot, last = name.rpartition(".")
    if parent:
        package = sys.modules.setdefault(parent, types.ModuleType(parent))
        package.__path__ = []
        setattr(package, last, module)
    sys.modules[name] = module


def _build(name: str, described: dict[str, Any], wire: Wire) -> types.ModuleType:
    module = types.ModuleType(name)
    for attribute, data in described["names"].items():
        setattr(module, attribute, decode(data, extended=True, dereference=wire.handle))
    for attribute, target in described["modules"].items():
        if target in sys.stdlib_module_names:
            setattr(module, attribute, importlib.import_module(target))
    for attribute, (class_name, bases) in described["errors"].items():
        base = _builtin_error(bases)
        if base is not None:
            wire.errors[class_name] = type(class_name, (base,), {})
            setattr(module, attribute, wire.errors[class_name])
    return module
