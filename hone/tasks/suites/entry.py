"""What one row of a suite comes to."""

from dataclasses import dataclass

from hone.tasks.task import Task


@dataclass(frozen=True)
class Entry:
    """A task, and what else its row says."""

    task: Task
    buggy: str = ""
    """A program that is known to be wrong, where the collection has one."""
    fault: str = ""
    """What is known to be wrong with the row itself, where its reference does not pass."""


@dataclass(frozen=True)
class LeftOut:
    """A row that is no task here, and why: it reads on from "12 rows"."""

    why: str
    install: tuple[str, ...] = ()
    """Packages that would make it one."""
