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


_defined: Kept[frozenset[str]] = Kept(2**20)


def check_driver(source: str) -> None:
    """Raises HoneError where the source does not parse or defines no `drive`."""
    try:
        found = DRIVE in _functions(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise HoneError(Boundary.TASK, f"the driver does not parse: {error}", "mend it") from error
    if not found:
        raise HoneError(Boundary.TASK, f"the driver defines no function `{DRIVE}`", f"define {DRIVE}(solution, …)")


def reads(source: str) -> bool:
    """Whether a driver that parses reads the program, and does not have it loaded."""
    return READ in _functions(source)


def _functions(source: str) -> frozenset[str]:
    """Which of the two functions a driver defines."""
    found = _defined.get(source)
    if found is None:
        names = {node.name for node in parse(source).body if isinstance(node, ast.FunctionDef)}
        found = frozenset(names & {DRIVE, READ})
        _defined.put(found, 0, source)
    return found
