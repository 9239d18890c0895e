"""Suites of one's own: a `.jsonl` file with a task a line, or a folder with a task a `.json` file.

Each task is written as `hone.tasks.task_json` says. Nothing is run. Every broken row is named, not only the first.
"""

from collections.abc import Iterator
from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.tasks.suite import Suite
from hone.tasks.suites.rows import LARGEST_FILE_BYTES, LARGEST_ROW_BYTES
from hone.tasks.task import Task
from hone.tasks.task_json import from_json, read_task

_MOST_TOLD = 20
"""Broken rows that are named; the rest are counted."""


def is_own(name: str) -> bool:
    """Whether a suite's name is the path of one's own tasks."""
    return name.endswith(".jsonl") or (bool(name) and Path(name).is_dir())


def read_own(path: Path) -> Suite:
    """The tasks of a file or folder, under its name.

    Raises:
        HoneError: it cannot be read, holds no task, or rows of it are broken; a line for each.
    """
    tasks: dict[str, Task] = {}
    broken: list[str] = []
    for where, found in _folder(path) if path.is_dir() else _lines(path):
        if isinstance(found, HoneError):
            broken.append(f"{found.what}" if found.what.startswith(str(path)) else f"{where}: {found.what}")
        elif found.id in tasks:
            broken.append(f"{where}: another task has the id {found.id}, too")
        else:
            tasks[found.id] = found
    if broken:
        rest = [f"and {len(broken) - _MOST_TOLD} more"] if len(broken) > _MOST_TOLD else []
        raise HoneError(Boundary.TASK, "\n".join([*broken[:_MOST_TOLD], *rest]), "mend these tasks, or take them out")
    if not tasks:
        raise HoneError(Boundary.USER, f"{path} holds no task", "give a .jsonl file, or a folder of .json files")
    return Suite(path.stem, tuple(tasks.values()), "", str(path))


def _folder(path: Path) -> Iterator[tuple[str, Task | HoneError]]:
    for file in sorted(path.glob("*.json")):
        try:
            yield str(file), read_task(file)
        except HoneError as error:
            yield str(file), error


def _lines(path: Path) -> Iterator[tuple[str, Task | HoneError]]:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE_BYTES + 1)
    except OSError as error:
        raise HoneError(Boundary.USER, f"cannot read {path}: {error.strerror}", "check the path") from error
    if len(data) > LARGEST_FILE_BYTES:
        what = f"{path} is larger than {LARGEST_FILE_BYTES >> 20} MiB"
        raise HoneError(Boundary.TASK, what, "split it")
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        where = f"{path}, row {number}"
        if len(line) > LARGEST_ROW_BYTES:
            what = f"longer than {LARGEST_ROW_BYTES >> 20} MiB"
            yield where, HoneError(Boundary.TASK, what, "")
            continue
        try:
            yield where, from_json(line)
        except HoneError as error:
            yield where, error
