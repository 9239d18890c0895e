"""Speed beside the reference: credit for what is faster outside noise, and for no trick with the clock."""

import dataclasses
import random
from typing import Any

import pytest

from hone import Judge, Task, Verdict
from hone.errors import HoneError
from hone.sandbox.jobs import CaseResult, RunResult, Status, Timing
from hone.tasks.speed import SpeedCheck
from hone.tasks.task import CallCheck, Compare
from hone.verdict.checks.speed import MARGIN, compared, median_interval

SLOW = "def f(n):\n    total = 0\n    for i in range(n):\n        total += i\n    return total\n"
FAST = "def f(n):\n    return n * (n - 1) // 2\n"
SIZES = ((20_000,), (40_000,), (80_000,))


GIVEN = SpeedCheck(inputs=SIZES, rounds=6)


def task(speed: SpeedCheck = GIVEN, **more: Any) -> Task:
    parts: dict[str, Any] = {"reference": SLOW, "visible": [((3,), 3)], "hidden": [((0,), 0)]}
    return Task.from_examples(prompt="Sum below n.", entry_point="f", speed=speed, **(parts | more))


TASK = task()


def graded(judge: Judge, source: str, asked: Task = TASK) -> tuple[Verdict, Any]:
    verdict = judge.grade_many([(asked, source)])[0]
    assert verdict.passed
    assert verdict.speed is not None
    return verdict, verdict.speed


def test_a_faster_program_is_credited_inside_the_passing_tier(judge: Judge):
    verdict, speed = graded(judge, FAST)
    assert speed.credited
    assert speed.low <= speed.ratio <= speed.high < 1 - MARGIN
    assert verdict.components["speed"] == pytest.approx(0.1 * (1 - speed.high))
    assert verdict.reward == pytest.approx(1.0 + verdict.components["speed"])
    assert Verdict.from_json(verdict.to_json()) == verdict


@pytest.mark.parametrize(
    "source",
    [SLOW, SLOW.replace("total += i", "total += i\n        -i\n        +i\n        ~i")],
    ids=["the reference itself", "slower"],
)
def test_what_is_not_faster_earns_nothing_and_loses_nothing(judge: Judge, source: str):
    verdict, speed = graded(judge, source)
    assert not speed.credited
    assert speed.ratio > 0.8
    assert verdict.reward == pytest.approx(1.0)


TRICKS = {
    "patches the clocks": "import time\ntime.process_time = time.perf_counter = time.monotonic = lambda: 0.0\n"
    "time.process_time_ns = time.thread_time = lambda: 0\n" + SLOW,
    "remembers earlier rounds": "known = {}\n"
    + SLOW.replace("def f", "def slow")
    + "def f(n):\n    if n not in known: known[n] = slow(n)\n    return known[n]\n",
    "prepares while it is loaded": SLOW.replace("def f", "def slow")
    + "import sys\nknown, frame = {}, sys._getframe()\n"
    "while frame:\n    calls = frame.f_locals.get('job', {}).get('calls', ())\n"
    "    for _, data in calls: known[20000] = slow(20000)\n    frame = frame.f_back\n"
    "def f(n):\n    return known[n] if n in known else slow(n)\n",
    "lets a child work": SLOW.replace("def f", "def slow") + "import os\ndef f(n):\n    read, write = os.pipe()\n"
    "    if os.fork() == 0:\n        os.write(write, str(slow(n)).encode())\n        os._exit(0)\n"
    "    os.close(write)\n    return int(os.read(read, 99))\n",
    "lets a child work and ignores its end": "import os, signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    + SLOW.replace("def f", "def slow").replace("range(n)", "range(2 * n)").replace("+= i", "+= i if i < n else 0")
    + "def f(n):\n    read, write = os.pipe()\n    if os.fork() == 0:\n"
    "        os.write(write, str(slow(n)).encode())\n        os._exit(0)\n"
    "    os.close(write)\n    return int(os.read(read, 99))\n",
    "says that it is ready too early": "import sys\nframe = sys._getframe()\nwhile frame:\n"
    "    channel = frame.f_locals.get('channel')\n    if channel: channel.send_value({'ready': True})\n"
    "    frame = frame.f_back\n" + SLOW,
}


@pytest.mark.parametrize("source", TRICKS.values(), ids=TRICKS.keys())
def test_no_trick_with_the_clock_is_credited(judge: Judge, source: str):
    verdict, speed = graded(judge, source)
    assert not speed.credited
    assert verdict.components["speed"] == 0


@pytest.mark.parametrize(
    "source",
    [
        FAST.replace("return", "return 0 if n > 1000 else"),
        FAST.replace("return", "return [] if n > 70_000 else"),
        FAST
        + "import random\nreal = f\ndef f(n): return real(n) if n < 9 or random.SystemRandom().random() < 0.3 else 1\n",
    ],
    ids=["wrong on all", "wrong on the largest", "wrong now and then"],
)
def test_wrong_answers_on_the_inputs_have_no_speed(judge: Judge, source: str):
    _verdict, speed = graded(judge, source)
    assert (speed.ratio, speed.credited) == (None, False)
    assert speed.detail == "its answers are not the reference's"


@pytest.mark.parametrize(
    ("ending", "status"), [("raise ValueError(n)", "raised"), ("import os; os._exit(0)", "killed"), ("f(n)", "raised")]
)
def test_a_program_that_does_not_answer_has_no_speed(judge: Judge, ending: str, status: str):
    _verdict, speed = graded(judge, FAST.replace("    return", f"    if n > 1000: {ending}\n    return"))
    assert speed.detail == f"it did not answer: {status}"
    assert speed.rounds == 1


def test_a_reference_that_fails_credits_nobody(judge: Judge):
    _verdict, speed = graded(judge, FAST, task(reference="def f(n):\n    return 1 // (n < 1000)\n"))
    assert speed.detail == "the reference did not answer: raised"


def test_a_generator_makes_the_inputs_in_the_jail(judge: Judge):
    generated = SpeedCheck(generator="def inputs(size):\n    return (size * 1000,)\n", sizes=(20, 90), rounds=6)
    assert graded(judge, FAST, task(generated))[1].credited


@pytest.mark.parametrize("generator", ["def inputs(size): return 1 // 0", "def inputs(size): return size"])
def test_a_generator_that_fails_is_its_authors_error(judge: Judge, generator: str):
    with pytest.raises(HoneError, match="generator"):
        judge.grade_many([(task(SpeedCheck(generator=generator, sizes=(1,))), FAST)])


def test_failing_programs_are_not_measured(judge: Judge):
    verdict = judge.grade_many([(TASK, "def f(n): return 3")])[0]
    assert not verdict.passed
    assert verdict.speed is None


def timing(cpu: float, wall: float | None = None, value: object = 1) -> Timing:
    return Timing((CaseResult(Status.DONE, value),), cpu, cpu if wall is None else wall)


def speed_of(*rounds: tuple[Timing, Timing], asked: Task = TASK) -> Any:
    return compared(asked, [(5,)], RunResult(Status.DONE, (), rounds=rounds))


def test_credit_needs_every_part_of_the_interval_and_the_wall():
    assert speed_of(*[(timing(0.5), timing(1.0))] * 9).credited
    assert not speed_of(*[(timing(0.95), timing(1.0))] * 9).credited
    assert speed_of(*[(timing(0.5), timing(1.0))] * 8, (timing(3.0), timing(1.0))).credited
    assert not speed_of(*[(timing(0.5), timing(1.0))] * 7, *[(timing(3.0), timing(1.0))] * 2).credited
    assert not speed_of(*[(timing(0.5, 0.95), timing(1.0))] * 9).credited
    assert not speed_of(*[(timing(0.5), timing(1.0))] * 5).credited
    assert speed_of((timing(0.5), timing(0.0))).detail == "the inputs are too small to measure"


def test_answers_are_compared_as_the_tasks_own_are():
    close = Task.from_examples(
        prompt="", entry_point="f", visible=[], hidden=[((1,), 1.0)], reference=SLOW, speed=TASK.speed
    )
    near = CallCheck((1,), 1.0, Compare.CLOSE, 0.1)
    rounds = [(timing(0.5, value=1.05), timing(1.0, value=1.0))] * 9
    assert not speed_of(*rounds, asked=close).credited
    assert speed_of(*rounds, asked=dataclasses.replace(close, hidden=(near,))).credited


def test_noise_alone_is_never_credited():
    rng = random.Random(7)
    credited = sum(
        speed_of(*[(timing(rng.lognormvariate(0, 0.1)), timing(rng.lognormvariate(0, 0.1))) for _ in range(9)]).credited
        for _ in range(2000)
    )
    assert credited <= 10


def test_the_interval_holds_the_median_as_often_as_it_says():
    rng = random.Random(3)
    for count in (6, 9, 15):
        held = 0
        for _ in range(1000):
            low, high = median_interval(sorted(rng.lognormvariate(0, 1) for _ in range(count)))
            held += low <= 1 <= high
        assert held >= 940
    assert median_interval([float(n) for n in range(9)]) == (1.0, 7.0)
    assert median_interval([1.0] * 5) == (0.0, float("inf"))


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"inputs": SIZES, "generator": "def inputs(n): return (n,)", "sizes": (1,)},
        {"generator": "def inputs(n): return (n,)"},
        {"generator": "def inputs(", "sizes": (1,)},
        {"generator": "x = 1", "sizes": (1,)},
        {"inputs": (1, 2)},
        {"inputs": SIZES, "rounds": 5},
    ],
)
def test_a_speed_check_that_cannot_be_is_refused_in_one_line(parts: dict[str, Any]):
    with pytest.raises(HoneError) as caught:
        SpeedCheck(**parts)
    assert "\n" not in str(caught.value)


def test_speed_needs_a_reference_and_a_function():
    with pytest.raises(HoneError, match="reference"):
        task(reference="")
    with pytest.raises(HoneError, match="called by value"):
        Task.from_stdio(prompt="", visible=[], hidden=[("", "")], speed=TASK.speed, reference="pass")
