"""BigCodeBench: functions that use libraries, with unittest classes (Zhuo et al. 2024, arXiv:2406.15877).

The rows that use the standard library alone are one suite; those that use packages are another, whose jails are given
these packages.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from hone.errors import HoneError
from hone.tasks.suites import asserts, packages
from hone.tasks.suites.entry import Entry, LeftOut
from hone.tasks.suites.imports import imported
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import Limits, Task, test_names

FILE = "BigCodeBench.jsonl.gz"
LICENCE = "Apache-2.0"
SOURCE = "bigcode-project/bigcodebench-annotation a3b89850"
LIMITS = Limits(
    cpu_seconds=30.0,
    wall_seconds=120.0,
    memory_bytes=3 * 2**30,
    processes=300,
    file_bytes=32 * 2**20,
    reply_bytes=16 * 2**20,
    sockets=True,
    commands=True,
)
"""The rows sort millions of numbers, start a thread for each of 256 addresses, write files, and sleep for seconds."""
_LEFT_OUT = frozenset({1104})
"""Rows that are not read: it ends processes by name."""
_FAULTS = {
    176: "its tests ask the network for names",
    205: "its solution forks, and the tests' mock is then in two processes",
    273: "its tests look whether a handler is a class of the standard library's",
    314: "its tests connect to the network",
    459: "its solution executes a file of its scratch, where nothing can be executed",
    541: "its solution takes a mocked module apart",
    562: "it starts `pip`, which the jail has not",
    566: "its solution inspects a function of the tests",
    569: "its solution inspects a function of the tests",
    570: "its solution inspects a function of the tests",
    779: "its tests patch a function of the solution's in their own module",
    1005: "its tests fetch files from the network",
    1028: "it starts `top`, which needs /proc",
    1038: "its tests are clients of a server that asks the network for its own name",
    1040: "its tests are clients of a server in the candidate's process, with which they share no network",
}
"""Why the solutions of these rows do not pass. The others that fail need packages, as `_entry` finds."""


def read(folder: Path) -> Iterator[Entry]:
    """One task for each row of the standard library, `bigcodebench/0` and so on.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FILE):
        number = _number(row)
        if set(row.texts("libs")) <= sys.stdlib_module_names and int(number) not in _LEFT_OUT:
            yield _entry(row, f"bigcodebench/{number}", _FAULTS.get(int(number), ""))


def read_with_packages(folder: Path) -> Iterator[Entry | LeftOut]:
    """One task for each row of `packages.KNOWN` and the standard library, `bigcodebench_packages/3` and so on.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FILE):
        libraries = set(row.texts("libs"))
        used = packages.needed(libraries)
        if not used or not libraries <= sys.stdlib_module_names | packages.KNOWN:
            continue
        if left_out := packages.lacking(used):
            yield left_out
        else:
            yield _entry(row, f"bigcodebench_packages/{_number(row)}", "", used)


def _number(row: Row) -> str:
    number = row.text("task_id").removeprefix("BigCodeBench/")
    if not number.isdecimal():
        row.fail(f"field 'task_id' is {row.text('task_id')!r}, not BigCodeBench/ and a number")
    return number


def _entry(row: Row, task_id: str, fault: str, used: tuple[str, ...] = ()) -> Entry:
    reference = row.text("prompt") + row.text("canonical_solution")
    tests = asserts.lines(row.text("test"))
    tree = row.python("test", tests)
    code = row.python("canonical_solution", reference)
    if lacking := asserts.imports_of(row, "canonical_solution", reference, code, tree):
        reference = "\n".join([*lacking, reference])
        code = row.python("canonical_solution", reference)
    try:
        task = Task.from_suite(
            id=task_id,
            prompt=row.text("prompt").strip() + "\n",
            module=asserts.MODULE,
            tests="\n".join([*asserts.head(row, "test", code, tests), tests, ""]),
            names=test_names(tree),
            allowed_imports=used,
            limits=LIMITS,
            domain="bigcodebench",
            family="bigcodebench",
            source=SOURCE,
            licence=LICENCE,
            reference=reference,
        )
    except HoneError as error:
        row.fail(error.what)
    further = sorted(imported(tree) - sys.stdlib_module_names - set(used))
    needs = f"its tests need {', '.join(further)}, no part of the standard library" if further else ""
    return Entry(task, fault=needs or fault)
