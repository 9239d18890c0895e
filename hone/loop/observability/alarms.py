"""Alarms: what a person who watches a run's curves would be worried by, told in a sentence, with a hint.

Every alarm is a pure function of the steps seen so far. It compares the mean of the newest window of steps with a
limit, or with the window before, and goes off only where they differ both by a size that matters and by several
standard errors. `docs/observability.md` lists them.
"""

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hone.errors import Boundary, HoneError
from hone.loop.observability.windows import (
    Change,
    Metric,
    Step,
    change,
    difference,
    flat,
    logarithm,
    slope,
    window_mean,
)


@dataclass(frozen=True)
class AlarmConfig:
    """When an alarm goes off. A share is of 1; a rise is from one window of steps to the next."""

    window: int = 20
    """Steps that are averaged. An alarm that was quiet for twice as many is told again."""
    certainty: float = 5.0
    """Standard errors by which a mean must differ."""
    entropy_share: float = 0.25
    """Entropy below this share of what the stage began with has collapsed."""
    reward_rise: float = 0.1
    """Rise of the reward that matters, in standard deviations of the reward; it counts as far as passing does not
    explain it."""
    flat: float = 0.03
    """Rise of the hidden pass rate below which it is flat."""
    visible_gap_rise: float = 0.1
    """Rise of the share of programs that pass what they were shown beyond those that pass what was hidden."""
    truncation_rise: float = 0.1
    """Rise of the share of programs that are cut off at the length limit."""
    truncation: float = 0.5
    """Share of programs that are cut off."""
    mismatch: float = 0.02
    """Mean distance of the learner's log-probabilities from the sampler's, in nats a token, before anything was
    learned."""
    component_share: float = 0.5
    """Share of the reward's variance within groups that a component other than the outcome's may have."""
    survival: float = 0.05
    """Share of groups that carry a gradient below which there is nothing to learn from."""
    not_graded: float = 0.05
    """Share of programs on which the infrastructure failed."""
    gradient_growth: float = 10.0
    """Times the gradient's norm before."""
    gradient_norm: float = 1.0
    """Norm that the gradient must reach to have exploded."""
    kl_sampler: float = 0.1
    """KL divergence from the policy that wrote to the policy that learns, in nats a token."""
    kl_reference: float = 1.0
    """KL divergence from the reference, in nats a token."""

    def __post_init__(self) -> None:
        if self.window < 5:
            raise HoneError(Boundary.USER, f"alarms.window is {self.window}", "give at least 5 steps")
        for name in self.__dataclass_fields__:
            if not getattr(self, name) >= 0:  # NaN is refused too
                raise HoneError(Boundary.USER, f"alarms.{name} is {getattr(self, name)}", "give at least 0")


@dataclass(frozen=True)
class Alarm:
    """What is wrong, and what to do."""

    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.what}: {self.hint}"


@dataclass(frozen=True)
class History:
    """The steps that alarms look at, in their order."""

    first: Sequence[Step]
    """The stage's first window."""
    older: Sequence[Step]
    """The window before the newest; empty until there are two."""
    newer: Sequence[Step]
    """The newest window; empty until it is full."""
    last: Step

    def change(self, metric: Metric) -> Change | None:
        """From the older window to the newer one."""
        return change(self.older, self.newer, metric)


def entropy_collapse(seen: History, config: AlarmConfig) -> Alarm | None:
    """The policy writes nearly the same program each time."""
    began, now = window_mean(seen.first, "entropy"), window_mean(seen.newer, "entropy")
    if began is None or now is None or not now.below(config.entropy_share * began.value, config.certainty):
        return None
    what = f"the policy's entropy fell from {began.value:.3g} to {now.value:.3g} nats a token"
    return Alarm(what, "lower the learning rate, widen clip.high, or give entropy_weight a little")


def reward_without_passes(seen: History, config: AlarmConfig) -> Alarm | None:
    """The reward rises, the hidden checks are passed no more often, and the one does not follow from the other."""
    reward, passes = seen.change("reward"), seen.change("hidden_pass_rate")
    spread = window_mean([*seen.older, *seen.newer], "reward_std")
    if reward is None or passes is None or spread is None or passes.value >= config.flat:
        return None
    per_pass = slope((seen.older, seen.newer), "hidden_pass_rate", "reward")
    unexplained = seen.change(difference("reward", "hidden_pass_rate", per_pass))
    size = config.reward_rise * spread.value
    # The reward itself is as noisy as passing is; what passing does not explain of it is not.
    if unexplained is None or reward.value < size or not unexplained.rose(size, config.certainty):
        return None
    what = (
        f"the reward rose from {reward.before:.3f} to {reward.after:.3f} while the hidden pass rate stayed at "
        f"{passes.after:.2f} ({passes.before:.2f} before)"
    )
    names = {name for step in seen.newer for name in step if name.startswith("components/")}
    rises = {name.removeprefix("components/"): seen.change(name) for name in names}
    largest = max(sorted(rises), key=lambda name: found.value if (found := rises[name]) else 0.0, default="")
    told = f"most of the rise is {largest}; " if largest else ""
    return Alarm(what, f"{told}read the programs of the last steps: is the reward earned without solving the task?")


def visible_gap(seen: History, config: AlarmConfig) -> Alarm | None:
    """More and more programs pass what they were shown and fail what was hidden."""
    gap = seen.change(difference("visible_pass_rate", "hidden_pass_rate"))
    if gap is None or not gap.rose(config.visible_gap_rise, config.certainty):
        return None
    what = (
        f"{_percent(gap.after)} of programs pass the visible checks and fail hidden ones, {_percent(gap.before)} before"
    )
    return Alarm(what, "the policy fits the checks it is shown; show fewer of them, or others each time")


def truncation_rising(seen: History, config: AlarmConfig) -> Alarm | None:
    """Programs grow into the length limit."""
    change = seen.change("truncated")
    if change is None or not change.rose(config.truncation_rise, config.certainty):
        return None
    what = f"{_percent(change.after)} of programs are cut off at the length limit, {_percent(change.before)} before"
    return Alarm(what, "set objective.overlong_margin, or raise rl.max_new_tokens")


def truncation_high(seen: History, config: AlarmConfig) -> Alarm | None:
    """Most programs do not end."""
    now = window_mean(seen.newer, "truncated")
    if now is None or not now.above(config.truncation, config.certainty):
        return None
    what = f"{_percent(now.value)} of programs are cut off at the length limit"
    return Alarm(what, "raise rl.max_new_tokens; if the policy never ends a program, warm it up on solved tasks first")


def sampler_mismatch(seen: History, config: AlarmConfig) -> Alarm | None:
    """Sampler and learner disagree about the same weights; nothing is said of steps that were written by older ones."""
    own = [step for step in seen.newer if not step.get("sampler_staleness")]
    now = window_mean(own, "sampler_logprob_difference")
    if now is None or not now.above(config.mismatch, config.certainty):
        return None
    largest = max(step.get("sampler_logprob_difference_max", 0.0) for step in own)
    what = (
        f"the learner's log-probabilities differ from the sampler's by {now.value:.3g} nats a token before anything is "
        f"learned (at most {largest:.3g})"
    )
    hint = "compare temperature, precision and weights of the two, or set objective.correction.kind to truncate"
    return Alarm(what, hint)


def component_dominates(seen: History, config: AlarmConfig) -> Alarm | None:
    """What is learned is something else than to pass."""
    prefix = "reward_variance_share/"
    names = {name for step in seen.newer for name in step if name.startswith(prefix)}
    for name in sorted(names - {prefix + expected for expected in OUTCOME}):
        share = window_mean(seen.newer, name)
        if share is not None and share.above(config.component_share, config.certainty):
            short = name.removeprefix(prefix)
            what = f"{short} makes {_percent(share.value)} of the reward's variance within groups"
            return Alarm(what, f"the policy learns {short} rather than to pass; weigh it less, or give easier tasks")
    return None


def no_survivors(seen: History, config: AlarmConfig) -> Alarm | None:
    """Hardly any group has something to teach."""
    now = window_mean(seen.newer, "group_survival")
    if now is None or not now.below(config.survival, config.certainty):
        return None
    passes = window_mean(seen.newer, "pass_rate")
    what = f"only {_percent(now.value)} of groups carry a gradient"
    if passes is not None and passes.value > 0.5:
        return Alarm(what, f"{_percent(passes.value)} of programs pass: give harder tasks, or stop here")
    hint = "hardly any program passes: give easier tasks, more samples a task, or a longer warm start"
    return Alarm(what, hint)


def not_graded(seen: History, config: AlarmConfig) -> Alarm | None:
    """The infrastructure loses programs."""
    now = window_mean(seen.newer, lambda step: step.get("outcomes/not graded", 0.0 if "reward" in step else None))
    if now is None or not now.above(config.not_graded, config.certainty):
        return None
    what = f"{_percent(now.value)} of programs could not be graded"
    return Alarm(what, "the sandbox fails, not the policy: look at memory and load; fewer workers may help")


def gradient_explosion(seen: History, config: AlarmConfig) -> Alarm | None:
    """The gradient grows by an order of magnitude, or is no number."""
    for name in ("gradient_norm", "loss"):
        if name in seen.last and not math.isfinite(seen.last[name]):
            return Alarm(f"{name.replace('_', ' ')} is not finite", "lower the learning rate")
    change = seen.change(logarithm("gradient_norm"))
    if change is None or math.exp(change.after) < config.gradient_norm:
        return None
    if not change.rose(math.log(max(config.gradient_growth, 1.0)), config.certainty):
        return None
    what = f"the gradient's norm grew from {math.exp(change.before):.3g} to {math.exp(change.after):.3g}"
    return Alarm(what, "lower the learning rate or max_gradient_norm")


def kl_sampler(seen: History, config: AlarmConfig) -> Alarm | None:
    """The policy leaves, within a step, the one that wrote the step's programs."""
    far = _far(seen, config, "kl_sampler", config.kl_sampler, "the one that wrote the programs")
    return Alarm(far, "lower the learning rate, or take fewer updates a step") if far else None


def kl_reference(seen: History, config: AlarmConfig) -> Alarm | None:
    """The policy leaves the reference."""
    far = _far(seen, config, "kl_reference", config.kl_reference, "the reference")
    return Alarm(far, "raise objective.reference.weight, or lower the learning rate") if far else None


def _far(seen: History, config: AlarmConfig, name: str, most: float, other: str) -> str:
    """How far the policy is from another; nothing while it is within `most` nats a token."""
    now = window_mean(seen.newer, logarithm(name))
    if now is None or most <= 0 or not now.above(math.log(most), config.certainty):
        return ""
    return f"the policy is {math.exp(now.value):.3g} nats a token away from {other}"


OUTCOME = ("outcome", "stable")
"""Components of the reward that ought to dominate it."""
ALARMS: Mapping[str, Callable[[History, AlarmConfig], Alarm | None]] = {
    check.__name__: check
    for check in (
        entropy_collapse,
        reward_without_passes,
        visible_gap,
        truncation_rising,
        truncation_high,
        sampler_mismatch,
        component_dominates,
        no_survivors,
        not_graded,
        gradient_explosion,
        kl_sampler,
        kl_reference,
    )
}


_NOT_MEASURED = ("stage", "step", "time", "alarms")
"""Fields of a line of the metrics file that alarms do not look at."""


class Alarms:
    """Watches one stage: an alarm is told when it goes off, and again if it comes back after two windows of quiet."""

    def __init__(self, config: AlarmConfig) -> None:
        self.config = config
        self._first: list[Step] = []
        self._recent: deque[Step] = deque(maxlen=2 * config.window)
        self._quiet: dict[str, int] = {}
        """Alarms that are on, and for how many steps each was quiet."""

    def look(self, metrics: Mapping[str, Any]) -> dict[str, Alarm]:
        """Take note of a step; the alarms that it sets off, by name.

        Args:
            metrics: as they stand in the metrics file. A run that is resumed tells those before its checkpoint first,
                and then says what a run never stopped would.
        """
        window = self.config.window
        step = flat({name: value for name, value in metrics.items() if name not in _NOT_MEASURED})
        if len(self._first) < window:
            self._first.append(step)
        self._recent.append(step)
        recent = list(self._recent)
        seen = History(
            first=self._first if len(self._first) == window else (),
            older=recent[:window] if len(recent) == 2 * window else (),
            newer=recent[-window:] if len(recent) >= window else (),
            last=step,
        )
        found = {name: alarm for name, check in ALARMS.items() if (alarm := check(seen, self.config)) is not None}
        started = {name: alarm for name, alarm in found.items() if name not in self._quiet}
        quiet = {name: 0 if name in found else count + 1 for name, count in self._quiet.items()}
        self._quiet = {name: count for name, count in quiet.items() if count < 2 * window} | dict.fromkeys(started, 0)
        return started


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
