"""Inputs and answers that a collection keeps as Python literals, read without running anything."""

import ast
import json
import math
import re
from typing import Any

from hone.tasks.suites.rows import Row

_NUMBERS = {"inf": math.inf, "nan": math.nan}
"""What Python writes in literals and does not read in them."""
_TUPLE, _COMMA = "\\u0001", "\\u0002"
"""What tuples become an object's key by, and their last comma an item: no string that is taken has such characters."""
_WORDS = {
    "True": "true",
    "False": "false",
    "None": "null",
    "nan": "NaN",
    "inf": "Infinity",
    ",)": f',"{_COMMA}"]}}',
    "(": f'{{"{_TUPLE}":[',
    ")": "]}",
}
"""Outside of strings, in this order."""
_SIGNS = b"0123456789.eE+-,:[](){}' \n\t\r"
_REST = re.compile(rb"(?:Tru|Fals|Non|nan|inf)*")
"""The words, less what is a sign, too."""
_OTHER_ESCAPE = re.compile(r"\\[^\\bfnrt]")
_FAST = {ast.List: list, ast.Tuple: tuple, ast.Set: set}


def quick(text: str) -> list[Any] | None:
    """The list that a literal is, where JSON means the same by it but for quotes, words and tuples; else None.

    Millions of values are read ten times as fast so. Of escapes only those are taken that JSON has, too, and whatever
    JSON refuses (`01`, `1_0`, `1.`, a comma too many, a set, a key that is no text) is left to Python's own reading.
    """
    if '"' in text or _OTHER_ESCAPE.search(text):
        return None
    parts = text.split("'")
    outside = "'".join(parts[::2])
    if len(parts) % 2 == 0 or not _REST.fullmatch(outside.encode("utf-8", "replace").translate(None, _SIGNS)):
        return None
    for word, meaning in _WORDS.items():
        outside = outside.replace(word, meaning)
    parts[::2] = outside.split("'")
    try:
        value = json.loads('"'.join(parts), object_hook=_as_tuple)
    except (ValueError, RecursionError):
        return None
    return value if type(value) is list else None


def _as_tuple(made: dict[str, Any]) -> Any:
    """A tuple for what stands for one. Raises ValueError for what is one value in parentheses."""
    items = made.get("\x01")
    if items is None:
        return made
    if items and items[-1] == "\x02":
        return tuple(items[:-1])
    if len(items) == 1:
        raise ValueError("a value in parentheses is no tuple")
    return tuple(items)


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
