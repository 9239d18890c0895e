"""Inputs and answers that a collection keeps as Python literals, read without running anything."""

import ast
import json
import math
import re
from typing import Any

from hone.tasks.suites.rows import Row

_NUMBERS = {"inf": math.inf, "nan": math.nan}
"""What Python writes in literals and does not read in them."""
_STRINGS = re.compile(r"'[^']*'")
_REST = re.compile(r"(?:[\d\s.,eE+\-\[\]]|True|False|None)*")
_WORDS = {"True": "true", "False": "false", "None": "null"}
_WORD_OR_STRING = re.compile(r"'[^']*'|True|False|None")
_FAST = {ast.List: list, ast.Tuple: tuple, ast.Set: set}


def quick(text: str) -> list[Any] | None:
    """The list that a literal is, where JSON means the same by it but for quotes and words; None where it may not.

    Millions of numbers are read ten times as fast so. No tuple, set, dict, escape or prefix is among what is taken, and
    whatever JSON refuses (`01`, `1_0`, `1.`, a comma too many) is left to Python's own reading.
    """
    if '"' in text or "\\" in text or not _REST.fullmatch(_STRINGS.sub("", text)):
        return None
    if any(word in text for word in _WORDS):
        text = _WORD_OR_STRING.sub(lambda found: _WORDS.get(found[0], found[0]), text)
    try:
        value = json.loads(text.replace("'", '"'))
    except (ValueError, RecursionError):
        return None
    return value if type(value) is list else None


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
    """As `ast.literal_eval`, and several times as fast on long lists: most of their items are constants."""
    kind = type(node)
    if kind is ast.Constant:
        return node.value  # ty: ignore[missing-attribute]  # of a constant
    if kind in _FAST:
        items = node.elts  # ty: ignore[missing-attribute]  # of a list, a tuple or a set
        values = [item.value if type(item) is ast.Constant else _value(item) for item in items]
        return values if kind is ast.List else _FAST[kind](values)
    match node:
        case ast.UnaryOp(op=ast.USub(), operand=operand) if type(number := _value(operand)) in (int, float, complex):
            return -number
        case ast.Name(id=name) if name in _NUMBERS:
            return _NUMBERS[name]
        case ast.Dict(keys=keys, values=values) if None not in keys:
            return {_value(key): _value(value) for key, value in zip(keys, values, strict=True) if key is not None}
    return ast.literal_eval(node)


def holds(value: Any, kinds: tuple[type, ...]) -> bool:
    """Whether the value is of one of these types, or has one in it."""
    if isinstance(value, kinds):
        return True
    if isinstance(value, dict):
        return any(holds(item, kinds) for pair in value.items() for item in pair)
    return isinstance(value, list | tuple | set | frozenset) and any(holds(item, kinds) for item in value)
