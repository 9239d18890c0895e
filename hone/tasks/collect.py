"""Which tests a suite holds, read from its source: the list is fixed before anything runs.

The rules are pytest's and unittest's own, as far as source can tell: functions `test*`; in classes called `Test*` and
in unittest cases the methods `test*`, with those that are inherited from classes of the same module; classes inside of
such. Tests that come about only when the module runs (assigned, made in a loop) are not seen.
"""

import ast
from collections.abc import Sequence

from hone.errors import Boundary, HoneError
from hone.syntax import parse

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def test_names(tests: str | ast.Module) -> tuple[str, ...]:
    """Names of the tests in unittest or pytest source, or in its tree: `test_x`, `Class.test_x`, `Class.Inner.test_x`.

    Raises:
        HoneError: the source does not parse.
    """
    try:
        tree = parse(tests) if isinstance(tests, str) else tests
        return tuple(_names_in(tree.body, {}, "", _Visits()))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:  # the last two: nested too deep
        raise HoneError(Boundary.TASK, f"test source does not parse: {error}", "mend the suite") from error


setattr(test_names, "__test__", False)  # noqa: B010  # pytest must not collect it


class _Visits:
    """Bounds how often classes are looked at: a few that inherit crosswise, or from what they are in, have no end."""

    left = 20_000

    def count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise RecursionError("its classes inherit from each other in too many ways")


def _names_in(body: Sequence[ast.stmt], known: dict[str, ast.ClassDef], prefix: str, visits: _Visits) -> list[str]:
    """The tests of a module's or a class's body; `known` are the classes that can be named there."""
    known = known | {node.name: node for node in body if isinstance(node, ast.ClassDef)}
    found: dict[str, None] = {}
    for node in body:
        if isinstance(node, _Function) and node.name.startswith("test"):
            found[prefix + node.name] = None
        elif isinstance(node, ast.ClassDef) and _is_collected(node, known, visits):
            found |= dict.fromkeys(_names_in_class(node, known, f"{prefix}{node.name}.", visits))
        for name in _unset_by(node):
            found.pop(prefix + name, None)
    return list(found)


def _names_in_class(node: ast.ClassDef, known: dict[str, ast.ClassDef], prefix: str, visits: _Visits) -> list[str]:
    """Its own tests and those of its bases, each name once; a class before its bases, as pytest and Python look."""
    found: dict[str, None] = {}
    unset: set[str] = set()
    for ancestor in _line(node, known, set(), visits):
        names = _names_in(ancestor.body, known, prefix, visits)
        found |= dict.fromkeys(name for name in names if name not in unset)
        unset |= {prefix + name for statement in ancestor.body for name in _unset_by(statement)}
    return list(found)


def _line(node: ast.ClassDef, known: dict[str, ast.ClassDef], seen: set[str], visits: _Visits) -> list[ast.ClassDef]:
    """The class and its ancestors, as far as this module defines them."""
    visits.count()
    line = [node]
    for base in node.bases:
        if isinstance(base, ast.Name) and base.id in known and base.id not in seen | {node.name}:
            line += _line(known[base.id], known, seen | {node.name}, visits)
    return line


def _is_collected(node: ast.ClassDef, known: dict[str, ast.ClassDef], visits: _Visits) -> bool:
    line = _line(node, known, set(), visits)
    statements = [statement for ancestor in line for statement in ancestor.body]
    if any("__test__" in _unset_by(statement) for statement in statements[: len(node.body)]):
        return False
    if any(_last_name(base).endswith("TestCase") for ancestor in line for base in ancestor.bases):
        return True
    makes_itself = any(isinstance(statement, _Function) and statement.name == "__init__" for statement in statements)
    return node.name.startswith("Test") and not makes_itself


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _unset_by(node: ast.stmt) -> list[str]:
    """Names that a statement sets to None or False: a test taken back, or `__test__ = False`."""
    if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant) or node.value.value:
        return []
    return [target.id for target in node.targets if isinstance(target, ast.Name)]
