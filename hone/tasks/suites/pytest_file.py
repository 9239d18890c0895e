"""A task out of a pytest or unittest file: write the module that its tests import.

Nothing is imported here. The module is named by the file's own imports; where its source lies beside the tests, or in
`src`, or one folder up, it is the reference, and the prompt has its signatures and docstrings.
"""

import ast
import copy
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.tasks.task import Limits, Task, test_names

LIMITS = Limits(cpu_seconds=10.0, wall_seconds=60.0)
_TOOLS = frozenset({"pytest", "_pytest", "hypothesis", "conftest"})
_PLACES = (".", "src", "..", "../src")
"""Where the tested module may lie, as seen from the tests."""
_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_HINT = "let the file import one module of one file, by its name"


def is_test_file(path: Path) -> bool:
    """Whether pytest would collect a file of that name."""
    return path.stem.startswith("test_") or path.stem.endswith("_test")


def module_of(path: Path, tree: ast.Module) -> str:
    """The module that a test file tests: the one that it imports and that is neither Python's nor the test runner's.

    Raises:
        HoneError: there is none, there are several of which not exactly one lies near, or it is part of a package.
    """
    found: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            raise HoneError(Boundary.TASK, f"{path}, line {node.lineno}: a relative import", _HINT)
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
        found |= dict.fromkeys(names)
    own = [name for name in found if name.partition(".")[0] not in sys.stdlib_module_names | _TOOLS]
    near = [name for name in own if source_of(path, name)]
    chosen = near if len(near) == 1 else own
    if len(chosen) != 1:
        told = f"imports {', '.join(own[:5])}, and which of them is tested is not clear" if own else "imports no module"
        raise HoneError(Boundary.TASK, f"{path} {told}", _HINT)
    if not chosen[0].isidentifier():
        raise HoneError(Boundary.TASK, f"{path} tests {chosen[0]}, part of a package", _HINT)
    return chosen[0]


def source_of(path: Path, module: str) -> Path | None:
    """The file of a module near its tests; None where there is none."""
    places = (path.parent / place / f"{module}.py" for place in _PLACES)
    return next((place for place in places if place.is_file()), None)


def suite_task(path: Path, tests: str, tree: ast.Module, module: str, reference: str, code: ast.Module | None) -> Task:
    """The one task of a test file, under the name of its file. The first of several tests is shown.

    Args:
        tests, tree: the file's text, and that text parsed.
        module, reference, code: the tested module's name, source and that parsed, where there is one.

    Raises:
        HoneError: the file holds no test.
    """
    try:
        names = test_names(tests)
        shown = next((name for name in names[:-1] if _node(tree, name)), None)
        return Task.from_suite(
            id=path.stem,
            prompt=_prompt(tests, tree, module, code, shown),
            module=module,
            tests=tests,
            visible=(shown,) if shown else (),
            limits=LIMITS,
            domain=module,
            family=module,
            source=str(path),
            reference=reference,
        )
    except HoneError as error:
        raise HoneError(Boundary.TASK, f"{path}: {error.what}", error.hint) from error
    except RecursionError as error:
        raise HoneError(Boundary.TASK, f"{path}: its source nests too deep", "mend it") from error


def _prompt(tests: str, tree: ast.Module, module: str, code: ast.Module | None, shown: str | None) -> str:
    used = list(dict.fromkeys(_used(tree, module)))
    parts = [f"Write the module `{module}`."]
    if used:
        parts[0] += f" Tests use of it: {', '.join(f'`{name}`' for name in used)}."
    parts += [text for file in (tree, code) if file and (text := ast.get_docstring(file))]
    stubs = [_stub(node) for node in (code.body if code else []) if isinstance(node, _FUNCTION | ast.ClassDef)]
    parts += [ast.unparse(ast.fix_missing_locations(stub)) for stub in stubs if stub.name in used]
    if shown and (node := _node(tree, shown)):
        lines = tests.splitlines()[node.lineno - 1 : node.end_lineno]
        parts.append("This is one of the tests:\n\n" + textwrap.dedent("\n".join(lines)))
    return "\n\n".join(parts) + "\n"


def _used(tree: ast.Module, module: str) -> Iterator[str]:
    """Names of the module that its tests use: imported by name, or as attributes of it."""
    bound = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == module
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == module:
            yield from (alias.name for alias in node.names if alias.name != "*")
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in bound:
            yield node.attr


def _stub(node: _Definition) -> _Definition:
    """A definition without its code: headers and docstrings, of a class those of its methods, too."""
    text = ast.get_docstring(node, clean=False)
    body: list[ast.stmt] = [ast.Expr(ast.Constant(text))] if text else []
    if isinstance(node, ast.ClassDef):
        body += [_stub(one) for one in node.body if isinstance(one, _FUNCTION) and _is_public(one.name)]
    stub = copy.copy(node)
    stub.body = body or [ast.Expr(ast.Constant(...))]
    return stub


def _is_public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _node(tree: ast.Module, name: str) -> ast.stmt | None:
    """The definition of a test by its dotted name; None where it is inherited."""
    body, found = tree.body, None
    for part in name.split("."):
        found = next((one for one in body if isinstance(one, _FUNCTION | ast.ClassDef) and one.name == part), None)
        if found is None:
            return None
        body = found.body
    return found
