"""Tests are compiled in the jail, in a fork of their own: what breaks the compiler is the task author's failure."""

import resource
import time

import pytest

from hone.errors import Boundary
from hone.sandbox import suite_code
from hone.sandbox.jobs import Status, SuiteJob
from hone.sandbox.warm import Fork
from hone.sandbox.watch import Session
from hone.tasks.task import Limits, SuiteCheck, Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome

SOURCE = "def add(a, b):\n    return a + b\n"
PLAIN = "from solution import add\ndef test_a(): assert add(1, 2) == 3\n"
HEAD = "def test_a(): pass\n"


def nested_finally(depth):
    """Each level doubles the code: CPython copies the body of `finally`."""
    lines = ["def test_b():"]
    for level in range(1, depth + 1):
        lines += [" " * level + "try: a()", " " * level + "finally:"]
    return "\n".join([*lines, " " * (depth + 1) + "b()\n"])


BREAKING = {
    "its stack": HEAD + "x=[a " + "for a in b " * 60000 + "]",
    "its stack, with stars": "from solution import *\n" + HEAD + "x=[a " + "for a in b " * 60000 + "]",
    "its memory or its time": HEAD + nested_finally(18),
    "its syntax": HEAD + "return 1\n",
    "its syntax, with stars": "from solution import *\n" + HEAD + "return 1\n",
}


def job(tests, source=SOURCE):
    return SuiteJob(source, "solution", tests, ("test_a",), Limits(cpu_seconds=1.0, wall_seconds=20.0))


@pytest.mark.parametrize("tests", BREAKING.values(), ids=BREAKING)
def test_tests_that_break_the_compiler_are_the_task_authors_failure(pool, tests):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = pool.run(job(tests))
    assert result.status is Status.NOT_GRADED
    assert result.task_fault.startswith("the tests cannot be compiled: ")
    assert [case.status for case in result.cases] == [Status.NOT_GRADED]
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 2**10
    assert pool.run(job(PLAIN)).status is Status.DONE


def test_what_broke_the_compiler_once_is_not_compiled_again(pool):
    pool.run(job(BREAKING["its memory or its time"]))
    began = time.monotonic()
    for number in range(20):
        assert pool.run(job(BREAKING["its memory or its time"], f"{number}")).task_fault
    assert time.monotonic() - began < suite_code.CPU_SECONDS / 2


def test_a_machine_that_is_too_busy_to_compile_is_nobodys_failure_but_the_sandboxs(pool, monkeypatch):
    monkeypatch.setattr(suite_code, "WALL_SECONDS", 0.0)
    monkeypatch.setattr(Fork, "waited_seconds", lambda fork: 1.0)
    result = pool.run(job(PLAIN + "ON_A_BUSY_MACHINE = 1\n"))
    assert (result.status, result.task_fault) == (Status.NOT_GRADED, "")
    monkeypatch.undo()
    assert pool.run(job(PLAIN + "ON_A_BUSY_MACHINE = 1\n")).status is Status.DONE


def test_a_compiler_that_something_else_killed_is_started_again(pool, monkeypatch):
    begun = []

    class Killing(Session):
        def messages(self):
            if not begun:
                (talk,) = self._talks
                while not talk.sealed:
                    talk.receive()
                talk.fork.kill()
            begun.append(self)
            yield from super().messages()

    monkeypatch.setattr(suite_code, "Session", Killing)
    assert pool.run(job(PLAIN + "KILLED_FROM_OUTSIDE = 1\n")).status is Status.DONE
    assert len(begun) == 2


@pytest.mark.parametrize("source", [SOURCE, "while True: pass", "import os; os._exit(1)", "x" * 3])
def test_the_verdict_blames_the_task_whatever_the_program_does(source):
    task = Task("t", "", "suite", (), (SuiteCheck("test_a"),), "solution", BREAKING["its stack"])  # type: ignore
    with Judge(workers=1, static=False, flakiness=None) as judge:
        verdict = judge.grade(task, source)
    assert verdict.outcome is Outcome.NOT_GRADED
    assert verdict.boundary is Boundary.TASK
    assert "cannot be compiled" in verdict.detail


def test_code_larger_than_its_bound_is_the_task_authors_failure(pool, monkeypatch):
    monkeypatch.setattr(suite_code, "CODE_BYTES", 20_000)
    large = PLAIN + "".join(f"v{n} = {n}\n" for n in range(5000))
    assert "more than 20000 bytes" in pool.run(job(large)).task_fault
