"""Repair: the program that is shown fails, the reference does not, and the check that is told of is not hidden."""

import ast
import itertools
import math
from collections import Counter
from importlib.util import find_spec
from typing import Any

import pytest

from hone.tasks.families import FAMILIES, HELD_OUT, Split, kernels, levels_of, task_from_id, task_id
from hone.tasks.families.repair import RepairFamily, to_be_mended
from hone.tasks.mutation.bounded import OutOfSteps, bounded
from hone.tasks.task import CallCheck, Form, SuiteCheck, Task
from hone.verdict.judge import Judge
from tests.hash_seeds import same_in_every_process

REPAIRS = [name for name in FAMILIES if name.startswith("repair.")]
PLACES = [
    (name, level, split) for name in REPAIRS for split in (Split.TRAIN, *HELD_OUT) for level in levels_of(name, split)
]

UNSTABLE = ("repair.numerics:5:train:9", "repair.numerics:3:held_out_parameters:1")
"""Show a textbook's formula in place of a stable one."""


def tasks(each: int) -> list[Task]:
    """Of all families but those of threads and kernels; of services one each, for they take long, too."""
    return [
        task_from_id(task_id(*place, index))
        for place in PLACES
        for index in range(1 if place[0] == "repair.services" else each)
        if place[0] not in ("repair.concurrency", "repair.kernels")
    ]


def broken(task: Task) -> str:
    return to_be_mended([task])[task.id]


def test_there_is_a_family_for_every_domain_whose_programs_can_be_run():
    assert {"repair.strings", "repair.integers", "repair.lists", "repair.dictionaries"} <= set(REPAIRS)
    assert {"repair.collections", "repair.services", "repair.concurrency"} <= set(REPAIRS)
    assert {"repair.numerics", "repair.kernels"} <= set(REPAIRS)


def test_the_program_shown_fails_and_the_reference_passes(uncalibrated_judge: Judge):
    several = tasks(2)
    mended = uncalibrated_judge.grade_many([(task, task.reference) for task in several])
    shown = uncalibrated_judge.grade_many([(task, broken(task)) for task in several])
    assert [v.task_id for v in mended if not v.passed] == []
    assert [v.task_id for v in shown if v.passed] == []
    assert all(any(not c.visible and c.outcome != "passed" for c in v.checks) for v in shown if v.checks)


def test_a_program_of_threads_lacks_one_lock_and_fails(uncalibrated_judge: Judge):
    several = [task_from_id(f"repair.concurrency:{level}:train:1") for level in (1, 2, 4)]
    for task in several:
        assert broken(task).count("with ") == task.reference.count("with ") - 1
    mended = uncalibrated_judge.grade_many([(task, task.reference) for task in several])
    shown = uncalibrated_judge.grade_many([(task, broken(task)) for task in several])
    assert all(verdict.passed for verdict in mended)
    assert not any(verdict.passed for verdict in shown)


@pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed: pip install '.[kernels]'")
def test_a_kernel_that_is_shown_has_one_fault_and_fails():
    made = RepairFamily("repair.kernels", kernels.FAMILIES)
    several = [made.task(f"repair.kernels:{level}:train:2", level, Split.TRAIN) for level in (1, 2, 4, 5)]
    for task in several:
        lines, right = Counter(broken(task).splitlines()), Counter(task.reference.splitlines())
        assert broken(task) != task.reference
        assert max((lines - right).total(), (right - lines).total()) <= 2
    with Judge(workers=2, static=False, flakiness=None, calibrate=False, packages=made.packages) as judge:
        mended = judge.grade_many([(task, task.reference) for task in several])
        shown = judge.grade_many([(task, broken(task)) for task in several])
    assert all(verdict.passed for verdict in mended)
    assert not any(verdict.passed for verdict in shown)


def test_what_is_told_of_numbers_is_what_comes_of_them_and_far_off():
    told = Counter[str]()
    names = [f"repair.numerics:{level}:train:{i}" for i, level in itertools.product(range(4), (1, 2, 3, 4, 5))]
    for task in map(task_from_id, [*names, *UNSTABLE]):
        text = task.prompt.rpartition("With it `")[2]
        call, _, said = text.partition("` ")
        scope: dict[str, Any] = {}
        exec(broken(task), scope)
        raised, answer = "", None
        try:
            answer = eval(call, scope, {"nan": math.nan, "inf": math.inf})
        except Exception as error:
            raised = type(error).__name__
        if raised:
            assert said.startswith(f"raises {raised};")
            continue
        if "it must raise" in said:
            continue
        wanted = ast.literal_eval(said.rpartition("it must return `")[2].partition("`")[0])
        pairs = list(zip(*(value if isinstance(value, list) else [value] for value in (answer, wanted)), strict=False))
        if said.startswith("is off by more than "):
            units = int(said.removeprefix("is off by more than ").partition(" ")[0].replace(",", ""))
            worst = max(abs(got - right) / math.ulp(right) for got, right in pairs)
            assert units < worst < 10 * units
            assert units >= 100
            told["units"] += 1
        elif isinstance(answer, float):
            assert said.startswith(f"returns about `{answer:#.4g}`")
            assert not math.isclose(answer, wanted, rel_tol=1e-6)
            told["values"] += 1
    assert told["units"] >= 2
    assert told["values"] >= 5


def test_the_program_shown_is_the_reference_but_for_one_place():
    for task in tasks(3):
        lines, right = broken(task).splitlines(), task.reference.splitlines()
        assert lines != right
        differing = [pair for pair in zip(lines, right, strict=False) if pair[0] != pair[1]]
        assert len(differing) <= 1 or len(lines) != len(right)


def test_the_call_that_is_told_of_is_visible_and_not_hidden():
    for task in tasks(3):
        if task.form is not Form.CALL or task.driver:
            continue
        told = task.prompt.rpartition("With it `")[2]
        calls = {
            f"{task.entry_point}({', '.join(map(repr, check.args))})": check in task.visible
            for check in task.checks
            if isinstance(check, CallCheck)
        }
        named = [visible for call, visible in calls.items() if told.startswith(call)]
        assert named
        assert all(named)


def test_what_is_told_of_a_service_comes_of_the_calls_that_are_shown_and_their_script_is_visible():
    for level in (1, 2, 3, 4, 5):
        task = task_from_id(f"repair.services:{level}:train:3")
        calls, _, told = task.prompt.rpartition("With it, in\n\n")[2].partition("\n\nthe last call ")
        *before, last = calls.splitlines()
        helpers = task.prompt.partition("It is called through this function:\n\n")[2].partition("\n\nTwo examples")[0]
        scope: dict[str, Any] = {}
        exec("\n".join([broken(task), helpers, *before]), scope)
        try:
            seen = f"returns `{eval(last, scope)!r}`; it must "
        except Exception as error:
            seen = f"raises {type(error).__name__}; it must "
        assert told.startswith(seen)
        shown = [check.name for check in task.visible if isinstance(check, SuiteCheck)]
        scripts = [part for part in task.tests.split("\ndef ") if part.startswith("test_script_")]
        here = [part.partition("(")[0] for part in scripts if all(line in part for line in before[1:])]
        assert set(here) & set(shown)
        assert len(task.hidden) >= 10


@pytest.mark.parametrize(
    "source",
    [
        "def f(x):\n    while True:\n        x += 1\n",
        "def f(x):\n    return f(x + 1) if x < 10**9 else [f(y) for y in iter(int, 1)]\n",
        "def f(x):\n    return sum(y for y in iter(int, 1))\n",
        "def f(x):\n    while True:\n        try:\n            f(x)\n        except Exception:\n            pass\n",
    ],
)
def test_a_program_without_an_end_runs_out_of_steps(source: str):
    with pytest.raises((OutOfSteps, RecursionError)):
        bounded(source, "f")(1)


def test_a_repair_is_the_same_in_another_process_with_another_hash_seed():
    names = [task_id(*place, 4) for place in PLACES[::7]]
    code = f"from hone.tasks.families import task_from_id as t\nfor n in {names!r}: print(repr(t(n)))"
    text = same_in_every_process(code)
    assert len(text) > 1000
