"""What certification and mutation need of a judge: this room lies below the one where verdicts are made."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from hone.tasks.task import Task


class CheckResult(Protocol):
    """What is read of one check's outcome."""

    @property
    def name(self) -> str: ...
    @property
    def outcome(self) -> StrEnum: ...
    @property
    def cpu_seconds(self) -> float: ...


class Graded(Protocol):
    """What is read of a verdict."""

    @property
    def passed(self) -> bool: ...
    @property
    def outcome(self) -> StrEnum: ...
    @property
    def detail(self) -> str: ...
    @property
    def checks(self) -> Sequence[CheckResult]: ...
    @property
    def runs(self) -> int: ...
    @property
    def passes(self) -> int: ...


class Grader(Protocol):
    """The part of the judge that is needed."""

    def grade_many(self, pairs: list[tuple[Task, str]], /, *, rerun: bool = True) -> Sequence[Graded]:
        """One verdict for each task and source, in order; without `rerun` none is run again to see if it is flaky."""
        ...
