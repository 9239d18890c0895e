"""HumanEval: 164 functions to complete from signature and docstring (Chen et al. 2021, arXiv:2107.03374)."""

from collections.abc import Iterator
from pathlib import Path

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
        yield _task(row)


def _task(row: Row) -> Task:
    name, entry_point = row.text("task_id"), row.text("entry_point")
    prompt, solution, test = row.text("prompt"), row.text("canonical_solution"), row.text("test")
    if not (name.startswith(_PREFIX) and name.removeprefix(_PREFIX).isdecimal()):
        row.fail(f"field 'task_id' is {name!r}, not {_PREFIX} and a number")
    if not entry_point.isidentifier():
        row.fail(f"field 'entry_point' is {entry_point!r}, not a Python name")
    row.python("prompt", prompt)
    row.python("canonical_solution", prompt + solution)
    row.python("test", test)
    # The prompt comes first: tests use its imports and its helpers (`poly`, `encode_cyclic`), which are trusted. Its
    # own unfinished function is then replaced by the candidate's.
    tests = (
        f"{prompt}\n\nfrom solution import {entry_point}\n\n{test}\n\n"
        f"def test_{entry_point}():\n    check({entry_point})\n"
    )
    try:
        return Task.from_suite(
            id=f"humaneval/{int(name.removeprefix(_PREFIX))}",
            prompt=prompt,
            module="solution",
            tests=tests,
            limits=LIMITS,
            domain="humaneval",
            family="humaneval",
            source=SOURCE,
            licence=LICENCE,
            reference=prompt + solution,
        )
    except HoneError as error:
        row.fail(error.what)
