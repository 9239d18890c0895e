"""HumanEval: 164 functions to complete from signature and docstring (Chen et al. 2021, arXiv:2107.03374)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hone.errors import HoneError
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import Limits, Task

FILE = "HumanEval.jsonl.gz"
LICENCE = "MIT"
SOURCE = "openai/human-eval 6d43fb98"
LIMITS = Limits(cpu_seconds=3.0, wall_seconds=15.0)
"""A row's assertions share one case's time; the slowest reference takes 0.12 s."""
_PREFIX = "HumanEval/"


def read(folder: Path) -> Iterator[Task]:
    """One task a row, `humaneval/0` to `humaneval/163`.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FILE):
        prompt = row.text("prompt")
        reference = prompt + row.text("canonical_solution")
        yield checked_task(
            row,
            id=f"humaneval/{number(row)}",
            prompt=prompt,
            given=prompt,
            reference=reference,
            limits=LIMITS,
            source=SOURCE,
            licence=LICENCE,
        )


def number(row: Row, prefix: str = _PREFIX) -> int:
    """The problem's number, out of `task_id`: 17 of `HumanEval/17`."""
    name = row.text("task_id")
    if not (name.startswith(prefix) and name.removeprefix(prefix).isdecimal()):
        row.fail(f"field 'task_id' is {name!r}, not {prefix} and a number")
    return int(name.removeprefix(prefix))


def entry_point(row: Row) -> str:
    """The function's name."""
    name = row.text("entry_point")
    if not name.isidentifier():
        row.fail(f"field 'entry_point' is {name!r}, not a Python name")
    return name


def checked_task(row: Row, *, prompt: str, given: str, reference: str, test: str | None = None, **more: Any) -> Task:
    """The task of a row whose `test` defines `check(candidate)`.

    Args:
        row: of HumanEval, or of a collection made of it.
        prompt: what is asked.
        given: the module up to the docstring of the function that is asked for.
        reference: the module with the canonical solution.
        test: source that defines `check`; the row's own by default.
        more: further fields of the task.

    Raises:
        HoneError: the row is broken.
    """
    name, test = entry_point(row), row.text("test") if test is None else test
    row.python("prompt", given)
    row.python("canonical_solution", reference)
    row.python("test", test)
    # What is given comes first: tests use its imports and its helpers (`poly`, `encode_cyclic`), which are trusted. Its
    # own unfinished function is then replaced by the candidate's.
    tests = f"{given}\n\nfrom solution import {name}\n\n{test}\n\ndef test_{name}():\n    check({name})\n"
    try:
        return Task.from_suite(
            prompt=prompt,
            module="solution",
            tests=tests,
            domain="humaneval",
            family="humaneval",
            reference=reference,
            **more,
        )
    except HoneError as error:
        row.fail(error.what)
