"""HumanEvalPack: HumanEval with one seeded bug in each program, to be mended (Muennighoff et al., arXiv:2308.07124)."""

import ast
from collections.abc import Iterator
from pathlib import Path

from hone.tasks.suites import humaneval
from hone.tasks.suites.entry import Entry
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import Limits

FILE = "humanevalpack_python.jsonl.gz"
LICENCE = "MIT"
SOURCE = "bigcode-project/octopack e17a8f64"
LIMITS = Limits(cpu_seconds=3.0, wall_seconds=15.0)
"""As for HumanEval."""


def read(folder: Path) -> Iterator[Entry]:
    """One task a row, `humanevalpack/0` to `humanevalpack/163`, each with its buggy program.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FILE):
        declaration, prompt = row.text("declaration"), row.text("prompt")
        reference = declaration + row.text("canonical_solution")
        buggy = declaration + row.text("buggy_solution")
        row.python("buggy_solution", buggy)
        asked = (
            f"{row.text('docstring').strip()}\n\nThis program has a bug. Write it without the bug:\n\n{buggy.strip()}\n"
        )
        task = humaneval.checked_task(
            row,
            id=f"humanevalpack/{humaneval.number(row, 'Python/')}",
            prompt=asked,
            given=prompt,
            test=_without_call(row),
            reference=reference,
            limits=LIMITS,
            source=SOURCE,
            licence=LICENCE,
        )
        yield Entry(task, buggy)


def _without_call(row: Row) -> str:
    """The row's test without its last line, which runs it at once."""
    tree = row.python("test", row.text("test"))
    match tree.body:
        case [*rest, ast.Expr(value=ast.Call(func=ast.Name(id="check")))]:
            test = ast.unparse(ast.Module(rest, []))
        case _:
            row.fail("field 'test' does not end in a call of 'check'")
    return test
