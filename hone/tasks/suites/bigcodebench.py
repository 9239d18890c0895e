"""BigCodeBench: functions that use libraries, with unittest classes (Zhuo et al. 2024, arXiv:2406.15877).

Only the rows that use the standard library alone are read, for a candidate in the jail has nothing else.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from hone.errors import HoneError
from hone.tasks.suites import asserts
from hone.tasks.suites.entry import Entry
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import Limits, Task

FILE = "BigCodeBench.jsonl.gz"
LICENCE = "Apache-2.0"
SOURCE = "bigcode-project/bigcodebench-annotation a3b89850"
LIMITS = Limits(
    cpu_seconds=20.0, wall_seconds=90.0, memory_bytes=2**30, processes=64, file_bytes=32 * 2**20, reply_bytes=16 * 2**20
)
"""The rows start threads and processes, write files, and wait: some sleep for seconds."""
_LEFT_OUT = frozenset({1104})
"""Rows that are not read: it ends processes by name."""
_FAULTS: dict[int, str] = {}


def read(folder: Path) -> Iterator[Entry]:
    """One task for each row of the standard library, `bigcodebench/0` and so on.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FILE):
        number = row.text("task_id").removeprefix("BigCodeBench/")
        if not number.isdecimal():
            row.fail(f"field 'task_id' is {row.text('task_id')!r}, not BigCodeBench/ and a number")
        if set(row.texts("libs")) <= sys.stdlib_module_names and int(number) not in _LEFT_OUT:
            yield _entry(row, int(number))


def _entry(row: Row, number: int) -> Entry:
    reference = row.text("prompt") + row.text("canonical_solution")
    tests = asserts.lines(row.text("test"))
    code, tree = row.python("canonical_solution", reference), row.python("test", tests)
    try:
        task = Task.from_suite(
            id=f"bigcodebench/{number}",
            prompt=row.text("prompt").strip() + "\n",
            module=asserts.MODULE,
            tests="\n".join([*asserts.head(row, "test", code, tests), tests, ""]),
            limits=LIMITS,
            domain="bigcodebench",
            family="bigcodebench",
            source=SOURCE,
            licence=LICENCE,
            reference=reference,
        )
    except HoneError as error:
        row.fail(error.what)
    further = sorted(_imported(tree) - sys.stdlib_module_names)
    needs = f"its tests need {', '.join(further)}, no part of the standard library" if further else ""
    return Entry(task, fault=needs or _FAULTS.get(number, ""))


def _imported(tree: ast.Module) -> set[str]:
    """Top-level packages that the tests import."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found
