"""Drafts of small stateful services, judged by a model: whatever is done to both, both must answer alike.

The tests run in the referee, and the service is behind the wire. A few scripts of calls are written down, the visible
ones among them; a state machine of Hypothesis's draws many more, the same ones each time. The model is a second
implementation, written for plainness; it and every expected answer stay in the referee.
"""

import random
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hone.errors import HoneError
from hone.tasks.families.family import Facts
from hone.tasks.task import Limits, Task

_OPENINGS = ("Write", "Implement", "Define")
_SHOWN, _HIDDEN, _LONG = 2, 10, 60
_LIMITS = Limits(cpu_seconds=6.0, wall_seconds=40.0, memory_bytes=512 * 2**20)
_TESTS = """
import functools

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

import solution

{model}

OPERATIONS = {operations}
GIVEN = {given}
TIMED = {timed}
OFTEN = {often}
{through}
KINDS = (KeyError, IndexError, ValueError, TypeError, PermissionError, LookupError, RuntimeError, ArithmeticError)


def outcome(method, arguments):
    try:
        return "returns", method(*arguments)
    except KINDS as error:
        return "raises", next(kind.__name__ for kind in KINDS if isinstance(error, kind))


class Machine(RuleBasedStateMachine):
    @initialize(given=st.tuples(*map(st.sampled_from, GIVEN)))
    def start(self, given):
        self.real, self.model, self.now = solution.{name}(*given), {name}(*given), 0

    @rule(name=st.sampled_from([*OPERATIONS, *OFTEN]), data=st.data(), pause=st.sampled_from({pauses}))
    def act(self, name, data, pause):
        self.now += pause
        arguments = data.draw(st.tuples(*map(st.sampled_from, OPERATIONS[name])))
        if name in TIMED:
            arguments += (self.now,)
        real, model = {real}, getattr(self.model, name)
        assert outcome(real, arguments) == outcome(model, arguments), (name, arguments)


def test_like_the_model():
    run_state_machine_as_test(
        Machine,
        settings=settings(
            derandomize=True,
            database=None,
            deadline=None,
            max_examples={examples},
            stateful_step_count={steps},
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
"""
_DIRECT = "getattr(self.real, name)"
_THROUGH = "functools.partial(globals()[name], self.real)"


@dataclass(frozen=True)
class ServiceDraft:
    """A class to write."""

    parameters: tuple[Any, ...]
    """As `Draft`."""
    name: str
    """Of the class."""
    interface: str
    """The class with the heads of its methods, as the prompt shows it."""
    asked: str
    """What the methods do, in whole sentences."""
    reference: str
    model: str
    """Source of a class of the same name that does the same; the oracle."""
    operations: Mapping[str, tuple[Sequence[Any], ...]]
    """Methods, and for each argument the values to draw from."""
    given: tuple[Sequence[Any], ...] = ()
    """For each argument of the constructor the values to draw from."""
    timed: frozenset[str] = frozenset()
    """Methods whose last argument is the time: a number that never falls."""
    often: tuple[str, ...] = ()
    """Methods that are called more often than the others."""
    pauses: tuple[int, ...] = (0,)
    """How much later the next call may come."""
    through: str = ""
    """Source of functions `name(service, *arguments)` that call the service where it has no such methods (the model
    has); the prompt shows it."""
    more_tests: str = ""
    """Further test functions."""
    examples: int = 25
    steps: int = 30

    def task(self, rng: random.Random, facts: Facts) -> Task | None:
        """As `Draft`."""
        scripts = [self._script(rng, rng.randint(6, 8) if n < _SHOWN else _LONG) for n in range(_SHOWN + _HIDDEN)]
        tests = _TESTS.format(
            model=self.model.strip(),
            through=self.through.strip(),
            real=_THROUGH if self.through else _DIRECT,
            operations=repr({name: tuple(map(list, choices)) for name, choices in self.operations.items()}),
            given=repr(tuple(map(list, self.given))),
            timed=repr(tuple(sorted(self.timed))),
            often=repr(self.often),
            pauses=repr(list(self.pauses)),
            name=self.name,
            examples=self.examples,
            steps=self.steps,
        )
        tests += "".join(
            "\n".join([f"\n\ndef test_script_{number}():", *(line for step in script for line in step.checked())])
            + "\n"
            for number, script in enumerate(scripts, start=1)
        )
        tests += self.more_tests
        asked = self.asked.strip()
        if self.through:
            asked += f"\n\nIt is called through this function:\n\n{self.through.strip()}"
        shown = "\n\n".join("\n".join(step.told() for step in script) for script in scripts[:_SHOWN])
        prompt = (
            f"{rng.choice(_OPENINGS)} the class `{self.name}` with this interface:\n\n{self.interface.strip()}\n\n"
            f"{asked}\n\nTwo examples:\n\n{shown}\n"
        )
        try:
            return Task.from_suite(
                prompt=prompt,
                module="solution",
                tests=tests,
                visible=tuple(f"test_script_{number + 1}" for number in range(_SHOWN)),
                reference=self.reference,
                limits=_LIMITS,
                **facts,
            )
        except HoneError:
            return None

    def _script(self, rng: random.Random, length: int) -> list["_Step"]:
        """A few calls on one object, with what the model answered."""
        given = tuple(rng.choice(values) for values in self.given)
        model, now = _modelled(self.model, self.name)(*given), 0
        steps = [_Step(f"{self.name}({', '.join(map(repr, given))})", made=True)]
        for _ in range(length):
            name = rng.choice([*self.operations, *self.often])
            now += rng.choice(self.pauses)
            arguments = tuple(rng.choice(values) for values in self.operations[name])
            arguments += (now,) if name in self.timed else ()
            told = ", ".join(map(repr, arguments))
            call = f"{name}(service, {told})" if self.through else f"service.{name}({told})"
            try:
                steps.append(_Step(call, repr(getattr(model, name)(*arguments))))
            except Exception as error:  # the model's own word for what must be raised
                steps.append(_Step(call, raises=type(error).__name__))
        return steps


@dataclass(frozen=True)
class _Step:
    """One line of a script: a call, and what must come of it."""

    call: str
    answer: str = ""
    raises: str = ""
    made: bool = False

    def told(self) -> str:
        """As a prompt shows it."""
        if self.made:
            return f"service = {self.call}"
        return f"{self.call}  # {f'raises {self.raises}' if self.raises else self.answer}"

    def checked(self) -> list[str]:
        """As lines of a test."""
        if self.made:
            return [f"    service = solution.{self.call}"]
        if self.raises:
            return [
                "    try:",
                f"        {self.call}",
                f"    except {self.raises}:",
                "        pass",
                "    else:",
                f'        raise AssertionError("{self.raises} was expected")',
            ]
        same = "is" if self.answer in ("None", "True", "False") else "=="
        return [f"    assert {self.call} {same} {self.answer}"]


@lru_cache(maxsize=1024)
def _modelled(source: str, name: str) -> Any:
    module = types.ModuleType("model")
    exec(compile(source, "model.py", "exec"), module.__dict__)  # noqa: S102  # our own text
    return module.__dict__[name]
