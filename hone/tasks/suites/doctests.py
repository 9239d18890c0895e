"""Tasks out of a Python module with doctests: a function each, its plain examples as checks by value.

The module is read, never imported: what an example gives is what the docstring says, where that is a literal. Whether
it is true is found out in the jail, where the module is the reference.
"""

import ast
import builtins
import copy
import doctest
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from hone.errors import Boundary, HoneError
from hone.syntax import parse
from hone.tasks.suites.entry import LeftOut
from hone.tasks.suites.literals import holds
from hone.tasks.task import CallCheck, Compare, Task

_SHOWN = 2
"""Examples that the prompt shows; at least one is always hidden."""
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
_NO_CALL = LeftOut("are examples that are no call of their function with plain arguments")
_NO_VALUE = LeftOut("are examples whose output is no plain value")
_OPTIONS = LeftOut("are examples that doctest skips or compares in a way of its own")
_TOO_FEW = LeftOut("are functions with fewer than two plain examples, so that none could be hidden")
_NO_FUNCTION = LeftOut("are docstrings with examples that belong to a class, a method or the module")
_AT_ONCE = LeftOut("are coroutines")


def read_doctests(path: Path, source: str, tree: ast.Module) -> Iterator[Task | LeftOut]:
    """A task for each function of a module with at least two plain examples, `name/function`.

    Args:
        path, source, tree: the module's file, its text and that text parsed.

    Raises:
        HoneError: examples of a docstring are written wrongly.
    """
    functions = {node.name: node for node in tree.body if isinstance(node, _FUNCTION)}  # the last of a name is meant
    for node in ast.walk(tree):
        if not isinstance(node, _FUNCTION | ast.ClassDef | ast.Module):
            continue
        text = ast.get_docstring(node) or ""
        if ">>>" not in text or not (pieces := _pieces(path, node, text)):
            continue
        if not (isinstance(node, _FUNCTION) and functions.get(node.name) is node):
            yield _NO_FUNCTION
        elif isinstance(node, ast.AsyncFunctionDef):
            yield _AT_ONCE
        else:
            yield from _tasks(path, source, node, pieces)


def _pieces(path: Path, node: ast.AST, text: str) -> list[str | doctest.Example]:
    """A docstring as prose and examples in turn; empty where it has no example."""
    try:
        pieces = doctest.DocTestParser().parse(text)
    except ValueError as error:
        _fail(path, node, f"its examples are written wrongly: {error}")
    return pieces if any(isinstance(piece, doctest.Example) for piece in pieces) else []


def _tasks(
    path: Path, source: str, node: ast.FunctionDef, pieces: list[str | doctest.Example]
) -> Iterator[Task | LeftOut]:
    checks: dict[int, CallCheck] = {}
    for number, piece in enumerate(pieces):
        if isinstance(piece, doctest.Example):
            found = _check(node.name, piece)
            if isinstance(found, LeftOut):
                yield found
            else:
                checks[number] = found
    if len(checks) < 2:
        yield _TOO_FEW
        return
    shown = list(checks)[: min(_SHOWN, len(checks) - 1)]
    try:
        yield Task.from_examples(
            id=f"{path.stem}/{node.name}",
            prompt=_prompt(node, [piece for n, piece in enumerate(pieces) if isinstance(piece, str) or n in shown]),
            entry_point=node.name,
            visible=[checks[number] for number in shown],
            hidden=[check for number, check in checks.items() if number not in shown],
            domain=path.stem,
            family=path.stem,
            source=str(path),
            reference=source,
        )
    except HoneError as error:
        _fail(path, node, error.what)
    except RecursionError:
        _fail(path, node, "its header nests too deep")


def _check(name: str, example: doctest.Example) -> CallCheck | LeftOut:
    """An example as a check, where it calls the function with literals and its output is a literal or an exception."""
    if any(value for option, value in example.options.items() if option != doctest.NORMALIZE_WHITESPACE):
        return _OPTIONS
    try:
        call = parse(example.source.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _NO_CALL
    match call:
        case ast.Call(func=ast.Name(id=called), args=args, keywords=[]) if called == name:
            arguments = [_literal(argument) for argument in args]
        case _:
            return _NO_CALL
    if _NO_VALUE in arguments:
        return _NO_CALL
    if example.exc_msg is not None:
        kind = example.exc_msg.partition(":")[0].strip()
        known = getattr(builtins, kind, None)
        is_error = isinstance(known, type) and issubclass(known, Exception)
        return CallCheck(tuple(arguments), kind, Compare.RAISES) if is_error else _NO_VALUE
    expected = _output(example.want)
    return _NO_VALUE if expected is _NO_VALUE else CallCheck(tuple(arguments), expected)


def _output(want: str) -> Any:
    """What an example prints as a value: nothing is None; `_NO_VALUE` where it is no literal."""
    if not want.strip():
        return None
    try:
        return _literal(parse(want.strip(), mode="eval").body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return _NO_VALUE


def _literal(node: ast.expr) -> Any:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return _NO_VALUE
    return _NO_VALUE if holds(value, (type(...),)) else value


def _prompt(node: ast.FunctionDef, pieces: list[str | doctest.Example]) -> str:
    """The function's header, and its docstring with those examples that are shown."""
    text = "".join(piece if isinstance(piece, str) else _as_written(piece) for piece in pieces)
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.strip() or (lines and lines[-1]):
            lines.append(line.rstrip())
    stub = copy.copy(node)
    no_code: list[ast.stmt] = [ast.Pass()]
    stub.body, stub.decorator_list = no_code, []
    header = ast.unparse(stub).rpartition("\n")[0]
    return f"Write this function:\n\n{header}\n\n" + "\n".join(lines) + "\n"


def _as_written(example: doctest.Example) -> str:
    first, *more = example.source.splitlines()
    return "\n".join([f">>> {first}", *(f"... {line}" for line in more), *example.want.splitlines()]) + "\n"


def _fail(path: Path, node: ast.AST, what: str) -> NoReturn:
    name = getattr(node, "name", "the module")
    raise HoneError(Boundary.TASK, f"{path}, {name}: {' '.join(what.split())[:300]}", "mend its docstring")
