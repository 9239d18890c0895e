"""The candidate's side of a suite: its module stays here, and answers the tests' questions one by one.

An object without a plain value stays here; a number crosses in its place. Everything that is said from here is in the
candidate's power once its code has run: the tests take it as claims.
"""

import copy
import random
import socket
import sys
import types
import warnings
from collections.abc import Coroutine
from typing import Any, TextIO

from .. import audit, runner
from ..codec import WireError, encode
from ..framing import Channel, receive_job
from . import describe, operators
from .borrowed import Borrowed
from .patched import Patched, set_environment
from .peer import FUNCTIONS, MODULE, Gone, Peer
from .search_path import SearchPath
from .shared import SharedFiles
from .signatures import told_signature

_CARRIED_BYTES = 2**16
_MOST_DEEP_CHAIN = 8
_MOST_WARNINGS = 100
"""Between two messages."""


def prepare() -> None:
    """Before forking: what every fork would have to make."""
    runner.prepare_capture()


def serve(link: socket.socket) -> None:
    """Load the module, describe it to the tests, then answer until they hang up."""
    job = receive_job(link)
    channel = Channel(link, job["nonce"], job["reply_bytes"])
    runner.enter(job)
    files = SharedFiles(job["scratch"], job["reply_bytes"]) if job["share_files"] else None
    search_path = SearchPath() if job["share_search_path"] else None
    printed = runner.capture_output(job["output_bytes"]), _capture_errors(job["output_bytes"])
    runner.vary(job)
    module = runner.load(job["source"], job["module"], channel)
    if module is None:
        return
    wire = Channel(socket.socket(fileno=4), job["wire_nonce"], job["wire_bytes"])
    service = Service(wire, module, job["reply_bytes"], printed, channel, files, search_path)
    warnings.simplefilter("always")
    setattr(warnings, "showwarning", service.note_warning)  # noqa: B010  # a bound method is as good as a function
    try:
        service.peer.send_news()
        service.peer.serve()
    except Gone:
        return


def _capture_errors(cap: int) -> runner.CappedOutput:
    """Standard error apart from standard output: tests may ask for one of them."""
    capped, text = runner.take_capture(cap)
    sys.stderr = sys.__stderr__ = text
    return capped


class Service:
    """The candidate's objects by number, and what may be asked of them; a `peer.Side`."""

    def __init__(
        self,
        wire: Channel,
        module: types.ModuleType,
        limit: int,
        printed: tuple[runner.CappedOutput, ...],
        host: Channel,
        files: SharedFiles | None,
        search_path: SearchPath | None = None,
    ) -> None:
        self._host = host
        self._files = files
        self._search_path = search_path
        self._warned: list[list[Any]] = []
        self.peer = Peer(wire, self, limit)
        self._borrowed = Borrowed(self.peer, self.value)
        self._printed = printed
        self._kept: list[Any] = [module, types.FunctionType]
        self._numbers = {id(module): MODULE, id(types.FunctionType): FUNCTIONS}
        self._news: list[Any] = []
        self._originals: dict[tuple[int, str], Any] = {}
        self._patched = Patched()
        self._number_module(module)

    def _number_module(self, module: types.ModuleType) -> None:
        """The module's functions and classes go along with it."""
        fixed = {
            name: number
            for name, value in list(module.__dict__.items())
            if type(name) is str and isinstance(value, type | types.FunctionType) and not name.startswith("__")
            if (number := self.number(value)) is not None
        }
        self._news.append([MODULE, "module", module.__name__, fixed])

    def number(self, value: Any) -> int | None:
        """The tests' number for their own things; else the same object always has the same number."""
        known = self._borrowed.number(value)
        if known is None:
            known = self._numbers.get(id(value))
        if known is None:
            known = len(self._kept)
            self._kept.append(value)
            self._numbers[id(value)] = known
            told = self._told(value)  # may number other things, and tell of them first
            self._news.append([known, *told])
        return known

    def _told(self, value: Any) -> list[Any]:
        kind = type(value)
        plain = describe.told_value(value)
        if plain is not None:
            return ["value", *plain]
        if isinstance(value, type):
            return self._told_class(value)
        if isinstance(value, BaseException):
            return self._told_error(value)
        if kind is types.ModuleType:
            return ["module", value.__name__, {}]
        if kind is types.CoroutineType:
            return ["coroutine"]
        return ["object", self.number(kind)]

    def _told_class(self, kind: type) -> list[Any]:
        is_error = issubclass(kind, BaseException)
        own = kind.__module__ == "builtins" or (is_error and describe.is_own(kind.__module__))
        if own and describe.shared_type(kind.__module__, kind.__name__) is kind:
            return ["shared", kind.__module__, kind.__name__, describe.builtin_bases(kind) if is_error else []]
        return ["class", describe.told_class(kind, self.number)]

    def _told_error(self, error: BaseException, depth: int = 0) -> list[Any]:
        text, _names = runner.describe(error)
        try:
            carried = encode(list(error.args), limit=_CARRIED_BYTES, extended=True, reference=self.number)
        except Exception:  # arguments that cannot cross: the text must do
            carried = b""
        chain = depth
        cause, seen = error.__cause__, error
        while seen.__cause__ is not None and chain <= _MOST_DEEP_CHAIN:
            seen, chain = seen.__cause__, chain + 1
        told_cause = self.number(cause) if cause is not None and chain <= _MOST_DEEP_CHAIN else None
        return ["error", self.number(type(error)), carried, text.partition(": ")[2], told_cause]

    def take_news(self) -> list[Any]:
        """What the tests have not been told."""
        news, self._news = self._news, []
        return news

    def learn(self, news: list[Any]) -> None:
        """Take in what the tests lend."""
        self._borrowed.learn(news)

    def value(self, number: int) -> Any:
        """One's own object of this number, or the tests'. Raises WireError."""
        if number < 0:
            return self._borrowed.value(number)
        if number >= len(self._kept):
            raise WireError(f"no object {number}")
        return self._kept[number]

    def perform(self, operation: str, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Do what the tests ask."""
        match operation:
            case "call":
                return target(*args, **kwargs)
            case "method":
                return getattr(target, args[0])(*args[1:], **kwargs)
            case "get":
                return getattr(target, args[0])
            case "set":
                return setattr(target, *args)
            case "del":
                return delattr(target, args[0])
            case "operate":
                return operators.perform(args[0], target, args[1:])
            case "method_as":
                return _of_class(target, args[0], args[1])(*args[2:], **kwargs)
            case "get_as":
                return _of_class(target, *args)
            case "isinstance":
                return isinstance(args[0], target)
            case "dir":
                return dir(target)
            case "signature":
                return told_signature(target)
            case "copy":
                return copy.copy(target)
            case "deepcopy":
                return copy.deepcopy(target)
            case "await":
                return _awaited(target)
            case "subclass":
                return self._subclass(*args)
            case "patch":
                return self._patched.patch(*args)
            case "unpatch":
                return self._patched.unpatch(*args)
            case "replace":
                return self._replace(target, args[0], _member(*args[1:]))
            case "restore":
                return self._restore(target, args[0])
        raise TypeError(f"operation {operation!r}")

    def _subclass(self, name: str, bases: list[int], members: dict[str, list[Any]]) -> int:
        """Make a class of the tests' functions; its number is all that is told of it."""
        namespace = {key: _member(*parts) for key, parts in members.items()}
        made = types.new_class(name, tuple(self._kept[base] for base in bases), {}, lambda own: own.update(namespace))
        self._kept.append(made)
        return self._numbers.setdefault(id(made), len(self._kept) - 1)

    def _replace(self, target: type, name: str, value: Any) -> None:
        self._originals.setdefault((id(target), name), target.__dict__.get(name))
        setattr(target, name, value)

    def _restore(self, target: type, name: str) -> None:
        if (id(target), name) in self._originals:
            setattr(target, name, self._originals[id(target), name])

    def rebuilt(self, error: BaseException, operation: str, name: object) -> BaseException:
        """What a function of the tests raised."""
        del operation, name
        return error

    def note_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """A warning is the tests' to expect or to filter."""
        del file, line
        if len(self._warned) < _MOST_WARNINGS:
            self._warned.append(["warned", str(message), describe.builtin_bases(category), filename, lineno])

    def take_effects(self) -> list[list[Any]]:
        """Standard output and error, warnings, and changed files. What the tripwires noticed is for the host."""
        if noticed := audit.take():
            self._host.send_value({"w": noticed})
        texts = [["printed", stream, capped.take()] for stream, capped in enumerate(self._printed, 1)]
        effects = [told for told in texts if told[2]] + self._warned
        self._warned = []
        if self._files is not None:
            effects += [["file", *change] for change in self._files.changes()]
        if self._search_path is not None and (further := self._search_path.changed()) is not None:
            effects.append(["search path", further])
        return effects

    def undergo(self, effects: list[list[Any]]) -> None:
        """What the tests have changed. Their output is not the candidate's to see."""
        for kind, *told in effects:
            match kind:
                case "environment":
                    set_environment(*told)
                case "random":
                    random.setstate(*told)
                case "file" if self._files is not None:
                    self._files.take([told])
                case "place" if self._files is not None:
                    self._files.move(*told)
                case "search path" if self._search_path is not None:
                    self._search_path.take(*told)
                case _:
                    raise WireError(f"effect {kind!r}")


def _awaited(coroutine: "Coroutine[Any, Any, Any]") -> Any:
    import asyncio  # of use to few candidates, and slow to load

    return asyncio.run(coroutine)


def _of_class(kind: type, name: str, instance: Any) -> Any:
    """What `super().name` is, seen from a subclass of `kind`: `kind`'s own, not an override of it."""
    found = sys.intern(name)
    for base in kind.__mro__:
        if found in base.__dict__:
            own = base.__dict__[found]
            return own.__get__(instance, type(instance)) if hasattr(type(own), "__get__") else own
    raise AttributeError(f"{kind.__name__!r} object has no attribute {name!r}")


def _member(kind: str, *parts: Any) -> Any:
    """A member of a class as the tests wrote it."""
    match kind:
        case "property":
            return property(*parts)
        case "static":
            return staticmethod(*parts)
        case "class":
            return classmethod(*parts)
    return parts[0]
