"""How many mistakes a task's checks notice: its mutation score.

A mutant that some check fails is killed. One that passes them all may be equivalent to the reference: both are then run
side by side on further inputs, made of those of the checks by small changes, and a mutant that no input tells from the
reference is set aside. Where a family draws further checks of its own (of kernels: launches of other sizes, buffers and
strides that hang together), the mutant is set aside if it passes those: what the task allows, such as another last
digit, is no mistake. What is left are survivors: mistakes that a policy would be rewarded for.
"""

import copy
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hone.tasks.driver import reads
from hone.tasks.families import further_checks
from hone.tasks.grading import Grader
from hone.tasks.mutation.mutants import Mutant, mutants
from hone.tasks.task import CallCheck, Form, Task

_FIRST_CHECKS, _FIRST_DRIVEN = 24, 5
"""A mutant is tried on so many checks first: one of them suffices to kill it. Fewer where a driver takes its time."""
_INPUTS, _DRIVEN_INPUTS = 80, 24
"""Further inputs on which a surviving mutant is compared with the reference; fewer where a driver takes its time."""
_FURTHER_CHECKS = 48
"""Further checks that a surviving mutant must pass where its family draws them."""
_PATIENCE, _LEAST_SECONDS = 10.0, 0.1
"""A mutant gets so many times the CPU time of the reference, and so much more."""
_NO_PROGRAM = "does not compile"
"""The outcome of a mutant that only parses: it is no mistake that anybody could make."""
_BOTH = """
import copy, types

_REFERENCE = types.ModuleType("reference")
exec(compile({reference!r}, "reference.py", "exec"), _REFERENCE.__dict__)
_CALL = {{}}
exec(compile({driver!r}, "driver.py", "exec"), _CALL)


def _outcome(module, arguments):
    try:
        answer = _CALL["drive"](module, *arguments)
        if hasattr(answer, "__next__"):
            answer = list(answer)
        return repr(answer), repr(arguments)
    except Exception as error:
        return type(error).__name__, None


def drive(solution, *arguments):
    return _outcome(solution, copy.deepcopy(arguments)) == _outcome(_REFERENCE, copy.deepcopy(arguments))
"""
_PLAIN = "def drive(solution, *arguments):\n    return solution.{entry_point}(*arguments)\n"


@dataclass(frozen=True)
class MutationReport:
    """What came of one task's mutants."""

    killed: int = 0
    equivalent: int = 0
    """Mutants that no check and no further input tells from the reference."""
    survivors: tuple[Mutant, ...] = ()
    """Mutants that no check fails, and that answer some input differently (or could not be compared)."""

    @property
    def counted(self) -> int:
        """Mutants that are not equivalent, as far as the search can tell."""
        return self.killed + len(self.survivors)


def mutation_reports(
    tasks: Sequence[Task], judge: Grader, most: int = 40, seconds: Sequence[float] = ()
) -> list[MutationReport]:
    """What the checks of each task make of its reference's mutants.

    Args:
        tasks: one without a reference has no mutants.
        judge: grades programs, in order, with every worker busy.
        most: mutants of a task that are tried, at most; a sample that the task's id decides.
        seconds: CPU time of each reference's slowest check, where it is known: one of its mutants that takes many times
            as long never ends.
    """
    patient = {task.id: task for task in tasks}  # for mutants that have passed every check, and so do end
    tasks = [_hurried(task, slowest) for task, slowest in zip(tasks, seconds or [1.0] * len(tasks), strict=True)]
    chosen = [_sample(task, most) for task in tasks]
    asked = [(task, mutant) for task, several in zip(tasks, chosen, strict=True) for mutant in several]
    short = {task.id: _shortened(task) for task in tasks}
    tried = judge.grade_many([(short[task.id], mutant.source) for task, mutant in asked])
    no_programs = {id(mutant) for (_, mutant), one in zip(asked, tried, strict=True) if str(one.outcome) == _NO_PROGRAM}
    left = [pair for pair, one in zip(asked, tried, strict=True) if one.passed]
    survived = [pair for pair, lives in zip(left, _alive(left, judge), strict=True) if lives]
    compared = {task.id: _comparison(patient[task.id]) for task, _ in survived}
    comparable = [(made, mutant) for task, mutant in survived if (made := compared[task.id]) is not None]
    equivalent = {id(mutant) for (_, mutant), same in zip(comparable, _alive(comparable, judge), strict=True) if same}
    reports = []
    for task, several in zip(tasks, chosen, strict=True):
        still = [mutant for of, mutant in survived if of is task]
        reports.append(
            MutationReport(
                killed=sum(id(mutant) not in no_programs for mutant in several) - len(still),
                equivalent=sum(id(mutant) in equivalent for mutant in still),
                survivors=tuple(mutant for mutant in still if id(mutant) not in equivalent),
            )
        )
    return reports


def _hurried(task: Task, slowest: float) -> Task:
    """The task with time limits that an endless mutant meets soon."""
    enough = _PATIENCE * slowest + _LEAST_SECONDS
    if enough >= task.limits.cpu_seconds:
        return task
    wall = min(task.limits.wall_seconds, 10 * enough + 2)
    return replace(task, limits=replace(task.limits, cpu_seconds=enough, wall_seconds=wall))


def _sample(task: Task, most: int) -> list[Mutant]:
    try:
        found = mutants(task.reference)
    except (
        SyntaxError,
        ValueError,
        RecursionError,
        MemoryError,
    ):  # such a reference fails by itself, and is reported so
        return []
    if len(found) <= most:
        return found
    return random.Random(task.id).sample(found, most)


def _alive(pairs: Sequence[tuple[Task, Mutant]], judge: Grader) -> list[bool]:
    """Whether each mutant passes its task."""
    programs = [(task, mutant.source) for task, mutant in pairs]
    return [verdict.passed for verdict in judge.grade_many(programs, rerun=False)]


def _shortened(task: Task) -> Task:
    first = task.checks[: _FIRST_DRIVEN if task.driver else _FIRST_CHECKS]
    if len(first) == len(task.checks):
        return task
    return replace(task, id=f"{task.id}:first", visible=(), hidden=first, properties=(), speed=None)


def _comparison(task: Task) -> Task | None:
    """A task that a mutant passes if it does what the reference may do; None where calls cannot be made up."""
    if task.form is not Form.CALL:
        return None
    drawn = further_checks(task, random.Random(f"{task.id}:further"), _FURTHER_CHECKS)
    if drawn:
        return replace(task, id=f"{task.id}:further", visible=(), hidden=drawn, properties=(), speed=None)
    if task.driver and reads(task.driver):  # it holds what it has made of one program alone
        return None
    given = [check.args for check in task.checks if isinstance(check, CallCheck)]
    inputs = further_inputs(given, random.Random(task.id), _DRIVEN_INPUTS if task.driver else _INPUTS)
    driver = task.driver or _PLAIN.format(entry_point=task.entry_point)
    return replace(
        task,
        id=f"{task.id}:compared",
        visible=(),
        hidden=tuple(CallCheck(arguments, True) for arguments in inputs),
        driver=_BOTH.format(reference=task.reference, driver=driver),
        properties=(),
        speed=None,
    )


def further_inputs(given: Sequence[tuple[Any, ...]], rng: random.Random, most: int) -> list[tuple[Any, ...]]:
    """Arguments like those given: parts of different calls together, and small changes."""
    found: dict[str, tuple[Any, ...]] = {repr(arguments): arguments for arguments in given}
    for _ in range(20 * most):
        if len(found) >= most or not given:
            break
        arguments = list(copy.deepcopy(rng.choice(list(found.values()))))  # also what was made: a walk goes further
        if not arguments:
            break
        place = rng.randrange(len(arguments))
        others = [other[place] for other in given if len(other) > place]
        arguments[place] = copy.deepcopy(rng.choice(others)) if rng.random() < 0.4 else changed(arguments[place], rng)
        found.setdefault(repr(arguments), tuple(arguments))
    return list(found.values())[:most]


def changed(value: Any, rng: random.Random) -> Any:
    """A value of the same type, a little different."""
    match value:
        case bool():
            return not value
        case int():
            return value + rng.choice((-2, -1, 1, 2, 7))
        case float():
            return value + rng.choice((-1.0, 0.5, 1.0)) if rng.random() < 0.5 else value * rng.choice((-1, 2, 0.5))
        case str() | bytes():
            return _resized(value, rng)
        case list() | tuple():
            return _items_changed(value, rng)
        case dict() if value:
            key = rng.choice(list(value))
            return {k: changed(v, rng) if k == key else v for k, v in value.items()}
    return value


def _resized(value: Any, rng: random.Random) -> Any:
    at = rng.randrange(len(value) + 1)
    match rng.randrange(4):
        case 0:
            return value[:at] + value[at + 1 :]
        case 1:
            return value[:at] + value[at : at + 1] * 2 + value[at + 1 :]
        case 2:
            return value[at:] + value[:at]
    return value + value[: rng.randrange(3)]


def _items_changed(value: Any, rng: random.Random) -> Any:
    if value and rng.random() < 0.5:
        at = rng.randrange(len(value))
        return type(value)([*value[:at], changed(value[at], rng), *value[at + 1 :]])
    return _resized(value, rng) if isinstance(value, list) else value
