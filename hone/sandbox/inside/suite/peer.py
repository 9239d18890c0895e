"""One end of the wire between the tests and the candidate: it asks, and while it waits it answers the other's asking.

A question is `[ASK, sequence, operation, target, news, body, effects]`, an answer
`[kind, sequence, news, body, changed, effects]`. Bodies are encoded values in which an object without a plain value is
a number; *news* says what the numbers are that the other end has not seen; *effects* are what happened beside the
calls: output, changes of files and of the environment. Nothing that arrives is believed beyond its type.
"""

import threading
from typing import Any, NoReturn, Protocol

from ..codec import UnplainError, WireError, decode, encode
from ..framing import Channel

ASK, DONE, SAME, REFLECT, RAISED = range(5)
"""A question; and answers: a value, the argument at a place, `NotImplemented`, an exception."""
MODULE, FUNCTIONS = 0, 1
"""The numbers of the candidate's module and of the type of its functions; of the latter the tests need not be told."""
MAX_NESTING = 100
"""Calls inside calls across the wire: a test that calls the candidate that calls the test back …"""
_CHANGEABLE = frozenset({list, dict, set, bytearray})
_BROKEN = (WireError, KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError)
"""What comes of taking apart a message that is not made as it should be."""

Place = int | str
"""Where an argument stands in a call: its position or its keyword."""


class Gone(BaseException):  # not an error of a test: it must pass through `except Exception`
    """The other end hung up, or sent bytes that are no message."""


class CrossingError(Exception):
    """Something was passed that can neither cross by value nor be lent."""


class Side(Protocol):
    """What an end knows: its own objects by number, the other's by stand-in."""

    def number(self, value: object) -> int | None:
        """The number by which a value without plain form crosses; None where it must not."""

    def take_news(self) -> list[Any]:
        """What the other end has not been told about the numbers that were given out."""

    def learn(self, news: list[Any]) -> None:
        """Take in what the other end says of its numbers. Raises one of `_BROKEN`."""

    def value(self, number: int) -> Any:
        """What a number stands for. Raises WireError."""

    def perform(self, operation: str, target: Any, args: list[Any], kwargs: dict[str, Any]) -> Any:
        """Answer a question; whatever it raises is told."""

    def rebuilt(self, error: BaseException, operation: str, name: Any) -> BaseException:
        """What is to be raised here for an exception that the other end's `operation`, of that name, ended with."""

    def take_effects(self) -> list[list[Any]]:
        """What happened here since the last message, beside the calls, that the other end is to know: `[kind, …]`."""

    def undergo(self, effects: list[list[Any]]) -> None:
        """Have the same happen here. Raises one of `_BROKEN`, or OSError where it cannot."""


class Peer:
    """Asks and answers in turn, strictly nested; threads take turns."""

    def __init__(self, channel: Channel, side: Side, limit: int) -> None:
        """`limit` is the longest body, in bytes."""
        self._channel = channel
        self._side = side
        self._limit = limit
        self._lock = threading.RLock()
        self._sequence = 0
        self._nesting = 0
        self.gone = False

    def ask(self, operation: str, target: int, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None) -> Any:
        """Have the other end do `operation` on its object `target`.

        Returns:
            The value, or NotImplemented where an operator leaves the matter to its other operand.

        Raises:
            CrossingError: an argument cannot cross.
            Gone: there is no other end any more.
            BaseException: what the other end raised, rebuilt.
        """
        keywords = kwargs or {}
        with self._lock:
            if self.gone:
                raise Gone("there is no other end any more")
            try:
                body = self._encoded([list(args), keywords])
            except UnplainError as error:
                raise CrossingError(f"an argument of type {error.type_name} cannot cross the wire") from None
            self._sequence += 1
            self._send([ASK, self._sequence, operation, target, self._side.take_news(), body])
            return self._await(self._sequence, operation, dict([*enumerate(args), *keywords.items()]))

    def serve(self) -> None:
        """Answer until the other end hangs up. Raises Gone then."""
        while True:
            with self._lock:
                message = self._receive()
            if message[0] != ASK:
                self.end("an answer to no question")
            self._answer(message)

    def send_news(self) -> None:
        """The first message of all: news alone."""
        self._send([DONE, 0, self._side.take_news(), encode(None), []])

    def receive_news(self) -> None:
        """Wait for the first message. Raises Gone."""
        with self._lock:
            self._await(0, "news", {})

    def end(self, reason: str) -> NoReturn:
        """Give the other end up. Raises Gone."""
        self.gone = True
        raise Gone(reason) from None

    def _await(self, sequence: int, operation: str, arguments: dict[Place, Any]) -> Any:
        while True:
            message = self._receive()
            if message[0] != ASK:
                break
            self._answer(message)
        try:
            kind, answered, news, body, changed = message
            if answered != sequence:
                raise WireError("an answer to another question")
            self._side.learn(news)
            value = self._decoded(body)
            for place, data in changed:
                overwrite(arguments[place], self._decoded(data))
            if kind == SAME:
                return arguments[value]
            if kind == RAISED and not isinstance(value, BaseException):
                raise WireError("it raised what is no exception")
        except _BROKEN as error:
            self.end(f"{type(error).__name__}: {error}")
        if kind == RAISED:
            raise self._side.rebuilt(value, operation, arguments.get(0))
        return NotImplemented if kind == REFLECT else value

    def _answer(self, message: list[Any]) -> None:
        """Do what is asked and say what came of it."""
        try:
            _ask, sequence, operation, number, news, body = message
            self._side.learn(news)
            args, kwargs = self._decoded(body)
            target = self._side.value(number)
            arguments: list[tuple[Place, Any]] = [*enumerate(args), *kwargs.items()]
        except _BROKEN as error:
            self.end(f"{type(error).__name__}: {error}")
        before = [(place, value, self._snapshot(value)) for place, value in arguments if type(value) in _CHANGEABLE]
        kind, value = DONE, None
        self._nesting += 1
        try:
            if self._nesting > MAX_NESTING:
                raise RecursionError(f"more than {MAX_NESTING} calls nested across the wire")
            value = self._side.perform(operation, target, args, kwargs)
        except Gone:
            raise
        except BaseException as error:
            kind, value = RAISED, error
        finally:
            self._nesting -= 1
        if value is NotImplemented:
            kind, value = REFLECT, None
        for place, argument, _data in before:
            if value is argument:  # there, too, it shall be the very object that was passed
                kind, value = SAME, place
        with self._lock:
            self._reply(kind, sequence, value, before)

    def _reply(self, kind: int, sequence: int, value: Any, before: list[tuple[Place, Any, bytes]]) -> None:
        try:
            body = self._encoded(value)
        except UnplainError:
            try:  # too large or too deep to cross: it stays here, as an object that equals nothing
                body = encode(_LEFT_HERE, reference=lambda _: self._side.number(value))
            except UnplainError:
                kind, body = RAISED, self._encoded(TypeError(f"a {type(value).__name__} cannot cross the wire"))
        snapshots = [(place, self._snapshot(argument), data) for place, argument, data in before]
        changed = [[place, now] for place, now, data in snapshots if now != data and now]
        self._send([kind, sequence, self._side.take_news(), body, changed])

    def _snapshot(self, value: Any) -> bytes:
        try:
            return self._encoded(value)
        except UnplainError:
            return b""

    def _encoded(self, value: Any) -> bytes:
        return encode(value, limit=self._limit, extended=True, reference=self._side.number)

    def _decoded(self, body: bytes) -> Any:
        return decode(body, extended=True, dereference=self._side.value)

    def _send(self, message: list[Any]) -> None:
        try:
            self._channel.send(encode([*message, self._side.take_effects()]))
        except OSError as error:
            self.end(str(error))

    def _receive(self) -> list[Any]:
        try:
            message = decode(self._channel.receive())
            if type(message) is not list or not message or len(message) != (7 if message[0] == ASK else 6):
                raise WireError("bytes that are no message")
            self._side.undergo(message.pop())
        except (EOFError, OSError, *_BROKEN) as error:
            self.end(f"{type(error).__name__}: {error}")
        return message


_LEFT_HERE = object()


def overwrite(ours: Any, theirs: Any) -> None:
    """Give the changeable `ours` the contents of `theirs`; what is changeable inside keeps its identity where it can.

    Raises:
        TypeError: they are not of one changeable type.
    """
    if type(ours) is not type(theirs) or type(ours) not in _CHANGEABLE:
        raise TypeError("a change of what cannot change")
    if isinstance(ours, list):
        kept = ours + [None] * (len(theirs) - len(ours))
        ours[:] = [_merged(old, new) for old, new in zip(kept, theirs, strict=False)]
    elif isinstance(ours, dict):
        merged = {key: _merged(ours.get(key), new) for key, new in theirs.items()}
        ours.clear()
        ours.update(merged)
    elif isinstance(ours, set):
        ours.clear()
        ours.update(theirs)
    else:
        ours[:] = theirs


def _merged(old: Any, new: Any) -> Any:
    if type(old) is not type(new) or type(new) not in _CHANGEABLE or old is new:
        return new
    overwrite(old, new)
    return old
