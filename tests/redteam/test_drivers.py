"""Programs that share a process with a driver: none makes it say what is not so."""

from dataclasses import replace

import pytest

from hone import Judge, Outcome
from hone.errors import Boundary
from hone.tasks.families import FAMILIES, Split, levels_of, task_from_id
from hone.tasks.task import CallCheck, Task
from tests.redteam import callbacks, callers
from tests.redteam.drivers import ATTACKS
from tests.redteam.walks import WALKER, watching

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


BY_CALLERS = callers.ATTACKS
SEEN = (
    "the driver's globals, by a default value",
    "the driver's locals, by a default value",
    "the driver's variables, by a default value",
    "a class that is text to execute",
    "a class that is text to evaluate",
    "a trace function where the driver has none",
    "a frame while the hook looks for its own",
)


@pytest.fixture(scope="module")
def of_callers(judge: Judge):
    graded = judge.grade_many([(TASK, TOLD + source) for source in BY_CALLERS.values()], explain=True)
    return dict(zip(BY_CALLERS, graded, strict=True))


@pytest.mark.parametrize("name", BY_CALLERS)
def test_a_driver_that_calls_for_a_program_forges_no_check(of_callers, name: str):
    verdict = of_callers[name]
    assert verdict.outcome is not Outcome.NOT_GRADED, verdict.detail
    assert all(check.outcome is not Outcome.PASSED for check in verdict.checks)


@pytest.mark.parametrize("name", SEEN)
def test_a_program_that_has_the_driver_look_is_refused(of_callers, name: str):
    assert of_callers[name].outcome is Outcome.REFUSED


@pytest.fixture(scope="module")
def of_callbacks(judge: Judge):
    return dict(zip(callbacks.ATTACKS, judge.grade_many(list(callbacks.ATTACKS.values())), strict=True))


@pytest.mark.parametrize("name", callbacks.ATTACKS)
def test_what_a_driver_hands_over_is_no_way_to_its_word(of_callbacks, name: str):
    verdict, (task, _) = of_callbacks[name], callbacks.ATTACKS[name]
    assert not verdict.passed
    assert verdict.outcome is not Outcome.NOT_GRADED, verdict.detail
    if "async_pool" in task.id:  # the others are right where no two threads meet
        assert all(check.outcome is not Outcome.PASSED for check in verdict.checks)


def driven(family: str) -> Task:
    """Two checks of the family's task with the most rules, and time to look around."""
    split = next(split for split in Split if 5 in levels_of(family, split))
    task = task_from_id(f"{family}:5:{split}:0")
    limits = replace(task.limits, cpu_seconds=20.0, wall_seconds=120.0)
    return replace(task, id=f"redteam/{family}", visible=task.visible[:1], hidden=task.hidden[-1:], limits=limits)


WALKED = [name for name in FAMILIES if name.startswith(("concurrency.", "files."))]


@pytest.fixture(scope="module")
def walked(judge: Judge):
    tasks = [driven(name) for name in WALKED]
    graded = judge.grade_many([(replace(task, reference=None), watching(task)) for task in tasks], explain=True)
    return dict(zip(WALKED, graded, strict=True))


@pytest.mark.parametrize("family", WALKED)
def test_nothing_within_reach_leads_to_the_driver(walked, family: str):
    verdict = walked[family]
    assert verdict.passed, (verdict.detail, verdict.tripwires, [check.detail for check in verdict.checks])


@pytest.mark.parametrize("family", ["concurrency.memo", "concurrency.async_pool", "concurrency.worker_pool"])
def test_a_driver_that_hands_over_plain_functions_is_found_out(judge: Judge, family: str):
    task = driven(family)
    assert task.driver is not None
    plain = task.driver.replace("return _cached(function, 0, False, tuple)", "return function")
    assert plain != task.driver
    verdict = judge.grade(replace(task, driver=plain, reference=None), watching(task))
    assert not verdict.passed
    assert any("builtins of its own" in check.detail for check in verdict.checks), verdict


@pytest.mark.parametrize("handed", ["function", "[function]", "__import__('functools').partial(function)"])
def test_a_walk_finds_what_a_plain_function_leads_to(handed: str):
    scope: dict[str, object] = {"__builtins__": dict(__builtins__)}
    exec("def function(): pass", scope)
    walker: dict[str, object] = {"__name__": "walker"}
    exec(WALKER, walker)
    look = walker["look"]
    assert callable(look)
    with pytest.raises(AssertionError, match="builtins of its own"):
        look(eval(handed, scope))


def test_honest_programs_may_ask_for_their_own_scope(judge: Judge):
    extra = """
import dataclasses
here = 1
def inner():
    there = 2
    assert locals() == {"there": 2} == vars() and eval("there + here") == 3 and globals()["here"] == 1
    exec("there = 5; found.append(there)", {"found": found})
    exec("global here; here = there")
    assert here == 2 and "__builtins__" in globals()
    return eval("[len, here]", {"here": 7})
found = []
assert inner() == [len, 7] and found == [5] and vars(dataclasses)["dataclass"] is dataclasses.dataclass
class K:
    exec("x = 3")
    y = locals()["x"]
assert K.x == K.y == 3
@dataclasses.dataclass
class D:
    a: int = 0
assert vars(D(4)) == {"a": 4}
"""
    verdict = judge.grade(TASK, TASK.reference + extra)
    assert (verdict.outcome, verdict.tripwires) == (Outcome.PASSED, ()), verdict.detail


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
