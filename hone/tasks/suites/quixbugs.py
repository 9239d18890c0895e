"""QuixBugs: forty classic algorithms with a bug in one line each, to be mended (Lin et al. 2017)."""

import ast
from collections.abc import Iterator
from pathlib import Path

from hone.errors import HoneError
from hone.tasks.suites import asserts
from hone.tasks.suites.entry import Entry
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import Limits, Task

FILE = "quixbugs_python.jsonl"
LICENCE = "MIT"
SOURCE = "jkoppel/QuixBugs 4257f44b"
LIMITS = Limits(cpu_seconds=5.0, wall_seconds=30.0)


def read(folder: Path) -> Iterator[Entry]:
    """One task a program, `quixbugs/bitcount` to `quixbugs/wrap`, each with its buggy program.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FILE):
        buggy = asserts.lines(row.text("buggy_program")) + "\n"
        row.python("buggy_program", buggy)
        yield Entry(_task(row, buggy), buggy)


def _task(row: Row, buggy: str) -> Task:
    name, solution = row.text("name"), asserts.lines(row.text("solution")) + "\n"
    if not name.isidentifier():
        row.fail(f"field 'name' is {name!r}, not a Python name")
    tree = row.python("tests", asserts.lines(row.text("tests")))
    code = row.python("solution", solution)
    tests = "\n".join(_tests(tree))
    described = row.text("docstring").strip().strip('"').strip()
    try:
        return Task.from_suite(
            id=f"quixbugs/{name}",
            prompt=f"{described}\n\nThis program has a bug. Write it without the bug:\n\n{buggy}",
            module=asserts.MODULE,
            tests="\n".join([*asserts.head(row, "tests", code, tests), tests]),
            limits=LIMITS,
            domain="quixbugs",
            family="quixbugs",
            source=SOURCE,
            licence=LICENCE,
            reference=solution,
        )
    except HoneError as error:
        row.fail(error.what)


def _tests(tree: ast.Module) -> list[str]:
    """The row's statements: each assertion as a test, and its own tests without the lines that call them at once."""
    own = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    kept = []
    for number, node in enumerate(tree.body, start=1):
        match node:
            case ast.Assert():
                kept.append(f"def test_{number}():\n    {ast.unparse(node)}\n")
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if name in own:
                continue
            case _:
                kept.append(ast.unparse(node))
    return kept
