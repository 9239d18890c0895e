"""Checks: one input each, what must come of it, and how the two are compared (docs/judging.md tells the rules).

A check is validated when it is made, so that a comparison that cannot be is the task author's error and no verdict.
"""

import ast
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hone.errors import Boundary, HoneError
from hone.kept import Kept
from hone.syntax import parse
from hone.tasks.array import has_numpy, without_numpy


class Compare(StrEnum):
    """How an answer is compared with the expected value, always outside the candidate's process."""

    EXACT = "exact"
    """Equal value and equal type, recursively: `True` is not `1`, a tuple is not a list; NaN equals NaN."""
    UNORDERED = "unordered"
    """As `EXACT`, but the order of list items is ignored at every depth."""
    CLOSE = "close"
    """As `EXACT`, but numbers may differ by `tolerance` or `relative_tolerance`, at every depth; an int may answer for
    a float."""
    ULPS = "ulps"
    """As `EXACT`, but floats may lie `ulps` units in the last place apart, at every depth."""
    ONE_OF = "one of"
    """`expected` is a tuple of acceptable values; the answer is one of them, exactly."""
    RAISES = "raises"
    """The call must raise; `expected` names a builtin exception, or is empty for any `Exception`."""
    CHECKER = "checker"
    """`checker` decides: source of the task author's that defines `check(arguments, answer) -> bool`. `expected` is at
    most an example."""


class CompareOutput(StrEnum):
    """How what a program printed is compared with the output expected."""

    TOKENS = "tokens"
    """The same words, whatever space is between them; with a tolerance, words that are numbers may differ by it."""
    LINES = "lines"
    """The same lines, but for space at the end of each and empty lines at the end of all."""
    EXACT = "exact"
    """The same text to the last character."""
    CHECKER = "checker"
    """`checker` decides: source of the task author's that defines `check(stdin, stdout) -> bool`."""


@dataclass(frozen=True)
class CallCheck:
    """One call of the entry point, by value, and what must come back. numpy values in it are kept as `Array`."""

    args: tuple[Any, ...]
    expected: Any = None
    compare: Compare = Compare.EXACT
    tolerance: float = 0.0
    """`CLOSE`: how far two numbers may be apart."""
    relative_tolerance: float = 0.0
    """`CLOSE`: or how far as a share of the larger one, below 1. As in `math.isclose`, either suffices."""
    ulps: int = 0
    """`ULPS`: most units in the last place between two floats."""
    ordered: bool = False
    """`EXACT`, `ONE_OF`: the order of dicts counts, too."""
    checker: str = ""
    """`CHECKER`: its source. It runs in the referee, a jailed process that holds plain values only."""
    arguments_after: tuple[Any, ...] | None = None
    """What the arguments must be after the call, compared as the answer is (exactly, where that is no comparison with
    a value); None where the task does not care."""

    def __post_init__(self) -> None:
        """Raises HoneError for a comparison that cannot be."""
        for name in ("args", "expected", "arguments_after") if has_numpy() else ():
            value = getattr(self, name)
            plain = without_numpy(value)
            if plain is not value:
                object.__setattr__(self, name, plain)
        if self.compare is Compare.EXACT and not self.ordered:
            if self.tolerance or self.relative_tolerance or self.ulps or self.checker:
                _refuse_parameters(self, ("tolerance", "relative_tolerance", "ulps", "checker"))
            return
        _validate(self, _CALL_PARAMETERS[self.compare])
        if self.compare is Compare.ONE_OF and not (isinstance(self.expected, tuple) and self.expected):
            raise HoneError(Boundary.TASK, f"one of {self.expected!r}", "give a tuple of at least one value")
        if self.compare is Compare.RAISES and not isinstance(self.expected, str | None):
            raise HoneError(Boundary.TASK, f"raises {self.expected!r}", "give the exception's name as text")


@dataclass(frozen=True)
class StdioCheck:
    """One run of the whole program: standard input, and the standard output expected."""

    stdin: str
    stdout: str = ""
    compare: CompareOutput = CompareOutput.TOKENS
    tolerance: float = 0.0
    """`TOKENS`: how far two numbers may be apart."""
    relative_tolerance: float = 0.0
    """`TOKENS`: or how far as a share of the larger one, below 1."""
    checker: str = ""
    """`CHECKER`: its source, which runs in the referee."""
    exit_status: int = 0
    """How the program must leave."""

    def __post_init__(self) -> None:
        """Raises HoneError for a comparison that cannot be."""
        _validate(self, _OUTPUT_PARAMETERS[self.compare])
        if not 0 <= self.exit_status <= 255:
            raise HoneError(Boundary.TASK, f"exit status {self.exit_status}", "give a number from 0 to 255")


@dataclass(frozen=True)
class SuiteCheck:
    """One test of the task's suite, by its name: `test_x` or `Class.test_x`."""

    name: str


Check = CallCheck | StdioCheck | SuiteCheck

_TOLERANCES = ("tolerance", "relative_tolerance")
_CALL_PARAMETERS: dict[Compare, tuple[str, ...]] = {
    Compare.EXACT: ("ordered",),
    Compare.UNORDERED: (),
    Compare.CLOSE: _TOLERANCES,
    Compare.ULPS: ("ulps",),
    Compare.ONE_OF: ("ordered",),
    Compare.RAISES: (),
    Compare.CHECKER: ("checker",),
}
_OUTPUT_PARAMETERS: dict[CompareOutput, tuple[str, ...]] = {
    CompareOutput.TOKENS: _TOLERANCES,
    CompareOutput.LINES: (),
    CompareOutput.EXACT: (),
    CompareOutput.CHECKER: ("checker",),
}
_ALL_PARAMETERS = (*_TOLERANCES, "ulps", "ordered", "checker")
_REFUSED = {
    parameters: tuple(name for name in _ALL_PARAMETERS if name not in parameters)
    for parameters in {*_CALL_PARAMETERS.values(), *_OUTPUT_PARAMETERS.values()}
}
"""For the parameters that a comparison has, those that it has not."""


def call_comparison(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a `CallCheck`, with the comparison that they imply where none is named."""
    implied = {"checker": Compare.CHECKER, "ulps": Compare.ULPS} | dict.fromkeys(_TOLERANCES, Compare.CLOSE)
    return _with_comparison(options, implied)


def output_comparison(options: dict[str, Any]) -> dict[str, Any]:
    """The options of a `StdioCheck`, with the comparison that they imply where none is named."""
    return _with_comparison(options, {"checker": CompareOutput.CHECKER})


def _with_comparison(options: dict[str, Any], implied: dict[str, Any]) -> dict[str, Any]:
    given = {name: value for name, value in options.items() if value}
    for name, compare in implied.items():
        if name in given:
            given.setdefault("compare", compare)
    return given


def _validate(check: CallCheck | StdioCheck, parameters: tuple[str, ...]) -> None:
    """Every parameter is one of this comparison's, and possible."""
    _refuse_parameters(check, _REFUSED[parameters])
    if not 0 <= check.tolerance < math.inf:
        raise HoneError(Boundary.TASK, f"a tolerance of {check.tolerance}", "give a finite number from 0 up")
    if not 0 <= check.relative_tolerance < 1:
        what = f"a relative tolerance of {check.relative_tolerance}"
        raise HoneError(Boundary.TASK, what, "give a number from 0 to below 1: at 1 every answer is close to 0")
    if "ulps" in parameters and isinstance(check, CallCheck) and check.ulps < 0:
        raise HoneError(Boundary.TASK, f"{check.ulps} units in the last place", "give a number from 0 up")
    if "checker" in parameters:
        _validate_checker(check.checker)


def _refuse_parameters(check: CallCheck | StdioCheck, names: tuple[str, ...]) -> None:
    for name in names:
        if getattr(check, name, None):
            what = f"`{name}` is no parameter of the comparison {str(check.compare)!r}"
            raise HoneError(Boundary.TASK, what, "name the comparison that it belongs to as `compare`")


_sound_checkers: Kept[bool] = Kept(2**20)


def _validate_checker(source: str) -> None:
    """It parses and defines `check`. What it does is seen when it runs, in the referee."""
    if _sound_checkers.get(source):
        return
    try:
        tree = parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise HoneError(Boundary.TASK, f"the checker does not parse: {error}", "mend its source") from error
    if not any(isinstance(node, ast.FunctionDef) and node.name == "check" for node in tree.body):
        raise HoneError(Boundary.TASK, "the checker defines no function `check`", "define check(…) -> bool")
    _sound_checkers.put(True, 0, source)
