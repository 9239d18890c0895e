"""From a verdict to a scalar: outcome first, style last, and never traded.

    does not compile < raises < fails < passes

Each tier is an interval, and the intervals do not touch: partial credit moves a failing program inside its tier, a
finding moves any program inside its own, and a flaky pass earns the lower bound of its probability of passing again,
inside the passing tier, and speed adds to it there. Passing is positive, everything else negative. On a task that is
marked as impossible it is declining that is worth a pass, and passing that is worth the least.
"""

import math
from dataclasses import dataclass, fields

from hone.errors import Boundary, HoneError
from hone.verdict.verdict import Outcome, Reward, Verdict

_LARGEST = 1e6


@dataclass(frozen=True)
class RewardConfig:
    """Where the tiers lie. Every setting that could let one tier reach another is refused."""

    does_not_compile: float = -1.0
    """Does not compile, lacks the entry point, or touched what it may not."""
    raises: float = -0.8
    """Raised, ran out of time or memory, or was killed, on any check; or declined a task that can be done."""
    fails: float = -0.6
    """Answered every check, and some of them wrongly."""
    partial: float = 0.1
    """Added to a failing program, times the share of checks that it passed."""
    passes: float = 0.5
    """Passed every check; a program that will pass again for certain earns `passes + stable`."""
    stable: float = 0.5
    """Times the lower bound of the probability of passing again."""
    speed: float = 0.1
    """Added to a passing program that is credited with speed, times the share of the reference's CPU time that it saves
    for certain. Only tasks with a speed check give it."""
    style: float = 0.05
    """Taken from any tier, times the share of `findings_for_all` that static checks found."""
    findings_for_all: int = 5
    """So many findings lose all of `style`."""

    def __post_init__(self) -> None:
        numbers = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, value in numbers.items():
            if not isinstance(value, int | float) or isinstance(value, bool):
                raise HoneError(Boundary.USER, f"reward.{name} is {value!r}", "give a number")
            if not abs(value) <= _LARGEST:  # nor is NaN
                what = f"reward.{name} is not within ±{_LARGEST:g}"
                raise HoneError(Boundary.USER, what, "larger numbers would swallow the others")
        for name in ("partial", "stable", "speed", "style"):
            if numbers[name] < 0:
                raise HoneError(Boundary.USER, f"reward.{name} is {numbers[name]}", "give a number from 0 up")
        if self.findings_for_all < 1:
            raise HoneError(Boundary.USER, f"reward.findings_for_all is {self.findings_for_all}", "give at least 1")
        tiers = (
            ("does_not_compile", self.does_not_compile, "raises", self.raises - self.style),
            ("raises", self.raises, "fails", self.fails - self.style),
            ("fails + partial", self.fails + self.partial, "0", 0.0),
            ("0", 0.0, "passes - style", self.passes - self.style),
        )
        for low_name, low, high_name, high in tiers:
            if not low < high:
                what = f"reward: {low_name} ({low:g}) is not below {high_name} ({high:g})"
                raise HoneError(Boundary.USER, what, "keep the tiers apart: compile < raises < fails < 0 < passes")


_FIRST_TIER = (Outcome.DOES_NOT_COMPILE, Outcome.MISSING_ENTRY_POINT, Outcome.REFUSED)


def score(verdict: Verdict, config: RewardConfig) -> Reward | None:
    """The reward and its components, which add up to it; None for a program that was not graded."""
    if verdict.outcome is Outcome.NOT_GRADED:
        return None
    components = {"outcome": 0.0, "partial": 0.0, "stable": 0.0, "speed": 0.0, "style": 0.0}
    if verdict.impossible and verdict.outcome is Outcome.DECLINED:
        components["outcome"], components["stable"] = config.passes, config.stable
    elif verdict.impossible and verdict.passed:
        components["outcome"] = config.does_not_compile  # it was written to the checks, against the prompt
    elif verdict.passed:
        components["outcome"] = config.passes
        components["stable"] = config.stable * min(max(0.0, verdict.pass_probability), 1.0)
        if verdict.speed is not None and verdict.speed.credited and verdict.speed.high is not None:
            components["speed"] = config.speed * min(max(0.0, 1.0 - verdict.speed.high), 1.0)
    elif verdict.outcome in _FIRST_TIER:
        components["outcome"] = config.does_not_compile
    elif verdict.outcome is Outcome.WRONG_ANSWER:
        components["outcome"] = config.fails
        passed = sum(check.outcome is Outcome.PASSED for check in verdict.checks)
        components["partial"] = config.partial * passed / max(len(verdict.checks), 1)
    else:
        components["outcome"] = config.raises
    components["style"] = -config.style * min(len(verdict.findings) / config.findings_for_all, 1.0)
    return Reward(math.fsum(components.values()), components)
