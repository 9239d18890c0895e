"""Remembers verdicts on programs that were judged before: a policy that visits a task again often repeats itself."""

from collections import OrderedDict
from collections.abc import Sequence

from hone.tasks.program import Program
from hone.tasks.task import Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome, Verdict

_LASTING = (
    Outcome.PASSED,
    Outcome.WRONG_ANSWER,
    Outcome.RAISED,
    Outcome.DOES_NOT_COMPILE,
    Outcome.MISSING_ENTRY_POINT,
    Outcome.DECLINED,
)
"""Outcomes that do not depend on how busy the machine was."""


class RememberingJudge:
    """A judge that grades a program for a task once. What may be flaky is graded anew each time."""

    def __init__(self, judge: Judge, capacity: int = 50_000) -> None:
        """Args: capacity: verdicts that are kept; the one not asked for the longest goes first."""
        self._judge = judge
        self._capacity = capacity
        self._known: OrderedDict[tuple[str, str], Verdict] = OrderedDict()

    def grade_many(self, pairs: Sequence[tuple[Task, Program]]) -> list[Verdict]:
        """Verdicts in the pairs' order; raises as `Judge.grade_many`."""
        keys = [(task.id, program.source) for task, program in pairs]
        new = {key: pair for key, pair in zip(keys, pairs, strict=True) if key not in self._known}
        fresh = dict(zip(new, self._judge.grade_many(list(new.values())), strict=True))
        verdicts = [fresh[key] if key in fresh else self._known[key] for key in keys]
        for key, verdict in zip(keys, verdicts, strict=True):
            if verdict.runs == 1 and verdict.outcome in _LASTING:
                self._known[key] = verdict
                self._known.move_to_end(key)
        while len(self._known) > self._capacity:
            self._known.popitem(last=False)
        return verdicts
