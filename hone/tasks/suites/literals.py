"""Inputs and answers that a collection keeps as Python literals, read without running anything."""

import ast
import math
from typing import Any

from hone.tasks.suites.rows import Row

_NUMBERS = {"inf": math.inf, "nan": math.nan}


class _Numbers(ast.NodeTransformer):
    """Puts the number in the place of `inf` and `nan`, which Python writes in literals and does not read in them."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(_NUMBERS[node.id]) if node.id in _NUMBERS else node


def literal(row: Row, name: str, node: ast.expr) -> Any:
    """The value of a literal out of field `name`; `inf` and `nan` are numbers in it.

    Raises:
        HoneError: it is no literal.
    """
    try:
        return _value(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError) as error:
        row.fail(f"field {name!r} holds what is no literal: {error}")


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:  # seldom: looking for the names costs more than reading the literal
        return ast.literal_eval(_Numbers().visit(node))


def holds(value: Any, kinds: tuple[type, ...]) -> bool:
    """Whether the value is of one of these types, or has one in it."""
    if isinstance(value, kinds):
        return True
    if isinstance(value, dict):
        return any(holds(item, kinds) for pair in value.items() for item in pair)
    return isinstance(value, list | tuple | set | frozenset) and any(holds(item, kinds) for item in value)
