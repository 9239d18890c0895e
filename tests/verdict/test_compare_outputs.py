"""What a program printed is compared by tokens, by lines, exactly; numbers within a tolerance on request."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.sandbox.jobs import CaseResult, Status
from hone.tasks.task import CompareOutput, StdioCheck
from hone.verdict.outputs import prints


def printed(text: str, status: int | None = 0) -> CaseResult:
    return CaseResult(Status.DONE if status == 0 else Status.RAISED, text, exit_status=status)


@pytest.mark.parametrize(
    ("text", "tokens", "lines", "exact"),
    [
        ("1 2\n3\n", True, True, True),
        ("1 2\n3", True, True, False),
        ("1 2  \r\n3\n\n \n", True, True, False),
        ("1 2 3", True, False, False),
        (" 1 2\n3\n", True, False, False),
        ("\n1 2\n3\n", True, False, False),
        ("1  2\n3\n", True, False, False),
        ("1 2\x0b3\n", True, False, False),
        ("1 2\n3\n4\n", False, False, False),
        ("1 2\n", False, False, False),
        ("12\n3\n", False, False, False),
        ("1 2\n3.0\n", False, False, False),
        ("", False, False, False),
    ],
    ids=repr,
)
def test_each_comparison_forgives_what_it_says(text: str, tokens: bool, lines: bool, exact: bool):
    for compare, right in (
        (CompareOutput.TOKENS, tokens),
        (CompareOutput.LINES, lines),
        (CompareOutput.EXACT, exact),
    ):
        assert prints(StdioCheck("", "1 2\n3\n", compare), printed(text)) is right


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.floats(0, 10), st.floats(0, 0.5))
def test_tokens_that_are_numbers_are_close_as_isclose_says(a: float, b: float, absolute: float, relative: float):
    check = StdioCheck("", f"x {b!r}", tolerance=absolute, relative_tolerance=relative)
    right = math.isclose(a, b, abs_tol=absolute, rel_tol=relative)
    if absolute or relative:
        assert prints(check, printed(f"x\n{a!r}")) is right
        assert prints(check, printed(f"x\n{a:.20e}")) is right


@pytest.mark.parametrize(
    ("got", "expected", "right"),
    [
        ("1.0", "1", True),
        ("+1", "1.", True),
        (".5", "5e-1", True),
        ("1_0", "10", False),
        ("nan", "NaN", False),
        ("nan", "nan", True),
        ("inf", "1e999", False),
        ("1e999", "1e998", False),
        ("1e999", "1e999", True),
        ("0x1", "1", False),
        ("١", "1", False),
        ("x", "1", False),
        ("1" * 500, "1" * 499 + "2", False),
    ],
)
def test_only_decimal_numbers_are_numbers(got: str, expected: str, right: bool):
    assert prints(StdioCheck("", expected, tolerance=1e-6), printed(got)) is right


@pytest.mark.parametrize("status", [0, 3, 255])
def test_a_program_must_leave_as_it_should(status: int):
    check = StdioCheck("", "1", exit_status=status)
    assert [prints(check, printed("1", left)) for left in (0, 3, 255)] == [left == status for left in (0, 3, 255)]
    assert not prints(check, CaseResult(Status.KILLED, None))
    assert not prints(check, CaseResult(Status.TIMED_OUT, "1"))
    assert not prints(check, CaseResult(Status.KILLED, None, exit_status=status))


@given(st.text(), st.text(), st.sampled_from(list(CompareOutput)[:3]))
def test_any_output_is_compared_without_an_error_and_equals_itself(a: str, b: str, compare: Any):
    assert prints(StdioCheck("", a, compare), printed(a))
    assert prints(StdioCheck("", a, compare), printed(b)) is prints(StdioCheck("", b, compare), printed(a))
