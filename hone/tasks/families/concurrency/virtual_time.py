"""Drafts of tasks about coroutines, run on an event loop whose clock is made up.

The loop's time stands still while anything can run, and jumps to the next timer when nothing can. So a timeout of an
hour takes no time, a busy machine changes nothing, and when each job began and ended is known to the last bit: facts
that are compared outside. A program for which nothing is left to run and no timer is set waits for ever: it is `stuck`.

The loop is the library's, and a program may do with it what it likes. So the time that counts is the driver's own,
which only goes on, what the loop calls of the driver is `opaque`, and the facts do not pass through it.
"""

import random
import types
from collections.abc import Callable, Sequence
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.task import Limits

_LIMITS = Limits(cpu_seconds=5.0, wall_seconds=60.0, processes=64)
_DRIVER = """
import asyncio, functools, types

_Base, _all_tasks, _create, _sleep, _Cancelled = (
    asyncio.BaseEventLoop, asyncio.all_tasks, asyncio.ensure_future, asyncio.sleep, asyncio.CancelledError
)
_cached, _Namespace = functools._lru_cache_wrapper, types.SimpleNamespace
_TURNS = 100_000


def opaque(function):
    '''The same to call, but what a program finds of it leads nowhere. All that a program is given to call is such.'''
    return _cached(function, 0, False, tuple)


def _looped(stuck):
    '''An event loop and what tells its time. The loop raises `stuck` where it would wait for ever.'''
    now, turns = 0.0, 0

    def time():
        return now

    def select(timeout):
        nonlocal now, turns
        turns += 1
        if timeout is None or turns > _TURNS:
            raise stuck
        now += max(timeout, 0.0)
        return []

    loop = _Base()
    loop._selector = _Namespace(select=opaque(select))
    loop.time = opaque(time)
    loop._process_events = loop._write_to_self = opaque(lambda *_: None)
    loop._exception_handler = opaque(lambda *_: None)
    return loop, time


def drive(solution, *arguments):
    stuck, found = SystemExit("stuck"), []
    loop, time = _looped(stuck)

    async def main():
        found.append(await scenario(solution, loop, time, *arguments))

    try:
        loop.run_until_complete(main())
    except SystemExit as error:
        if error is not stuck:
            raise
        found.clear()
    finally:
        loop._closed = True
    return found[0] if found else ["stuck"]


SCENARIO
"""


def async_draft(
    *,
    parameters: tuple[Any, ...],
    name: str,
    interface: str,
    asked: str,
    reference: str,
    scenario: str,
    inputs: Callable[[random.Random], tuple[Sequence[Arguments], Sequence[Arguments]]],
    show: Callable[..., str],
) -> CallDraft:
    """A class or function that coroutines use.

    Args:
        parameters, name, interface, asked, reference, inputs, show: as in `threaded_draft`.
        scenario: source of `async scenario(solution, loop, time, *arguments) -> facts`; it hands over `opaque`
            functions alone.
    """
    return CallDraft(
        parameters=parameters,
        signature=f"{name}()",
        asked=asked,
        reference=reference,
        inputs=inputs,
        expected=observed(reference, scenario),
        show=show,
        interface=interface,
        more={"driver": driver(scenario), "limits": _LIMITS},
    )


def driver(scenario: str) -> str:
    """Source of the driver that runs a scenario."""
    return _DRIVER.replace("SCENARIO", scenario.strip())


def observed(reference: str, scenario: str) -> Callable[..., Any]:
    """`(*arguments) -> facts`: what a reference of Hone's own does in a scenario, outside the jail."""
    module = types.ModuleType("reference")
    exec(compile(reference, "reference.py", "exec"), module.__dict__)  # noqa: S102  # our own text
    scope: dict[str, Any] = {}
    exec(compile(driver(scenario), "driver.py", "exec"), scope)  # noqa: S102  # our own text

    def facts(*arguments: Any) -> Any:
        return scope["drive"](module, *arguments)

    return facts
