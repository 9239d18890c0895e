"""Drivers: a task author's code that calls a program from beside it, where a plain call is not enough.

A driver runs in the program's process and thus in its power. It is loaded first, with the library as it is before the
program can change it, and holds no expected value: what it returns is compared outside, as every answer is.

A driver may read the program instead of having it loaded: it defines `read_program(text)`, which returns what the text
defines by name; that is what `drive` is given, and nothing of the program is executed but what the driver does itself.
"""

import ast

from hone.errors import Boundary, HoneError
from hone.kept import Kept
from hone.syntax import parse

DRIVE = "drive"
"""The function that a driver defines: `drive(solution, *arguments)`, with the program's module first."""
READ = "read_program"
"""The function that a driver defines to have nothing of the program executed."""


_sound: Kept[bool] = Kept(2**20)


def check_driver(source: str) -> None:
    """Raises HoneError where the source does not parse or defines no `drive`."""
    if _sound.get(source):
        return
    try:
        found = _defines(source, DRIVE)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise HoneError(Boundary.TASK, f"the driver does not parse: {error}", "mend it") from error
    if not found:
        raise HoneError(Boundary.TASK, f"the driver defines no function `{DRIVE}`", f"define {DRIVE}(solution, …)")
    _sound.put(True, 0, source)


_reading: Kept[bool] = Kept(2**20)


def reads(source: str) -> bool:
    """Whether a driver that parses reads the program, and does not have it loaded."""
    known = _reading.get(source)
    if known is None:
        known = _defines(source, READ)
        _reading.put(known, 0, source)
    return known


def _defines(source: str, name: str) -> bool:
    return any(isinstance(node, ast.FunctionDef) and node.name == name for node in parse(source).body)
