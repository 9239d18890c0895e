"""Drafts of tasks about threads, run under forced interleavings.

A driver starts threads that use the program together, many times over with different seeds. While they run, every
opcode of the program's own code may be the one at which its thread gives the interpreter away: a lost update, a check
that is acted on too late, a wake-up that is missed shows within milliseconds. The driver returns plain facts (totals,
what was delivered, how many were inside, whether all threads came to an end), which are compared outside.

What it takes from the library it takes before the program is loaded, so a program that replaces `threading.Thread` or
`time.sleep` changes nothing here. Every wait has an end: threads that are still alive then are `stuck`, which is a fact
like any other. Correct programs give the same facts on a busy machine: nothing depends on how long anything takes, as
long as a scenario of milliseconds ends within seconds.
"""

import random
from collections.abc import Callable, Sequence
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.task import Limits

ROUNDS = 6
"""Seeds of interleavings in one call."""
_LIMITS = Limits(cpu_seconds=10.0, wall_seconds=90.0, processes=64)
_DRIVER = '''
import _random, _thread, functools, sys, time

_start, _Lock, _sleep, _now = _thread.start_new_thread, _thread.allocate_lock, time.sleep, time.monotonic
_settrace, _interval, _Random = sys.settrace, sys.setswitchinterval, _random.Random
_cached, _scope, _library = functools._lru_cache_wrapper, globals(), (functools.__file__.rpartition("/")[0], "<frozen")
_PATIENCE = 3.0
_stuck = False


def _yielding(rng):
    """A trace function that gives the interpreter away at some of the program's opcodes."""
    draw = rng.random

    def local(frame, event, argument):
        if event == "opcode" and draw() < share:
            _sleep(pause)
        return local

    def trace(frame, event, argument):
        if frame.f_globals is _scope or frame.f_code.co_filename.startswith(_library):
            return None
        frame.f_trace_opcodes = True
        return local

    share, pause = ((0.02, 1e-4), (0.1, 1e-5), (0.3, 0.0), (0.05, 2e-4))[int(draw() * 4)]
    return _opaque(trace)


def _opaque(function):
    """The same to call, but what a program finds of it by `sys.gettrace` leads nowhere."""
    return _cached(function, 0, False, tuple)


def together(functions, seed):
    """Run the functions in threads of their own, from one start; whether all ended. What one raised is raised here."""
    # Locks and threads of C alone: an object of Python's would lead the program here, or could be bent by it.
    installing, errors, gates, ends = _Lock(), [], [_Lock() for _ in functions], [_Lock() for _ in functions]
    for lock in (*gates, *ends):
        lock.acquire()

    def run(function, number):
        try:
            gates[number].acquire()
            trace = _yielding(_Random(seed * 1000 + number))
            with installing:  # two threads that install one at the same time get in each other's way
                _settrace(trace)
            function()
        except BaseException as error:
            errors.append(error.with_traceback(None))
        finally:
            ends[number].release()

    for pair in zip(functions, range(len(functions))):
        _start(run, pair)
    for gate in gates:
        gate.release()
    until = _now() + _PATIENCE
    for end in ends:
        if not end.acquire(True, max(until - _now(), 0.0)):
            return False
    if errors:
        raise errors.pop()
    return True


def drive(solution, *arguments):
    global _stuck
    _interval(1e-5)
    if _stuck:  # threads of an earlier call still hold on to something
        return ["stuck"]
    facts = None
    for seed in range({rounds}):
        found = scenario(solution, seed, *arguments)
        _stuck = found == ["stuck"]
        if facts is not None and found != facts:
            return ["differs from one time to the next", facts, found]
        facts = found
        if found == ["stuck"]:
            break
    return facts


{scenario}
'''


def threaded_draft(
    *,
    parameters: tuple[Any, ...],
    name: str,
    interface: str,
    asked: str,
    reference: str,
    scenario: str,
    expected: Callable[..., Any],
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
            correct program whatever the seed; it may use `together`.
        expected: the facts for the arguments.
        inputs: as in `CallDraft`: arguments of the scenario.
        show: as in `CallDraft`: what a visible scenario does and must find, in words.
    """
    return CallDraft(
        parameters=parameters,
        signature=f"{name}()",
        asked=asked,
        reference=reference,
        inputs=inputs,
        expected=expected,
        show=show,
        interface=interface,
        more={"driver": _DRIVER.format(rounds=ROUNDS, scenario=scenario.strip()), "limits": _LIMITS},
    )
