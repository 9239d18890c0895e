"""What certification says: of a task, of a suite."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class TaskReport:
    """What is true of one task."""

    task: str
    reasons: tuple[str, ...] = ()
    """Why it must not be trained on; empty for a fair task."""
    reference_passed: bool = False
    stub_passed: bool = False
    buggy_passed: bool = False
    mutants: int = 0
    """Mutants of the reference that were tried and are not equivalent to it, as far as a search can tell."""
    killed: int = 0
    """Of those, the mutants that some check fails."""
    survivors: tuple[str, ...] = ()
    """The others, each in a line."""


@dataclass(frozen=True)
class Quarantined:
    """A task that must not be trained on, and why."""

    task: str
    reason: str


@dataclass(frozen=True)
class SuiteReport:
    """What is true of a suite's tasks; `to_json` is the public form."""

    suite: str
    tasks: int
    reference_passed: int
    """Tasks whose reference passes every check; tasks without one do not count."""
    stub_passed: int
    """Tasks that a function of no body passes."""
    quarantined: tuple[Quarantined, ...]
    buggy_passed: int | None = None
    """Programs known to be wrong that pass, each of which puts its task into quarantine; None where there are none."""
    mutants: int | None = None
    """As in `TaskReport`, of all tasks together; None where no mutants were tried."""
    killed: int | None = None
    reports: tuple[TaskReport, ...] = field(default=(), repr=False)

    @property
    def mutation_score(self) -> float | None:
        """Share of the mutants that some check fails."""
        return self.killed / self.mutants if self.killed is not None and self.mutants else None

    def to_json(self) -> str:
        """`{"suite", "tasks", "reference_passed", "stub_passed", "quarantined": [{"task", "reason"}]}`.

        Where the suite has programs known to be wrong, `"buggy_passed"` counts those that pass; where mutants were
        tried, `"mutants"` and `"killed"` count them.
        """
        fields: dict[str, Any] = {name: value for name, value in asdict(self).items() if name != "reports"}
        return json.dumps({name: value for name, value in fields.items() if value is not None})


def summed(suite: str, reports: Sequence[TaskReport], *, has_buggy: bool, has_mutants: bool) -> SuiteReport:
    """A suite's report, from those of its tasks."""
    return SuiteReport(
        suite=suite,
        tasks=len(reports),
        reference_passed=sum(report.reference_passed for report in reports),
        stub_passed=sum(report.stub_passed for report in reports),
        quarantined=tuple(Quarantined(one.task, "; ".join(one.reasons)) for one in reports if one.reasons),
        buggy_passed=sum(report.buggy_passed for report in reports) if has_buggy else None,
        mutants=sum(report.mutants for report in reports) if has_mutants else None,
        killed=sum(report.killed for report in reports) if has_mutants else None,
        reports=tuple(reports),
    )
