"""The tasks that come with a solution: all that supervised learning may see."""

import sqlite3
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.store.database import rows_of
from hone.tasks.families import Split, TaskMix, task_from_id
from hone.tasks.families.catalogue import parsed
from hone.tasks.task import Task

_VERIFIED = """
SELECT DISTINCT episodes.task, episodes.source FROM episodes JOIN verdicts USING (run, stage, step, idx)
WHERE verdicts.outcome = 'passed' AND verdicts.passes = verdicts.runs AND NOT episodes.truncated
"""

SOLVED_PER_LEVEL_LIMIT = 10**5


@dataclass(frozen=True)
class SolvedConfig:
    """How many solved tasks there are, by level; a fixed set, the same for every seed."""

    level_1: int = 2000
    level_2: int = 2000
    level_3: int = 300

    def __post_init__(self) -> None:
        for name in ("level_1", "level_2", "level_3"):
            if not 0 <= getattr(self, name) <= SOLVED_PER_LEVEL_LIMIT:
                raise HoneError(
                    Boundary.USER,
                    f"solved.{name} is {getattr(self, name)}",
                    f"give a number from 0 to {SOLVED_PER_LEVEL_LIMIT}",
                )


def solved_tasks(config: SolvedConfig, mix: TaskMix) -> list[Task]:
    """The solved training tasks, level by level."""
    counts = {1: config.level_1, 2: config.level_2, 3: config.level_3}
    return [task for level, count in counts.items() for task in mix.some_tasks(Split.TRAIN, level, count)]


def store_of(run: Path) -> Path:
    """Where a run keeps its programs and verdicts.

    Raises:
        HoneError: there is no store in `run`.
    """
    path = run / "store.sqlite"
    if not path.is_file():
        raise HoneError(Boundary.USER, f"{run} holds no store of a run", "give the folder of a run that has learned")
    return path


def verified_tasks(run: Path, of_task: int) -> list[Task]:
    """Training tasks with programs of an earlier run as their solutions: those that passed every time they were run.

    Each program stands once; held-out tasks are never among them, nor are tasks that no honest program can pass.

    Args:
        run: its directory.
        of_task: programs of one task at most, the shortest first.

    Raises:
        HoneError: there is no store in `run`, it cannot be read, or nothing in it passed.
    """
    path = store_of(run)
    try:
        rows = rows_of(path, _VERIFIED)
    except sqlite3.Error as error:
        raise HoneError(Boundary.DISK, f"{path} cannot be read: {error}", "restore it from a copy") from error
    sources: dict[str, list[str]] = defaultdict(list)
    for name, source in rows:
        if parsed(name)[2] is Split.TRAIN and not task_from_id(name).impossible:
            sources[name].append(source)
    if not sources:
        raise HoneError(Boundary.USER, f"no program of {run} passed on a training task", "give another run")
    return [
        replace(task_from_id(name), reference=source)
        for name in sorted(sources)
        for source in sorted(sources[name], key=lambda text: (len(text), text))[:of_task]
    ]
