"""MBPP: small functions described in a sentence (Austin et al. 2021, arXiv:2108.07732), all 974 or the 427 sanitized.

Only the assertions name the function, so the first one is shown; each assertion is a test of its own.
"""

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

from hone.errors import HoneError
from hone.tasks.suites.rows import Row, read_array, read_lines
from hone.tasks.task import Limits, Task

FILE = "mbpp.jsonl.gz"
SANITIZED_FILE = "sanitized-mbpp.json.gz"
LICENCE = "CC-BY-4.0"
SOURCE = "google-research/google-research 30adf0ec"
LIMITS = Limits(cpu_seconds=5.0, wall_seconds=20.0)
"""The canonical solution of task 123 takes seconds, every other one milliseconds."""


def read(folder: Path) -> Iterator[Task]:
    """One task a row of the whole collection, `mbpp/1` to `mbpp/974`.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / FILE):
        yield _task(row, "mbpp", row.text("text"), (), row.text("test_setup_code"))


def read_sanitized(folder: Path) -> Iterator[Task]:
    """One task a row of the hand-verified part, `mbpp_sanitized/2` to `mbpp_sanitized/809`; raises as `read`."""
    for row in read_array(folder / SANITIZED_FILE):
        yield _task(row, "mbpp_sanitized", row.text("prompt"), row.texts("test_imports"), "")


def _task(row: Row, suite: str, text: str, imports: tuple[str, ...], setup: str) -> Task:
    number, code, asserts = row.integer("task_id"), _lines(row.text("code")), row.texts("test_list")
    if not asserts:
        row.fail("field 'test_list' is empty")
    setup = _lines(setup)
    trees = [row.python("test_list", _lines(text)) for text in asserts]
    head = _head(
        row.python("code", code),
        [row.python("test_imports", "\n".join(imports)), row.python("test_setup_code", setup)],
        trees,
    )
    bodies = [_body(_lines(text), tree) for text, tree in zip(asserts, trees, strict=True)]
    tests = [f"def test_{index}():\n    {body}\n" for index, body in enumerate(bodies, start=1)]
    shown = "\n".join(bodies[0].splitlines())
    try:
        return Task.from_suite(
            id=f"{suite}/{number}",
            prompt=f"{text.strip()}\n\nIt must pass this test:\n{shown}\n",
            module="solution",
            tests="\n".join([*imports, *head, setup, "", *tests]),
            visible=("test_1",),
            limits=LIMITS,
            domain="mbpp",
            family="mbpp",
            source=SOURCE,
            licence=LICENCE,
            reference=code + "\n",
        )
    except HoneError as error:
        row.fail(error.what)


def _lines(source: str) -> str:
    return source.replace("\r\n", "\n").strip()


def _body(source: str, tree: ast.Module) -> str:
    """An assertion as the body of a test; one that spans lines is rewritten, so that indenting it changes no string."""
    return source if "\n" not in source else "\n    ".join(ast.unparse(node) for node in tree.body)


def _head(code: ast.Module, trusted: list[ast.Module], tests: list[ast.Module]) -> list[str]:
    """Lines that bind what the tests use: the candidate's functions, and modules that only the solution imported."""
    imports: dict[str, str] = {}
    for node in code.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports |= {alias.asname or alias.name.partition(".")[0]: ast.unparse(node) for alias in node.names}
    defined = {node.name for node in code.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    bound = {name for tree in trusted for name in _names(tree, ast.Store)}
    used = {name for tree in (*trusted, *tests) for name in _names(tree, ast.Load)}
    bound |= {name for tree in tests for name in _names(tree, ast.Store)}
    wanted = (used - bound - set(dir(builtins))) | (used & defined)  # a solution may be called `sum`
    lines = sorted({imports[name] for name in wanted - defined if name in imports})
    return [*lines, *(f"from solution import {name}" for name in sorted(wanted - (imports.keys() - defined)))]


def _names(tree: ast.Module, context: type[ast.expr_context]) -> set[str]:
    """Names that the tree reads (`ast.Load`), or binds, by import, assignment or parameter (`ast.Store`)."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, context)}
    if context is ast.Store:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.arg):
                names.add(node.arg)
    return names
