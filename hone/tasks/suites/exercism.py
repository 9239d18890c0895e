"""Exercism: exercises with language-neutral cases (exercism/problem-specifications), one task an exercise.

`exercises.jsonl.gz` holds the descriptions and cases, `grading.jsonl` says which of the properties are plain functions,
in which order they take their arguments and how their answers compare. An exercise may ask for several functions, so a
task is a suite whose tests each make one call; the answers are compared in the referee.
"""

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hone.errors import HoneError
from hone.tasks.suites.rows import Row, read_lines
from hone.tasks.suites.signature import annotation
from hone.tasks.task import Limits, Task

FILE = "exercises.jsonl.gz"
GRADING_FILE = "grading.jsonl"
LICENCE = "MIT"
SOURCE = "exercism/problem-specifications 03f83310"
LIMITS = Limits(cpu_seconds=5.0, wall_seconds=20.0)
_SHOWN = 2
"""Cases of each function that the prompt shows, as long as one stays hidden."""
_MOST_DEEP = 50

_REFEREE = '''\
"""{title}: one call a test; answers are compared here, as JSON values of exact types."""

import solution

_ACCIDENTS = (MemoryError, NameError, NotImplementedError, RecursionError)


def _plain(value):
    kind = type(value)
    if kind is list or kind is tuple:
        return [_plain(item) for item in value]
    return {{key: _plain(item) for key, item in value.items()}} if kind is dict else value


def _same(answer, expected, tolerance):
    kind = type(expected)
    if kind is float or (tolerance and kind is int):
        return type(answer) in (int, float) and abs(answer - expected) <= tolerance
    if type(answer) is not kind:
        return False
    if kind is list:
        return len(answer) == len(expected) and all(_same(a, e, tolerance) for a, e in zip(answer, expected))
    if kind is dict:
        return set(answer) == set(expected) and all(_same(answer[key], expected[key], tolerance) for key in expected)
    return answer == expected


def _sorted(value):
    if type(value) is list:
        return sorted((_sorted(item) for item in value), key=repr)
    return {{key: _sorted(value[key]) for key in sorted(value, key=repr)}} if type(value) is dict else value


def _gives(function, arguments, expected, tolerance=0.0, unordered=False):
    answer = _plain(function(*arguments))
    if unordered:
        answer, expected = _sorted(answer), _sorted(expected)
    assert _same(answer, expected, tolerance), f"{{answer!r}} is not {{expected!r}}"


def _refuses(function, arguments):
    try:
        answer = function(*arguments)
    except _ACCIDENTS:
        raise
    except Exception:
        return
    raise AssertionError(f"{{answer!r}} where an error was expected")
'''


@dataclass(frozen=True)
class _Case:
    """One call and what must come of it."""

    row: Row
    description: str
    arguments: tuple[Any, ...]
    expected: Any
    refused: bool
    """The call must raise."""


@dataclass(frozen=True)
class _Function:
    """One property of an exercise: a function, how its answers compare, and its cases."""

    name: str
    parameters: tuple[str, ...]
    optional: frozenset[str]
    compare: str
    tolerance: float
    cases: tuple[_Case, ...]

    def shown(self) -> tuple[int, ...]:
        """Indices of the cases to show: an answer that is not empty, then a refusal, or another answer."""
        ordinary = [i for i, case in enumerate(self.cases) if not case.refused]
        ordinary.sort(key=lambda i: not self.cases[i].expected)  # stable: the first whose answer is not empty leads
        refused = [i for i, case in enumerate(self.cases) if case.refused]
        order = ordinary[:1] + refused[:1] + ordinary[1:] + refused[1:]
        return tuple(sorted(order[: min(_SHOWN, len(self.cases) - 1)]))

    def signature(self) -> str:
        """`def f(coins: list[int], target: int) -> list[int]`, the types taken from the cases."""
        taken = []
        for position, name in enumerate(self.parameters):
            values = [case.arguments[position] for case in self.cases if position < len(case.arguments)]
            default = " = None" if name in self.optional else ""
            taken.append(f"{name}: {annotation(values, optional=bool(default))}{default}")
        answers = [case.expected for case in self.cases if not case.refused]
        if self.compare == "float":
            answers = [_floats(answer) for answer in answers]
        result = f" -> {annotation(answers)}" if answers else ""
        return f"def {self.name}({', '.join(taken)}){result}"

    def call(self, case: _Case) -> str:
        """The case as a line of the prompt."""
        call = f"{self.name}({', '.join(map(repr, case.arguments))})"
        return f"{call}  # raises ValueError" if case.refused else f"{call} == {case.expected!r}"

    def test(self, number: int, case: _Case) -> str:
        """The case as a test of the referee's."""
        arguments = f"solution.{self.name}, {case.arguments!r}"
        if case.refused:
            body = f"_refuses({arguments})"
        else:
            tolerance = f", tolerance={self.tolerance!r}" if self.compare == "float" else ""
            unordered = ", unordered=True" if self.compare == "unordered" else ""
            body = f"_gives({arguments}, {case.expected!r}{tolerance}{unordered})"
        return f"def {self.test_name(number)}():\n    {case.description!r}\n    {body}\n"

    def test_name(self, number: int) -> str:
        """The name of the test of the case with this index."""
        return f"test_{self.name}_{number + 1}"


def read(folder: Path) -> Iterator[Task]:
    """One task for each exercise that has a gradable property, `exercism/acronym` to `exercism/zebra-puzzle`.

    Raises:
        HoneError: a row is broken, or the two files do not fit together.
    """
    gradings: dict[str, list[Row]] = {}
    for row in read_lines(folder / GRADING_FILE):
        gradings.setdefault(row.text("slug"), []).append(row)
    for row in read_lines(folder / FILE):
        gradable = [grading for grading in gradings.get(row.text("slug"), []) if grading.text("class") == "function"]
        if gradable:
            yield _task(row, gradable)


def _task(row: Row, gradings: list[Row]) -> Task:
    slug, title = row.text("slug"), row.text("title")
    cases = list(_leaves(row, row.mapping("canonical_data"), 0))
    replaced = {case.fields.get("reimplements") for case in cases}
    kept = [case for case in cases if case.text("uuid") not in replaced]
    functions = [_function(grading, kept) for grading in gradings]
    shown = [function.test_name(i) for function in functions for i in function.shown()]
    tests = [function.test(i, case) for function in functions for i, case in enumerate(function.cases)]
    title = re.sub(r"[^\w ,.:'-]", "", title)
    try:
        return Task.from_suite(
            id=f"exercism/{slug}",
            prompt=_prompt(title, row.text("description"), functions),
            module="solution",
            tests="\n\n".join([_REFEREE.format(title=title), *tests]),
            visible=tuple(shown),
            names=tuple(function.test_name(i) for function in functions for i in range(len(function.cases))),
            limits=LIMITS,
            domain="exercism",
            family="exercism",
            source=SOURCE,
            licence=LICENCE,
        )
    except HoneError as error:
        row.fail(error.what)


def _leaves(row: Row, group: dict[str, Any], depth: int) -> Iterator[Row]:
    """The cases of a tree of groups, each as a row that fails under its exercise's number."""
    if depth > _MOST_DEEP:
        row.fail("field 'cases' is nested too deep")
    for item in Row(row.path, row.number, group).items("cases"):
        if type(item) is not dict:
            row.fail("field 'cases' holds something that is not an object")
        elif "cases" in item:
            yield from _leaves(row, item, depth + 1)
        else:
            yield Row(row.path, row.number, item)


def _function(grading: Row, cases: list[Row]) -> _Function:
    """A property's function with its gradable cases.

    Raises:
        HoneError: their number is not the one that the grading promises, or one of them lacks an argument.
    """
    name, compare, wanted = grading.text("function"), grading.text("compare"), grading.texts("args")
    optional = frozenset(grading.texts("optional_args"))
    if not name.isidentifier() or keyword.iskeyword(name):
        grading.fail(f"field 'function' is {name!r}, not a Python name")
    if compare not in ("exact", "unordered", "float"):
        grading.fail(f"field 'compare' is {compare!r}, not exact, unordered or float")
    tolerance = grading.fields.get("tolerance") or 0.0
    if type(tolerance) not in (int, float) or (compare == "float") != (tolerance > 0):
        grading.fail(f"field 'tolerance' is {tolerance!r}, which does not fit 'compare'")
    skipped = {entry[0] for entry in grading.items("skip") if type(entry) is list and entry and type(entry[0]) is str}
    chosen = [
        case for case in cases if case.text("property") == grading.text("property") and case.text("uuid") not in skipped
    ]
    if not chosen or len(chosen) != grading.integer("gradable"):
        grading.fail(f"field 'gradable' promises {grading.integer('gradable')} cases, and {len(chosen)} are there")
    return _Function(
        name=name,
        parameters=tuple(_snake(argument) for argument in wanted),
        optional=frozenset(_snake(argument) for argument in optional),
        compare=compare,
        tolerance=float(tolerance),
        cases=tuple(_case(row, wanted, optional) for row in chosen),
    )


def _case(row: Row, wanted: tuple[str, ...], optional: frozenset[str]) -> _Case:
    given = row.mapping("input")
    lacking = [argument for argument in wanted if argument not in given]
    # An optional argument can be left out by position only if nothing follows it.
    if set(lacking) - optional or lacking != list(wanted[len(wanted) - len(lacking) :]) or set(given) - set(wanted):
        row.fail(f"field 'input' has {', '.join(given) or 'nothing'} where {', '.join(wanted) or 'nothing'} belongs")
    if "expected" not in row.fields:
        row.fail("field 'expected' is missing")
    expected = row.fields["expected"]
    refused = type(expected) is dict and "error" in expected
    arguments = tuple(given[argument] for argument in wanted if argument in given)
    return _Case(row, row.text("description"), arguments, None if refused else expected, refused)


def _prompt(title: str, description: str, functions: list[_Function]) -> str:
    lines = [f"# {title}", "", description.strip(), "", "# What to write", ""]
    lines.append("Write a Python module with " + ("this function:" if len(functions) == 1 else "these functions:"))
    lines += ["", "```python", *(function.signature() for function in functions), "```", ""]
    examples = [function.call(function.cases[i]) for function in functions for i in function.shown()]
    if examples:
        lines += ["For example:", "", "```python", *examples, "```", ""]
    if any(case.refused for function in functions for case in function.cases):
        lines.append("Raise ValueError where the input is invalid or there is no answer.")
    for function in functions:
        if function.compare == "unordered":
            lines.append(f"The order of lists in the answer of {function.name} does not matter.")
        elif function.compare == "float":
            lines.append(f"Numbers in the answer of {function.name} may be off by {function.tolerance:g}.")
    return "\n".join(lines).strip() + "\n"


def _floats(value: Any) -> Any:
    """The value with every integer as a float."""
    if type(value) is list:
        return [_floats(item) for item in value]
    return float(value) if type(value) is int else value


def _snake(name: str) -> str:
    """`inputBase` as `input_base`; a keyword gets an underscore."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return snake + "_" if keyword.iskeyword(snake) else snake
