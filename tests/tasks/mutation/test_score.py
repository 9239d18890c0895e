"""The mutation score: what checks let pass is named, and what nobody could tell apart is set aside."""

import random

import pytest

from hone.tasks.certify import Certification, check_tasks
from hone.tasks.mutation.mutants import mutants
from hone.tasks.mutation.score import changed, further_inputs, mutation_reports
from hone.tasks.task import CallCheck, Task
from hone.verdict.judge import Judge

REFERENCE = "def f(x):\n    if x > 3:\n        return 1\n    return x\n"


def task(name: str, given: list[int], reference: str = REFERENCE) -> Task:
    return Task.from_examples(
        id=name,
        prompt="Write f(x).",
        entry_point="f",
        visible=[((1,), 1)],
        hidden=[((x,), 1 if x > 3 else x) for x in given],
        reference=reference,
    )


@pytest.fixture(scope="module")
def judge(uncalibrated_judge: Judge) -> Judge:
    return uncalibrated_judge


def test_checks_at_the_boundary_kill_every_mutant(judge: Judge):
    (report,) = mutation_reports([task("strong", [3, 4, 0, -2])], judge)
    assert report.survivors == ()
    assert report.killed >= 6


def test_checks_far_from_the_boundary_let_mistakes_pass_and_these_are_named(judge: Judge):
    (report,) = mutation_reports([task("weak", [0, 9])], judge)
    assert {str(mutant) for mutant in report.survivors} >= {
        "line 2: comparison: x > 3 → x >= 3",
        "line 2: constant: 3 → 4",
        "line 2: constant: 3 → 2",
    }


def test_a_mutant_that_nobody_can_tell_apart_is_no_survivor(judge: Judge):
    same = "def f(x):\n    return max(1, min(x, x)) if x > 3 and x > 3 else x\n"
    (report,) = mutation_reports([task("equivalent", [3, 4, 0, 2])], judge)
    (doubled,) = mutation_reports([task("doubled", [], same.replace("max(1, min(x, x))", "1"))], judge)
    assert report.equivalent == 0
    assert doubled.equivalent >= 1


def test_a_weak_task_is_put_into_quarantine(judge: Judge):
    report = check_tasks(
        "mine", [task("weak", [0, 9]), task("strong", [3, 4, 0, -2])], judge, how=Certification(mutants=20)
    )
    assert [found.task for found in report.quarantined] == ["weak"]
    assert "weak: its checks kill" in report.quarantined[0].reason
    assert report.mutation_score is not None
    assert report.mutation_score < 1


def test_an_endless_mutant_is_killed_soon(judge: Judge):
    loop = "def f(x):\n    n = 0\n    while n < x:\n        n += 1\n    return n\n"
    endless = Task.from_examples(
        id="endless", prompt="", entry_point="f", visible=[], hidden=[((3,), 3), ((0,), 0)], reference=loop
    )
    (report,) = mutation_reports([endless], judge, seconds=[0.001])
    assert report.survivors == ()


def test_further_inputs_have_the_shape_of_those_given():
    given = [([1, 2], "ab", {"k": (1, 2.5)}), ([], "", {})]
    found = further_inputs(given, random.Random(0), 60)
    assert found[:2] == given
    assert len(found) > 40
    assert all([type(part) for part in arguments] == [list, str, dict] for arguments in found)
    assert changed(None, random.Random(0)) is None
    assert CallCheck(found[5], None).args == found[5]


def test_mutants_of_foreign_text_that_do_not_compile_are_not_counted(judge: Judge):
    reference = "def f(x):\n    match x:\n        case {1: a, 2: b}:\n            return a\n    return x\n"
    told = {str(mutant) for mutant in mutants(reference)} - {str(mutant) for mutant in mutants(reference, is_ours=True)}
    assert told == {"line 3: constant: 1 → 2", "line 3: constant: 2 → 1"}
    hidden = [((x,), x) for x in (0, 1, {}, {1: 2})] + [(({1: 3, 2: 4},), 3)]
    asked = Task.from_examples(prompt="", entry_point="f", visible=[], hidden=hidden, reference=reference)
    (report,) = mutation_reports([asked], judge)
    assert report.counted + report.equivalent == len(mutants(reference, is_ours=True))
