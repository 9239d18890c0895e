"""Comparison of what a program printed, and of how it left, with what a check expects."""

import math
import re

from hone.sandbox.jobs import CaseResult
from hone.tasks.checks import CompareOutput, StdioCheck
from hone.verdict.closeness import Tolerance

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_LONGEST_NUMBER = 400


def prints(check: StdioCheck, case: CaseResult) -> bool:
    """Whether a run printed and left as the check expects; where a checker decides, whether it may be asked."""
    if case.exit_status != check.exit_status or type(case.value) is not str:
        return False
    printed = case.value
    match check.compare:
        case CompareOutput.TOKENS:
            return _same_tokens(printed, check)
        case CompareOutput.LINES:
            return _lines(printed) == _lines(check.stdout)
        case CompareOutput.EXACT:
            return printed == check.stdout
        case CompareOutput.CHECKER:
            return True


def _same_tokens(printed: str, check: StdioCheck) -> bool:
    got, expected = printed.split(), check.stdout.split()
    if got == expected:
        return True
    if len(got) != len(expected) or not (check.tolerance or check.relative_tolerance):
        return False
    tolerance = Tolerance(check.tolerance, check.relative_tolerance)
    return all(a == b or _near(a, b, tolerance) for a, b in zip(got, expected, strict=True))


def _near(got: str, expected: str, tolerance: Tolerance) -> bool:
    """Whether both words are decimal numbers, and near. `nan` and `inf` are words like any other."""
    if max(len(got), len(expected)) > _LONGEST_NUMBER or not (_NUMBER.fullmatch(got) and _NUMBER.fullmatch(expected)):
        return False
    numbers = float(got), float(expected)
    return all(map(math.isfinite, numbers)) and tolerance.near(*numbers)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().split("\n")]
