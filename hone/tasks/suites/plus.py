"""HumanEval+ and MBPP+: the problems of HumanEval and MBPP with many more inputs (Liu et al. 2023, arXiv:2305.01210).

The `OriginFmt` files hold each row's test as a small Python program that loops over literal inputs and results. Where
that is all that it does, the task is judged by value: a call a check, compared by `CLOSE` within the row's tolerance,
in which an int may answer for a float as it does in the row's own `==`. Otherwise the test is run in the referee, a
test an input, by the row's own rule: where a function gives the results, where the order is ignored, and where an
answer holds a dict or a set (a Counter equals a dict by `==`, and has no plain value). The rows' tests compare floats
by numpy; the referee does here by the same formula without it.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hone.errors import HoneError
from hone.tasks.suites import asserts, humaneval
from hone.tasks.suites.entry import Entry
from hone.tasks.suites.literals import holds, literal, quick
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.task import CallCheck, Compare, Form, Limits, Task

HUMANEVAL_FILE = "HumanEvalPlus-OriginFmt.jsonl.gz"
MBPP_FILE = "MbppPlus-OriginFmt.jsonl.gz"
HUMANEVAL_LICENCE, MBPP_LICENCE = "Apache-2.0", "Apache-2.0"
HUMANEVAL_SOURCE = "evalplus/humanevalplus_release 200defce"
MBPP_SOURCE = "evalplus/mbppplus_release dadf43da"
LIMITS = Limits(cpu_seconds=10.0, wall_seconds=90.0)
"""CPU time is for one input, wall time for all of a row's, of which there are up to a thousand."""
_LARGE = Limits(cpu_seconds=20.0, wall_seconds=300.0, memory_bytes=2**30, reply_bytes=64 * 2**20)
"""For rows that take tens of seconds on a slow core, or whose answers are millions of items."""
_LARGE_ROWS = frozenset(
    {
        *("humaneval_plus/15", "humaneval_plus/100", "humaneval_plus/130", "humaneval_plus/139"),
        *("mbpp_plus/255", "mbpp_plus/599"),
    }
)
_LEFT_OUT = {"mbpp_plus/255": {89}}
"""Inputs that are not used, counted from 1: the answer here is 1,663,740 tuples of 77, more than the wire takes."""
_FAULTS = {
    "humaneval_plus/32": "its check is broken: it takes apart the number that find_zero returns, so nothing passes it",
}
_LISTS = re.compile(r"^(?P<start> *(?P<name>inputs|results) = )(?P<value>\[.*\])$", re.MULTILINE)
_NO_DIFFERENCE = 1e-6
"""What two floats may differ by where the row names no tolerance, as in the rows' own comparison."""
_RELATIVE = 1e-7

_COMPARISON = """\
def is_floats(x):
    return isinstance(x, float) or (isinstance(x, (list, tuple)) and all(isinstance(i, float) for i in x))


def _near(out, exp, atol):
    if isinstance(exp, (list, tuple)):
        same = isinstance(out, (list, tuple)) and len(out) == len(exp)
        return same and all(_near(a, b, atol) for a, b in zip(out, exp))
    numbers = isinstance(out, (int, float, complex)) and isinstance(exp, (int, float, complex))
    return out == exp or (numbers and abs(out - exp) <= atol + 1e-07 * abs(exp))


def assertion(out, exp, atol):
    if atol == 0 and is_floats(exp):
        atol = 1e-06
    assert out == exp or (atol != 0 and _near(out, exp, atol)), f"{out!r:.200} is not {exp!r:.200}"
"""
_UNORDERED = "    out, exp = set(out), set(exp)\n"
_MATCHES = """\
def assertion(out, exp, atol):
    assert exp == (out if isinstance(out, bool) else out is not None), f"{out!r:.200}, where {exp} belongs"
"""


@dataclass(frozen=True)
class _Test:
    """What a row's test says, taken apart."""

    inputs: list[Sequence[Any]]
    results: list[Any] | None
    """None where `ref_func` gives them."""
    is_listed: bool
    """Whether the results are known to hold no dict and no set."""
    tolerance: float
    kept: str
    """Imports and functions of the test that give the results."""
    comparison: str
    """Source of `assertion`, where the row has another than the usual one."""


def read_humaneval(folder: Path) -> Iterator[Entry]:
    """One task a row, `humaneval_plus/0` to `humaneval_plus/163`.

    Raises:
        HoneError: a row is broken.
    """
    for row in read_lines(folder / HUMANEVAL_FILE):
        task_id = f"humaneval_plus/{humaneval.number(row)}"
        fault = _FAULTS.get(task_id, "")
        prompt = row.text("prompt")
        reference = prompt + row.text("canonical_solution")
        row.python("canonical_solution", reference)
        facts: dict[str, Any] = {
            "id": task_id,
            "limits": _limits(task_id),
            "source": HUMANEVAL_SOURCE,
            "licence": HUMANEVAL_LICENCE,
            "reference": reference,
        }
        if fault:
            yield Entry(humaneval.checked_task(row, prompt=prompt, given=prompt, **facts), fault=fault)
            continue
        tree, known = _parsed(row)
        check = next((n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "check"), None)
        if check is None:
            row.fail("field 'test' defines no function 'check'")
        test = _taken_apart(row, tree, check.body, known)
        facts |= {"domain": "humaneval", "family": "humaneval", "prompt": prompt}
        yield Entry(_task(row, humaneval.entry_point(row), test, visible=0, **facts))


def read_mbpp(folder: Path) -> Iterator[Task]:
    """One task a row, `mbpp_plus/2` to `mbpp_plus/809`; raises as `read_humaneval`."""
    for row in read_lines(folder / MBPP_FILE):
        task_id = f"mbpp_plus/{row.integer('task_id')}"
        code, shown = asserts.lines(row.text("code")) + "\n", row.texts("test_list")
        row.python("code", code)
        if not shown:
            row.fail("field 'test_list' is empty")
        tree, known = _parsed(row)
        yield _task(
            row,
            _called(row, tree.body),
            _taken_apart(row, tree, tree.body, known),
            visible=1,  # the first input is that of the assertion shown
            id=task_id,
            prompt=f"{row.text('prompt').strip()}\n\nIt must pass this test:\n{asserts.lines(shown[0])}\n",
            domain="mbpp",
            family="mbpp",
            limits=_limits(task_id),
            source=MBPP_SOURCE,
            licence=MBPP_LICENCE,
            reference=code,
        )


def _limits(task_id: str) -> Limits:
    return _LARGE if task_id in _LARGE_ROWS else LIMITS


def _task(row: Row, entry_point: str, test: _Test, visible: int, **facts: Any) -> Task:
    if test.results is None or test.comparison or (not test.is_listed and holds(test.results, (dict, set))):
        return _refereed(row, entry_point, test, visible, **facts)
    checks = tuple(
        _check(tuple(arguments), expected, test.tolerance)
        for arguments, expected in zip(test.inputs, test.results, strict=True)
    )
    return Task(form=Form.CALL, entry_point=entry_point, visible=checks[:visible], hidden=checks[visible:], **facts)


def _check(arguments: tuple[Any, ...], expected: Any, tolerance: float) -> CallCheck:
    """A call, compared by the row's formula: numbers are equal, or as close as `numpy.allclose` has it."""
    floats = [expected] if isinstance(expected, float) else expected
    if not tolerance and isinstance(floats, list | tuple) and all(isinstance(item, float) for item in floats):
        tolerance = _NO_DIFFERENCE
    relative = _RELATIVE if tolerance else 0.0
    return CallCheck(arguments, expected, Compare.CLOSE, tolerance=tolerance, relative_tolerance=relative)


def _refereed(row: Row, entry_point: str, test: _Test, visible: int, **facts: Any) -> Task:
    left_out = _LEFT_OUT.get(facts["id"], ())
    numbers = [number for number in range(1, len(test.inputs) + 1) if number not in left_out]
    expected = f"RESULTS = {test.results!r}\n" if test.results is not None else ""
    result = "RESULTS[{0}]" if test.results is not None else "ref_func(*INPUTS[{0}])"
    answer = f"solution.{entry_point}(*INPUTS[{{0}}])"
    assertion = f"assertion({answer}, {result}, {test.tolerance!r})"
    calls = [f"def test_{number}():\n    {assertion.format(number - 1)}\n" for number in numbers]
    parts = ["import solution", "from math import inf, nan", test.kept, test.comparison or _COMPARISON]
    try:
        return Task.from_suite(
            module=asserts.MODULE,
            tests="\n".join([*parts, f"INPUTS = {test.inputs!r}\n{expected}", *calls]),
            visible=tuple(f"test_{number}" for number in numbers[:visible]),
            names=tuple(f"test_{number}" for number in numbers),
            **facts,
        )
    except HoneError as error:
        row.fail(error.what)


@dataclass(frozen=True)
class _Known:
    """Lists of a test that were read without a tree."""

    lists: dict[str, list[Any]]
    without_braces: set[str]
    """Names of those that hold no dict and no set."""


def _parsed(row: Row) -> tuple[ast.Module, _Known]:
    """The test's tree, and its long lists where they can be read without one; the tree then has `None` in their place.

    Raises:
        HoneError: it is no Python source.
    """
    known = _Known({}, set())

    def cut(line: re.Match[str]) -> str:
        found = quick(line["value"])
        if found is None or line["name"] in known.lists:
            return line[0]
        known.lists[line["name"]] = found
        if "{" not in line["value"]:
            known.without_braces.add(line["name"])
        return f"{line['start']}None"

    return row.python("test", _LISTS.sub(cut, row.text("test"))), known


def _taken_apart(row: Row, tree: ast.Module, body: list[ast.stmt], known: _Known) -> _Test:
    """The parts of a test whose loop is the last statement of `body`.

    Raises:
        HoneError: it is none of the known forms.
    """
    lists = {
        node.targets[0].id: known.lists[node.targets[0].id]
        if node.targets[0].id in known.lists
        else literal(row, "test", node.value)
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    inputs, results = lists.get("inputs"), lists.get("results")
    called = _assertion(row, body)
    if type(inputs) is not list or not inputs or not all(type(item) in (list, tuple) for item in inputs):
        row.fail("field 'test' has no list of inputs")
    if type(results) is list and len(results) != len(inputs):
        row.fail(f"field 'test' has {len(inputs)} inputs and {len(results)} results")
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    if "assertion" not in functions or (type(results) is not list and "ref_func" not in functions):
        row.fail("field 'test' compares by no function 'assertion', or has no results")
    tolerance = literal(row, "test", called.args[2])
    if type(tolerance) not in (int, float):
        row.fail(f"field 'test' has {tolerance!r} for a tolerance")
    kept = [node for name, node in functions.items() if name not in ("is_floats", "assertion", "check")]
    imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    needed = [node for node in imports if "numpy" not in ast.unparse(node)] + kept if kept else []
    return _Test(
        inputs=inputs,
        results=results if type(results) is list else None,
        is_listed="results" in known.without_braces,
        tolerance=float(tolerance),
        kept="\n".join(map(ast.unparse, needed)),
        comparison=_comparison(ast.unparse(functions["assertion"])),
    )


def _comparison(assertion: str) -> str:
    """The referee's comparison for a row that has one of its own; nothing for the usual one."""
    if "set(out)" in assertion:
        return _COMPARISON.replace("    if atol == 0", f"{_UNORDERED}    if atol == 0")
    # Three rows compute whether a match was found as expected and then assert nothing. Here it is asserted.
    return _MATCHES if "out is not None" in assertion else ""


def _assertion(row: Row, body: list[ast.stmt]) -> ast.Call:
    """The call `assertion(f(*inp), expected, tolerance)` of the loop."""
    loop = body[-1] if body else None
    match loop.body[0] if isinstance(loop, ast.For) else None:
        case ast.Expr(value=ast.Call(func=ast.Name(id="assertion"), args=[ast.Call(), _, _]) as call):
            found = call
        case _:
            row.fail("field 'test' does not end in a loop over assertions")
    return found


def _called(row: Row, body: list[ast.stmt]) -> str:
    """The name of the function that the loop tests."""
    match _assertion(row, body).args[0]:
        case ast.Call(func=ast.Name(id=name)):
            called = name
        case _:
            row.fail("field 'test' calls no function by its name")
    return called
