"""Calls by way of a driver, whose word counts: so what carries that word is put where a program does not get at it.

A program shares this process with the task author's driver and with what encodes and sends the driver's answer. Before
it is loaded,

- the functions that run from then on are replaced by twins with globals and builtins of their own, which no module, no
  class and no object that a program can reach leads to;
- this package, msgpack, ctypes and the real `__main__` are taken out of `sys.modules`;
- an audit hook, a twin itself, stops whatever would hand out a frame or the collector's objects before it happens, and
  notes it; hooks cannot be removed. `gc.set_debug`, the making of a second `gc`, and the builtins that look at their
  caller (`scopes.py`), which raise no audit event, are replaced;
- no thread is traced but by the driver, by the `sys.settrace` that it took when it was loaded;
- program and driver run in a thread that is not the main one, so that a signal's handler, which is given the
  interrupted frame, cannot be set.

What is left is native code and memory (see docs/judging.md). A driver that only passes on what the program answers has
no word of its own, and none of this around it.
"""

import _imp
import _socket
import _thread
import builtins
import functools
import gc
import linecache
import socket
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any, cast

import msgpack

from . import arrays, audit, codec, framing, runner, scopes, zones
from .codec import decode, encode
from .framing import DRIVER_FAILED, Channel, frame, receive_job

_HARNESS = (runner, audit, codec, framing, arrays, scopes, zones, msgpack)
_HIDDEN = ("__main__", "ctypes", "_ctypes", "msgpack", __package__ or "inside")
_FOREIGN = ("ctypes", "_ctypes", "msgpack", "inside", "_testcapi", "_testinternalcapi", "_xxsubinterpreters", "cffi")
"""Modules that lead into memory, or to this package again."""
_MADE_ONCE = ("gc", "sys", "_imp", "_thread", "builtins")
"""Builtin modules of which a second copy would have what was replaced in the first."""
_FORMATS_ERRORS = ("traceback", "logging", "concurrent", "asyncio")
"""Words of programs that may come to use `traceback`, which asks tracebacks for their frames."""
_RUNNING = frozenset({"cr_code", "gi_code", "ag_code"})
"""What a coroutine runs: a driver's coroutine is handed to the program."""
_ITS_OWN = frozenset({"__code__", "__defaults__", "__kwdefaults__"})
_LIBRARY = ("/collections/__init__.py", "/typing.py", "/enum.py", "/logging/__init__.py", "/dataclasses.py", "/abc.py")
"""Files of the standard library that ask who called them for a name. They do without."""


def opaque(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same to call; nothing of the function (globals, closure, defaults) can be reached from it."""
    cache_of_nothing = cast("Callable[..., Any]", functools._lru_cache_wrapper)  # made in C
    return cache_of_nothing(function, 0, False, tuple)


def run_driven(link: socket.socket) -> None:
    """As `runner.run_calls`, with the job's driver in place of the entry point."""
    done = _thread.allocate_lock()
    done.acquire()
    failed: list[str] = []

    def work() -> None:
        try:
            _run(link)
        except BaseException as error:  # told below, where standard error still is the jail's own
            failed.append(f"{type(error).__name__}: {error}")
        finally:
            done.release()

    _thread.start_new_thread(opaque(work), ())
    done.acquire()
    if failed:
        raise RuntimeError(failed[0])


def _run(link: socket.socket) -> None:
    job = receive_job(link)
    runner.enter(job)
    capped = runner.capture_output(job["output_bytes"])
    runner.vary(job)
    private = dict(vars(builtins))
    calls = [(index, _decoded(arguments)) for index, arguments in job["calls"]]
    let_pass: dict[int, bool] = {}
    try:
        drive, scope = _driver(job["driver"], private, let_pass)
    except BaseException as error:
        Channel(link, job["nonce"], job["reply_bytes"]).send_value(
            {"stop": DRIVER_FAILED, "e": runner.describe(error)[0]}
        )
        return
    wire = _socket.socket(fileno=link.detach())
    twins = _twins((*_HARNESS, sys.modules[__name__]), private)
    answer_all, nonce = twins[_answer_all], job["nonce"]
    send_all, framed, encoded, take = wire.sendall, twins[frame], twins[encode], capped.take

    def send(value: object) -> None:
        send_all(framed(nonce, encoded(value)))

    noticed: set[str] = set() if job["walls"] else audit._noticed
    load = twins[_load]
    if not job["walls"]:
        audit.watch("solution.py")
    else:
        _shut(twins, noticed, scope, let_pass)
    if job["walls"] and any(word in job["source"] for word in _FORMATS_ERRORS):
        _format_without_frames()
    entry = load(job, send, noticed, scope.get("read_program"), vars(builtins))
    if entry is not None:
        answer_all(functools.partial(drive, entry), calls, job, send, noticed, take)


def _decoded(arguments: bytes) -> list[Any] | BaseException:
    try:
        return decode(arguments, array=arrays.rebuilt)
    except BaseException as error:  # an array where the jail has no numpy: that case's result, not this process's end
        return error


def _driver(
    source: str, private: dict[str, Any], let_pass: dict[int, bool]
) -> tuple[Callable[..., object], dict[str, Any]]:
    """The task author's `drive` and its globals: loaded while the library is as it was, with builtins of its own.

    The `sys.settrace` that it finds there is let pass by the hook, and by nothing else that calls the real one.
    """
    scope = types.ModuleType("driver").__dict__
    scope["__builtins__"] = private
    plain = sys.settrace
    setattr(sys, "settrace", _let_pass(plain, let_pass, _thread.get_ident))  # noqa: B010  # as below
    try:
        exec(compile(source, "driver.py", "exec", dont_inherit=True), scope)  # noqa: S102  # the task author's
    finally:
        sys.settrace = plain
    return scope["drive"], scope


def _let_pass(
    plain: Callable[[Any], None], let_pass: dict[int, bool], identity: Callable[[], int]
) -> Callable[[Any], None]:
    def settrace(trace: Any) -> None:
        here = identity()
        let_pass[here] = True  # until the hook asks, once: nothing of the program can run in between
        try:
            plain(trace)
        finally:
            let_pass[here] = False  # where the stack was too deep for the hook

    return settrace


def _twins(modules: Iterable[types.ModuleType], private: dict[str, Any]) -> dict[Any, Any]:
    """Twins of the modules' functions: the same code over copies of the modules' globals, which hold twins in turn.

    A module that they use becomes a copy of what it holds now. Classes stay as they are: none of their methods is
    called from here on but to write standard output.
    """
    ours = list(modules)
    scopes = {module.__name__: dict(vars(module), __builtins__=private) for module in ours}
    twins: dict[Any, Any] = {}
    for scope in scopes.values():
        for value in list(scope.values()):
            if isinstance(value, types.FunctionType) and value.__module__ in scopes and value not in twins:
                twin = types.FunctionType(
                    value.__code__, scopes[value.__module__], value.__name__, value.__defaults__, value.__closure__
                )
                twin.__kwdefaults__ = value.__kwdefaults__
                twins[value] = twin
    copies = {name: types.SimpleNamespace() for name in scopes}
    for scope in scopes.values():
        for name, value in scope.items():
            if isinstance(value, types.FunctionType):
                scope[name] = twins.get(value, value)
            elif isinstance(value, types.ModuleType):
                scope[name] = copies.get(value.__name__) or types.SimpleNamespace(**vars(value))
    for name, scope in scopes.items():
        vars(copies[name]).update(scope)
    return twins


def _shut(twins: dict[Any, Any], noticed: set[str], driver: dict[str, Any], let_pass: dict[int, bool]) -> None:
    """Close the ways in; from here on only twins run."""
    protected = [driver, *(twin.__globals__ for twin in twins.values()), *(twin.__globals__ for twin in twins)]
    make, identity, looking = _imp.create_builtin, _thread.get_ident, {}
    look = twins[scopes.looks](sys._getframe, identity, looking)
    setattr(gc, "set_debug", opaque(twins[_no_debugging](noticed)))  # noqa: B010  # a type checker knows it as it was
    setattr(_imp, "create_builtin", opaque(twins[_made_once](make)))  # noqa: B010
    setattr(_imp, "init_frozen", opaque(twins[_nothing_frozen]))  # noqa: B010
    for name in list(sys.modules):
        if name.partition(".")[0] in _HIDDEN:
            del sys.modules[name]
    sys.modules["__main__"] = types.ModuleType("__main__")
    for name, function in twins[scopes.of_caller](look, protected, noticed).items():
        setattr(builtins, name, opaque(scopes.with_builtins(function, vars(builtins))))
    sys.addaudithook(twins[_guard](noticed, protected, look, looking, let_pass, identity))


def _format_without_frames() -> None:
    """Have errors formatted without the lines that they passed, for an honest program that prints what it catches."""
    import traceback

    for name in ("walk_tb", "_walk_tb_with_full_positions"):
        if hasattr(traceback, name):
            setattr(traceback, name, lambda _traceback: iter(()))


def _no_debugging(noticed: set[str]) -> Callable[..., None]:
    def set_debug(_flags: object) -> None:
        noticed.add(audit.SEARCHES_COLLECTOR)
        raise ValueError("the collector is not for looking around")

    return set_debug


def _made_once(make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def create_builtin(spec: Any) -> Any:
        name = "".join(spec.name)
        if name in _MADE_ONCE or name in _FOREIGN:
            raise ImportError(f"no {name} is made here")
        return make(types.SimpleNamespace(name=name))

    return create_builtin


def _nothing_frozen(_name: object) -> types.ModuleType:
    """Such a module would be given the builtins of whoever calls. Imports do without."""
    raise ImportError("no frozen module is made here")


def _guard(
    noticed: set[str],
    protected: list[dict[str, Any]],
    look: Callable[[int], types.FrameType | None],
    looking: dict[int, types.FrameType | None],
    let_pass: dict[int, bool],
    identity: Callable[[], int],
) -> Callable[[str, tuple[Any, ...]], None]:
    """An audit hook that raises where something would be handed out."""
    frames, outside = audit.WALKS_FRAMES, audit.LOOKS_OUTSIDE
    traces, enters = audit.TRACES_CALLERS, audit.ENTERS_MEMORY
    attributes, events, paths = audit._FRAME_ATTRIBUTES | _RUNNING, audit._EVENTS, audit._PATH_EVENTS
    looks_outside = audit.leads_outside

    def forbidden(event: str, args: tuple[Any, ...]) -> str | None:
        if event == "object.__getattr__" or event == "object.__setattr__":
            if args[1] in attributes:
                return frames
            if args[1] in _ITS_OWN and type(args[0]) is types.FunctionType:
                scope = args[0].__globals__
                return frames if any(scope is one for one in protected) else None
            return None
        if event == "sys.settrace":
            return None if let_pass.pop(identity(), False) else traces
        if event.startswith("sys.monitoring."):
            return traces
        if event == "function.__new__":  # over a scope without builtins it takes its caller's
            asking = look(3)
            return frames if asking is None or any(asking.f_globals is one for one in protected) else None
        if event == "import":
            named = [part for part in args[:2] if type(part) is str]
            foreign = any(part.rpartition("/")[2].partition(".")[0] in _FOREIGN for part in named)
            return enters if foreign else None
        if event in paths or event == "os.chdir":
            return outside if args and looks_outside(args[0]) else None
        if event.startswith("ctypes.") or event == "sys.addaudithook":
            return enters
        return events.get(event)

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if event == "sys._getframe" and identity() in looking:
            looking[identity()] = args[0]
            raise ValueError("only seen here")
        name = forbidden(event, args)
        if name is None:
            return
        if name is frames:
            asking = look(2)
            file = "" if asking is None else asking.f_code.co_filename
            if type(file) is str and file.endswith(_LIBRARY):
                raise ValueError("nobody is told who called")
        noticed.add(name)
        raise ValueError(f"it {name}")

    return hook


def _load(
    job: dict[str, Any],
    send: Callable[[object], None],
    noticed: set[str],
    read: Callable[[str], dict[str, Any]] | None,
    public: dict[str, Any],
) -> types.ModuleType | dict[str, Any] | None:
    """The program's module, over the builtins that are everybody's, or what the driver reads of its text, which then is
    never executed; None, and the host is told why, where it does not load or lacks the entry point."""
    code = runner.compile_source(job["source"], "solution.py")
    if isinstance(code, str):
        send({"stop": "does not compile", "e": code})
        return None
    try:
        loaded = _executed(code, job["source"], public) if read is None else read(job["source"])
        names = loaded if isinstance(loaded, dict) else loaded.__dict__
    except BaseException as error:
        text, kinds = runner.describe(error)
        send({"stop": runner._status_of(error), "e": text, "t": kinds, "w": sorted(noticed)})
        return None
    if not callable(names.get(job["entry_point"])):
        send({"stop": "missing entry point", "e": f"no callable {job['entry_point']!r}", "w": sorted(noticed)})
        return None
    return loaded


def _executed(code: types.CodeType, source: str, public: dict[str, Any]) -> types.ModuleType:
    module = types.ModuleType("solution")
    module.__dict__["__builtins__"] = public  # else `exec` puts those of its caller there, which are the driver's
    sys.modules["solution"] = module
    # For whatever reads a function's source: there is no such file.
    linecache.cache["solution.py"] = (len(source), None, source.splitlines(keepends=True), "solution.py")
    exec(code, module.__dict__)  # noqa: S102  # running it is the point; the jail is around us
    return module


def _answer_all(
    entry: Callable[..., object],
    calls: list[tuple[int, Any]],
    job: dict[str, Any],
    send: Callable[[object], None],
    noticed: set[str],
    take: Callable[[], str],
) -> None:
    send({"ready": True})
    budget = job["reply_bytes"]
    asked_back = frozenset(job["after"])
    for index, given in calls:
        try:
            if isinstance(given, BaseException):
                raise given
            answer = runner._one_call(entry, given, budget)
            if index in asked_back:
                answer |= runner._given_back(given, budget - len(answer.get("v", b"")))
        except BaseException as error:  # also what escapes from the candidate's traps while we describe its answer
            text, names = runner.describe(error)
            answer = {"s": runner._status_of(error), "e": text, "t": names}
        budget -= len(answer.get("v", b"")) + len(answer.get("a", b""))
        try:
            output = take()
        except BaseException:  # a program may have replaced it
            output = ""
        if noticed:
            answer["w"] = sorted(noticed)
        send(answer | {"i": index, "o": output})
