"""Execution beside generation: chunks change nothing, failures reach whoever waits, and nothing is left behind."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import CancelledError

import pytest

from hone.errors import Boundary, HoneError
from hone.loop.clock import Clock
from hone.loop.execution import CHUNK, Executor, Pair
from hone.tasks.families import Split, TaskMix
from hone.tasks.program import Program
from hone.tasks.task import Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome, Verdict

TASK = TaskMix.parse("integers.pipeline").some_tasks(Split.TRAIN, 1, 1)[0]


def program(number: int, task: Task = TASK) -> Program:
    return Program(f"# {number}", task.id, "test", "sampled")


def told_apart(pairs: Sequence[Pair]) -> list[Verdict]:
    """A verdict that says which program it is on."""
    return [Verdict(task.id, Outcome.WRONG_ANSWER, (), detail=written.source) for task, written in pairs]


def executors() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "hone-executor"]


def test_programs_are_judged_while_others_of_their_part_are_still_to_come():
    judged = threading.Event()

    def grade_many(pairs: Sequence[Pair]) -> list[Verdict]:
        judged.set()
        return told_apart(pairs)

    with Executor(grade_many) as executor:
        part = executor.open(CHUNK + 1, Clock())
        for place in range(CHUNK):
            part.add(place, TASK, program(place))
        assert judged.wait(30), "the judge waited for the whole part"
        part.add(CHUNK, TASK, program(CHUNK))
        part.result()


def test_verdicts_stand_by_place_however_programs_come_in():
    order = sorted(range(3 * CHUNK), key=lambda place: (place * 37) % 101)
    with Executor(told_apart) as executor:
        parts = [executor.open(3 * CHUNK, Clock()) for _ in range(2)]
        for place in order:
            for part in parts:
                part.add(place, TASK, program(place))
        for part in parts:
            assert [verdict.detail for verdict in part.result()] == [f"# {place}" for place in range(3 * CHUNK)]


def test_a_part_in_chunks_gets_the_verdicts_that_it_gets_whole():
    tasks = TaskMix.parse("integers.pipeline").some_tasks(Split.TRAIN, 1, 12)
    sources = [task.reference for task in tasks] + [
        "def f(:",
        "x = 1",
        *(f"def f(x):\n    return {n}" for n in range(9)),
    ]
    pairs = [(task, Program(source, task.id, "test", "sampled")) for task in tasks for source in sources]
    with Judge(workers=2) as judge:
        with Executor(judge.grade_many) as executor:
            part = executor.open(len(pairs), Clock())
            for place, pair in enumerate(pairs):
                part.add(place, *pair)
                if place == CHUNK + 5:
                    time.sleep(0.05)  # so that the first chunk ends somewhere else than at a round number
            streamed = part.result()
        whole = judge.grade_many(pairs)
    assert [shown(verdict) for verdict in streamed] == [shown(verdict) for verdict in whole]


def shown(verdict: Verdict) -> tuple[object, ...]:
    """What no clock decides of it."""
    return verdict.outcome, verdict.reward, verdict.components, [check.outcome for check in verdict.checks]


def test_a_failure_of_the_judge_reaches_whoever_waits_and_the_next_part_is_judged():
    failure = HoneError(Boundary.TASK, "no check", "add one")

    def grade_many(pairs: Sequence[Pair]) -> list[Verdict]:
        if pairs[0][1].source == "# 13":
            raise failure
        return told_apart(pairs)

    with Executor(grade_many) as executor:
        bad, good = executor.open(1, Clock()), executor.open(1, Clock())
        bad.add(0, TASK, program(13))
        good.add(0, TASK, program(0))
        with pytest.raises(HoneError) as caught:
            bad.result()
        assert caught.value is failure
        assert good.result()[0].detail == "# 0"


def test_closing_leaves_nobody_waiting_and_no_thread():
    with Executor(told_apart) as executor:
        part, later = executor.open(2, Clock()), executor.open(2, Clock())
        part.add(0, TASK, program(0))
    for waiting in (part, later):
        with pytest.raises(CancelledError):
            waiting.result()
    with pytest.raises(CancelledError):
        part.add(1, TASK, program(1))
    with pytest.raises(CancelledError):
        executor.open(1, Clock())
    assert not executors()
