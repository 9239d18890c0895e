"""Suites of one's own: a `.jsonl` file with a task a line, a folder with a task a `.json` file, or a Python file.

Tasks in JSON are written as `hone.tasks.task_json` says; of those, every broken one is named, not only the first. Of a
Python file, functions with doctests are tasks, or all of it is one if pytest would collect it. Nothing is run.
"""

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.syntax import parse
from hone.tasks.suite import Suite
from hone.tasks.suites.doctests import read_doctests
from hone.tasks.suites.entry import LeftOut
from hone.tasks.suites.pytest_file import is_test_file, module_of, source_of, suite_task
from hone.tasks.suites.rows import LARGEST_FILE_BYTES, LARGEST_ROW_BYTES
from hone.tasks.task import Task
from hone.tasks.task_json import from_json, read_task

_MOST_TOLD = 20
"""Broken rows that are named; the rest are counted."""


def is_own(name: str) -> bool:
    """Whether a suite's name is the path of one's own tasks."""
    return name.endswith((".jsonl", ".py")) or (bool(name) and Path(name).is_dir())


def read_own(path: Path) -> Suite:
    """The tasks of a file or folder, under its name.

    Raises:
        HoneError: it cannot be read, holds no task, or rows of it are broken; a line for each.
    """
    if path.suffix == ".py":
        return _read_python(path)
    tasks: dict[str, Task] = {}
    broken: list[str] = []
    for where, found in _folder(path) if path.is_dir() else _lines(path):
        if isinstance(found, HoneError):
            what = found.what if found.what.startswith(str(path)) else f"{where}: {found.what}"
            broken.append(f"{what}: {found.hint}" if found.hint else what)
        elif found.id in tasks:
            broken.append(f"{where}: another task has the id {found.id}, too")
        else:
            tasks[found.id] = found
    if broken:
        rest = [f"and {len(broken) - _MOST_TOLD} more"] if len(broken) > _MOST_TOLD else []
        what = f"{path}: {len(broken)} of its tasks are broken" if len(broken) > 1 else f"{path}: a task is broken"
        raise HoneError(Boundary.TASK, what, "mend them, or take them out", faults=[*broken[:_MOST_TOLD], *rest])
    if not tasks:
        raise HoneError(Boundary.USER, f"{path} holds no task", "give a .jsonl file, or a folder of .json files")
    return Suite(path.stem, tuple(tasks.values()), "", str(path))


def _read_python(path: Path) -> Suite:
    """The tasks of a Python file, under its name."""
    source, tree = _parsed(path)
    if is_test_file(path):
        module = module_of(path, tree)
        file = source_of(path, module)
        reference, code = _parsed(file) if file else ("", None)
        return Suite(path.stem, (suite_task(path, source, tree, module, reference, code),), "", str(path))
    found = list(read_doctests(path, source, tree))
    tasks = tuple(item for item in found if isinstance(item, Task))
    left_out = Counter(item.why for item in found if isinstance(item, LeftOut))
    if not tasks:
        told = "".join(f"; {count} {why}" for why, count in left_out.items())
        hint = "give two examples with plain arguments and outputs to a function, or name a file of tests test_*.py"
        raise HoneError(Boundary.USER, f"{path} holds no task{told}", hint)
    return Suite(path.stem, tasks, "", str(path), left_out=dict(left_out))


def _parsed(path: Path) -> tuple[str, ast.Module]:
    data = _read(path, LARGEST_ROW_BYTES)
    try:
        source = data.decode("utf-8-sig")
        return source, parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise HoneError(Boundary.TASK, f"{path} is no Python source: {error}", "mend it") from error


def _folder(path: Path) -> Iterator[tuple[str, Task | HoneError]]:
    for file in sorted(path.glob("*.json")):
        try:
            yield str(file), read_task(file)
        except HoneError as error:
            yield str(file), error


def _lines(path: Path) -> Iterator[tuple[str, Task | HoneError]]:
    data = _read(path, LARGEST_FILE_BYTES)
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


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        raise HoneError(Boundary.USER, f"cannot read {path}: {error.strerror}", "check the path") from error
    if len(data) > most_bytes:
        raise HoneError(Boundary.TASK, f"{path} is larger than {most_bytes >> 20} MiB", "split it")
    return data
