"""Assertions that were written to follow a program, as tests of a module of their own that imports what they use.

The collections keep tests as text that runs after the program, in its own namespace. In the referee nothing of the
program is there, so the names that the tests read are imported: modules from the standard library, the rest from the
candidate's `solution`.
"""

import ast
import builtins
from collections.abc import Sequence

MODULE = "solution"
"""What the candidate's module is called in the tests."""


def lines(source: str) -> str:
    """Source with plain line ends and nothing around it."""
    return source.replace("\r\n", "\n").strip()


def as_tests(sources: Sequence[str], trees: Sequence[ast.Module]) -> list[str]:
    """Each assertion as a test of its own: `test_1`, `test_2` …"""
    bodies = [body(source, tree) for source, tree in zip(sources, trees, strict=True)]
    return [f"def test_{index}():\n    {text}\n" for index, text in enumerate(bodies, start=1)]


def body(source: str, tree: ast.Module) -> str:
    """An assertion as the body of a test; one that spans lines is rewritten, so that indenting it changes no string."""
    return source if "\n" not in source else "\n    ".join(ast.unparse(node) for node in tree.body)


def head(code: ast.Module, trusted: Sequence[ast.Module], tests: Sequence[ast.Module]) -> list[str]:
    """Lines that bind what the tests use: the candidate's functions, and modules that only the solution imported.

    Args:
        code: the reference solution; it says which names are the candidate's to define.
        trusted: set-up that runs before the tests and may bind names for them.
        tests: the tests themselves.
    """
    imports: dict[str, str] = {}
    for node in code.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports |= {alias.asname or alias.name.partition(".")[0]: ast.unparse(node) for alias in node.names}
    defined = {node.name for node in code.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    bound = {name for tree in trusted for name in names(tree, ast.Store)}
    used = {name for tree in (*trusted, *tests) for name in names(tree, ast.Load)}
    bound |= {name for tree in tests for name in names(tree, ast.Store)}
    wanted = (used - bound - set(dir(builtins))) | (used & defined)  # a solution may be called `sum`
    found = sorted({imports[name] for name in wanted - defined if name in imports})
    return [*found, *(f"from {MODULE} import {name}" for name in sorted(wanted - (imports.keys() - defined)))]


def names(tree: ast.Module, context: type[ast.expr_context]) -> set[str]:
    """Names that the tree reads (`ast.Load`), or binds in whatever way (`ast.Store`)."""
    found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, context)}
    if context is ast.Store:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.arg):
                found.add(node.arg)
            elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler) and node.name:
                found.add(node.name)
    return found
