"""Drivers: the task author's code beside the program, and a judge that believes nothing but values."""

import pytest

from hone.errors import HoneError
from hone.tasks.task import Task
from hone.tasks.task_json import from_json, to_json
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome

FILES = """
import os
import tempfile

def drive(solution, files, name):
    os.chdir(tempfile.mkdtemp())  # every call in a folder of its own
    for path, text in files.items():
        with open(path, "w") as file:
            file.write(text)
    answer = solution.convert(name)
    left = {}
    for path in sorted(os.listdir()):
        with open(path) as file:
            left[path] = file.read()
    return answer, left
"""
TASK = Task.from_examples(
    prompt="Write the upper-case text of a file into FILE.up and return its length.",
    entry_point="convert",
    visible=[(({"a": "xy"}, "a"), (2, {"a": "xy", "a.up": "XY"}))],
    hidden=[(({"b": "q", "c": ""}, "b"), (1, {"b": "q", "b.up": "Q", "c": ""}))],
    driver=FILES,
)
RIGHT = """
def convert(name):
    with open(name) as file:
        text = file.read()
    with open(name + ".up", "w") as file:
        file.write(text.upper())
    return len(text)
"""


def test_a_driver_makes_files_and_reads_them_back(judge: Judge):
    assert judge.grade(TASK, RIGHT).passed
    assert judge.grade(TASK, RIGHT.replace(".upper()", "")).outcome is Outcome.WRONG_ANSWER
    assert judge.grade(TASK, "def convert(name): raise OSError(name)").outcome is Outcome.RAISED
    assert judge.grade(TASK, "def other(name): return 1").outcome is Outcome.MISSING_ENTRY_POINT


def test_a_program_cannot_import_the_driver_or_change_what_it_took_from_the_library(judge: Judge):
    taken = "import time\nnow = time.monotonic\n\ndef drive(solution, x):\n    return now() > 0, solution.f(x)\n"
    task = Task.from_examples(prompt="", entry_point="f", visible=[], hidden=[((1,), (True, 1))], driver=taken)
    assert judge.grade(task, "import time\ntime.monotonic = lambda: -1\ndef f(x): return x").passed
    assert judge.grade(task, "import driver\ndef f(x): return x").outcome is Outcome.RAISED


def test_a_program_that_replaces_the_driver_s_answer_must_still_know_the_right_one(judge: Judge):
    forged = "import sys\ndef convert(name):\n    sys._getframe(1).f_locals['left'] = {}\n    return 0\n"
    assert not judge.grade(TASK, forged).passed


def test_a_task_with_a_driver_survives_json_and_has_an_id_of_its_own():
    assert from_json(to_json(TASK)) == TASK
    plain = Task.from_examples(prompt="", entry_point="f", visible=[], hidden=[((1,), 1)])
    driven = Task.from_examples(
        prompt="", entry_point="f", visible=[], hidden=[((1,), 1)], driver="def drive(solution, x): pass"
    )
    assert plain.id != driven.id


@pytest.mark.parametrize(
    ("driver", "said"),
    [("def drive(", "does not parse"), ("def other(solution): pass", "no function `drive`"), ("\0", "does not parse")],
)
def test_a_driver_that_cannot_be_is_one_clear_line(driver: str, said: str):
    with pytest.raises(HoneError, match=said):
        Task.from_examples(prompt="", entry_point="f", visible=[], hidden=[((1,), 1)], driver=driver)


def test_a_driver_goes_with_calls_only():
    with pytest.raises(HoneError, match="driver"):
        Task.from_stdio(prompt="", visible=[], hidden=[("", "")], driver=FILES)


WARNS = "import sys\ndef f(n):\n    return n if sys._getframe(0) else 0\n"


@pytest.mark.parametrize(("passes_on", "outcome"), [(True, Outcome.PASSED), (False, Outcome.REFUSED)])
def test_where_a_driver_only_passes_on_there_are_no_walls_for_packages_to_run_into(judge: Judge, passes_on, outcome):
    task = Task.from_examples(
        prompt="n",
        entry_point="f",
        visible=[((1,), 1)],
        hidden=[((2,), 2)],
        driver="def drive(solution, n):\n    return solution.f(n)\n",
        driver_passes_on=passes_on,
    )
    assert from_json(to_json(task)) == task
    verdict = judge.grade(task, WARNS)
    assert verdict.outcome is outcome
    assert verdict.tripwires == ("walks the frames",)
    assert not judge.grade(task, WARNS.replace("return n", "return 1")).passed
