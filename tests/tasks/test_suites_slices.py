"""Slices of the collected suites, judged for real: what ought to pass passes, and what ought to fail fails."""

import gzip
from itertools import islice
from pathlib import Path

import pytest

from hone.errors import HoneError
from hone.tasks.certify import check_suite
from hone.tasks.suite import Suite
from hone.tasks.suites import load_suite
from hone.tasks.suites.cruxeval import input_program, output_program
from hone.tasks.suites.readers import READERS
from hone.tasks.task import Form, StdioCheck, Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome
from tests.collected import COLLECTED, needs_suites

pytestmark = needs_suites


def slice_of(name: str, folder: Path, rows: range) -> Suite:
    """A suite of these rows of the collected file alone."""
    file = Path(READERS[name].folder) / READERS[name].files[0]
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(COLLECTED / file, "rb") as whole:
        kept = b"".join(islice(whole, rows.start, rows.stop, rows.step))
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_bytes(gzip.compress(kept) if file.suffix == ".gz" else kept)
    return load_suite(name, folder)


def passing(judge: Judge, pairs: list[tuple[Task, str]]) -> list[str]:
    return [verdict.task_id for verdict in judge.grade_many(pairs) if verdict.passed]


@pytest.mark.parametrize(
    ("name", "rows"),
    [
        ("humaneval_plus", range(1, 12, 4)),
        ("mbpp_plus", range(5, 90, 16)),
        ("humanevalpack", range(30, 40)),
        ("quixbugs", range(3, 8, 4)),
        ("cruxeval", range(0, 800, 40)),
        ("cruxeval_input", range(0, 800, 40)),
        ("coffe_functions", range(0, 398, 30)),
        ("coffe_programs", range(54, 55)),
        ("bigcodebench", range(1, 28, 4)),
    ],
)
def test_reference_of_each_row_passes_and_its_stub_fails(name: str, rows: range, tmp_path: Path, judge: Judge) -> None:
    suite = slice_of(name, tmp_path, rows)
    report = check_suite(suite, judge)
    if name == "bigcodebench":  # rows over files and patches need more than a slice can promise
        assert report.reference_passed > 0
    else:
        assert report.reference_passed == len(suite)
        assert report.quarantined == ()
    assert report.stub_passed == 0
    assert report.buggy_passed == (0 if name in ("humanevalpack", "quixbugs") else None)


def test_plus_tasks_are_values_unless_their_rule_is_no_comparison_of_values(tmp_path: Path) -> None:
    suite = slice_of("humaneval_plus", tmp_path, range(13, 17))
    assert [task.form for task in suite] == [Form.CALL, Form.SUITE, Form.SUITE, Form.CALL]
    suite = slice_of("mbpp_plus", tmp_path, range(3))
    assert {task.id: task.form for task in suite}["mbpp_plus/2"] is Form.SUITE  # its order is ignored


def test_the_broken_check_of_humaneval_plus_is_quarantined_by_name(tmp_path: Path, judge: Judge) -> None:
    report = check_suite(slice_of("humaneval_plus", tmp_path, range(32, 33)), judge)
    (found,) = report.quarantined
    assert found.task == "humaneval_plus/32"
    assert "its check is broken" in found.reason
    assert report.reference_passed == 0


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("    return number - int(number) + 2e-6\n", "past the tolerance"),
        ("    return str(number - int(number))\n", "text is no number"),
        ("    return (number - int(number),)\n", "a tuple is no number"),
    ],
)
def test_a_slightly_wrong_answer_fails_a_plus_task(wrong: str, why: str, tmp_path: Path, judge: Judge) -> None:
    (task,) = slice_of("humaneval_plus", tmp_path, range(2, 3))
    close = "    return number - int(number) + 5e-7\n"
    assert passing(judge, [(task, task.prompt + close)]) == [task.id], "within the tolerance"
    assert passing(judge, [(task, task.prompt + wrong)]) == [], why


def test_the_order_is_ignored_and_nothing_else_where_a_plus_row_says_so(tmp_path: Path, judge: Judge) -> None:
    (task,) = slice_of("mbpp_plus", tmp_path, range(1))
    answer = "def similar_elements(a, b):\n    return {}\n"
    right = [answer.format(text) for text in ("list(set(a) & set(b))[::-1]", "set(a) & set(b)")]
    wrong = [answer.format(text) for text in ("list(set(a) | set(b))", "list(set(a) & set(b))[1:]", "None")]
    assert passing(judge, [(task, source) for source in right]) == [task.id] * 2
    assert passing(judge, [(task, source) for source in wrong]) == []


def test_a_match_row_that_asserts_nothing_is_mended(tmp_path: Path, judge: Judge) -> None:
    (task,) = slice_of("mbpp_plus", tmp_path, range(318, 319))
    assert task.id == "mbpp_plus/737"
    assert passing(judge, [(task, task.reference)]) == [task.id]
    assert passing(judge, [(task, "def check_str(string):\n    return None\n")]) == []


def test_a_predicted_literal_is_judged_and_nothing_else_is_taken(tmp_path: Path, judge: Judge) -> None:
    (output,) = slice_of("cruxeval", tmp_path, range(2, 3))
    (given,) = slice_of("cruxeval_input", tmp_path, range(2, 3))
    right = [(output, output_program("'hbtofdeiequ'")), (given, input_program("'hbtofdei+equ'"))]
    wrong = [(output, output_program("'hbtof'")), (given, input_program("'hbtof'")), (given, input_program("1, 2"))]
    assert passing(judge, right) == [output.id, given.id]
    assert passing(judge, wrong) == []
    for prediction in ("f('hbtofdeiequ')", "1\nimport os", "__import__('os')", "(" * 5000, "x"):
        with pytest.raises(HoneError, match="is no literal"):
            output_program(prediction)
        with pytest.raises(HoneError, match="is no literal"):
            input_program(prediction)


def test_a_program_that_knows_the_shown_cases_alone_fails(tmp_path: Path, judge: Judge) -> None:
    (task,) = slice_of("coffe_programs", tmp_path, range(54, 55))
    answers = {check.stdin: check.stdout for check in task.visible if isinstance(check, StdioCheck)}
    knowing = f"import sys\nprint({answers!r}.get(sys.stdin.read(), ''))\n"
    verdict = judge.grade(task, knowing)
    assert [check.outcome for check in verdict.checks if check.visible] == [Outcome.PASSED] * 2
    assert not verdict.passed
