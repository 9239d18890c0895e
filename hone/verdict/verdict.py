"""The verdict: one typed outcome for each check and for the whole."""

import dataclasses
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hone.errors import Boundary, HoneError


class Outcome(StrEnum):
    """What is true of a check, or of a whole program."""

    PASSED = "passed"
    WRONG_ANSWER = "wrong answer"
    RAISED = "raised"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    KILLED = "killed"
    DOES_NOT_COMPILE = "does not compile"
    MISSING_ENTRY_POINT = "missing entry point"
    REFUSED = "refused"
    DECLINED = "declined"
    """It says that the task cannot be done, and does nothing else."""
    NOT_GRADED = "not graded"
    """Infrastructure failed: never a reward, excluded from group statistics, retried."""


_WORST_FIRST = (
    (Outcome.NOT_GRADED,),
    (Outcome.DOES_NOT_COMPILE,),
    (Outcome.MISSING_ENTRY_POINT,),
    (Outcome.REFUSED,),
    (Outcome.DECLINED,),
    (Outcome.RAISED, Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.KILLED),
    (Outcome.WRONG_ANSWER,),
)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome of a whole: the worst that is true of a part, the first of those that are equally bad."""
    found = list(outcomes)
    for tier in _WORST_FIRST:
        for outcome in found:
            if outcome in tier:
                return outcome
    return Outcome.PASSED


@dataclass(frozen=True)
class CheckOutcome:
    """One check's outcome."""

    name: str
    visible: bool
    outcome: Outcome
    detail: str = ""
    """What happened, for a visible check; empty for a hidden one, whose inputs and answers are never told."""
    cpu_seconds: float = 0.0
    output: str = ""
    """What the program printed on a visible check, capped; empty for a hidden one, and for calls unless the program
    failed and was run again, with the visible checks alone, to be explained."""
    reached: bool = True
    """False where it was never begun: the program could not be loaded, or earlier checks had ended it. Its outcome is
    then that of the program."""


@dataclass(frozen=True)
class Finding:
    """One finding of the linter or the type checker."""

    tool: str
    rule: str
    line: int
    message: str


@dataclass(frozen=True)
class Speed:
    """A passing program's CPU time beside the reference's."""

    ratio: float | None = None
    """Median over the rounds of the program's time divided by the reference's: below 1 it is faster. None where its
    runs say nothing of speed; then `detail` says why."""
    low: float | None = None
    high: float | None = None
    """Between the two lies the true median, with a probability of at least 95 %."""
    rounds: int = 0
    credited: bool = False
    """It is faster outside noise."""
    detail: str = ""


@dataclass(frozen=True)
class Reward:
    """A scalar and the parts that it is the sum of."""

    total: float
    components: dict[str, float]


@dataclass(frozen=True)
class Verdict:
    """What is true of one program on one task."""

    task_id: str
    outcome: Outcome
    checks: tuple[CheckOutcome, ...]
    findings: tuple[Finding, ...] = ()
    runs: int = 1
    """How often the program was run whole (more than once where flakiness was suspected)."""
    passes: int = 0
    """How many of those runs passed every check."""
    pass_probability: float = 0.0
    """Lower bound of the probability of passing again; 0 for a failing program."""
    boundary: Boundary | None = None
    """Whose failure it is; None for a pass."""
    detail: str = ""
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    jail: str = "full"
    tripwires: tuple[str, ...] = ()
    """What the program tried and may not do, as far as it was noticed (see `hone.sandbox.tripwires`)."""
    impossible: bool = False
    """The task contradicts itself on purpose: declining it was right, and passing it was not."""
    speed: Speed | None = None
    """For a passing program of a task that asks for it."""
    scored: Reward | None = None
    """The reward under the judge's settings; None where the infrastructure failed."""

    @property
    def passed(self) -> bool:
        """Every check passed, at least once."""
        return self.outcome is Outcome.PASSED

    @property
    def right(self) -> bool:
        """It did what it ought to: passed, or declined what cannot be done."""
        return self.outcome is (Outcome.DECLINED if self.impossible else Outcome.PASSED)

    @property
    def visible_passed(self) -> bool:
        """The checks that the policy was shown passed, whatever became of the others."""
        return self._all_passed(visible=True)

    @property
    def hidden_passed(self) -> bool:
        """The checks that the policy was not shown passed."""
        return self._all_passed(visible=False)

    def _all_passed(self, *, visible: bool) -> bool:
        if self.outcome is Outcome.NOT_GRADED:  # it has no checks to fail
            return False
        return all(check.outcome is Outcome.PASSED for check in self.checks if check.visible is visible)

    @property
    def flaky(self) -> bool:
        """It passed, and not every time."""
        return self.passed and self.passes < self.runs

    @property
    def reward(self) -> float | None:
        """The scalar reward; None where the infrastructure failed, never a number in its place."""
        return None if self.scored is None else self.scored.total

    @property
    def components(self) -> dict[str, float]:
        """What the reward is the sum of."""
        return {} if self.scored is None else self.scored.components

    def to_json(self) -> str:
        """The verdict as JSON text; `from_json` reads it back."""
        data = dataclasses.asdict(self)
        reward = data.pop("scored")
        data |= {"passed": self.passed, "flaky": self.flaky, "reward": self.reward}
        data["components"] = None if reward is None else reward["components"]
        return json.dumps(data, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> "Verdict":
        """The verdict that `to_json` wrote.

        Raises:
            HoneError: the text is not a verdict.
        """
        try:
            data: dict[str, Any] = json.loads(text)
            reward, components = data.pop("reward"), data.pop("components")
            derived = data.pop("passed"), data.pop("flaky")
            data["outcome"] = Outcome(data["outcome"])
            data["boundary"] = None if data["boundary"] is None else Boundary(data["boundary"])
            data["checks"] = tuple(
                CheckOutcome(outcome=Outcome(check.pop("outcome")), **check) for check in data["checks"]
            )
            data["tripwires"] = tuple(data["tripwires"])
            data["findings"] = tuple(Finding(**finding) for finding in data["findings"])
            data["speed"] = Speed(**data["speed"]) if data["speed"] else None
            verdict = cls(**data, scored=None if reward is None else Reward(reward, components))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise HoneError(
                Boundary.DISK, f"this is not a verdict: {error}", "give what Verdict.to_json wrote"
            ) from error
        if derived != (verdict.passed, verdict.flaky):
            raise HoneError(Boundary.DISK, "this verdict contradicts itself", "give what Verdict.to_json wrote")
        return verdict
