"""Drafts of tasks about threads, run under forced interleavings.

A driver starts threads that use the program together, many times over with different seeds. While they run, every
opcode of the program's own code may be the one at which its thread gives the interpreter away: a lost update, a check
that is acted on too late, a wake-up that is missed shows within milliseconds. Threads that the program starts itself
are treated in the same way. The driver returns plain facts (totals, what was delivered, how many were inside, whether
all threads came to an end), which are compared outside.

What it takes from the library it takes before the program is loaded, and its threads are the interpreter's own: a
program that replaces `threading.Thread`, its methods, `time.sleep` or `sys.settrace` changes nothing here. Whatever it
hands to the program or to the library is `opaque`, and it makes no class: nothing leads from there to its globals.

Every wait has an end. Threads are `stuck`, a fact like any other, once no opcode of the program has run for 250 beats
of at least 10 ms: beats are counted when the watching thread itself has run, so a busy machine makes the wait longer
and raises no alarm. Facts never depend on how long anything takes; a look that comes too early can only miss a mistake.
"""

import random
import types
from collections.abc import Callable, Sequence
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.task import Limits

ROUNDS = 6
"""Seeds of interleavings in one call."""
_LIMITS = Limits(cpu_seconds=10.0, wall_seconds=180.0, processes=192)
_DRIVER = """
import _random, _thread, functools, sys, threading, time

_start, _Lock, _sleep, _cpu, _now = (
    _thread.start_new_thread, _thread.allocate_lock, time.sleep, time.process_time, time.monotonic
)
_settrace, _switch, _Random = sys.settrace, sys.setswitchinterval, _random.Random
_untraced = BaseException.with_traceback
_cached, _scope, _library = functools._lru_cache_wrapper, globals(), (functools.__file__.rpartition("/")[0], "<frozen")
_BEAT, _QUIET, _LONGEST, _BUSIEST = 0.01, 250, 1500, 4.0
_PARTS, _CUTTING, _SETTLING, _STILL, _OFTEN, _UNBROKEN = 3, 0.1, 24, 2, 1e-5, 5e-3
_moves, _hook, _part, _installing, _stuck = [0], [None], [0], _Lock(), []
_STUCK = TimeoutError("stuck")


def opaque(function):
    '''The same to call, but what a program finds of it leads nowhere. All that a program is given to call is such.'''
    return _cached(function, 0, False, tuple)


def _yielding(rng):
    '''A trace function that gives the interpreter away at some of the program's opcodes.'''
    draw = rng.random

    def step():
        if draw() < share:
            _sleep(pause)

    share, pause = ((0.02, 1e-4), (0.1, 1e-5), (0.3, 0.0), (0.05, 2e-4))[int(draw() * 4)]
    return _tracing(step)


def _tracing(step):
    '''A trace function that calls another at each of the program's opcodes.'''
    def local(frame, event, argument):
        if event == "opcode":
            _moves[0] += 1
            step()
        return given

    def trace(frame, event, argument):
        if frame.f_globals is _scope or frame.f_code.co_filename.startswith(_library):
            return None
        frame.f_trace_opcodes = True
        return given

    given = opaque(local)  # a program may call the trace function, too
    return opaque(trace)


def _install(trace):
    with _installing:  # two threads that install one at the same time get in each other's way
        _settrace(trace)


def _patience(more=0):
    '''A function to ask now and then: whether there is hope still that what is waited for comes.'''
    seen, quiet, beats, last, began = -1, 0, 0, _now(), _cpu()

    def hope():
        nonlocal seen, quiet, beats, last
        if _now() - last < _BEAT:
            return True
        last, beats = _now(), beats + 1
        quiet = quiet + 1 if _moves[0] == seen else 0
        seen = _moves[0]
        return quiet < _QUIET + more and beats < _LONGEST + 10 * more and _cpu() - began < _BUSIEST + more

    return hope


def _begun(function, trace, errors):
    '''A lock that is free once the function has come to its end, in a thread of its own.'''
    ended = _Lock()
    ended.acquire()

    def run():
        try:
            if trace is not None:
                _install(trace)
            function()
        except BaseException as error:
            errors.append(_untraced(error, None))
        finally:
            ended.release()

    try:
        _start(opaque(run), ())
    except BaseException as error:
        errors.append(error)
        ended.release()
    return ended


def _ended(locks, hope):
    return all(_freed(lock, hope) for lock in locks)


def _freed(lock, hope):
    while not lock.acquire(True, _BEAT):
        if not hope():
            return False
    return True


def together(functions, seed):
    '''Run the functions in threads of their own, from one start; whether all ended. What one raised is raised here.'''
    here, errors = [], []
    _hook[0] = _yielding(_Random(seed * 1000 + 999))

    def all_here():
        return len(here) >= len(functions) or errors

    def after_start(function):
        def run():
            here.append(True)
            while not all_here():
                _sleep(0)
            function()

        return run

    traces = [_yielding(_Random(seed * 1000 + number)) for number in range(len(functions))]
    locks = [_begun(after_start(function), trace, errors) for function, trace in zip(functions, traces)]
    if not _ended(locks, _patience()):
        return False
    if errors:
        raise errors.pop()
    return True


def cut(made, seed):
    '''Have one call cut in on another before one of the program's opcodes, and the next time before another.

    All seeds of a call together come to one in three of the opcodes, another third in other calls. On a machine so busy
    that it takes long, they come to fewer: less is seen, and nothing is wrong that was not.

    made: () -> (first, second, look). Both functions use something new, the first of them up to the place, then the
    second as far as it comes, then both to their end; look() returns None, or what is wrong with what came of it.
    Returns what is wrong: nothing, in every right program. Raises _STUCK where the two do not end.
    '''
    wrong, place, end = [], _part[0] * ROUNDS + seed, _now() + _CUTTING
    while not wrong:
        first, second, look = made()
        reached = _cut_in(first, second, place)
        found = look()
        wrong += [] if found is None else [found]
        if not reached or _now() > end:
            break
        place += _PARTS * ROUNDS
    return wrong


def _cut_in(first, second, place):
    '''Whether the first function came to that place.'''
    steps, turn, errors = [0], _Lock(), []
    turn.acquire()
    _hook[0] = _tracing(lambda: None)

    def step():
        if steps[0] == place:
            turn.release()
            _settle(after)
        steps[0] += 1

    def at_its_turn():
        turn.acquire()
        second()

    after = _begun(at_its_turn, _hook[0], errors)
    before = _begun(first, _tracing(step), errors)
    if not _ended([before], _patience()):
        raise _STUCK
    if steps[0] <= place:
        turn.release()
    if not _ended([after], _patience()):
        raise _STUCK
    if errors:
        raise errors.pop()
    return steps[0] > place


def _settle(ended):
    '''Wait until a thread has ended or moves no more; not for long: to go on too early is to see less.'''
    seen, still = _moves[0], -1
    for _ in range(_SETTLING):
        if not ended.locked() or still == _STILL:
            return
        _sleep(5e-4)
        still = (still + 1 if still >= 0 else still) if _moves[0] == seen else 0
        seen = _moves[0]


def until(condition):
    '''Wait for something that a right program brings about; whether it came.'''
    hope = _patience()
    while not condition():
        if not hope():
            return False
        _sleep(0.001)
    return True


def unbroken(function):
    '''Run a function that gives the interpreter away to nobody before it has to wait, in an untraced thread.'''
    errors = []

    def run():
        _switch(_UNBROKEN)
        try:
            function()
        finally:
            _switch(_OFTEN)

    _begun(run, None, errors).acquire()
    if errors:
        raise errors.pop()


def outcome(function, *given):
    '''What came back, or the built-in kind of what was raised.'''
    try:
        return ["returns", function(*given)]
    except Exception as error:
        return ["raises", next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")]


def drive(solution, *arguments):
    _switch(_OFTEN)
    # Threads that the program starts are traced, too, whatever it asks for.
    threading.settrace(opaque(lambda *_: None))
    sys.settrace = opaque(lambda trace: _install(_hook[0]))
    threading.settrace = opaque(lambda trace: None)
    if solution in _stuck:  # threads of an earlier call still hold on to something
        return ["stuck"]
    _part[0] = sum(repr(arguments).encode()) % _PARTS
    facts = None
    for seed in range(ROUNDS):
        found, errors = [], []
        ended = _begun(lambda: found.append(scenario(solution, seed, *arguments)), None, errors)
        if not _ended([ended], _patience(50)) or errors and errors[0] is _STUCK:
            found.append(["stuck"])
        elif errors:
            raise errors.pop()
        if found[0] == ["stuck"]:
            _stuck.append(solution)
            return ["stuck"]
        if facts is not None and found[0] != facts:
            return ["differs from one time to the next", facts, found[0]]
        facts = found[0]
    return facts


SCENARIO
"""


_UNHURRIED = """
import threading, time

_Lock, _sleep, _now = threading.Lock, time.sleep, time.monotonic


def opaque(function):
    return function


def together(functions, seed):
    threads = [threading.Thread(target=function, daemon=True) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
    return not any(thread.is_alive() for thread in threads)


def cut(made, seed):
    first, second, look = made()
    if not together([first, second], seed):
        raise RuntimeError("the reference is stuck")
    found = look()
    return [] if found is None else [found]


def unbroken(function):
    function()


def until(condition):
    end = _now() + 60.0
    while not condition() and _now() < end:
        _sleep(0.0005)
    return bool(condition())


def outcome(function, *given):
    try:
        return ["returns", function(*given)]
    except Exception as error:
        return ["raises", next(kind.__name__ for kind in type(error).__mro__ if kind.__module__ == "builtins")]


"""


def threaded_draft(
    *,
    parameters: tuple[Any, ...],
    name: str,
    interface: str,
    asked: str,
    reference: str,
    scenario: str,
    expected: Callable[..., Any] | None = None,
    inputs: Callable[[random.Random], tuple[Sequence[Arguments], Sequence[Arguments]]],
    show: Callable[..., str],
) -> CallDraft:
    """A class or function that threads share.

    Args:
        parameters: as in `CallDraft`.
        name: of the class or function.
        interface: its head, or that of the class with its methods, as the prompt shows it.
        asked: as in `CallDraft`.
        reference: a correct program.
        scenario: source of `scenario(solution, seed, *arguments) -> facts`, a list of plain values the same for every
            correct program whatever the seed; it may use `together`, and hands over `opaque` functions alone.
        expected: the facts for the arguments; by default those that the reference brings about in threads of this
            process, at their own pace.
        inputs: as in `CallDraft`: arguments of the scenario.
        show: as in `CallDraft`: what a visible scenario does and must find, in words.
    """
    return CallDraft(
        parameters=parameters,
        signature=f"{name}()",
        asked=asked,
        reference=reference,
        inputs=inputs,
        expected=expected or observed(reference, scenario),
        show=show,
        interface=interface,
        more={"driver": driver(scenario), "limits": _LIMITS},
    )


def driver(scenario: str) -> str:
    """Source of the driver that runs a scenario."""
    return _DRIVER.replace("ROUNDS", str(ROUNDS)).replace("SCENARIO", scenario.strip())


def observed(reference: str, scenario: str) -> Callable[..., Any]:
    """`(*arguments) -> facts`: what a reference of Hone's own does in a scenario, outside the jail.

    Raises:
        RuntimeError: by what is returned, where its threads do not come to an end.
    """
    module = types.ModuleType("reference")
    exec(compile(reference, "reference.py", "exec"), module.__dict__)  # noqa: S102  # our own text
    scope: dict[str, Any] = {}
    exec(compile(_UNHURRIED + scenario.strip(), "scenario.py", "exec"), scope)  # noqa: S102  # our own text

    def facts(*arguments: Any) -> Any:
        found = scope["scenario"](module, 0, *arguments)
        if found == ["stuck"]:
            raise RuntimeError("the reference is stuck")
        return found

    return facts
