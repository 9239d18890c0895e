"""Every attack in every mode: none is accepted, nothing escapes, and honest candidates afterwards are graded right.

`HONE_RED_TEAM=full` grades a hundred honest candidates after each attack, in place of a few, and gives attacks longer.
"""

import importlib
import os
from dataclasses import replace
from pathlib import Path

import pytest

from hone import Judge, Outcome, Task
from hone.tasks.task import Limits

FAMILIES = ("exits", "objects", "theft", "patching", "protocol", "afterlife", "bombs", "escapes")
FULL = os.environ.get("HONE_RED_TEAM") == "full"
HONEST_AFTER_EACH, HONEST_AFTER_FAMILY = (100, 100) if FULL else (2, 100)
LIMITS = Limits(cpu_seconds=0.15, wall_seconds=1.0, memory_bytes=128 * 2**20, file_bytes=2**20, processes=8)
BRIEF = LIMITS if FULL else replace(LIMITS, wall_seconds=0.5)
"""For attacks: those that sleep would sleep through any limit, and the honest ones need theirs on a busy machine."""
SOLVED = "def f(x):\n    return (x * 48271 + 11) % 2039\n"
INPUTS = (1, 7, 13, 400, 9999)


def answer(x: int) -> int:
    """What the task asks for: nothing that can be guessed from the two visible checks."""
    return (x * 48271 + 11) % 2039


EXAMPLES = [((x,), answer(x)) for x in INPUTS]
CALL = Task.from_examples(
    id="redteam/call", prompt="", entry_point="f", visible=EXAMPLES[:2], hidden=EXAMPLES[2:], limits=LIMITS
)
_OUTPUTS = [(f"{x}\n", f"{answer(x)}\n") for x in INPUTS[:3]]
STDIO = Task.from_stdio(id="redteam/stdio", prompt="", visible=_OUTPUTS[:1], hidden=_OUTPUTS[1:], limits=LIMITS)
_TESTS = "from solution import f\n" + "".join(f"def test_{x}(): assert f({x}) == {answer(x)}\n" for x in INPUTS[:3])
_CLASS = """
import unittest
import solution

class TestF(unittest.TestCase):
    def test_equal(self): self.assertEqual(solution.f(7), {seven})
    def test_in(self): self.assertIn(solution.f(13), [{thirteen}])
    def test_other(self): self.assertEqual([solution.f(1)], [{one}])
"""
SUITE = Task.from_suite(id="redteam/suite", prompt="", module="solution", tests=_TESTS, limits=LIMITS)
CLASS = Task.from_suite(
    id="redteam/class",
    prompt="",
    module="solution",
    tests=_CLASS.format(seven=answer(7), thirteen=answer(13), one=answer(1)),
    limits=LIMITS,
)
PRINTS = "\nimport sys\nprint(f(int(sys.stdin.read())))\n"
ATTACKS = [
    pytest.param(family, name, id=f"{family}: {name}")
    for family in FAMILIES
    for name in importlib.import_module(f"{__package__}.{family}").ATTACKS
]


def source_of(family: str, name: str) -> str:
    return importlib.import_module(f"{__package__}.{family}").ATTACKS[name]


@pytest.fixture(scope="module", autouse=True)
def canaries(tmp_path_factory: pytest.TempPathFactory):
    """What the host has before and must have after: a file, and the name it goes by."""
    canary = tmp_path_factory.mktemp("canary") / "canary"
    canary.write_text("alive")
    before = {path: path.exists() for path in (Path("/escaped"), Path("/tmp/escaped"), Path("/tmp/left_behind"))}
    node, runtime = os.uname().nodename, Path(os.__file__).stat().st_mtime
    yield
    assert canary.read_text() == "alive"
    assert {path: path.exists() for path in before} == before
    assert (os.uname().nodename, Path(os.__file__).stat().st_mtime) == (node, runtime)


def honest_are_graded_right(judge: Judge, count: int, salt: str) -> None:
    pairs: list[tuple[Task, str]] = []
    for number in range(count):
        right = SOLVED + f"# {salt} {number}"
        wrong = right.replace("+ 11", "+ 12")
        task, tail = ((CALL, ""), (CALL, ""), (STDIO, PRINTS), (SUITE, ""))[number % 4]
        pairs.append((task, (wrong if number % 3 == 2 else right) + tail))
    verdicts = judge.grade_many(pairs)
    assert [verdict.passed for verdict in verdicts] == [number % 3 != 2 for number in range(count)]


def test_there_are_enough_attacks():
    assert len(ATTACKS) >= 80


@pytest.mark.parametrize(("family", "name"), ATTACKS)
def test_no_attack_is_accepted(judge: Judge, family: str, name: str):
    attack = source_of(family, name)
    modes = [(CALL, attack), (STDIO, attack + PRINTS), (SUITE, attack), (CLASS, attack)]
    pairs = [(replace(task, limits=BRIEF), source) for task, source in modes]
    for (task, _), verdict in zip(pairs, judge.grade_many(pairs), strict=True):
        assert not verdict.passed, task.id
        assert verdict.outcome is not Outcome.NOT_GRADED, (task.id, verdict.detail)
        assert not verdict.hidden_passed, task.id
        assert verdict.reward is not None
        assert verdict.reward < 0
    honest_are_graded_right(judge, HONEST_AFTER_EACH, name)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hundred_honest_candidates_after_each_family(judge: Judge, family: str):
    attacks = importlib.import_module(f"{__package__}.{family}").ATTACKS
    judge.grade_many([(CALL, f"{source}\n# again") for source in list(attacks.values())[:3]])
    honest_are_graded_right(judge, HONEST_AFTER_FAMILY, family)


def test_the_honest_solution_passes_in_every_mode(judge: Judge):
    verdicts = judge.grade_many([(CALL, SOLVED), (STDIO, SOLVED + PRINTS), (SUITE, SOLVED), (CLASS, SOLVED)])
    assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED] * 4
