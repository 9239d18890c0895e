"""The candidate's side of a suite: its module stays here, and answers the referee's calls one by one.

Requests and answers are encoded values. An object without a plain value stays here too; a number crosses in its place.
"""

import random
import socket
import sys
import types
from typing import Any

from . import runner
from .codec import Plain, UnplainError, WireError, decode, encode
from .framing import Channel, receive_job

_DUNDERS_KEPT = frozenset({"__version__", "__doc__"})


class _Objects:
    """The objects that the referee holds by number; the same object always has the same number."""

    def __init__(self) -> None:
        self._kept: list[Any] = []
        self._numbers: dict[int, int] = {}

    def number(self, value: object) -> int:
        number = self._numbers.setdefault(id(value), len(self._kept))
        if number == len(self._kept):
            self._kept.append(value)
        return number

    def get(self, number: int) -> Plain:
        return self._kept[number]


def serve(link: socket.socket) -> None:
    """Load the module, describe it to the referee, then answer until the referee hangs up."""
    job = receive_job(link)
    channel = Channel(link, job["nonce"], job["reply_bytes"])
    runner.enter(job["scratch"])
    runner.capture_output(job["output_bytes"])
    random.seed(job["random_seed"])
    module = runner.load(job["source"], job["module"], channel)
    if module is None:
        return
    wire = Channel(socket.socket(fileno=4), job["wire_nonce"], job["reply_bytes"])
    objects = _Objects()
    try:
        wire.send(_describe(module, objects, job["reply_bytes"]))
        while True:
            wire.send(_answer(wire.receive(), objects, job["reply_bytes"]))
    except EOFError:
        return


def _describe(module: types.ModuleType, objects: _Objects, limit: int) -> bytes:
    """What `import module` finds: values by value, errors by name and bases, the rest by number."""
    names, modules, errors = {}, {}, {}
    for name, value in list(module.__dict__.items()):
        if type(name) is not str or (name.startswith("__") and name not in _DUNDERS_KEPT):
            continue
        if type(value) is types.ModuleType and value.__name__ in sys.stdlib_module_names:
            modules[name] = value.__name__
            continue
        if isinstance(value, type) and issubclass(value, BaseException):
            errors[name] = [value.__name__, [c.__name__ for c in value.__mro__ if c.__module__ == "builtins"]]
        names[name] = encode(value, limit=limit, extended=True, reference=objects.number)
    return encode({"names": names, "modules": modules, "errors": errors}, limit=limit)


def _answer(request: bytes, objects: _Objects, limit: int) -> bytes:
    """One answer: `[sequence, "ok", value]` or `[sequence, "raise", class, text, builtin bases, arguments]`."""
    sequence, operation, number, arguments, keywords = decode(request, extended=True, dereference=objects.get)
    try:
        target = objects.get(number)
        if operation == "call":
            value = target(*arguments, **keywords)
        elif operation == "iter":
            value = iter(target)
        elif operation == "next":
            value = next(target)
        elif operation == "get":
            value = getattr(target, *arguments)
        elif operation == "set":
            value = setattr(target, *arguments)
        else:
            raise WireError(f"operation {operation!r}")
        try:
            return encode([sequence, "ok", value], limit=limit, extended=True, reference=objects.number)
        except UnplainError:  # too large or too deep to cross: it stays here, as an object that equals nothing
            return encode([sequence, "ok", objects.number(value)], limit=limit)
    except BaseException as error:
        text, names = runner.describe(error)
        try:
            carried = encode(list(error.args), limit=4096)
        except Exception:  # arguments that cannot cross: the text must do
            carried = b""
        return encode([sequence, "raise", type(error).__name__[:100], text, names, carried])
