"""Assertions that were written to follow a program, as tests of a module of their own that imports what they use.

The collections keep tests as text that runs after the program, in its own namespace. In the referee nothing of the
program is there, so the names that the tests read are imported: modules from the standard library, the rest from the
candidate's `solution`.
"""

import ast
import builtins
import symtable
from collections.abc import Sequence

from hone.tasks.suites.rows import Row

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


def head(row: Row, name: str, code: ast.Module, tests: str) -> list[str]:
    """Lines that bind what the tests use: the candidate's functions, and modules that only the solution imported.

    Args:
        row, name: the row and the field that the tests come from.
        code: the reference solution; it says which names are the candidate's to define.
        tests: source of the tests, with whatever runs before them and binds names for them.

    Raises:
        HoneError: the tests are no Python source.
    """
    imports = _imports(code)
    defined = {node.name for node in code.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    used, bound = _names(row, name, tests)
    wanted = (used - bound - set(dir(builtins))) | (used & defined)  # a solution may be called `sum`
    found = sorted({ast.unparse(imports[name]) for name in wanted - defined if name in imports})
    return [*found, *(f"from {MODULE} import {name}" for name in sorted(wanted - (imports.keys() - defined)))]


def imports_of(row: Row, name: str, source: str, code: ast.Module, tree: ast.Module) -> list[str]:
    """Import lines of `tree` for names that `source`, whose tree is `code`, reads and nothing in it binds.

    A solution that was only ever run in one namespace with its tests may rely on what they import.

    Raises:
        HoneError: `source`, which was made of field `name`, is no Python source.
    """
    own, brought = _imports(code), _imports(tree)
    if not any(given in source for given in brought.keys() - own.keys()):
        return []
    used, bound = _names(row, name, source)
    lacking = used - bound - set(dir(builtins))
    return sorted({ast.unparse(brought[lacked]) for lacked in lacking if lacked in brought})


def _imports(tree: ast.Module) -> dict[str, ast.Import | ast.ImportFrom]:
    """What a module's own imports bind, and which of them does."""
    return {
        alias.asname or alias.name.partition(".")[0]: node
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }


def _names(row: Row, name: str, source: str) -> tuple[set[str], set[str]]:
    try:
        return _global_names(symtable.symtable(source, name, "exec"))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        row.fail(f"field {name!r} is no Python source: {error}")


def _global_names(table: symtable.SymbolTable) -> tuple[set[str], set[str]]:
    """Global names that a scope and those in it read, and those that they bind."""
    outermost = table.get_type() == "module"
    symbols = [symbol for symbol in table.get_symbols() if outermost or symbol.is_global()]
    used = {symbol.get_name() for symbol in symbols if symbol.is_referenced()}
    bound = {symbol.get_name() for symbol in symbols if symbol.is_assigned() or symbol.is_imported()}
    for inner in table.get_children():
        read, written = _global_names(inner)
        used |= read
        bound |= written
    return used, bound
