"""Certification: proves tasks fair before anyone trains on them.

The judge is a parameter, for this room lies below it.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Protocol

from hone.tasks.certify import sight
from hone.tasks.certify.duplicates import Others, across_splits
from hone.tasks.certify.journal import Journal
from hone.tasks.certify.probes import BUGGY, REFERENCE, STUB, Probe, probes
from hone.tasks.certify.report import SuiteReport, TaskReport, summed
from hone.tasks.grading import Graded, Grader
from hone.tasks.mutation.score import MutationReport, mutation_reports
from hone.tasks.task import Task

_BATCH = 64
"""Most tasks judged between two reports of progress."""
_BATCH_CHECKS = 4000
"""Checks after which a batch of tasks is full."""
_SLOW = 0.5
"""A reference that takes a larger share of its time limit leaves others no room."""


_KILLED = 0.9
"""Share of the mutants that a task's checks must kill. One survivor is forgiven where there are few."""


class Tasks(Protocol):
    """A suite, or anything else that has a name and holds tasks."""

    @property
    def name(self) -> str: ...
    @property
    def tasks(self) -> Sequence[Task]: ...
    @property
    def buggy(self) -> Mapping[str, str]: ...
    @property
    def faults(self) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Certification:
    """How thorough to be."""

    read: bool = True
    """Also read the tasks: what contradicts itself, leaks, or goes unsaid puts a task into quarantine."""
    journal: Journal | None = None
    """What is known already, and where to write what is found."""
    mutants: int = 0
    """Mutants of each reference to try, at most; a task whose checks let too many pass is put into quarantine."""
    others: Others | None = None
    """Tasks of which none may be a near-duplicate."""


def check_suite(
    suite: Tasks,
    judge: Grader,
    progress: Callable[[int, int], None] | None = None,
    how: Certification = Certification(),  # frozen
) -> SuiteReport:
    """Judge every task's reference, its buggy program and its stub, and other programs that solve nothing.

    Args:
        suite: a `Suite`, or whatever has its name, tasks, buggy programs and known faults.
        judge: grades programs, in order, with every worker busy.
        progress: told how many of how many tasks are done, now and then.
        how: how thorough to be.
    """
    return check_tasks(suite.name, suite.tasks, judge, progress, how, buggy=suite.buggy, faults=suite.faults)


def check_tasks(
    name: str,
    tasks: Sequence[Task],
    judge: Grader,
    progress: Callable[[int, int], None] | None = None,
    how: Certification = Certification(),  # frozen
    *,
    buggy: Mapping[str, str] = MappingProxyType({}),
    faults: Mapping[str, str] = MappingProxyType({}),
) -> SuiteReport:
    """As `check_suite`, for any tasks under any name: those of a procedural family, for instance."""
    asked, journal = f"{how.read} {how.mutants}", how.journal or Journal()
    reports = {task.id: report for task in tasks if (report := journal.get(task, asked)) is not None}
    left = [task for task in tasks if task.id not in reports]
    for batch in _batches(left):
        found = _checked(batch, judge, how, buggy, faults)
        journal.add(zip(batch, found, strict=True), asked)
        reports |= {report.task: report for report in found}
        if progress is not None:
            progress(len(reports), len(tasks))
    found_alike = [*across_splits(tasks), *(how.others.near(tasks) if how.others else ())]
    for alike in found_alike if how.read else ():
        known = reports[alike.task]
        reports[alike.task] = replace(known, reasons=(*known.reasons, str(alike)))
    return summed(name, [reports[task.id] for task in tasks], has_buggy=bool(buggy), has_mutants=how.mutants > 0)


def _batches(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    """The tasks in their order, in batches that take about as long."""
    batch: list[Task] = []
    checks = 0
    for task in tasks:
        batch.append(task)
        checks += len(task.checks)
        if len(batch) == _BATCH or checks >= _BATCH_CHECKS:
            yield batch
            batch, checks = [], 0
    if batch:
        yield batch


def _checked(
    tasks: Sequence[Task], judge: Grader, how: Certification, buggy: Mapping[str, str], faults: Mapping[str, str]
) -> list[TaskReport]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the compiler's, about other people's escape sequences
        asked = [probe for task in tasks for probe in probes(task, buggy.get(task.id, ""))]
        reasons = {task.id: sight.faults(task) if how.read else [] for task in tasks}
    passed: dict[str, set[str]] = {task.id: set() for task in tasks}
    slowest: dict[str, float] = {}
    for probe, verdict in zip(asked, _graded(asked, judge), strict=True):
        if verdict.passed:
            passed[probe.task.id].add(probe.called)
            if probe.honest:
                slowest[probe.task.id] = max((check.cpu_seconds for check in verdict.checks), default=0.0)
        reasons[probe.task.id] += _reasons(probe, verdict, faults.get(probe.task.id, ""), how)
    solved = [task for task in tasks if task.id in slowest and not task.impossible] if how.mutants else []
    scores = mutation_reports(solved, judge, how.mutants, [slowest[task.id] for task in solved])
    mutated = {task.id: score for task, score in zip(solved, scores, strict=True)}
    for name, score in mutated.items():
        reasons[name] += _weakness(score)
    return [
        TaskReport(
            task=task.id,
            reasons=tuple(dict.fromkeys(reasons[task.id])),
            reference_passed=REFERENCE in passed[task.id],
            stub_passed=STUB in passed[task.id],
            buggy_passed=BUGGY in passed[task.id],
            mutants=mutated[task.id].counted if task.id in mutated else 0,
            killed=mutated[task.id].killed if task.id in mutated else 0,
            survivors=tuple(map(str, mutated[task.id].survivors)) if task.id in mutated else (),
        )
        for task in tasks
    ]


def _weakness(score: MutationReport) -> Iterable[str]:
    if len(score.survivors) > 1 and score.killed < _KILLED * score.counted:
        named = "; ".join(map(str, score.survivors[:2]))
        yield f"weak: its checks kill {score.killed} of {score.counted} mutants, and not {named}"


def _graded(asked: list[Probe], judge: Grader) -> list[Graded]:
    """A verdict for each probe. What the first checks of a task do not fail is judged on all of them."""
    short = [probe.shortened() for probe in asked]
    verdicts = list(judge.grade_many([(probe.task, probe.source) for probe in short]))
    again = [i for i, probe in enumerate(asked) if probe is not short[i] and not _failed(verdicts[i])]
    whole = judge.grade_many([(asked[i].task, asked[i].source) for i in again])
    for i, verdict in zip(again, whole, strict=True):
        verdicts[i] = verdict
    return verdicts


def _failed(verdict: Graded) -> bool:
    return not verdict.passed and verdict.outcome != "not graded"


def _reasons(probe: Probe, verdict: Graded, fault: str, how: Certification) -> Iterable[str]:
    """Why this verdict puts its task into quarantine.

    A known fault only explains why a reference fails: it puts no task into quarantine that passes.
    """
    if verdict.outcome == "not graded":  # neither passing nor failing is proven
        yield f"{probe.called} was not graded: {verdict.detail}"
    elif probe.task.impossible and probe.honest:
        if verdict.passed:
            yield "it is said to be impossible, and its reference passes"
    elif probe.honest and verdict.passed:
        if verdict.passes < verdict.runs:
            yield f"reference is flaky: it passes {verdict.passes} of {verdict.runs} runs"
        slowest = max((check.cpu_seconds for check in verdict.checks), default=0.0)
        limit = probe.task.limits.cpu_seconds
        if how.read and slowest > _SLOW * limit:
            yield f"slow: the reference takes {slowest:.2f} of {limit:g} s"
    elif verdict.passed:
        yield f"{probe.called} passes"
    elif probe.honest:
        failed = [f"{check.name} {check.outcome}" for check in verdict.checks if check.outcome != "passed"]
        rest = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
        told = f"reference fails: {', '.join(failed[:3])}{rest}" if failed else f"reference fails: {verdict.outcome}"
        yield f"{fault} ({told})" if fault else told
