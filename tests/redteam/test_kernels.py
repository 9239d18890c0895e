"""Programs beside the machine that kernels are launched on: none gets at it."""

from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec

import pytest

from hone.tasks.families import packages_of
from hone.tasks.families.catalogue import task_from_id
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome
from tests.redteam.kernels import FORMULA, PATCHES, REACHES

pytestmark = pytest.mark.skipif(find_spec("triton") is None, reason="triton is not installed: pip install '.[kernels]'")
WHOLE = task_from_id("kernels.elementwise:1:train:1")
TASK = replace(WHOLE, id="redteam/kernel", visible=WHOLE.visible[:1], hidden=WHOLE.hidden[-2:])
ATTACKS = PATCHES | REACHES


@pytest.fixture(scope="module")
def judge():
    with Judge(workers=2, static=False, flakiness=None, calibrate=False, packages=packages_of(WHOLE.family)) as judge:
        yield judge


@pytest.fixture(scope="module")
def verdicts(judge: Judge):
    programs = [source.replace("KERNEL", TASK.entry_point) for source in ATTACKS.values()]
    return dict(zip(ATTACKS, judge.grade_many([(TASK, source) for source in programs]), strict=True))


def test_the_formula_is_that_of_the_task():
    words = TASK.prompt.split("where f(x) = ")[1].split(". ")[0]
    assert words.replace("·x²", " * v * v").replace("·x", " * v") == FORMULA


@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_on_the_machine_is_accepted(verdicts, name: str):
    assert verdicts[name].outcome in (Outcome.RAISED, Outcome.WRONG_ANSWER), verdicts[name].detail


@pytest.mark.parametrize("name", REACHES)
def test_what_no_kernel_may_have_is_said_before_anything_is_executed(verdicts, name: str):
    reading = import_module("hone.tasks.families.kernels.reading")
    assert verdicts[name].outcome is Outcome.RAISED
    with pytest.raises(TypeError, match=r"^line \d+: a kernel cannot have "):
        reading.read_program(REACHES[name].replace("KERNEL", TASK.entry_point))
