"""Speed: how much CPU time a passing program takes beside the reference, and whether that is more than noise.

Each round gives one ratio of CPU times, over all inputs together. Their median is reported with the interval of the
sign test: the order statistics between which the true median lies with a probability of at least 95 %, whatever the
noise is like. Credit is given where the whole interval lies a margin below 1, every answer in every round was the
reference's, and the median on the clock on the wall lies as low: work that the kernel did not account for shows there.
"""

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from hone.errors import Boundary, HoneError
from hone.sandbox.jobs import CallJob, CaseResult, Job, RunResult, SpeedJob, Status
from hone.tasks.speed import GENERATOR
from hone.tasks.task import CallCheck, Task
from hone.verdict.compare import answers
from hone.verdict.verdict import Speed, Verdict

CONFIDENCE = 0.95
MARGIN = 0.1
"""By so much a program must be faster than the reference, at the very least: two spellings of one thing are no gain."""
_COMPARED = ("exact", "unordered", "close", "ulps")
"""Comparisons with a value, which the reference's answer can stand for."""

Run = Callable[[Sequence[Job]], list[RunResult]]
"""Runs jobs, and gives their results in order."""
Key = tuple[str, str]
"""A task's id and a source."""


def measured(run: Run, tasks: Mapping[str, Task], verdicts: Mapping[Key, Verdict]) -> dict[Key, Verdict]:
    """The verdicts on passing programs whose tasks ask for speed, with what was measured.

    Raises:
        HoneError: a task's generator gives no inputs.
    """
    chosen = [key for key, verdict in verdicts.items() if verdict.passed and tasks[key[0]].speed]
    calls = {task_id: _inputs(run, tasks[task_id]) for task_id in dict.fromkeys(task_id for task_id, _ in chosen)}
    jobs = [_job(tasks[task_id], source, calls[task_id]) for task_id, source in chosen]
    return {
        key: replace(verdicts[key], speed=compared(tasks[key[0]], calls[key[0]], result))
        for key, result in zip(chosen, run(jobs), strict=True)
    }


def _job(task: Task, source: str, calls: tuple[tuple[object, ...], ...]) -> SpeedJob:
    rounds = task.speed.rounds if task.speed else 0
    return SpeedJob(source, task.reference, task.entry_point, calls, rounds, task.limits, libraries=task.libraries)


def _inputs(run: Run, task: Task) -> tuple[tuple[object, ...], ...]:
    """The arguments of each call, made in the jail where the task has a generator."""
    check = task.speed
    if check is None or check.inputs:
        return tuple(map(tuple, check.inputs)) if check else ()
    (made,) = run([CallJob(check.generator, GENERATOR, tuple((size,) for size in check.sizes), task.limits)])
    values = [case.value for case in made.cases if case.status is Status.DONE and isinstance(case.value, tuple | list)]
    if len(values) != len(check.sizes):
        said = next((case.error for case in made.cases if case.error), "it gave what is no tuple of plain arguments")
        what = f"task {task.id}: the generator of its speed check failed ({said})"
        raise HoneError(Boundary.TASK, what, "mend it, or give the inputs themselves")
    return tuple(map(tuple, values))


def compared(task: Task, calls: Sequence[tuple[object, ...]], result: RunResult) -> Speed | None:
    """What the rounds come to; nothing where the sandbox failed."""
    if result.status is Status.NOT_GRADED:
        return None
    for program, reference in result.rounds:
        problem = _problem(task, calls, program.cases, reference.cases)
        if problem:
            return Speed(rounds=len(result.rounds), detail=problem)
    ratios = sorted(
        program.cpu_seconds / reference.cpu_seconds if reference.cpu_seconds > 0 else math.inf
        for program, reference in result.rounds
    )
    if not math.isfinite(ratios[-1]):
        return Speed(rounds=len(ratios), detail="the inputs are too small to measure")
    low, high = median_interval(ratios)
    on_the_wall = statistics.median(
        program.wall_seconds / reference.wall_seconds for program, reference in result.rounds
    )
    credited = max(high, on_the_wall) <= 1 - MARGIN
    return Speed(statistics.median(ratios), low, high, len(ratios), credited)


def _problem(
    task: Task, calls: Sequence[tuple[object, ...]], program: Sequence[CaseResult], reference: Sequence[CaseResult]
) -> str:
    """Why a round says nothing of speed, in words that tell nothing of the inputs; or nothing."""
    for called, cases in (("the reference", reference), ("it", program)):
        for case in cases:
            if case.status is not Status.DONE:
                return f"{called} did not answer: {case.status}"
    for arguments, ours, theirs in zip(calls, program, reference, strict=True):
        if not answers(_check(task, arguments, theirs.value), ours):
            return "its answers are not the reference's"
    return ""


def _check(task: Task, arguments: tuple[object, ...], expected: object) -> CallCheck:
    """What the reference's answer asks of the program's, compared as the task's first check is."""
    first = next((check for check in task.checks if isinstance(check, CallCheck)), None)
    if first is None or first.compare not in _COMPARED:
        return CallCheck(arguments, expected)
    return replace(first, args=arguments, expected=expected)


def median_interval(values: Sequence[float]) -> tuple[float, float]:
    """The order statistics that enclose the median with at least `CONFIDENCE`, for sorted values (the sign test).

    With fewer than six values there is no such interval: then it is unbounded.
    """
    count = len(values)
    tail, below = 0.0, -1
    for position in range(count // 2):
        tail += math.comb(count, position) / 2**count
        if 2 * tail > 1 - CONFIDENCE:
            break
        below = position
    return (values[below], values[count - 1 - below]) if below >= 0 else (0.0, math.inf)
