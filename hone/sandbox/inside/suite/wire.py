"""The referee's end of the wire: stand-ins by number, what the candidate tells of them, and the faults of a test."""

import contextlib
import functools
import linecache
import os
import random
import sys
import types
import warnings
from collections.abc import Generator
from typing import Any

from ..codec import WireError, decode
from ..framing import Channel
from . import describe
from .lent import Lent
from .operators import ENDS_ITERATION
from .peer import FUNCTIONS, MODULE, CrossingError, Peer
from .search_path import SearchPath
from .shared import SharedFiles
from .standin import CandidateRaised, Handle, Method, StandInClass, build_class, class_address, function_class, is_lent
from .standin_module import StandInModule

_ENDS_OF_ITERATION = (StopIteration, StopAsyncIteration, GeneratorExit)


def _environment() -> dict[str, str]:
    """The tests' environment, without pytest's own notes in it. The candidate's is made the same."""
    return {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}


@contextlib.contextmanager
def _without_lines(filename: str) -> Generator[None]:
    """A warning would show a line of the file that it names, which may be any that the tests' process can read."""
    known = linecache.cache.get(filename)
    linecache.cache[filename] = (0, None, [], filename)
    try:
        yield
    finally:
        if known is None:
            linecache.cache.pop(filename, None)
        else:
            linecache.cache[filename] = known


class CandidateError(Exception):
    """Stands for an exception of the candidate that has no counterpart here."""


class Wire:
    """Asks the candidate and answers it; a `peer.Side`."""

    def __init__(
        self,
        channel: Channel,
        limit: int,
        files: SharedFiles | None = None,
        search_path: SearchPath | None = None,
        *,
        share_randomness: bool = False,
    ) -> None:
        """The tests' end.

        Args:
            channel: to the candidate.
            limit: the longest body of a message, in bytes.
            files: the scratch, where the candidate is to see what the tests write, and they what it writes.
            search_path: `sys.path`, where the two are to see each other's changes of it.
            share_randomness: whether the candidate's `random` follows the tests' `random.seed`.
        """
        self._peer = Peer(channel, self, limit)
        self._values: dict[int, Any] = {FUNCTIONS: function_class(self)}
        self._lent = Lent(self._failed_inside)
        self._news: list[Any] = []
        self._fault = ""
        self._environment = _environment()
        self._files = files
        self._search_path = search_path
        self._warned: list[list[Any]] = []
        self._reseeded = share_randomness
        self._randomness = random.getstate() if share_randomness else None
        if share_randomness:
            self._notice_seeds()
        self._swallowed: BaseException | None = None
        self.replaced: set[str] = set()
        """Names that some class or object has anew: they may be more than the method they were."""
        self.differences: set[int] = set()
        """Handles of what was left when a plain number was subtracted."""

    def _notice_seeds(self) -> None:
        """A seed that is set anew counts, though the state is the one that was told: the candidate has drawn since."""
        seed = random.seed

        @functools.wraps(seed)
        def noticed(*args: Any, **kwargs: Any) -> None:
            seed(*args, **kwargs)
            self._reseeded = True

        setattr(random, "seed", noticed)  # noqa: B010  # it is a bound method, as far as types go

    @property
    def gone(self) -> bool:
        """Whether the candidate is gone."""
        return self._peer.gone

    def wait_for_module(self) -> None:
        """Take in what the candidate says of its module. Raises Gone."""
        self._peer.receive_news()
        if MODULE not in self._values:
            self._peer.end("no module was described")

    def take_fault(self) -> str:
        """Why the last test has not passed, whatever it caught."""
        fault, self._fault = self._fault, ""
        if self._swallowed is not None:
            failed, self._swallowed = self._swallowed, None
            fault = fault or f"a failure inside a callback was swallowed: {type(failed).__name__}: {failed}"
        return fault

    def refuse(self, reason: str) -> None:
        """The test asked the candidate to decide what is not its to decide. Raises CrossingError."""
        self._fault = self._fault or reason
        raise CrossingError(reason)

    def ask(self, operation: str, target: int, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        """As `Peer.ask`; a test in which something could not cross has not passed."""
        try:
            return self._peer.ask(operation, target, args, kwargs)
        except CrossingError as error:
            self._fault = self._fault or str(error)
            raise
        finally:
            self._warn()

    def _warn(self) -> None:
        """Warn as the candidate has warned; the tests' filters may make an error of it."""
        warned, self._warned = self._warned, []
        for text, names, filename, line in warned:
            category = describe.builtin_error(names) or UserWarning
            if issubclass(category, Warning):
                with _without_lines(str(filename)):
                    warnings.warn_explicit(str(text), category, str(filename), line if type(line) is int else 0)

    def is_handle(self, value: object) -> bool:
        """Whether it is an object of the candidate's."""
        return isinstance(value, Handle)

    def is_lent(self, kind: type) -> bool:
        """Whether the tests wrote this stand-in class."""
        return is_lent(kind)

    def lend_class(self, made: type, name: str, bases: list[StandInClass], members: dict[str, Any]) -> int:
        """Have the candidate make a class whose functions are the tests'; returns its number."""
        numbers = [class_address(base)[1] for base in bases]
        number = self.ask("subclass", MODULE, (name, numbers, members))
        if type(number) is not int or number in self._values:
            self._peer.end("a class without a number")
        self._values[number] = made
        return number

    # The Side of a Peer:

    def number(self, value: Any) -> int | None:
        """The candidate's number for its own things; else the tests' thing is lent."""
        kind = type(value)
        if isinstance(value, Handle) or (isinstance(value, CandidateRaised) and "_hone" in value.__dict__):
            return value._hone[1]
        if kind is StandInClass:
            return class_address(value)[1]
        if isinstance(value, types.ModuleType) and value is self._values.get(MODULE):
            return MODULE
        if kind is Method:
            return self._lent.tell(value, ["bound", value.__self__._hone[1], value.__name__], self._news)
        return self._lent.number(value, self._news)

    def take_news(self) -> list[Any]:
        """What the candidate has not been told of the things lent."""
        news, self._news = self._news, []
        return news

    def value(self, number: int) -> Any:
        """The stand-in with this number, or what was lent under it. Raises WireError."""
        if number < 0:
            return self._lent.value(number)
        if number not in self._values:
            raise WireError(f"an object {number} of which nothing was said")
        return self._values[number]

    def learn(self, news: list[Any]) -> None:
        """Build stand-ins for what the candidate describes. Raises what a description that is none leads to."""
        for number, kind, *told in news:
            if type(number) is not int or number < 0 or number in self._values:
                raise WireError("a number that is taken")
            if kind == "object":
                self._values[number] = self._handle(number, self._values[told[0]])
            else:
                self._values[number] = self._stand_in(number, kind, told)

    def _handle(self, number: int, kind: Any) -> Any:
        if not (isinstance(kind, type) and issubclass(kind, Handle)):
            raise WireError("an object of no class")
        handle = object.__new__(kind)
        object.__setattr__(handle, "_hone", (self, number))
        return handle

    def _stand_in(self, number: int, kind: str, told: list[Any]) -> Any:
        if kind == "class":
            bases = [self._values[base] for base in told[0]["bases"]]
            kept = [b for b in bases if isinstance(b, StandInClass) or issubclass(b, BaseException)]
            return build_class(self, number, told[0], tuple(kept))
        if kind == "shared":
            module, name, builtin_names = told
            return describe.shared_type(module, name) or describe.builtin_error(builtin_names) or object
        if kind == "error":
            return self._error(number, *told)
        if kind == "coroutine":
            return self._awaiting(number)
        if kind == "module":
            return StandInModule(self, number, *told)
        if kind == "value":
            return describe.rebuilt_value(*told)
        raise WireError(f"a thing of kind {kind!r}")

    def _error(self, number: int, kind_number: int, carried: bytes, text: str, cause: int | None) -> BaseException:
        kind = self._values[kind_number]
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise WireError("an error of no class")
        try:
            arguments = decode(carried, extended=True, dereference=self.value)
        except WireError:  # arguments that could not cross: the text must do
            arguments = [str(text)]
        if isinstance(kind, StandInClass):
            error = kind.__new__(kind, *arguments)
            error.args = tuple(arguments)
            error.__dict__ |= {"_hone": (self, number), "_hone_text": str(text)}
        else:
            try:
                error = kind(*arguments)
            except Exception:  # some builtin errors insist on arguments of a certain shape
                error = kind.__new__(kind)
                error.args = (str(text),)
        if cause is not None:
            error.__cause__ = self._values[cause]
        error.add_note("raised by the candidate")
        return error

    def _awaiting(self, number: int) -> Any:
        async def awaiting() -> Any:
            return self.ask("await", number)

        return awaiting()

    def rebuilt(self, error: BaseException, operation: str, name: object) -> BaseException:
        """The error to raise; an end of iteration only where one can be."""
        if error is self._swallowed:
            self._swallowed = None  # it came through to the test, which may expect it
        may_end = operation in ("operate", "method", "method_as") and name in ENDS_ITERATION
        if isinstance(error, _ENDS_OF_ITERATION) and not may_end:
            return CandidateError(f"{type(error).__name__}: {error}")
        return error

    def perform(self, operation: str, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """What the candidate may do with a thing that was lent to it."""
        return self._lent.perform(operation, target, args, kwargs)

    def _failed_inside(self, error: BaseException) -> None:
        self._swallowed = self._swallowed or error

    def take_effects(self) -> list[list[Any]]:
        """The environment, random numbers and files as the tests have changed them. Their output stays with them."""
        effects: list[list[Any]] = []
        environment = _environment()
        if environment != self._environment:
            self._environment = environment
            effects.append(["environment", environment])
        if self._randomness is not None and (self._reseeded or random.getstate() != self._randomness):
            self._reseeded, self._randomness = False, random.getstate()
            effects.append(["random", self._randomness])
        if self._files is not None:
            effects += [["file", *change] for change in self._files.changes()]
            if (place := self._files.moved()) is not None:
                effects.append(["place", place])
        if self._search_path is not None and (further := self._search_path.changed()) is not None:
            effects.append(["search path", further])
        return effects

    def undergo(self, effects: list[list[Any]]) -> None:
        """Print what the candidate printed, where the tests' standard streams lead; keep its files and warnings."""
        for kind, *told in effects:
            if kind == "printed":
                stream, text = told
                (sys.stderr if stream == 2 else sys.stdout).write(str(text))
            elif kind == "warned":
                text, names, filename, line = told
                self._warned.append([text, names, filename, line])
            elif kind == "file" and self._files is not None:
                self._files.take([told])
            elif kind == "search path" and self._search_path is not None:
                self._search_path.take(*told)
            else:
                raise WireError("an effect on what is not shared")
