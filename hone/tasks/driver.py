"""Drivers: a task author's code that calls a program from beside it, where a plain call is not enough.

A driver runs in the program's process and thus in its power. It is loaded first, with the library as it is before the
program can change it, and holds no expected value: what it returns is compared outside, as every answer is.
"""

import ast

from hone.errors import Boundary, HoneError
from hone.kept import Kept
from hone.syntax import parse

DRIVE = "drive"
"""The function that a driver defines: `drive(solution, *arguments)`, with the program's module first."""


_sound: Kept[bool] = Kept(2**20)


def check_driver(source: str) -> None:
    """Raises HoneError where the source does not parse or defines no `drive`."""
    if _sound.get(source):
        return
    try:
        body = parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise HoneError(Boundary.TASK, f"the driver does not parse: {error}", "mend it") from error
    if not any(isinstance(node, ast.FunctionDef) and node.name == DRIVE for node in body):
        raise HoneError(Boundary.TASK, f"the driver defines no function `{DRIVE}`", f"define {DRIVE}(solution, …)")
    _sound.put(True, 0, source)
