"""Programs that share a process with a driver: none makes it say what is not so."""

from dataclasses import replace

import pytest

from hone import Judge, Outcome
from hone.errors import Boundary
from hone.tasks.families.catalogue import task_from_id
from hone.tasks.task import CallCheck
from tests.redteam.drivers import ATTACKS

WHOLE = task_from_id("concurrency.counter:1:train:1")
TASK = replace(WHOLE, id="redteam/driver", visible=WHOLE.visible[:1], hidden=WHOLE.hidden[-2:])
CHECKS = [check for check in TASK.checks if isinstance(check, CallCheck)]
FIRST = next(check.expected[0] - check.args[0] * sum(check.args[1]) for check in CHECKS)
TOLD = f"NAME = {TASK.entry_point!r}\ndef lie(threads, amounts): return [{FIRST} + threads * sum(amounts)]\n"
REFUSED = (
    "the frames above",
    "the frames above, by inspect",
    "the frames of all threads",
    "the frames of a traceback",
    "the collector's objects",
    "the collector's garbage",
    "a profiler of its own",
    "no trace function any more",
)


@pytest.fixture(scope="module")
def verdicts(judge: Judge):
    graded = judge.grade_many([(TASK, TOLD + source) for source in ATTACKS.values()])
    return dict(zip(ATTACKS, graded, strict=True))


def test_the_lie_is_what_the_driver_should_find():
    scope: dict[str, object] = {}
    exec(TOLD, scope)
    lie = scope["lie"]
    assert callable(lie)
    assert [lie(*check.args) for check in CHECKS] == [check.expected for check in CHECKS]


@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_on_a_driver_is_accepted(verdicts, name: str):
    verdict = verdicts[name]
    assert not verdict.passed
    assert verdict.outcome is not Outcome.NOT_GRADED, verdict.detail


@pytest.mark.parametrize("name", REFUSED)
def test_a_program_that_looks_around_beside_a_driver_is_refused(verdicts, name: str):
    assert verdicts[name].outcome is Outcome.REFUSED
    assert verdicts[name].tripwires


def test_honest_programs_may_use_what_the_library_makes_of_frames(judge: Judge):
    extra = """
import asyncio, collections, concurrent.futures, dataclasses, enum, logging, traceback, typing
P = collections.namedtuple("P", "a b")
class N(typing.NamedTuple):
    a: int
E = enum.Enum("E", "one two")
T = typing.TypeVar("T")
@dataclasses.dataclass
class D:
    a: int = 0
async def later(): return 1
assert asyncio.run(later()) == 1
with concurrent.futures.ThreadPoolExecutor(1) as pool: assert pool.submit(int).result() == 0
logging.warning("seen")
try: 1 / 0
except ZeroDivisionError:
    traceback.print_exc()
    logging.exception("again")
"""
    verdict = judge.grade(TASK, TASK.reference + extra)
    assert (verdict.outcome, verdict.tripwires) == (Outcome.PASSED, ())


CLAIM = """
import sys
frame = sys._getframe()
while "send" not in frame.f_locals: frame = frame.f_back
frame.f_locals["send"]({"stop": "the driver failed", "e": "nothing to see"})
"""


def test_a_program_cannot_have_itself_left_out_by_saying_that_the_driver_failed(judge: Judge):
    open_task = replace(TASK, driver_passes_on=True)  # where a program gets at what sends
    verdict = judge.grade(open_task, CLAIM + TASK.reference)
    assert verdict.outcome is Outcome.KILLED
    assert verdict.boundary is Boundary.CANDIDATE


@pytest.mark.parametrize("driver", ["import no_such_module\n", "raise SystemExit\n", "1 / 0\n"])
@pytest.mark.parametrize("walls", [True, False])
def test_a_driver_that_does_not_load_is_nobodys_failure(judge: Judge, driver: str, walls: bool):
    task = replace(TASK, id="redteam/broken", driver=driver + TASK.driver, driver_passes_on=not walls)
    for source in (TASK.reference, "raise ValueError", "("):
        verdict = judge.grade(task, source)
        assert verdict.outcome is Outcome.NOT_GRADED
        assert "driver does not load" in verdict.detail


READS = """
def read_program(text):
    if "nothing" in text: return {}
    if "wrong" in text: raise ValueError("it is wrong")
    return {NAME: text.count, "text": text}
def drive(program, *given):
    return program["text"]
"""


def test_a_driver_that_reads_is_given_the_text_and_nothing_of_it_is_executed(judge: Judge):
    check = replace(CHECKS[0], expected="1 / 0\n# ok")
    driver = READS.replace("NAME", repr(TASK.entry_point))
    task = replace(TASK, id="redteam/read", driver=driver, visible=(), hidden=(check,))
    outcomes = [judge.grade(task, text).outcome for text in ("1 / 0\n# ok", "1 / 0\n# nothing", "# wrong", "(")]
    assert outcomes == [Outcome.PASSED, Outcome.MISSING_ENTRY_POINT, Outcome.RAISED, Outcome.DOES_NOT_COMPILE]
