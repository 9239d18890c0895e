"""The judge on a real jail: every outcome is reached by a program, and no forged pass is believed."""

import contextlib
import os
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from hone import Judge, Outcome, Program, Task, Verdict
from hone.errors import Boundary, HoneError
from hone.sandbox.inside.codec import encode
from hone.sandbox.pool import Pool
from hone.tasks.task import CallCheck, Compare, Form, Limits
from hone.verdict.memory import RememberingJudge

ADD = Task.from_examples(
    prompt="Add two numbers.",
    entry_point="add",
    visible=[((1, 2), 3), ((5, 5), 10)],
    hidden=[((31337, 1), 31338), ((0, 0), 0), ((-1, -1), -2)],
    limits=Limits(cpu_seconds=0.3, wall_seconds=5.0, memory_bytes=128 * 2**20),
)
RIGHT = "def add(a, b):\n    return a + b\n"


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=2, static=False) as judge:
        yield judge


def test_the_public_face_is_as_designed():
    task = Task.from_examples(prompt="…", entry_point="add", visible=[((1, 2), 3)], hidden=[((0, 0), 0)])
    stdio = Task.from_stdio(prompt="…", visible=[("1 2\n", "3\n")], hidden=[("4 5\n", "9\n")])
    suite = Task.from_suite(
        prompt="…",
        module="solution",
        tests="import unittest\nfrom solution import add\n\n\nclass T(unittest.TestCase):\n"
        "    def test_small(self):\n        self.assertEqual(add(1, 2), 3)\n\n\n"
        "def test_text():\n    assert add('a', 'b') == 'ab'\n",
    )
    program = "a, b = map(int, input().split())\nprint(a + b)\n"
    with Judge(workers=2) as judge:
        verdict = judge.grade(task, RIGHT)
        verdicts = judge.grade_many(
            [(task, RIGHT), (stdio, program), (suite, RIGHT), (task, "def add(a, b):\n    return 3")]
        )
    assert verdict.passed
    assert verdict.outcome is Outcome.PASSED
    assert verdict.reward == pytest.approx(1.0)
    assert [v.passed for v in verdicts] == [True, True, True, False]
    assert [check.name for check in verdicts[2].checks] == ["T.test_small", "test_text"]
    for one in verdicts:
        assert Verdict.from_json(one.to_json()) == one


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        (RIGHT, Outcome.PASSED),
        ("def add(a, b):\n    return a - b\n", Outcome.WRONG_ANSWER),
        ("def add(a, b):\n    raise ValueError(a)\n", Outcome.RAISED),
        ("def add(a, b):\n    return add(a, b)\n", Outcome.RAISED),
        ("def add(a, b):\n    while True: pass\n", Outcome.TIMED_OUT),
        ("def add(a, b):\n    return len(bytearray(10**9)) + a\n", Outcome.OUT_OF_MEMORY),
        ("import os\ndef add(a, b):\n    os._exit(0)\n", Outcome.KILLED),
        ("def add(a, b)\n    return a + b\n", Outcome.DOES_NOT_COMPILE),
        ("def plus(a, b):\n    return a + b\n", Outcome.MISSING_ENTRY_POINT),
        ("x = '" + "a" * 300_000 + "'\n" + RIGHT, Outcome.DOES_NOT_COMPILE),
        ("# \ud800\n" + RIGHT, Outcome.DOES_NOT_COMPILE),
        ("", Outcome.MISSING_ENTRY_POINT),
    ],
)
def test_each_outcome_is_reached(judge: Judge, source: str, outcome: Outcome):
    verdict = judge.grade(ADD, source)
    assert verdict.outcome is outcome
    assert (verdict.boundary is None) is (outcome is Outcome.PASSED)
    assert verdict.boundary in (None, Boundary.CANDIDATE)
    assert len(verdict.checks) == 5
    assert verdict.reward is not None
    assert (verdict.reward > 0) is verdict.passed


FORGERIES = {
    "always equal": "class E:\n    def __eq__(self, o): return True\n    __hash__ = None\ndef add(a, b): return E()\n",
    "int subclass": "class I(int):\n    def __eq__(self, o): return True\ndef add(a, b): return I(3)\n",
    "float for int": "def add(a, b): return float(a + b)\n",
    "exit 0": "import sys\ndef add(a, b): sys.exit(0)\n",
    "exit on import": "import os\nos._exit(0)\n",
    "prints the answer": "def add(a, b): print(a + b)\n",
    "generator": "def add(a, b): yield a + b\n",
    "patched builtins": "import builtins\nbuiltins.repr = builtins.all = lambda *a: True\ndef add(a, b): return None\n",
    "frames": (
        "import sys\ndef add(a, b):\n    f = sys._getframe()\n    while f:\n        for v in f.f_locals.values():\n"
        "            if isinstance(v, dict) and 'expected' in v: return v['expected']\n        f = f.f_back\n"
    ),
    "gc": (
        "import gc\ndef add(a, b):\n    for o in gc.get_objects():\n        if type(o).__name__ == 'CallCheck':\n"
        "            return o.expected\n"
    ),
    "visible look-up": "def add(a, b): return {(1, 2): 3, (5, 5): 10}.get((a, b))\n",
    "str subclass": "class S(str):\n    def __eq__(self, o): return True\ndef add(a, b): return S(a + b)\n",
    "bool for int": "def add(a, b): return bool(a + b)\n",
    "callable answer": "class F:\n    def __call__(self, a, b): return F()\nadd = F()\n",
    "changed arguments": (
        "import sys\ndef add(a, b):\n    f = sys._getframe(1)\n    f.f_locals['arguments'][:] = [0, 0]\n    return 0\n"
    ),
    "answers in advance": (
        "import sys\nf, found = sys._getframe(), {}\nwhile f:\n    found |= f.f_locals\n    f = f.f_back\n"
        "found['channel'].send_value({'ready': True})\n"
        "for i in range(5): found['channel'].send_value({'i': i, 's': 'done', 'v': True})\n"
    ),
    "forged frames": (
        "import os\ndef add(a, b):\n    for fd in range(3, 64):\n        try: os.write(fd, b'\\x00' * 64 + b'passed')\n"
        "        except OSError: pass\n"
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_no_forged_pass_is_believed_and_the_next_honest_program_passes(judge: Judge, name: str):
    forged, honest = judge.grade_many([(ADD, FORGERIES[name]), (ADD, f"# after {name}\n{RIGHT}")])
    assert not forged.passed
    assert honest.passed


def test_details_tell_of_visible_checks_and_never_of_hidden_ones(judge: Judge):
    verdict = judge.grade(ADD, "def add(a, b):\n    return a * b\n")
    assert verdict.checks[0].detail == "add(1, 2) returned 2, expected 3"
    assert "31337" not in verdict.to_json()
    assert "31338" not in verdict.to_json()
    assert all(not check.detail for check in verdict.checks if not check.visible)


_READ_ALL_INPUTS = """import sys
def look():
    frame, found = sys._getframe(), {}
    while frame:
        found |= frame.f_locals
        frame = frame.f_back
    return found['job']['calls'], found['channel']
calls, channel = look()
told = " ".join(bytes(data).hex() for _, data in calls)
"""
LEAKS = {
    "in an answer": "def add(a, b): return told\n",
    "in an exception": "def add(a, b): raise ValueError(told)\n",
    "in an exception's name": "def add(a, b): raise type(told, (Exception,), {})\n",
    "in a type's name": "def add(a, b): return type(told, (), {})()\n",
    "at import": "raise ValueError(told)\n",
    "as a syntax error": "channel.send_value({'stop': 'does not compile', 'e': told})\ndef add(a, b): return 0\n",
    "on standard output": "def add(a, b): print(told)\n",
}


@pytest.mark.parametrize("where", LEAKS)
@pytest.mark.parametrize("explain", [True, False])
def test_a_program_that_reads_all_inputs_cannot_tell_of_hidden_ones(judge: Judge, where: str, explain: bool):
    secret = encode([31337, 1]).hex()
    (verdict,) = judge.grade_many([(ADD, _READ_ALL_INPUTS + LEAKS[where])], explain=explain)
    assert not verdict.passed
    assert secret not in verdict.to_json()
    assert any(check.detail for check in verdict.checks)


def test_the_reader_of_inputs_is_a_real_one(judge: Judge):
    """What the test above forbids is there to be told: without hidden checks the same words are quoted."""
    only = Task.from_examples(prompt="", entry_point="add", visible=[((31337, 1), 31338)], hidden=[])
    verdict = judge.grade(only, _READ_ALL_INPUTS + LEAKS["in an answer"])
    assert encode([31337, 1]).hex() in verdict.to_json()


def test_a_program_claims_of_a_hidden_run_are_not_quoted(judge: Judge):
    """A forged `does not compile` on a hidden run would otherwise carry its input out as the compiler's message."""
    forged = """import sys
text = input()
frame, found = sys._getframe(), {}
while frame:
    found |= frame.f_locals
    frame = frame.f_back
if text != "open":
    found['channel'].send_value({"stop": "does not compile", "e": text})
"""
    task = Task.from_stdio(prompt="", visible=[("open\n", "")], hidden=[("31337\n", "")])
    blind = Task.from_stdio(prompt="", visible=[], hidden=[("31337\n", "")])
    for verdict in judge.grade_many([(task, forged), (blind, forged)], explain=True):
        assert verdict.outcome is Outcome.DOES_NOT_COMPILE
        assert "31337" not in verdict.to_json()


def test_details_are_given_in_the_hosts_words_unless_they_are_asked_for(judge: Judge):
    wrong = "def add(a, b):\n    return a * b\n"
    (short,) = judge.grade_many([(ADD, wrong)])
    (explained,) = judge.grade_many([(ADD, wrong)], explain=True)
    assert short.checks[0].detail == "add(1, 2): wrong answer, expected 3"
    assert explained.checks[0].detail == "add(1, 2) returned 2, expected 3"
    assert [c.outcome for c in short.checks] == [c.outcome for c in explained.checks]
    assert judge.grade(ADD, "def add(a, b) return a\n").detail.startswith("SyntaxError")


@pytest.mark.parametrize("words", ["\\ud800", "\\x1b[2J\\x07", "a\\nb\\rc", "\\u202e\\u2028", "\\0"])
def test_a_programs_words_are_one_printable_line(judge: Judge, words: str):
    stdio = Task.from_stdio(prompt="", visible=[("", "1")], hidden=[])
    suite = Task.from_suite(prompt="", module="m", tests="import m\ndef test_a(): m.f()\n", visible=("test_a",))
    raising = f"raise ValueError('{words}')\n"
    for verdict in judge.grade_many(
        [(ADD, f"def add(a, b): {raising}"), (stdio, raising), (suite, f"def f(): {raising}")], explain=True
    ):
        detail = verdict.checks[0].detail
        assert "ValueError" in detail
        assert detail.isprintable()
        assert Verdict.from_json(verdict.to_json().encode().decode()) == verdict


def test_an_answer_too_large_to_show_is_told_in_few_words(judge: Judge):
    for body in ("10 ** 20_000", "[10 ** 20_000]", "'x' * 1_000_000", "[0] * 200_000"):
        verdict = judge.grade(ADD, f"def add(a, b):\n    return {body}\n")
        assert verdict.outcome is Outcome.WRONG_ANSWER
        assert len(verdict.checks[0].detail) <= 300


@pytest.mark.parametrize("how", ["from solution import add", "import solution\nadd = lambda *a: solution.add(*a)"])
def test_a_suites_candidate_without_the_name_lacks_its_entry_point(judge: Judge, how: str):
    task = Task.from_suite(prompt="", module="solution", tests=f"{how}\ndef test_a():\n    assert add(1, 2) == 3\n")
    programs = ["", "def plus(a, b): return a + b\n", "def add(a, b): return a.nothing\n", RIGHT]
    outcomes = [verdict.outcome for verdict in judge.grade_many([(task, program) for program in programs])]
    assert outcomes == [Outcome.MISSING_ENTRY_POINT] * 2 + [Outcome.RAISED, Outcome.PASSED]


def test_equal_programs_are_run_once_and_verdicts_keep_their_order(judge: Judge, monkeypatch: pytest.MonkeyPatch):
    ran: list[int] = []
    whole = Pool.run_many
    monkeypatch.setattr(Pool, "run_many", lambda pool, jobs: ran.append(len(jobs)) or whole(pool, jobs))
    wrong = "def add(a, b):\n    return 0\n"
    verdicts = judge.grade_many([(ADD, RIGHT), (ADD, wrong), (ADD, Program(RIGHT, ADD.id)), (ADD, wrong)])
    assert [verdict.passed for verdict in verdicts] == [True, False, True, False]
    assert max(ran) == 2


def test_a_remembering_judge_asks_once_unless_the_program_may_be_flaky(judge: Judge, monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []
    whole = Judge.grade_many
    monkeypatch.setattr(Judge, "grade_many", lambda self, pairs: asked.append(len(pairs)) or whole(self, pairs))
    remembering = RememberingJudge(judge)
    stable, shaky = Program("# s\n" + RIGHT, ADD.id), Program("import random\n" + RIGHT, ADD.id)
    first = remembering.grade_many([(ADD, stable), (ADD, shaky)])
    second = remembering.grade_many([(ADD, stable), (ADD, shaky), (ADD, stable)])
    assert asked == [2, 1]
    assert [v.passed for v in (*first, *second)] == [True] * 5


def test_checks_of_raising_tell_the_right_exception_from_another(judge: Judge):
    task = Task(
        id="raises",
        prompt="",
        form=Form.CALL,
        entry_point="f",
        visible=(),
        hidden=(CallCheck((1,), "ValueError", Compare.RAISES),),
    )
    programs = ["def f(x): raise ValueError", "def f(x): raise KeyError", "def f(x): return ValueError"]
    outcomes = [verdict.outcome for verdict in judge.grade_many([(task, program) for program in programs])]
    assert outcomes == [Outcome.PASSED, Outcome.WRONG_ANSWER, Outcome.WRONG_ANSWER]


def test_a_task_without_checks_and_two_tasks_of_one_id_are_refused(judge: Judge):
    empty = Task(id="empty", prompt="", form=Form.CALL, entry_point="f", visible=(), hidden=())
    with pytest.raises(HoneError, match="no check"):
        judge.grade(empty, RIGHT)
    other = Task.from_examples(prompt="", entry_point="add", visible=[], hidden=[((1, 1), 3)], id=ADD.id)
    with pytest.raises(HoneError, match="one id"):
        judge.grade_many([(ADD, RIGHT), (other, RIGHT)])
    assert judge.grade_many([]) == []


def test_workers_that_are_killed_in_the_middle_never_make_a_reward():
    """Every jail that comes up is killed while a batch runs; afterwards the judge works as before."""
    done = threading.Event()
    with Judge(workers=2, static=False, flakiness=None) as judge:

        def kill_all() -> None:
            while not done.is_set():
                for pid in judge.jail_pids():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                time.sleep(0.001)  # a jail takes longer to come up, and needs the core for it

        killer = threading.Thread(target=kill_all)
        killer.start()
        try:
            verdicts = judge.grade_many([(ADD, f"# {index}\n{RIGHT}") for index in range(6)])
        finally:
            done.set()
            killer.join()
        assert judge.grade(ADD, RIGHT).passed
    lost = [verdict for verdict in verdicts if not verdict.passed]
    assert lost
    for verdict in lost:
        assert (verdict.outcome, verdict.reward, verdict.boundary) == (Outcome.NOT_GRADED, None, Boundary.SANDBOX)
        assert verdict.detail.startswith("the sandbox failed")


def test_workers_that_are_killed_cost_no_candidate_its_verdict():
    with Judge(workers=2, static=False, flakiness=None) as judge:
        judge.grade(ADD, RIGHT)
        for pid in judge.jail_pids():
            os.kill(pid, signal.SIGKILL)
        verdicts = judge.grade_many([(ADD, f"# {index}\n{RIGHT}") for index in range(20)])
    for verdict in verdicts:
        assert verdict.passed or (verdict.outcome is Outcome.NOT_GRADED and verdict.reward is None)
    assert sum(verdict.passed for verdict in verdicts) >= 16


def test_tripwires_are_reported_and_refused_only_where_the_judge_is_told_to():
    task = Task.from_examples(prompt="", entry_point="f", visible=[((1,), 2)], hidden=[((2,), 3)])
    nosy = "import gc\ndef f(x):\n    gc.get_objects()\n    return x + 1"
    with Judge(1, static=False, flakiness=None) as judge:
        verdict = judge.grade(task, nosy)
        assert verdict.passed
        assert verdict.tripwires == ("searches the garbage collector",)
        assert Verdict.from_json(verdict.to_json()) == verdict
    with Judge(1, static=False, flakiness=None, refuse=True) as judge:
        verdict = judge.grade(task, nosy)
        assert verdict.outcome is Outcome.REFUSED
        assert "garbage collector" in verdict.detail
        assert verdict.reward is not None
        assert verdict.reward < 0
        assert judge.grade(task, "def f(x): return x + 1").passed


def test_a_program_that_ends_itself_is_told_so_and_its_status_is_not_repeated(judge: Judge):
    verdict = judge.grade(ADD, "import os\ndef add(a, b):\n    os._exit(217)\n")
    assert (verdict.outcome, verdict.detail) == (
        Outcome.KILLED,
        "the program ended its own process in the middle of a call",
    )
    assert verdict.checks[0].detail == "add(1, 2): the program ended its own process, expected 3"
    assert not any(check.detail for check in verdict.checks if not check.visible)
    assert "217" not in verdict.to_json()
    loading = judge.grade(ADD, "import os\nos._exit(217)\n")
    assert loading.detail == "the program ended its own process while it was loaded"
    assert "217" not in loading.to_json()


def test_an_exit_on_a_hidden_check_alone_is_not_told(judge: Judge):
    verdict = judge.grade(ADD, "import os\ndef add(a, b):\n    return a + b if a != 31337 else os._exit(0)\n")
    assert (verdict.outcome, verdict.detail) == (Outcome.KILLED, "")
    assert not any(check.detail for check in verdict.checks)


def test_calls_that_were_never_reached_are_told_from_those_that_ran_out_of_time(judge: Judge):
    patient = replace(ADD, limits=replace(ADD.limits, wall_seconds=60.0))
    verdict = judge.grade(patient, "def add(a, b):\n    while True: pass\n")
    assert [check.outcome for check in verdict.checks] == [Outcome.TIMED_OUT] * 5
    assert [check.reached for check in verdict.checks] == [True, True, False, False, False]
    assert min(check.cpu_seconds for check in verdict.checks[:2]) >= ADD.limits.cpu_seconds * 0.9
    assert Verdict.from_json(verdict.to_json()) == verdict
    hung = judge.grade(patient, "while True: pass\n")
    assert hung.detail == "timed out while the program was loaded; no call was reached"
    assert hung.checks[0].detail == "add(1, 2): not reached, expected 3"


@pytest.mark.parametrize(
    ("source", "defined"),
    [
        ("def foo(a, b): return 3\nclass Bar: pass\n", "foo, Bar"),
        ("x = 1\n", "no function"),
        ("add = 3\n", "no function"),
    ],
)
def test_a_program_without_the_function_is_told_what_it_defines_and_what_is_asked_for(judge: Judge, source, defined):
    verdict = judge.grade(ADD, source)
    assert verdict.outcome is Outcome.MISSING_ENTRY_POINT
    assert verdict.detail == f"the program defines {defined}; the task asks for add"


def test_what_is_no_task_or_no_program_is_refused_with_what_to_give(judge: Judge):
    given: list[tuple[Any, str]] = [
        ([("x", "y")], "the task is a str: give a hone.Task"),
        ([(ADD, 3)], "the program is a int: give its source as text"),
        ([ADD], "what is to be graded is a Task, not a task and a program: give pairs"),
    ]
    for pairs, told in given:
        with pytest.raises(HoneError, match=told):
            judge.grade_many(pairs)
