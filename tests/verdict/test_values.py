"""Every comparison on a real jail: what it accepts, what it refuses, and that checkers run in the referee alone."""

import datetime as dt
import math
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from hone import Judge, Outcome, Task, Verdict
from hone.errors import Boundary
from hone.sandbox.jobs import CallJob, CaseResult, RunResult, Status
from hone.sandbox.pool import Pool
from hone.tasks.array import Array
from hone.tasks.task import CallCheck, Compare, Limits, StdioCheck
from hone.verdict import checkers

QUICK = Limits(cpu_seconds=0.3, wall_seconds=5.0)
SORTS = """
def check(arguments, answer):
    (items,) = arguments
    return sorted(items) == answer
"""
RAISING = "def check(arguments, answer):\n    return answer // 0 == 1\n"
PASSED, WRONG = Outcome.PASSED, Outcome.WRONG_ANSWER


def returning(*checks: CallCheck, **more: Any) -> Task:
    return Task.from_examples(prompt="", entry_point="f", visible=list(checks), hidden=[], limits=QUICK, **more)


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (CallCheck((), 0.3, Compare.CLOSE, tolerance=1e-9), "0.1 + 0.2", "0.31"),
        (CallCheck((), 1e9, Compare.CLOSE, relative_tolerance=1e-3), "10**9 + 1000", "10**9 + 10**7"),
        (CallCheck((), 0.3, Compare.ULPS, ulps=1), "0.1 + 0.2", "0.1 + 0.2 + 1e-15"),
        (CallCheck((), (1, [2]), Compare.ONE_OF), "[2]", "2"),
        (CallCheck((), {"a": 1, "b": 2}, ordered=True), "dict(a=1, b=2)", "dict(b=2, a=1)"),
        (CallCheck((), [1, 2], Compare.UNORDERED), "[2, 1]", "(2, 1)"),
        (CallCheck((), [math.nan, -0.0]), "[float('nan'), -0.0]", "[float('nan'), 0.0]"),
        (CallCheck((), dt.time(12, tzinfo=dt.UTC)), "dt.time(12, tzinfo=dt.timezone.utc)", "dt.time(12)"),
        (
            CallCheck((), dt.datetime(2024, 7, 1, tzinfo=ZoneInfo("Europe/Paris"))),
            "dt.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo('Europe/Paris'))",
            "dt.datetime(2024, 7, 1, tzinfo=zoneinfo.ZoneInfo('UTC'))",
        ),
    ],
    ids=lambda value: str(value.compare) if isinstance(value, CallCheck) else "",
)
def test_each_comparison_accepts_and_refuses_answers_that_crossed(
    judge: Judge, check: CallCheck, right: str, wrong: str
):
    task = returning(check)
    programs = [f"import datetime as dt\nimport zoneinfo\ndef f():\n    return {answer}\n" for answer in (right, wrong)]
    assert [v.outcome for v in judge.grade_many([(task, program) for program in programs])] == [PASSED, WRONG]


def test_mutated_arguments_count_where_the_task_cares(judge: Judge):
    cares = returning(CallCheck(([3, 1, 2],), None, arguments_after=([1, 2, 3],)))
    keeps = returning(CallCheck(([3, 1, 2],), [1, 2, 3], arguments_after=([3, 1, 2],)))
    raises = returning(CallCheck(([1],), "ValueError", Compare.RAISES, arguments_after=([1],)))
    indifferent = returning(CallCheck(([3, 1, 2],), None))
    sorts_in_place = "def f(a): a.sort()\n"
    cases = [
        (cares, sorts_in_place, PASSED),
        (cares, "def f(a): a = sorted(a)\n", WRONG),
        (cares, "def f(a): a[:] = [1, 2, object()]\n", WRONG),
        (cares, "def f(a): a.sort(); a[0] = True\n", WRONG),
        (keeps, "def f(a): return sorted(a)\n", PASSED),
        (keeps, "def f(a): a.sort(); return a\n", WRONG),
        (raises, "def f(a): raise ValueError\n", PASSED),
        (raises, "def f(a): a.pop(); raise ValueError\n", WRONG),
        (indifferent, sorts_in_place, PASSED),
    ]
    verdicts = judge.grade_many([(task, program) for task, program, _ in cases])
    assert [verdict.outcome for verdict in verdicts] == [outcome for _, _, outcome in cases]
    told = judge.grade(cares, "def f(a): a[0] = 9\n").checks[0].detail
    assert told.endswith(
        "left the arguments as [[9, 1, 2]], expected None and the arguments to be [[1, 2, 3]] afterwards"
    )


def test_a_checker_decides_over_calls(judge: Judge):
    task = Task.from_examples(
        prompt="",
        entry_point="f",
        visible=[(([2, 1],), None)],
        hidden=[(([],), None), CallCheck(([5],), [5])],
        checker=SORTS,
        limits=QUICK,
    )
    cases = [
        ("def f(a): return sorted(a)\n", [PASSED, PASSED, PASSED]),
        ("def f(a): return a\n", [WRONG, PASSED, PASSED]),
        ("def f(a): return None\n", [WRONG, WRONG, WRONG]),
        ("def f(a): return object()\n", [WRONG, WRONG, WRONG]),
        ("def f(a): raise ValueError\n", [Outcome.RAISED] * 3),
        ("def f(a)\n", [Outcome.DOES_NOT_COMPILE] * 3),
        ("class E(list):\n    def __eq__(self, other): return True\ndef f(a): return E()\n", [WRONG] * 3),
    ]
    verdicts = judge.grade_many([(task, program) for program, _ in cases])
    assert [[check.outcome for check in verdict.checks] for verdict in verdicts] == [wanted for _, wanted in cases]


def test_one_fork_of_the_referee_serves_all_of_a_candidates_answers(judge: Judge, monkeypatch: pytest.MonkeyPatch):
    ran: list[Any] = []
    whole = Pool.run_many
    monkeypatch.setattr(Pool, "run_many", lambda pool, jobs: ran.extend(jobs) or whole(pool, jobs))
    task = Task.from_examples(
        prompt="", entry_point="f", visible=[], hidden=[(([n, 0],), None) for n in range(7)], checker=SORTS
    )
    judge.grade_many([(task, "def f(a): return sorted(a)\n"), (task, "def f(a): return a\n")])
    trusted = [job for job in ran if isinstance(job, CallJob) and job.trusted]
    assert [len(job.calls) for job in trusted] == [7, 7]
    assert all(job.source == SORTS for job in trusted)
    assert not any(SORTS in job.source for job in ran if job not in trusted)


def test_a_checker_that_cannot_be_loaded_is_the_task_authors_failure(judge: Judge):
    task = returning(CallCheck((), None, Compare.CHECKER, checker="import nothing\ndef check(a, b): return True\n"))
    verdict = judge.grade(task, "def f(): return 1\n")
    assert (verdict.outcome, verdict.boundary, verdict.reward) == (Outcome.NOT_GRADED, Boundary.TASK, None)
    assert "checker" in verdict.detail


@pytest.mark.parametrize(
    "body", ["answer // 0", "None", "1", "[].pop()", "(lambda: (_ for _ in ()).throw(KeyError))()()"]
)
def test_a_checker_that_fails_on_one_answer_alone_has_met_a_wrong_answer(judge: Judge, body: str):
    checker = f"def check(arguments, answer):\n    return True if answer == 1 else {body}\n"
    task = returning(CallCheck((), None, Compare.CHECKER, checker=checker), reference="def f(): return 1\n")
    wrong, right = judge.grade_many([(task, "def f(): return 7\n"), (task, "def f(): return 1\n")])
    assert (wrong.outcome, wrong.boundary) == (WRONG, Boundary.CANDIDATE)
    assert right.passed


def test_a_checker_that_fails_on_the_reference_too_grades_nobody(judge: Judge):
    check = CallCheck((), None, Compare.CHECKER, checker=RAISING)
    broken = returning(check, id="broken", reference="def f(): return 1\n")
    without = returning(check, id="without a reference")
    helpless = returning(check, id="no answer", reference="def f(): raise ValueError\n")
    program = "def f(): return 2\n"
    verdicts = judge.grade_many(
        [(broken, program), (without, program), (helpless, program), (broken, broken.reference)]
    )
    assert [verdict.outcome for verdict in verdicts] == [Outcome.NOT_GRADED, WRONG, WRONG, Outcome.NOT_GRADED]
    assert verdicts[0].boundary is Boundary.TASK


def test_an_answer_that_hangs_kills_or_swamps_the_checker_is_wrong_and_spares_the_others(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(checkers, "_LEAST", Limits(cpu_seconds=0.3))
    checker = """
import os
def check(arguments, answer):
    while answer == "hang": pass
    if answer == "kill": os._exit(0)
    if answer == "swamp": return bytearray(2**40)
    return answer == "fine"
"""
    task = Task.from_examples(
        prompt="",
        entry_point="f",
        visible=[],
        hidden=[((word,), None) for word in ("hang", "fine", "kill", "fine", "swamp", "fine", "wrong")],
        checker=checker,
        reference="def f(word): return 'fine'\n",
        limits=QUICK,
    )
    verdict = judge.grade(task, "def f(word): return word\n")
    assert [check.outcome for check in verdict.checks] == [WRONG, PASSED, WRONG, PASSED, WRONG, PASSED, WRONG]


def test_an_answer_too_deep_for_the_second_crossing_breaks_nothing(judge: Judge):
    task = returning(CallCheck((), None, Compare.CHECKER, checker="def check(arguments, answer): return True\n"))
    deep = "def f():\n    x = 0\n    for _ in range({}): x = [x]\n    return x\n"
    verdicts = judge.grade_many([(task, deep.format(depth)) for depth in (150, 200, 201)])
    assert [verdict.outcome for verdict in verdicts] == [PASSED, WRONG, WRONG]


def test_a_candidate_never_sees_the_checker(judge: Judge):
    """Neither in its memory nor by a module of the checker's name; nor does a checker see the candidate's module."""
    secret = "swordfish"
    checker = f"import sys\ndef check(arguments, answer):\n    return answer == '{secret}'\n"
    hunt = """
import gc, sys
def f():
    for o in gc.get_objects():
        if isinstance(o, (list, tuple, dict)):
            for item in (o.values() if isinstance(o, dict) else o):
                if type(item) is str and 'sword' + 'fish' in item: return item[-11:-2]
    return 'sword' + 'fis'
"""
    task = returning(CallCheck((), None, Compare.CHECKER, checker=checker))
    assert judge.grade(task, hunt).outcome is WRONG
    sees = "import sys\ndef check(arguments, answer):\n    return hasattr(sys.modules['solution'], 'f')\n"
    other = returning(CallCheck((), None, Compare.CHECKER, checker=sees))
    assert judge.grade(other, "def f(): return 1\n").outcome is WRONG


def test_lost_referees_are_no_verdict(judge: Judge, monkeypatch: pytest.MonkeyPatch):
    task = returning(CallCheck((), None, Compare.CHECKER, checker="def check(arguments, answer): return True\n"))
    whole = Pool.run_many

    def losing(pool: Pool, jobs: Any) -> list[RunResult]:
        lost = RunResult(Status.NOT_GRADED, (CaseResult(Status.NOT_GRADED),), "gone")
        return [lost if job.trusted else result for job, result in zip(jobs, whole(pool, jobs), strict=True)]

    monkeypatch.setattr(Pool, "run_many", losing)
    verdict = judge.grade(task, "def f(): return 1\n")
    assert (verdict.outcome, verdict.boundary, verdict.reward) == (Outcome.NOT_GRADED, Boundary.SANDBOX, None)


def test_programs_are_judged_by_output_exit_status_and_checker(judge: Judge):
    checker = "def check(stdin, stdout):\n    return sorted(stdin.split()) == stdout.split()\n"
    task = Task.from_stdio(
        prompt="",
        visible=[StdioCheck("near\n", "0.5 x\n", tolerance=0.01), StdioCheck("fail\n", "no\n", exit_status=3)],
        hidden=[("b a\n", "")],
        checker=checker,
        limits=QUICK,
    )
    program = """import sys
words = input().split()
if words == ["near"]: print(0.501, "x")
elif words == ["fail"]: print("no"); sys.exit(3)
else: print(*sorted(words))
"""
    exits, prints, sorts = ("sys.exit(3)", ""), ('"no"', '"yes"'), ("sorted(words)", "words")
    wrong_status, wrong_words = ("sys.exit(3)", "sys.exit(4)"), ("sys.exit(3)", "raise ValueError")
    changes = [("", ""), exits, prints, sorts, wrong_status, wrong_words]
    verdicts = judge.grade_many([(task, program.replace(*change)) for change in changes])
    assert [[check.outcome for check in verdict.checks] for verdict in verdicts] == [
        [PASSED, PASSED, PASSED],
        [PASSED, WRONG, PASSED],
        [PASSED, WRONG, PASSED],
        [PASSED, PASSED, WRONG],
        [PASSED, Outcome.RAISED, PASSED],
        [PASSED, Outcome.RAISED, PASSED],
    ]
    assert verdicts[2].checks[1].detail == "given 'fail\\n' it printed 'yes\\n', expected 'no\\n' and exit status 3"
    assert verdicts[0].checks[0].cpu_seconds > 0


def test_output_is_told_of_visible_checks_and_only_where_no_hidden_input_is_near(judge: Judge):
    noisy = "def f(a):\n    print('saw', a)\n    print('\\x1b[2J\\ud800')\n    return a\n"
    both = Task.from_examples(prompt="", entry_point="f", visible=[((31,), 0)], hidden=[((77,), 77)], limits=QUICK)
    (short,) = judge.grade_many([(both, noisy)])
    assert [check.output for check in short.checks] == ["", ""]
    explained = judge.grade(both, noisy)
    assert [check.output for check in explained.checks] == ["saw 31\n\\x1b[2J\\ud800\n", ""]
    assert Verdict.from_json(explained.to_json().encode().decode()) == explained
    program = Task.from_stdio(prompt="", visible=[("31\n", "31")], hidden=[("77\n", "77")], limits=QUICK)
    verdict = judge.grade(program, "import sys\nn = input()\nprint(n)\nprint('to', n, file=sys.stderr)\n")
    assert [check.output for check in verdict.checks] == ["31\nto 31\n", ""]
    flood = judge.grade(program, "print(input() + ' ' + 'x ' * 30_000)\n")
    assert 300 <= len(flood.checks[0].output) <= 4000


FAKE_NUMPY = """
import sys, types
class dtype:
    kind, itemsize = 'f', 8
    def newbyteorder(self, order): return self
class generic: pass
class ndarray:
    dtype = dtype()
    def __init__(self, shape, data): self.shape, self.data = shape, data
    def astype(self, dtype): return self
    def tobytes(self): return self.data
fake = sys.modules['numpy'] = types.ModuleType('numpy')
fake.ndarray, fake.generic = ndarray, generic
def f(): return {}
"""


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("ndarray((1,), b'\\0' * 8)", PASSED),
        ("ndarray((1,), b'\\0' * 7 + b'\\1')", WRONG),
        ("ndarray((2,), b'\\0' * 8)", Outcome.KILLED),
        ("ndarray((2**62,), b'\\0' * 8)", Outcome.KILLED),
        ("ndarray((1,), 'text')", Outcome.KILLED),
        ("ndarray((-1,), b'\\0' * 8)", Outcome.KILLED),
        ("ndarray(7, b'\\0' * 8)", Outcome.RAISED),
    ],
)
def test_what_calls_itself_numpy_is_believed_only_as_far_as_it_makes_an_array(
    judge: Judge, answer: str, outcome: Outcome
):
    """numpy itself is not in the jail: what crosses is a claim all the same, and the host's reader is strict."""
    task = returning(CallCheck((), Array("f8", (1,), bytes(8))))
    assert judge.grade(task, FAKE_NUMPY.format(answer)).outcome is outcome
