"""Properties: a passing program is tried on inputs that Hypothesis draws, across the wire, in a process of its own.

All of a task's properties are one suite in the referee, the visible ones first. The inputs are the same for every
program and in every rerun: only the program can make a difference. A counterexample is told for a visible property
alone; where a verdict is to be explained, it is looked for again and shrunk, with no hidden property near.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from hone.errors import Boundary
from hone.printable import printable
from hone.sandbox.jobs import CaseResult, Job, RunResult, Status, SuiteJob, Variation
from hone.tasks.properties import Property
from hone.tasks.task import Limits, Task
from hone.verdict.verdict import CheckOutcome, Outcome, Verdict, worst

_DRAWING = 5.0
"""Seconds of CPU time, and of the clock, that drawing and shrinking may take for one property beyond the task's limits:
they are the referee's work and not the program's."""
_BROKEN = "BrokenProperty: "
_MODULE = "solution"
_DETAIL = 300

Run = Callable[[Sequence[Job]], list[RunResult]]
"""Runs jobs, and gives their results in order."""
Key = tuple[str, str]
"""A task's id and a source."""


def tried(run: Run, asked: Sequence[tuple[Task, str, Variation]], verdicts: Sequence[Verdict]) -> list[Verdict]:
    """The verdicts, with an outcome for each property of their tasks.

    A program that failed a check is not tried: its properties share its outcome, so that it has as many as the others.

    Args:
        run: runs jobs, in order.
        asked: the task, source and variation of each verdict.
        verdicts: on the checks alone.
    """
    told = list(verdicts)
    chosen = []
    for index, ((task, _source, _variation), verdict) in enumerate(zip(asked, verdicts, strict=True)):
        if task.properties and verdict.passed:
            chosen.append(index)
        elif task.properties and verdict.outcome is not Outcome.NOT_GRADED:
            told[index] = replace(verdict, checks=verdict.checks + untried(task, verdict.outcome))
    jobs = [_job(*asked[index]) for index in chosen]
    for index, result in zip(chosen, run(jobs), strict=True):
        told[index] = _with_properties(asked[index][0], verdicts[index], result)
    return told


def untried(task: Task, outcome: Outcome) -> tuple[CheckOutcome, ...]:
    """The outcomes of properties that were not tried, because the whole came to `outcome` before."""
    return tuple(CheckOutcome(_called(one), one.visible, outcome, reached=False) for one in _ordered(task))


def explained(run: Run, tasks: Mapping[str, Task], verdicts: Mapping[Key, Verdict]) -> dict[Key, Verdict]:
    """Those verdicts that a visible property refuted, with the simplest counterexample that was found."""
    refuted = {key: verdict for key, verdict in verdicts.items() if _visibly_refuted(tasks[key[0]], verdict)}
    shown = {task_id: _visible_only(tasks[task_id]) for task_id, _source in refuted}
    results = run([_job(shown[task_id], source, Variation(), shrink=True) for task_id, source in refuted])
    told = {}
    for (key, verdict), result in zip(refuted.items(), results, strict=True):
        again = {check.name: check.detail for check in _outcomes(shown[key[0]], result)}
        checks = (
            replace(check, detail=again[check.name]) if check.detail and again.get(check.name) else check
            for check in verdict.checks
        )
        told[key] = replace(verdict, checks=tuple(checks))
    return told


def _ordered(task: Task) -> list[Property]:
    """The task's properties, the visible ones first: no hidden input has reached the program when those are tried."""
    return sorted(task.properties, key=lambda one: not one.visible)


def _visible_only(task: Task) -> Task:
    return replace(task, properties=tuple(one for one in task.properties if one.visible))


def _visibly_refuted(task: Task, verdict: Verdict) -> bool:
    names = {_called(one) for one in task.properties if one.visible}
    return any(check.detail and check.name in names for check in verdict.checks)


def _called(one: Property) -> str:
    return f"property {one.name}"


def _job(task: Task, source: str, variation: Variation, *, shrink: bool = False) -> SuiteJob:
    """The properties as tests of a suite. The invariants go to the referee alone."""
    chosen = _ordered(task)
    tests = [f"import {_MODULE}\nfrom inside.suite.properties import holds\n"]
    for index, one in enumerate(chosen):
        tests.append(
            f"def test_{index}():\n    holds({_MODULE}, {task.entry_point!r}, **{_spec(task, one, shrink)!r})\n"
        )
    names = tuple(f"test_{index}" for index in range(len(chosen)))
    return SuiteJob(
        source,
        _MODULE,
        "\n".join(tests),
        names,
        _limits(task.limits, len(chosen)),
        replace(variation, order=None),
        task.libraries,
    )


def _spec(task: Task, one: Property, shrink: bool) -> dict[str, object]:
    """Arguments of `inside.suite.properties.holds`."""
    digest = hashlib.sha256(f"{task.id}\0{one.name}".encode()).digest()
    return {
        "strategies": dict(one.given),
        "invariant": one.invariant,
        "helpers": one.helpers,
        "examples": one.examples,
        "random_seed": int.from_bytes(digest[:6], "big"),
        "shrink": shrink,
    }


def _limits(limits: Limits, count: int) -> Limits:
    cpu, wall = limits.cpu_seconds + _DRAWING, limits.wall_seconds + _DRAWING * count
    return replace(limits, cpu_seconds=cpu, wall_seconds=wall)


def _with_properties(task: Task, verdict: Verdict, result: RunResult) -> Verdict:
    """The verdict on a program that passed every check, after its properties were tried."""
    broken = result.task_fault or next((case.error for case in result.cases if case.error.startswith(_BROKEN)), "")
    outcomes = _outcomes(task, result)
    outcome = worst(check.outcome for check in outcomes)
    if broken or outcome is Outcome.NOT_GRADED:
        owner = Boundary.TASK if broken else Boundary.SANDBOX
        return Verdict(task.id, Outcome.NOT_GRADED, (), boundary=owner, detail=broken or result.error, jail=result.jail)
    passed = outcome is Outcome.PASSED
    return replace(
        verdict,
        outcome=outcome,
        checks=verdict.checks + outcomes,
        passes=int(passed),
        boundary=None if passed else Boundary.CANDIDATE,
        cpu_seconds=verdict.cpu_seconds + result.cpu_seconds,
        memory_bytes=max(verdict.memory_bytes, result.memory_bytes),
        tripwires=tuple(sorted({*verdict.tripwires, *result.tripwires})),
    )


def _outcomes(task: Task, result: RunResult) -> tuple[CheckOutcome, ...]:
    return tuple(_outcome(one, case) for one, case in zip(_ordered(task), result.cases, strict=True))


def _outcome(one: Property, case: CaseResult) -> CheckOutcome:
    if case.status in (Status.DONE, Status.FAILED):
        outcome = Outcome.PASSED if case.status is Status.DONE else Outcome.WRONG_ANSWER
    else:
        outcome = Outcome(str(case.status))
    told = one.visible and outcome is not Outcome.PASSED
    return CheckOutcome(_called(one), one.visible, outcome, _one_line(case.error) if told else "", case.cpu_seconds)


def _one_line(text: str) -> str:
    """Printable: what a candidate raised is quoted in it."""
    return printable(text[:_DETAIL])
