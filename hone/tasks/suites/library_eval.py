"""NumpyEval and PandasEval: a few lines with numpy or pandas to complete (Zan et al. 2022, arXiv:2206.06888).

A row's `check` calls a function, or reads global names that the completed program bound. Here each assertion is a check
of its own. What it calls the function with is made in the candidate's process, by those statements of the test that the
arguments need; the answers cross as plain values, and the assertion is asked about them in the referee.
"""

import ast
import builtins
from collections.abc import Iterator
from pathlib import Path

from hone.errors import HoneError
from hone.syntax import parse
from hone.tasks.suites import ds1000, packages
from hone.tasks.suites.entry import LeftOut
from hone.tasks.suites.imports import imported
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import CallCheck, Compare, Form, Limits, Task

NUMPY_FILE, PANDAS_FILE = "NumpyEval.jsonl.gz", "PandasEval.jsonl.gz"
LICENCE = "MIT"
SOURCE = "microsoft/PyCodeGPT 62d8430d"
LIMITS = Limits(cpu_seconds=10.0, wall_seconds=60.0, memory_bytes=2 * 2**30, processes=64)
_OTHER_SHAPE = LeftOut(
    "have a test that is no Python source, asserts nothing, or is neither assertions nor assignments"
)
_NONE = "none"
ANSWER = "answer"
"""The function that is asked for where a row asks for global names."""
_DRIVE = """

def drive(solution, asked):
    scope = {"__name__": "inputs"}
    exec(asked, scope)
    return encoded(scope["asked"](solution))
"""
_CHECK = """
def check(arguments, answer):
    crossing, scope = {"__name__": "crossing"}, {"__name__": "test"}
    exec(CROSSING, crossing)
    answers = crossing["decoded"](answer)
    exec(GIVEN, scope)
    scope["candidate"] = lambda *arguments, **options: answers.pop(0)
    scope.update(zip(NAMES, answers))
    exec(ASSERTION, scope)
    return True
"""


def read_numpy(folder: Path) -> Iterator[Task | LeftOut]:
    """One task a row, `numpy_eval/0` to `numpy_eval/100`.

    Raises:
        HoneError: a row is broken.
    """
    return _read(folder / NUMPY_FILE, "numpy_eval", "NumpyEval/")


def read_pandas(folder: Path) -> Iterator[Task | LeftOut]:
    """One task a row, `pandas_eval/0` to `pandas_eval/100`; raises as `read_numpy`."""
    return _read(folder / PANDAS_FILE, "pandas_eval", "PandasEval/")


def _read(path: Path, name: str, prefix: str) -> Iterator[Task | LeftOut]:
    for row in read_lines(path):
        number = row.text("task_id").removeprefix(prefix)
        if not number.isdecimal():
            row.fail(f"field 'task_id' is {row.text('task_id')!r}, not {prefix} and a number")
        yield _task(row, f"{name}/{number}")


def _task(row: Row, task_id: str) -> Task | LeftOut:
    prompt, entry = row.text("prompt").replace("\r\n", "\n"), row.text("entry_point")
    solutions = row.texts("canonical_solution")
    body, reference = _test(row), _parsed(prompt + (solutions[0] if solutions else ""))
    if not solutions or body is None or reference is None:
        return _OTHER_SHAPE
    used = packages.needed(imported(reference))
    if lacking := packages.lacking(used):
        return lacking
    given = _given(prompt)
    if entry == _NONE:
        names = _answered(body, given, prompt)
        checks, program = [_named_check(body, given, names)], _as_function(reference, names)
        asked = f"\n\nWrite it as a function `{ANSWER}()` that returns {_told(names)}.\n"
        entry = ANSWER
    elif entry.isidentifier():
        checks, program, asked = _called_checks(entry, body, given), ast.unparse(reference) + "\n", "\n"
    else:
        row.fail(f"field 'entry_point' is {entry!r}, not a Python name")
    try:
        return Task(
            id=task_id,
            prompt=prompt.rstrip() + asked,
            form=Form.CALL,
            visible=(),
            hidden=tuple(checks),
            entry_point=entry,
            allowed_imports=used,
            limits=LIMITS,
            domain=task_id.partition("/")[0],
            family=task_id.partition("/")[0],
            source=SOURCE,
            licence=LICENCE,
            reference=program,
            driver=ds1000.crossing() + _DRIVE,
        )
    except HoneError as error:
        row.fail(error.what)


def _parsed(source: str) -> ast.Module | None:
    """Its tree; None where it is no Python source, as a test and a few solutions are published."""
    try:
        return parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _test(row: Row) -> list[ast.stmt] | None:
    """The statements of `check`; None where they are of no form that can be taken apart."""
    tree = _parsed(row.text("test"))
    if tree is None:
        return None
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    body = functions[0].body if len(functions) == 1 and functions[0].name == "check" else []
    fits = all(isinstance(node, ast.Assert | ast.Assign) for node in body)
    return body if fits and any(isinstance(node, ast.Assert) for node in body) else None


def _given(prompt: str) -> ast.Module:
    """What the prompt says in whole statements, less the function that is to be completed."""
    lines = prompt.split("\n")
    for count in range(len(lines), 0, -1):
        if (found := _parsed("\n".join(lines[:count]))) is not None:
            return found
    return ast.Module([], [])


def _called_checks(entry: str, body: list[ast.stmt], given: ast.Module) -> list[CallCheck]:
    checks = []
    known = [node for node in body if isinstance(node, ast.Assign)]
    for number, node in enumerate(body):
        if not isinstance(node, ast.Assert):
            continue
        calls = [found for found in ast.walk(node) if isinstance(found, ast.Call) and _is_candidate(found)]
        calls.sort(key=lambda call: (call.lineno, call.col_offset))
        before = [statement for statement in known if statement in body[:number]]
        setup = _needed(before, set().union(*(_names(call) for call in calls)) if calls else set())
        answers = ", ".join(ast.unparse(call) for call in calls)
        lines = "".join(f"    {ast.unparse(statement)}\n" for statement in setup)
        asked = (
            f"{_imports(given)}def asked(solution):\n    candidate = solution.{entry}\n{lines}    return [{answers}]\n"
        )
        assertion = "\n".join(ast.unparse(statement) for statement in [*before, node])
        checks.append(_check(asked, _imports(given), assertion, []))
    return checks


def _named_check(body: list[ast.stmt], given: ast.Module, names: list[str]) -> CallCheck:
    asked = f"def asked(solution):\n    answer = solution.{ANSWER}()\n    return "
    asked += "[answer]\n" if len(names) == 1 else "list(answer)\n"
    return _check(asked, ast.unparse(given), "\n".join(map(ast.unparse, body)), names)


def _check(asked: str, given: str, assertion: str, names: list[str]) -> CallCheck:
    facts = f"CROSSING = {ds1000.crossing()!r}\nGIVEN = {given!r}\nASSERTION = {assertion!r}\nNAMES = {names!r}\n"
    return CallCheck((asked,), compare=Compare.CHECKER, checker=facts + _CHECK)


def _is_candidate(call: ast.Call) -> bool:
    return isinstance(call.func, ast.Name) and call.func.id == "candidate"


def _needed(before: list[ast.Assign], names: set[str]) -> list[ast.Assign]:
    """The assignments that these names come from, in their order: an expected value is none of them."""
    kept: list[ast.Assign] = []
    for statement in reversed(before):
        if any(_names(target) & names for target in statement.targets):
            kept.insert(0, statement)
            names = names | _names(statement.value)
    return kept


def _answered(body: list[ast.stmt], given: ast.Module, prompt: str) -> list[str]:
    """Names that the test reads and the completion binds. What the prompt binds in full is the referee's to make."""
    bound = {name for node in given.body for name in _bound(node)}
    own = {name for node in body for name in _bound(node)}
    read = set().union(*map(_names, body)) - own - set(dir(builtins))
    last = prompt.rstrip().rpartition("\n")[2].rstrip("= ").split("[")[0].split(".")[0].strip()
    wanted = sorted(name for name in read if name not in bound or name == last)
    return wanted or sorted(read - _modules(given))


def _as_function(reference: ast.Module, names: list[str]) -> str:
    heads = [node for node in reference.body if isinstance(node, ast.Import | ast.ImportFrom)]
    rest = [node for node in reference.body if not isinstance(node, ast.Import | ast.ImportFrom)]
    function = parse(f"def {ANSWER}():\n    return {', '.join(names)}\n")
    defined = function.body[0]
    assert isinstance(defined, ast.FunctionDef)
    defined.body[:0] = rest
    return "\n".join(map(ast.unparse, [*heads, defined])) + "\n"


def _told(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names) + (" as a tuple" if len(names) > 1 else "")


def _imports(given: ast.Module) -> str:
    found = [node for node in given.body if isinstance(node, ast.Import | ast.ImportFrom)]
    return "".join(f"{ast.unparse(node)}\n" for node in found)


def _modules(given: ast.Module) -> set[str]:
    return {name for node in given.body if isinstance(node, ast.Import | ast.ImportFrom) for name in _bound(node)}


def _bound(node: ast.stmt) -> set[str]:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)}


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
