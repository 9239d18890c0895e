"""What a program imports, wherever in it it does."""

import ast
from collections.abc import Iterator

_BLOCKS = ("body", "orelse", "finalbody", "handlers", "cases")


def imported(tree: ast.Module) -> set[str]:
    """Top-level names of the modules that a program imports, relative ones aside."""
    found = set()
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def _statements(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement. Expressions hold none, and are most of a tree."""
    left = [tree]
    while left:
        node = left.pop()
        yield node
        for name in _BLOCKS:
            left += getattr(node, name, ())
