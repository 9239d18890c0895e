"""Drafts of tasks about coroutines, run on an event loop whose clock is made up.

The loop's time stands still while anything can run, and jumps to the next timer when nothing can. So a timeout of an
hour takes no time, a busy machine changes nothing, and when each job began and ended is known to the last bit: facts
that are compared outside. A program for which nothing is left to run and no timer is set waits for ever: it is `stuck`.
"""

import random
import types
from collections.abc import Callable, Sequence
from typing import Any

from hone.tasks.families.calls import Arguments, CallDraft
from hone.tasks.task import Limits

_LIMITS = Limits(cpu_seconds=5.0, wall_seconds=60.0, processes=64)
_DRIVER = """
import asyncio

_Base, _all_tasks, _create, _sleep, _Cancelled = (
    asyncio.BaseEventLoop, asyncio.all_tasks, asyncio.ensure_future, asyncio.sleep, asyncio.CancelledError
)
_TURNS = 100_000


class _Stuck(BaseException):
    pass


class _Loop(_Base):
    def __init__(self):
        super().__init__()
        self._selector, self.now, self.turns = self, 0.0, 0

    def time(self):
        return self.now

    def select(self, timeout):
        self.turns += 1
        if timeout is None or self.turns > _TURNS:
            raise _Stuck
        self.now += timeout
        return []

    def close(self):
        self._closed = True

    def _process_events(self, events):
        pass

    def _write_to_self(self):
        pass


def drive(solution, *arguments):
    loop = _Loop()
    loop.set_exception_handler(lambda *_: None)
    try:
        return loop.run_until_complete(scenario(solution, loop, *arguments))
    except _Stuck:
        return ["stuck"]
    finally:
        loop.close()


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
        scenario: source of `async scenario(solution, loop, *arguments) -> facts`.
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
