"""Checks say how an answer is compared, and a comparison that cannot be is refused when it is written down."""

import math
from typing import Any

import pytest

from hone.errors import Boundary, HoneError
from hone.tasks.task import CallCheck, Compare, CompareOutput, StdioCheck, Task

CHECKER = "def check(arguments, answer):\n    return True\n"


@pytest.mark.parametrize(
    "options",
    [
        {"compare": Compare.CLOSE, "tolerance": -1.0},
        {"compare": Compare.CLOSE, "tolerance": math.nan},
        {"compare": Compare.CLOSE, "tolerance": math.inf},
        {"compare": Compare.CLOSE, "relative_tolerance": 1.0},
        {"compare": Compare.CLOSE, "relative_tolerance": -0.1},
        {"compare": Compare.CLOSE, "relative_tolerance": math.nan},
        {"compare": Compare.ULPS, "ulps": -1},
        {"compare": Compare.ULPS, "tolerance": 0.1},
        {"compare": Compare.EXACT, "tolerance": 0.1},
        {"compare": Compare.UNORDERED, "ordered": True},
        {"compare": Compare.ONE_OF},
        {"compare": Compare.ONE_OF, "expected": ()},
        {"compare": Compare.ONE_OF, "expected": [1, 2]},
        {"compare": Compare.RAISES, "expected": ValueError},
        {"compare": Compare.CHECKER},
        {"compare": Compare.CHECKER, "checker": "def check(a, b) return"},
        {"compare": Compare.CHECKER, "checker": "def verify(a, b): return True"},
        {"compare": Compare.CHECKER, "checker": "(" * 10_000},
        {"checker": CHECKER},
    ],
    ids=str,
)
def test_a_comparison_that_cannot_be_is_the_task_authors_error(options: dict[str, Any]):
    with pytest.raises(HoneError) as raised:
        CallCheck((1,), **options)
    assert raised.value.boundary is Boundary.TASK
    assert raised.value.hint


@pytest.mark.parametrize(
    "options",
    [
        {"compare": CompareOutput.LINES, "tolerance": 0.1},
        {"compare": CompareOutput.CHECKER},
        {"checker": CHECKER},
        {"exit_status": 256},
        {"exit_status": -9},
    ],
    ids=str,
)
def test_an_output_comparison_that_cannot_be_is_refused(options: dict[str, Any]):
    with pytest.raises(HoneError):
        StdioCheck("1\n", "1\n", **options)


@pytest.mark.parametrize(
    ("options", "compare"),
    [
        ({}, Compare.EXACT),
        ({"ordered": True}, Compare.EXACT),
        ({"tolerance": 0.1}, Compare.CLOSE),
        ({"relative_tolerance": 0.1}, Compare.CLOSE),
        ({"tolerance": 0.1, "relative_tolerance": 0.1}, Compare.CLOSE),
        ({"ulps": 2}, Compare.ULPS),
        ({"checker": CHECKER}, Compare.CHECKER),
        ({"compare": Compare.UNORDERED}, Compare.UNORDERED),
        ({"compare": Compare.CLOSE}, Compare.CLOSE),
    ],
    ids=str,
)
def test_options_of_a_task_are_those_of_every_pair_and_imply_their_comparison(
    options: dict[str, Any], compare: Compare
):
    named: dict[str, Any] = options | {"compare": compare}
    own = CallCheck((2,), (2, 3), Compare.ONE_OF)
    task = Task.from_examples(prompt="", entry_point="f", visible=[((1,), 1), own], hidden=[((3,), 3)], **options)
    assert task.visible == (CallCheck((1,), 1, **named), own)
    assert task.hidden == (CallCheck((3,), 3, **named),)


def test_options_of_a_program_are_those_of_every_pair():
    own = StdioCheck("2\n", "2\n", CompareOutput.EXACT, exit_status=3)
    task = Task.from_stdio(prompt="", visible=[("1\n", "1\n"), own], hidden=[], tolerance=0.1)
    assert task.visible == (StdioCheck("1\n", "1\n", tolerance=0.1), own)
    checked = Task.from_stdio(prompt="", visible=[("1\n", "")], hidden=[], checker=CHECKER)
    assert checked.visible == (StdioCheck("1\n", "", CompareOutput.CHECKER, checker=CHECKER),)


@pytest.mark.parametrize("example", [(1, 2), ((1,),), ((1,), 2, 3), "ab", 7, StdioCheck("", "")])
def test_an_example_of_another_form_is_refused(example: Any):
    with pytest.raises(HoneError):
        Task.from_examples(prompt="", entry_point="f", visible=[example], hidden=[])
    if not isinstance(example, StdioCheck):
        with pytest.raises(HoneError):
            Task.from_stdio(prompt="", visible=[example], hidden=[])


def test_tasks_that_compare_differently_are_different_tasks():
    def task(**options: Any) -> Task:
        return Task.from_examples(prompt="", entry_point="f", visible=[((1,), 1.0)], hidden=[], **options)

    variants: list[dict[str, Any]] = [{}, {"tolerance": 0.1}, {"tolerance": 0.2}, {"ulps": 1}, {"checker": CHECKER}]
    assert len({task(**options).id for options in variants}) == len(variants)
    assert task().id == task().id
