"""The candidate's side of calls and whole programs. Runs in a fork that is already shut in; never returns.

Everything sent from here is in the candidate's power once its code has run: the host takes it as claims.
"""

import atexit
import builtins
import io
import linecache
import os
import random
import socket
import sys
import threading
import time
import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import arrays, audit
from .codec import UnplainError, decode, encode
from .framing import NONCE_BYTES, Channel, job_bytes, receive_job

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

ERROR_CHARS = 500
SITE = "site"
"""The folder of the scratch in which the task's libraries lie."""
_REHEARSALS = 20
"""After fewer the interpreter has not specialised what it runs."""


def warm_up() -> None:
    """Import what candidates commonly import, and rehearse: the first `compile` alone costs 3 ms."""
    import bisect
    import collections
    import copy
    import dataclasses
    import datetime
    import decimal
    import fractions
    import functools
    import heapq
    import itertools
    import math
    import operator
    import re
    import statistics
    import string
    import typing

    del bisect, collections, copy, dataclasses, datetime, decimal, fractions, functools, heapq, itertools, math
    del operator, re, statistics, string, typing
    import _sitebuiltins

    for name in ("exit", "quit"):  # `site` is not loaded; programs expect these two of it
        setattr(builtins, name, _sitebuiltins.Quitter(name, "end of file"))
    prepare_capture()
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = _CAPTURE[0][1]
    for _ in range(_REHEARSALS):
        _rehearse()


def _rehearse() -> None:
    """A harmless job, answered here: a fork that finds everything specialised writes to fewer pages, and each that it
    writes to has to be copied for it first.
    """
    ours, theirs = socket.socketpair()
    with ours, theirs:
        arguments = encode([[3, 1, 2], "a", {"b": (1.5, None)}])
        calls = [[index, arguments] for index in range(2)]
        source = "def f(a: list[int], b, c) -> object:\n    print(b)\n    return sorted(x for x in a if x), {b, 2}, c\n"
        ours.sendall(job_bytes({"source": source, "calls": calls, "after": [0], "reply_bytes": 2**16}))
        job = receive_job(theirs)
        code = compile_source(job["source"], "rehearsal.py")
        scope = types.ModuleType("rehearsal").__dict__
        exec(code, scope)  # noqa: S102  # the source above
        _answer_all(scope["f"], job, Channel(theirs, bytes(NONCE_BYTES), 2**16), _CAPTURE[0][0])


def enter(job: dict[str, Any]) -> None:
    """Start in an empty directory of one's own, with the task's libraries beside it."""
    scratch = job["scratch"]
    if job["site"]:
        _install(f"{scratch}/{SITE}", job["site"])
    os.mkdir(f"{scratch}/work")  # noqa: PTH102  # pathlib would cost each fork an import
    os.chdir(f"{scratch}/work")


def _install(site: str, files: list[tuple[str, bytes]]) -> None:
    """Put the files of the task's libraries where imports look last. They go with the scratch, so that what a program
    does to them no other program sees.
    """
    made = set()
    for path, content in files:
        folder = site
        for part in ("", *path.split("/")[:-1]):
            folder = f"{folder}/{part}" if part else folder
            if folder not in made:
                os.mkdir(folder)  # noqa: PTH102
                made.add(folder)
        descriptor = os.open(f"{site}/{path}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
        left = memoryview(content)
        while left:
            left = left[os.write(descriptor, left) :]
        os.close(descriptor)
    sys.path.append(site)


def vary(job: dict[str, Any]) -> None:
    """What reruns vary: random numbers, the time of day, how threads take turns."""
    random.seed(job["random_seed"])
    vary_time(job)


def vary_time(job: dict[str, Any]) -> None:
    """The time of day, how threads take turns, and on which core: in both processes of a suite."""
    if job["core"] is not None:
        os.sched_setaffinity(0, {job["core"]})
    if job["switch_seconds"] is not None:
        sys.setswitchinterval(job["switch_seconds"])
    if job["clock_seconds"]:
        _shift_clock(job["clock_seconds"])


def _shift_clock(seconds: float) -> None:
    now, now_ns = time.time, time.time_ns
    shifted: dict[str, Callable[..., Any]] = {
        "time": lambda: now() + seconds,
        "time_ns": lambda: now_ns() + int(seconds * 1e9),
    }
    for name in ("localtime", "gmtime", "ctime"):
        shifted[name] = _at_shifted(getattr(time, name), shifted["time"])
    for name, function in shifted.items():
        setattr(time, name, function)


def _at_shifted(convert: Callable[[float], Any], now: Callable[[], float]) -> Callable[..., Any]:
    return lambda at=None: convert(now() if at is None else at)


def describe(error: BaseException) -> tuple[str, list[str]]:
    """`ValueError: text`, capped, and the names of the builtin classes it belongs to, most specific first."""
    kind = type(error)
    names = [c.__name__ for c in kind.__mro__ if c.__module__ == "builtins" and issubclass(c, BaseException)]
    try:
        text = str(error)[:ERROR_CHARS]
    except BaseException as second:  # the candidate's own __str__ may do anything
        text = f"(its text raised {type(second).__name__})"
    return f"{kind.__name__[:100]}: {text}", names


def compile_source(source: str, filename: str) -> types.CodeType | str:
    """The code, or why it does not compile."""
    try:
        return compile(source, filename, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError) as error:
        return describe(error)[0]


def load(source: str, name: str, channel: Channel) -> types.ModuleType | None:
    """Compile and execute `source` as a module called `name`; on failure tell the host and return None."""
    code = compile_source(source, f"{name}.py")
    if isinstance(code, str):
        channel.send_value({"stop": "does not compile", "e": code})
        return None
    module = types.ModuleType(name)
    sys.modules[name] = module
    # For whatever reads a function's source, as compilers of kernels do: there is no such file.
    linecache.cache[f"{name}.py"] = (len(source), None, source.splitlines(keepends=True), f"{name}.py")
    audit.watch(f"{name}.py")
    try:
        exec(code, module.__dict__)  # noqa: S102  # running it is the point; the jail is around us
    except BaseException as error:
        text, names = describe(error)
        channel.send_value({"stop": _status_of(error), "e": text, "t": names, "w": audit.take()})
        return None
    return module


def _status_of(error: BaseException) -> str:
    return "out of memory" if isinstance(error, MemoryError) else "raised"


class CappedOutput(io.BytesIO):
    """Keeps the first `cap` bytes written and swallows the rest."""

    def __init__(self, cap: int) -> None:
        super().__init__()
        self.cap = cap

    def write(self, data: "ReadableBuffer", /) -> int:
        view = memoryview(data).cast("B")
        room = self.cap - self.tell()
        if room > 0:
            super().write(view[:room])
        return len(view)

    def take(self) -> str:
        """What was kept since the last call."""
        kept = self.getvalue()
        if kept:
            self.seek(0)
            self.truncate()
        return kept.decode("utf-8", "replace")


_CAPTURE: list[tuple[CappedOutput, io.TextIOWrapper]] = []
"""Made before forking, and put in place: it costs a fork more to build one than to run a short program."""


def prepare_capture() -> None:
    """Make one before forking."""
    capped = CappedOutput(0)
    text = io.TextIOWrapper(capped, encoding="utf-8", errors="backslashreplace", write_through=True)
    _CAPTURE.append((capped, text))


def take_capture(cap: int) -> tuple[CappedOutput, io.TextIOWrapper]:
    """One that keeps `cap` bytes, and the text stream that writes to it."""
    if not _CAPTURE:
        prepare_capture()
    capped, text = _CAPTURE.pop(0)
    capped.cap = cap
    return capped, text


def capture_output(cap: int) -> CappedOutput:
    """Point sys.stdout and sys.stderr at one capped buffer."""
    capped, text = take_capture(cap)
    sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = text
    return capped


def run_calls(link: socket.socket) -> None:
    """Load the module, call the entry point once for each tuple of arguments, answer case by case."""
    job = receive_job(link)
    channel = Channel(link, job["nonce"], job["reply_bytes"])
    enter(job)
    capped = capture_output(job["output_bytes"])
    vary(job)
    module = load(job["source"], "solution", channel)
    if module is None:
        return
    entry = module.__dict__.get(job["entry_point"])
    if not callable(entry):
        channel.send_value({"stop": "missing entry point", "e": f"no callable {job['entry_point']!r}"})
        return
    _answer_all(entry, job, channel, capped)


def _answer_all(entry: Callable[..., object], job: dict[str, Any], channel: Channel, capped: CappedOutput) -> None:
    channel.send_value({"ready": True})
    budget = job["reply_bytes"]
    asked_back = frozenset(job["after"])
    for index, arguments in job["calls"]:
        try:
            given = decode(arguments, array=arrays.rebuilt)
            answer = _one_call(entry, given, budget)
            if index in asked_back:
                answer |= _given_back(given, budget - len(answer.get("v", b"")))
        except BaseException as error:  # also what escapes from the candidate's traps while we describe its answer
            text, names = describe(error)
            answer = {"s": _status_of(error), "e": text, "t": names}
        if noticed := audit.take():
            answer["w"] = noticed
        budget -= len(answer.get("v", b"")) + len(answer.get("a", b""))
        channel.send_value(answer | {"i": index, "o": capped.take()})


def _one_call(entry: Callable[..., object], arguments: list[Any], budget: int) -> dict[str, Any]:
    started = time.process_time()
    try:
        value = entry(*arguments)
    except BaseException as error:
        text, names = describe(error)
        return {"s": _status_of(error), "e": text, "t": names, "c": time.process_time() - started}
    spent = time.process_time() - started
    try:
        return {"s": "done", "v": encode(value, limit=max(budget, 0)), "c": spent}
    except UnplainError as error:
        return {"s": "done", "u": error.type_name[:200], "c": spent}


def _given_back(arguments: list[Any], budget: int) -> dict[str, Any]:
    """The arguments as the call left them; nothing where they have no plain form any more."""
    try:
        return {"a": encode(arguments, limit=max(budget, 0))}
    except UnplainError:
        return {}


def run_program(link: socket.socket) -> None:
    """Run the source as `__main__`, standard input from a file in the scratch, output to the host's memory files."""
    job = receive_job(link)
    channel = Channel(link, job["nonce"], job["reply_bytes"])
    enter(job)
    _wire_standard_streams(job["stdin"], job["scratch"])
    vary(job)
    code = compile_source(job["source"], "solution.py")
    if isinstance(code, str):
        channel.send_value({"stop": "does not compile", "e": code})
        return
    main = types.ModuleType("__main__")
    main.__builtins__ = builtins  # ty: ignore[missing-attribute]  # programs read it there
    sys.modules["__main__"] = main
    sys.argv[:] = ["solution.py"]
    audit.watch("solution.py")
    status = _run_main(code, main, channel)
    if noticed := audit.take():
        channel.send_value({"w": noticed})
    try:
        threading._shutdown()  # ty: ignore[missing-attribute]  # what the interpreter does at its end: join threads,
        atexit._run_exitfuncs()  # run what was registered, flush
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException as error:
        _report(channel, error)
        status = 1
    os._exit(status)


def _run_main(code: types.CodeType, main: types.ModuleType, channel: Channel) -> int:
    try:
        exec(code, main.__dict__)  # noqa: S102
    except SystemExit as leaving:
        if leaving.code is None or type(leaving.code) is int:
            status = (leaving.code or 0) & 0xFF
            if status:
                _report(channel, leaving)
            return status
        print(leaving.code, file=sys.stderr)
        _report(channel, leaving)
        return 1
    except BaseException as error:
        _report(channel, error)
        return 1
    return 0


def _report(channel: Channel, error: BaseException) -> None:
    text, names = describe(error)
    channel.send_value({"stop": _status_of(error), "e": text, "t": names})


def _wire_standard_streams(stdin: bytes, scratch: str) -> None:
    path = os.path.join(scratch, "stdin")  # noqa: PTH118
    writing = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    view = memoryview(stdin)
    while view:
        view = view[os.write(writing, view) :]
    os.close(writing)
    reading = os.open(path, os.O_RDONLY)
    os.dup2(reading, 0)
    os.close(reading)
    os.dup2(4, 1)
    os.dup2(5, 2)
    os.closerange(4, 6)
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
