"""Cyclomatic complexity: a finding above the threshold, at the function, whatever its comments say."""

import pytest

from hone import Judge, Task
from hone.errors import HoneError
from hone.verdict.checks.static import findings


def branches(count: int) -> str:
    """A function of complexity `count + 1`."""
    lines = [f"    if x == {n}:\n        return {n * n + 1}\n" for n in range(count)]
    return f"def f(x):\n{''.join(lines)}    return -x\n"


def found(source: str, complexity: int = 10) -> list[int]:
    return [finding.line for finding in findings([source], complexity)[0] if finding.rule == "C901"]


@pytest.mark.parametrize(("count", "threshold", "lines"), [(9, 10, []), (10, 10, [1]), (3, 3, [1]), (3, 4, [])])
def test_a_function_above_the_threshold_is_one_finding(count: int, threshold: int, lines: list[int]):
    assert found(branches(count), threshold) == lines


def test_each_function_counts_for_itself():
    assert found("def g(x):\n    return x\n\n\n" + branches(12) + "\n\n" + branches(8).replace("def f", "def h")) == [5]


@pytest.mark.parametrize("comment", ["# noqa: C901", "# noqa", "# ruff: noqa", "# ruff: disable[C901]"])
def test_no_comment_of_the_program_silences_it(comment: str):
    source = branches(12).replace("def f(x):", f"def f(x):  {comment}")
    assert found(source) == [1]
    assert found(f"{comment}\n{branches(12)}") == [2]


def test_the_judge_takes_the_threshold():
    source = branches(4)
    task = Task.from_examples(prompt="", entry_point="f", visible=[((0,), 1)], hidden=[((9,), -9)])
    with Judge(workers=1, complexity=3, flakiness=None) as strict, Judge(workers=1, flakiness=None) as lenient:
        verdict, other = strict.grade(task, source), lenient.grade(task, source)
    assert verdict.passed
    assert [finding.rule for finding in verdict.findings] == ["C901"]
    assert other.findings == ()
    assert verdict.components["style"] == pytest.approx(other.components["style"] - 0.01)


@pytest.mark.parametrize("complexity", [0, -1, 2.5, "3", True])
def test_an_impossible_threshold_is_refused(complexity):
    with pytest.raises(HoneError, match="complexity"):
        Judge(workers=1, complexity=complexity)
