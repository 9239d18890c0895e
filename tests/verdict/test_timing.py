"""Time limits: calibrated by the reference, and never met because the machine was busy."""

import os
import subprocess
import sys
import threading
import time

import pytest

from hone import Judge, Outcome, Task
from hone.sandbox.gate import Gate
from hone.sandbox.jobs import CallJob, CaseResult, RunResult, Status
from hone.tasks.task import Limits
from hone.verdict.timing import FACTOR, FLOOR, NEAR, is_in_doubt, limits_for

SPIN = """
import time
def f(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
    return seconds
"""


@pytest.fixture
def busy_cores():
    """Every core has two more processes that want it."""
    spinners = [
        subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]) for _ in range(2 * (os.cpu_count() or 1))
    ]
    yield
    for spinner in spinners:
        spinner.kill()
        spinner.wait()


@pytest.mark.parametrize(
    ("author", "reference", "expected"),
    [
        (2.0, None, 2.0),
        (2.0, 0.0, FLOOR),
        (2.0, 0.05, FACTOR * 0.05),
        (2.0, 0.3, 2.0),
        (2.0, 1.0, NEAR * 1.0),
        (0.1, 0.0, 0.1),
    ],
)
def test_limits_follow_the_reference_within_the_authors(author: float, reference: float | None, expected: float):
    assert limits_for(Limits(cpu_seconds=author), reference).cpu_seconds == pytest.approx(expected)


def spin_task(seconds: float, limits: Limits, reference: str = "") -> Task:
    return Task.from_examples(
        prompt="", entry_point="f", visible=[], hidden=[((seconds,), seconds)], limits=limits, reference=reference
    )


def test_a_busy_machine_turns_no_correct_program_into_a_timeout(judge: Judge, busy_cores: None):
    task = spin_task(0.12, Limits(cpu_seconds=0.2, wall_seconds=0.6))
    verdicts = judge.grade_many([(task, f"{SPIN}# {number}") for number in range(20)])
    assert [verdict.outcome for verdict in verdicts] == [Outcome.PASSED] * 20


def test_a_hung_program_is_stopped_sooner_where_the_reference_is_fast(judge: Judge):
    fast = spin_task(0.0, Limits(cpu_seconds=5.0), reference="def f(seconds): return seconds\n")
    verdict = judge.grade_many([(fast, "def f(seconds):\n    while True: pass\n")])[0]
    assert verdict.outcome is Outcome.TIMED_OUT
    assert FLOOR <= verdict.cpu_seconds < 2.0


def test_a_reference_that_does_not_pass_calibrates_nothing(judge: Judge):
    hung = spin_task(0.7, Limits(cpu_seconds=1.0), reference="def f(seconds):\n    while True: pass\n")
    assert judge.grade_many([(hung, SPIN)])[0].passed


def test_only_a_timeout_of_a_process_that_was_kept_waiting_is_in_doubt():
    timeout = (CaseResult(Status.DONE), CaseResult(Status.TIMED_OUT))
    assert is_in_doubt(RunResult(Status.DONE, timeout, starved=True))
    assert not is_in_doubt(RunResult(Status.DONE, timeout))
    assert not is_in_doubt(RunResult(Status.DONE, timeout[:1], starved=True))


def test_sleeping_is_not_starving(judge: Judge):
    task = spin_task(0.0, Limits(wall_seconds=0.4))
    started = time.monotonic()
    verdict = judge.grade_many([(task, "import time\ndef f(seconds): time.sleep(60)\n")])[0]
    assert verdict.outcome is Outcome.TIMED_OUT
    assert time.monotonic() - started < 30


def test_a_job_that_is_to_run_alone_does(judge: Judge):
    source = "import time\ndef f(x):\n    a = time.monotonic()\n    time.sleep(0.05)\n    return a, time.monotonic()"
    pool = judge._pool
    jobs = [CallJob(f"{source}\n# {n}", "f", ((0,),)) for n in range(6)]
    beside = [pool.submit(job) for job in jobs]
    ((start, end),) = (result.cases[0].value for result in pool.run_alone(jobs[:1]))
    spans = [future.result().cases[0].value for future in beside]
    assert all(last <= start or first >= end for first, last in spans)


def test_the_gate_lets_many_pass_together_and_one_alone():
    gate, log, inside = Gate(), [], threading.Barrier(2, timeout=10)

    def pass_shared() -> None:
        with gate.shared():
            inside.wait()
            log.append("shared")

    def pass_alone() -> None:
        with gate.alone():
            log.append("alone")

    threads = [threading.Thread(target=pass_shared) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    others = [threading.Thread(target=pass_alone) for _ in range(3)]
    for thread in others:
        thread.start()
    for thread in others:
        thread.join()
    assert log == ["shared"] * 2 + ["alone"] * 3
