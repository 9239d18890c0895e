"""Every attack in every mode: none is accepted, nothing escapes, and honest candidates afterwards are graded right.

`HONE_RED_TEAM=full` grades a hundred honest candidates after each attack, in place of a few.
"""

import importlib
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from hone import Judge, Outcome, Task
from hone.errors import HoneError
from hone.sandbox.jail import check_jail
from hone.tasks.task import Limits
from hone.verdict.verdict import Verdict

FAMILIES = ("exits", "objects", "theft", "patching", "protocol", "afterlife", "bombs", "escapes")
FULL = os.environ.get("HONE_RED_TEAM") == "full"
MODES = 4
HONEST_AFTER_EACH, HONEST_AFTER_FAMILY = (100, 100) if FULL else (2, 100)
LIMITS = Limits(cpu_seconds=0.15, wall_seconds=1.0, memory_bytes=128 * 2**20, file_bytes=2**20, processes=8)
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


@pytest.fixture(scope="module")
def judge():
    try:
        check_jail()
    except HoneError as error:
        pytest.skip(f"this machine gives no jail: {error}")
    with Judge(workers=2, static=False, flakiness=None) as judge:
        yield judge


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


def honest(count: int, salt: str) -> list[tuple[Task, str]]:
    """Programs that nobody graded before, every third of them wrong."""
    pairs: list[tuple[Task, str]] = []
    for number in range(count):
        right = SOLVED + f"# {salt} {number}"
        wrong = right.replace("+ 11", "+ 12")
        task, tail = ((CALL, ""), (CALL, ""), (STDIO, PRINTS), (SUITE, ""))[number % 4]
        pairs.append((task, (wrong if number % 3 == 2 else right) + tail))
    return pairs


def are_graded_right(verdicts: Sequence[Verdict]) -> None:
    assert [verdict.passed for verdict in verdicts] == [number % 3 != 2 for number in range(len(verdicts))]


@pytest.fixture(scope="module")
def graded(judge: Judge) -> Callable[[str], dict[str, Sequence[Verdict]]]:
    """The verdicts on a family, by the attack: in every mode, and on the honest programs that follow it.

    One batch for the whole family, so no worker waits for an attack that the other one still has to sit out.
    """

    @cache
    def of_family(family: str) -> dict[str, Sequence[Verdict]]:
        groups = {}
        for name, attack in importlib.import_module(f"{__package__}.{family}").ATTACKS.items():
            attacks = [(CALL, attack), (STDIO, attack + PRINTS), (SUITE, attack), (CLASS, attack)]
            groups[name] = attacks + honest(HONEST_AFTER_EACH, name)
        verdicts = iter(judge.grade_many([pair for group in groups.values() for pair in group]))
        return {name: [next(verdicts) for _ in group] for name, group in groups.items()}

    return of_family


def test_there_are_enough_attacks():
    assert len(ATTACKS) >= 80


@pytest.mark.parametrize(("family", "name"), ATTACKS)
def test_no_attack_is_accepted(graded: Callable[[str], dict[str, Sequence[Verdict]]], family: str, name: str):
    verdicts = graded(family)[name]
    for verdict in verdicts[:MODES]:
        assert not verdict.passed, verdict.task_id
        assert verdict.outcome is not Outcome.NOT_GRADED, (verdict.task_id, verdict.detail)
        assert not verdict.hidden_passed, verdict.task_id
        assert verdict.reward is not None
        assert verdict.reward < 0
    assert len(verdicts) == MODES + HONEST_AFTER_EACH
    are_graded_right(verdicts[MODES:])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_hundred_honest_candidates_after_each_family(judge: Judge, family: str):
    attacks = importlib.import_module(f"{__package__}.{family}").ATTACKS
    judge.grade_many([(CALL, f"{source}\n# again") for source in list(attacks.values())[:3]])
    are_graded_right(judge.grade_many(honest(HONEST_AFTER_FAMILY, family)))


def test_the_honest_solution_passes_in_every_mode(judge: Judge):
    verdicts = judge.grade_many([(CALL, SOLVED), (STDIO, SOLVED + PRINTS), (SUITE, SOLVED), (CLASS, SOLVED)])
    assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED] * 4
