"""Trusted checkers: a task author's `check`, asked about answers in the referee's jail.

It sees plain values only, in a process that no candidate shares; the answers of one candidate are put to it in one
fork, those of another in another. What its failures mean (docs/judging.md): a checker that cannot be loaded, or that
fails on the reference's answer, too, is the task author's failure, and the case is not graded. One that raises, hangs
or says neither True nor False about a candidate's answer alone has met a wrong answer.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any

from hone.errors import Boundary
from hone.sandbox.inside.codec import UnplainError, encode
from hone.sandbox.jobs import CallJob, CaseResult, Job, RunResult, Status, StdioJob
from hone.sandbox.pool import Pool
from hone.tasks.array import Array
from hone.tasks.checks import CallCheck, SuiteCheck
from hone.tasks.task import Limits, Task
from hone.verdict.compare import answers
from hone.verdict.outputs import prints
from hone.verdict.verdict import Outcome

_LEAST = Limits(memory_bytes=512 * 2**20)
"""What a checker may use at the least, however little the candidate may."""
_MOST_REMEMBERED = 10_000
_UNLOADED = (Status.DOES_NOT_COMPILE, Status.MISSING_ENTRY_POINT, Status.RAISED)
"""How a checker's run as a whole ends where it could not be loaded."""


@dataclass(frozen=True)
class Opinion:
    """What the checker made of one case."""

    outcome: Outcome
    """PASSED, WRONG_ANSWER or NOT_GRADED."""
    boundary: Boundary | None = None
    """Whose failure it is that a case is not graded."""


class _Reply(Enum):
    ACCEPTS = auto()
    REFUSES = auto()
    FAILS = auto()
    """It raised, ran out of something, or returned no truth value."""
    CANNOT_LOAD = auto()
    LOST = auto()
    """The sandbox failed."""


@dataclass(frozen=True)
class _Question:
    task: Task
    index: int
    """Of the check among the task's."""
    run: int
    """Of the candidate; its questions are asked together."""
    source: str
    given: Any
    answer: Any


class Checkers:
    """Asks the checkers of tasks about candidates' answers. As thread-safe as the pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._fails_on_reference: dict[tuple[str, int], bool] = {}

    def opinions(self, runs: Sequence[tuple[Task, RunResult]]) -> list[dict[int, Opinion]]:
        """For each run the opinions on its cases, by the check's index: on those only that a checker decides."""
        opinions: list[dict[int, Opinion]] = [{} for _ in runs]
        questions = [
            question for run, (task, result) in enumerate(runs) for question in _questions(run, task, result.cases)
        ]
        if not questions:
            return opinions
        replies = self._ask(questions)
        failed = [question for question, reply in zip(questions, replies, strict=True) if reply is _Reply.FAILS]
        self._try_on_references(failed)
        for question, reply in zip(questions, replies, strict=True):
            opinions[question.run][question.index] = self._opinion(question, reply)
        return opinions

    def _opinion(self, question: _Question, reply: _Reply) -> Opinion:
        match reply:
            case _Reply.ACCEPTS:
                return Opinion(Outcome.PASSED)
            case _Reply.REFUSES:
                return Opinion(Outcome.WRONG_ANSWER)
            case _Reply.LOST:
                return Opinion(Outcome.NOT_GRADED, Boundary.SANDBOX)
            case _Reply.FAILS if not self._fails_on_reference.get((question.task.id, question.index), False):
                return Opinion(Outcome.WRONG_ANSWER)
        return Opinion(Outcome.NOT_GRADED, Boundary.TASK)

    def _ask(self, questions: Sequence[_Question]) -> list[_Reply]:
        """One reply a question; questions about one candidate go to one fork (for each checker's source)."""
        replies = [_Reply.REFUSES] * len(questions)  # of what cannot be put to it: nested too deep, too many parts
        groups: dict[tuple[int, str], list[int]] = defaultdict(list)
        for number, question in enumerate(questions):
            if _can_be_put(question):
                groups[question.run, question.source].append(number)
        jobs = []
        for (_run, source), numbers in groups.items():
            calls = tuple((questions[number].given, questions[number].answer) for number in numbers)
            limits = _generous(questions[numbers[0]].task.limits)
            jobs.append(CallJob(source, "check", calls, limits, trusted=True))
        for numbers, result in zip(groups.values(), self._pool.run_many(jobs), strict=True):
            for number, case in zip(numbers, result.cases, strict=True):
                replies[number] = _reply(result, case)
        return replies

    def _try_on_references(self, failed: Sequence[_Question]) -> None:
        """Find out whether the checkers that failed do so on the references' answers, too. Remembered."""
        if len(self._fails_on_reference) > _MOST_REMEMBERED:
            self._fails_on_reference.clear()
        unknown = {(question.task.id, question.index): question for question in failed if question.task.reference}
        asked = [question for key, question in unknown.items() if key not in self._fails_on_reference]
        results = self._pool.run_many([_reference_job(question) for question in asked])
        put = [
            replace(question, run=number, answer=result.cases[0].value)
            for number, (question, result) in enumerate(zip(asked, results, strict=True))
            if _may_be_asked(question, result.cases[0])
        ]
        for question, reply in zip(put, self._ask(put), strict=True):
            if reply is not _Reply.LOST:
                self._fails_on_reference[question.task.id, question.index] = reply is _Reply.FAILS


def _questions(run: int, task: Task, cases: Sequence[CaseResult]) -> list[_Question]:
    found = []
    for index, (check, case) in enumerate(zip(task.checks, cases, strict=False)):
        if isinstance(check, SuiteCheck) or not check.checker:
            continue
        given = list(check.args) if isinstance(check, CallCheck) else check.stdin
        question = _Question(task, index, run, check.checker, given, case.value)
        if _may_be_asked(question, case):
            found.append(question)
    return found


def _may_be_asked(question: _Question, case: CaseResult) -> bool:
    check = question.task.checks[question.index]
    if isinstance(check, SuiteCheck):
        return False
    return answers(check, case) if isinstance(check, CallCheck) else prints(check, case)


def _can_be_put(question: _Question) -> bool:
    """Whether the answer crosses once more: what was decoded may be nested a level too deep for it."""
    try:
        encode([question.given, question.answer], array=Array)
    except UnplainError:
        return False
    return True


def _reply(result: RunResult, case: CaseResult) -> _Reply:
    if case.status is Status.NOT_GRADED:
        return _Reply.LOST
    if result.status in _UNLOADED:
        return _Reply.CANNOT_LOAD
    if case.status is Status.DONE and type(case.value) is bool:
        return _Reply.ACCEPTS if case.value else _Reply.REFUSES
    return _Reply.FAILS


def _reference_job(question: _Question) -> Job:
    task, check = question.task, question.task.checks[question.index]
    if isinstance(check, CallCheck):
        after = frozenset() if check.arguments_after is None else frozenset({0})
        return CallJob(
            task.reference,
            task.entry_point,
            (check.args,),
            task.limits,
            arguments_after=after,
            driver=task.driver,
            walls=not task.driver_passes_on,
            libraries=task.libraries,
        )
    return StdioJob(task.reference, (question.given,), task.limits, libraries=task.libraries)


def _generous(limits: Limits) -> Limits:
    return replace(
        limits,
        cpu_seconds=max(limits.cpu_seconds, _LEAST.cpu_seconds),
        wall_seconds=max(limits.wall_seconds, _LEAST.wall_seconds),
        memory_bytes=max(limits.memory_bytes, _LEAST.memory_bytes),
        reply_bytes=_LEAST.reply_bytes,
    )
