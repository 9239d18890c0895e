"""Certification by the real judge: fair tasks pass, unfair ones are named with the reason, public suites hold."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import pytest

from hone.tasks.certify import cheats, check_suite, check_tasks, stub_of
from hone.tasks.families import Split, TaskMix, task_from_id, task_id
from hone.tasks.suites import load_suite
from hone.tasks.task import CallCheck, Compare, Limits, Task
from hone.verdict.checks.flakiness import FlakinessConfig
from hone.verdict.judge import Judge
from tests.collected import COLLECTED, needs_suites


@pytest.fixture(scope="module")
def thorough_judge():
    """Reads every program, and runs those that pass again and again."""
    with Judge(workers=2, calibrate=False, flakiness=FlakinessConfig(sampled=1.0, reruns=12)) as judge:
        yield judge


def call_task(name: str, answers: dict[int, Any], reference: str) -> Task:
    examples = [((given,), answer) for given, answer in answers.items()]
    prompt = f"Write f(x), task {name}."
    return Task.from_examples(
        id=name, prompt=prompt, entry_point="f", visible=examples[:1], hidden=examples[1:], reference=reference
    )


FAIR = call_task("fair", {1: 2, 2: 3, 5: 6, 8: 9, 20: 21, 30: 31}, "def f(x):\n    return x + 1\n")
UNFAIR = {
    "reference fails": call_task("wrong-reference", {1: 2, 2: 3, 5: 6}, "def f(x):\n    return x + 2\n"),
    "constant 7 passes": call_task("constant", {1: 7, 2: 7}, "def f(x):\n    return 7\n"),
    "constant None passes": call_task("nothing", {1: None, 2: None}, "def f(x):\n    return None\n"),
    "identity passes": call_task("identity", {1: 1, 2: 2}, "def f(x):\n    return x\n"),
    "random answers of the right type passes": call_task(
        "two-answers", {0: True, 2: True, 4: True}, "def f(x):\n    return x % 2 == 0\n"
    ),
    "echo of the visible examples passes": replace(FAIR, id="all-shown", hidden=FAIR.visible),
    "constant 'no\\n' passes": Task.from_stdio(
        id="stdio",
        prompt="Print no.",
        visible=[("1\n", "no\n")],
        hidden=[("2\n", "no\n")],
        reference="print('no')\n",
    ),
    "constant [] passes": Task.from_examples(
        id="zipped",
        prompt="Write f(x): the digits of x.",
        entry_point="f",
        visible=[],
        hidden=[((12,), None), ((305,), None), ((7,), None)],
        checker=(
            "def check(arguments, answer):\n    return all(int(a) == b for a, b in zip(str(arguments[0]), answer))\n"
        ),
        reference="def f(x):\n    return [int(digit) for digit in str(x)]\n",
    ),
    "constant '0' passes": Task.from_stdio(
        id="multiple",
        prompt="Print a multiple of the given number.",
        visible=[("3\n", "")],
        hidden=[("4\n", "")],
        checker="def check(stdin, stdout):\n    return int(stdout) % int(stdin) == 0\n",
        reference="print(2 * int(input()))\n",
    ),
    "refusal passes": Task.from_suite(
        id="refusal",
        prompt="Write f.",
        module="solution",
        tests=(
            "import solution\ndef test_f():\n    try:\n        assert not solution.f(1)\n"
            "    except ValueError:\n        return\n"
        ),
    ),
    "flaky": replace(FAIR, id="flaky", reference="import random\ndef f(x):\n    return x + (random.random() < 0.9)\n"),
    "underspecified: the prompt does not name f": replace(FAIR, id="nameless", prompt="Add one."),
    "underspecified: the prompt does not name the error KeyError": replace(
        FAIR,
        id="untold-error",
        hidden=(*FAIR.hidden, CallCheck((-1,), "KeyError", Compare.RAISES)),
        reference="def f(x):\n    if x < 0:\n        raise KeyError(x)\n    return x + 1\n",
    ),
    "underspecified: the prompt is empty": replace(FAIR, id="silent", prompt=" "),
    "leaking: the prompt holds the reference": replace(
        FAIR,
        id="told",
        reference="def f(x):\n    y = x\n    y += 1\n    return y\n",
        prompt="Write f(x) such as\n\n    y = x\n    y += 1\n    return y\n",
    ),
    "leaking: the prompt shows 3 of 4 hidden inputs": Task.from_examples(
        id="shown",
        prompt="Write f. f('nine hundred') gives 12, f('seven hundred') 13, f('zero hundred!') 13.",
        entry_point="f",
        visible=[],
        hidden=[(("nine hundred",), 12), (("seven hundred",), 13), (("zero hundred!",), 13), (("",), 0)],
        reference="def f(x):\n    return len(x)\n",
    ),
    "contradictory: two checks expect different answers": replace(
        FAIR, id="contradictory", hidden=(*FAIR.hidden, CallCheck((2,), 4))
    ),
    "slow: the reference takes": replace(
        FAIR,
        id="slow",
        reference=(
            "import time\ndef f(x):\n    end = time.process_time() + (0.3 if x == 1 else 0)\n"
            "    while time.process_time() < end:\n        pass\n    return x + 1\n"
        ),
        limits=Limits(cpu_seconds=0.4),
    ),
}


@pytest.mark.parametrize("reason", UNFAIR)
def test_an_unfair_task_is_quarantined_with_the_reason(thorough_judge: Judge, reason: str) -> None:
    report = check_tasks("mine", [FAIR, UNFAIR[reason]], thorough_judge)
    assert [found.task for found in report.quarantined] == [UNFAIR[reason].id], report.quarantined
    assert reason in report.quarantined[0].reason


def test_report_has_exactly_the_published_keys_and_counts(thorough_judge: Judge) -> None:
    progress: list[tuple[int, int]] = []
    nothing = UNFAIR["constant None passes"]
    report = check_tasks("mine", [FAIR, nothing], thorough_judge, lambda done, total: progress.append((done, total)))
    found = json.loads(report.to_json())
    reason = found["quarantined"][0]["reason"]
    assert found == {
        "suite": "mine",
        "tasks": 2,
        "reference_passed": 2,
        "stub_passed": 1,
        "quarantined": [{"task": "nothing", "reason": reason}],
    }
    assert "stub passes" in reason
    assert progress == [(2, 2)]


class FakeOutcome(StrEnum):
    NOT_GRADED = "not graded"


@dataclass(frozen=True)
class FakeVerdict:
    passed: bool = False
    outcome: StrEnum = FakeOutcome.NOT_GRADED
    detail: str = "the jail is gone"
    checks: tuple[Any, ...] = ()
    runs: int = 1
    passes: int = 0


def test_a_task_that_could_not_be_graded_is_neither_proven_nor_passed() -> None:
    class Broken:
        def grade_many(self, pairs: list[tuple[Task, str]], /, *, rerun: bool = True) -> list[FakeVerdict]:
            return [FakeVerdict() for _ in pairs]

    report = check_tasks("mine", [FAIR], Broken())
    assert (report.reference_passed, report.stub_passed) == (0, 0)
    assert "reference was not graded: the jail is gone" in report.quarantined[0].reason


def test_stub_keeps_names_and_constants_and_empties_every_body() -> None:
    reference = (
        "import math\nLIMIT = 3\nclass C:\n    def m(self):\n        return 1\n"
        "def f(x, *, y=2):\n    '''Doc.'''\n    return x\nasync def g():\n    return 1\nh = lambda: 1\n"
    )
    assert stub_of(replace(FAIR, reference=reference)) == (
        "import math\nLIMIT = 3\n\nclass C:\n\n    def m(self):\n        pass\n\n"
        "def f(x, *, y=2):\n    pass\n\nasync def g():\n    pass\nh = lambda: None\n"
    )
    assert "def f(" in stub_of(replace(FAIR, reference=""))


def test_cheats_of_a_suite_define_every_name_that_its_tests_use() -> None:
    tests = "import solution\nfrom solution import f as g\ndef test_a():\n    assert solution.h(g(1)) == 2\n"
    task = Task.from_suite(prompt="", module="solution", tests=tests)
    for _called, source in cheats(task):
        assert "def h(" in source
        assert "def f(" in source


def test_composed_families_are_fair(thorough_judge: Judge) -> None:
    mix = TaskMix.parse("composed")
    tasks = [task_from_id(task_id(family, level, Split.TRAIN, 0)) for family, level in mix.trained()]
    report = check_tasks("families", tasks, thorough_judge)
    assert report.quarantined == ()
    assert (report.reference_passed, report.stub_passed) == (len(tasks), 0)


@needs_suites
@pytest.mark.parametrize(("name", "tasks"), [("humaneval", 164), ("mbpp_sanitized", 427)])
def test_every_reference_of_a_public_suite_passes(judge: Judge, name: str, tasks: int) -> None:
    suite = load_suite(name, COLLECTED)
    assert len(suite) == tasks
    verdicts = judge.grade_many([(task, task.reference) for task in suite])
    assert [verdict.task_id for verdict in verdicts if not verdict.passed] == []


@needs_suites
@pytest.mark.parametrize(("name", "tasks"), [("humaneval", 41), ("mbpp_sanitized", 107)])
def test_a_quarter_of_a_public_suite_is_fair(judge: Judge, name: str, tasks: int) -> None:
    suite = load_suite(name, COLLECTED)  # the whole of it: `hone suite check NAME --suites DIR`
    report = check_suite(replace(suite, tasks=suite.tasks[::4]), judge)
    assert report.quarantined == ()
    assert (report.tasks, report.reference_passed, report.stub_passed) == (tasks, tasks, 0)


@needs_suites
def test_constants_identity_and_refusal_fail_a_quarter_of_exercism(judge: Judge) -> None:
    suite = load_suite("exercism", COLLECTED)  # the whole of it: `hone suite check exercism --suites DIR`
    report = check_suite(replace(suite, tasks=suite.tasks[::4]), judge)
    assert report.quarantined == ()
    assert (report.tasks, report.reference_passed, report.stub_passed) == (33, 0, 0)


def test_constants_are_tried_of_every_acceptable_value_and_of_no_checkers_example():
    checks = [
        CallCheck((1,), (4, 5), Compare.ONE_OF),
        CallCheck((2,), 6, Compare.CHECKER, checker="def check(arguments, answer): return True"),
        CallCheck((3,), "ValueError", Compare.RAISES),
    ]
    task = Task.from_examples(prompt="", entry_point="f", visible=checks, hidden=[])
    called = [called for called, _ in cheats(task)]
    assert called[:5] == ["identity", "echo of the visible examples", "early exit", "constant 4", "constant 5"]
    assert {"constant []", "constant {}", "constant 0"} < set(called[5:])
    assert "constant 6" not in called
