"""A certification that was cut off goes on where it was, and asks again about whatever has changed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from hone.errors import HoneError
from hone.tasks.certify import Certification, Journal, check_tasks
from hone.tasks.task import Task

TASKS = [
    Task.from_examples(
        id=f"t{number}",
        prompt="Write f(x).",
        entry_point="f",
        visible=[((1,), 2)],
        hidden=[((number + 2,), number + 3)],
        reference="def f(x):\n    return x + 1\n",
    )
    for number in range(3)
]


class Told(StrEnum):
    PASSED = "passed"
    WRONG = "wrong answer"


@dataclass(frozen=True)
class Said:
    passed: bool
    outcome: StrEnum
    detail: str = ""
    checks: tuple[Any, ...] = ()
    runs: int = 1
    passes: int = 1


@dataclass
class Counting:
    """Passes references, fails all else, and counts the tasks it was asked about."""

    asked: list[str] = field(default_factory=list)

    def grade_many(self, pairs: list[tuple[Task, str]], /, *, rerun: bool = True) -> Sequence[Said]:
        self.asked += dict.fromkeys(task.id for task, _ in pairs)
        passed = [source == task.reference for task, source in pairs]
        return [Said(good, Told.PASSED if good else Told.WRONG) for good in passed]


def certified(path: Path, tasks: Sequence[Task]) -> tuple[list[str], int]:
    judge = Counting()
    report = check_tasks("mine", tasks, judge, how=Certification(journal=Journal(path)))
    return judge.asked, report.reference_passed


def test_what_is_known_is_not_asked_again(tmp_path: Path):
    path = tmp_path / "report.jsonl"
    assert certified(path, TASKS[:2]) == (["t0", "t1"], 2)
    assert certified(path, TASKS) == (["t2"], 3)
    assert certified(path, TASKS) == ([], 3)


def test_a_task_that_changed_is_asked_about_again(tmp_path: Path):
    path = tmp_path / "report.jsonl"
    certified(path, TASKS)
    changed = [replace(TASKS[0], prompt="Write f(x), please."), *TASKS[1:]]
    assert certified(path, changed) == (["t0"], 3)


def test_a_line_that_was_cut_short_is_dropped_and_found_again(tmp_path: Path):
    path = tmp_path / "report.jsonl"
    certified(path, TASKS)
    path.write_bytes(path.read_bytes()[:-20])
    assert certified(path, TASKS) == (["t2"], 3)
    assert certified(path, TASKS) == ([], 3)


@pytest.mark.parametrize("line", ["not json", "{}", '{"key": 1, "report": {}}', '{"key": "a", "report": {"task": 3}}'])
def test_another_kind_of_file_is_refused_in_one_line_and_left_alone(tmp_path: Path, line: str):
    path = tmp_path / "notes.txt"
    path.write_text(line + "\n")
    with pytest.raises(HoneError, match="line 1: no line of a certification") as caught:
        Journal(path)
    assert "\n" not in str(caught.value)
    assert path.read_text() == line + "\n"
