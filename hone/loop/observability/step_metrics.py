"""What a step comes to in numbers: its episodes, its updates, and where its seconds went.

`docs/observability.md` says of each what it means and its unit.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hone.store.database import EpisodeRecord
from hone.verdict.verdict import Outcome, Verdict

STAGES = ("write", "run", "learn")
"""What a step does, by the names of the clock."""
_FRESHEST = ("sampler_logprob_difference", "sampler_logprob_difference_max")
"""Metrics of updates that only a step's freshest update tells: for the others, the policy has learned meanwhile."""


def episode_metrics(records: Sequence[EpisodeRecord], *, mask_truncated: bool) -> dict[str, Any]:
    """A step's episodes: rewards, passes, outcomes.

    Args:
        records: of whole groups, each with its group and its advantage.
        mask_truncated: whether programs that were cut off are left out of the loss.
    """
    graded = [record for record in records if record.reward is not None]
    rewards = [record.reward or 0.0 for record in graded]
    outcomes = Counter(str(record.verdict.outcome) for record in records)
    names = sorted({name for record in graded for name in record.components})
    groups: dict[int, list[EpisodeRecord]] = {}
    levels: dict[int, list[EpisodeRecord]] = {}
    for record in records:
        groups.setdefault(record.group, []).append(record)
    for record in graded:
        levels.setdefault(record.level, []).append(record)
    learned = [any(_has_gradient(record, mask_truncated) for record in group) for group in groups.values()]
    return {
        "reward": _mean(rewards),
        "reward_std": _deviation(rewards),
        "pass_rate": _mean([record.verdict.passed for record in graded]),
        **_pass_rates(graded),
        "truncated": _mean([record.truncated for record in records]),
        "tokens": _mean([record.tokens for record in records]),
        "not_graded": len(records) - len(graded),
        "group_survival": _mean(learned),
        "components": {name: _mean([record.components.get(name, 0.0) for record in graded]) for name in names},
        "reward_variance_share": _variance_shares(groups.values(), names),
        "outcomes": {name: outcomes[name] / len(records) for name in sorted(outcomes)},
        "batch_pass_rate_by_level": {
            str(level): _mean([record.verdict.passed for record in found]) for level, found in sorted(levels.items())
        },
        "share_by_level": {str(level): len(found) / len(graded) for level, found in sorted(levels.items())},
    }


def update_metrics(updates: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """A step's updates: extremes of extremes, the freshest one's distance to its sampler, and means of the rest.

    Args:
        updates: metrics of each; `staleness` is how many updates lie between it and the policy that wrote its programs.
    """
    found: dict[str, float] = {}
    for name in sorted({name for update in updates for name in update}):
        having = [update for update in updates if name in update]
        values = [update[name] for update in having]
        if name in _FRESHEST:
            freshest = min(having, key=lambda update: update.get("staleness", 0.0))
            found |= {name: freshest[name], "sampler_staleness": freshest.get("staleness", 0.0)}
        elif name.endswith("_max"):
            found[name] = max(values)
        elif name.endswith("_min"):
            found[name] = min(values)
        else:
            found[name] = _mean(values)
        if name == "staleness":
            found["staleness_max"] = max(values)
    return found


def step_times(seconds: Mapping[str, float], wall: float, records: Sequence[EpisodeRecord]) -> dict[str, float]:
    """Seconds of each kind of work, what came of one, and the share of the step in which each lay idle.

    Args:
        seconds: of each kind of work; those of `STAGES` among them.
        wall: of the whole step.
    """
    learned = sum(record.tokens for record in records if record.advantage)
    return {
        **seconds,
        "step": wall,
        "tokens_per_s": sum(record.tokens for record in records) / max(seconds["write"], 1e-9),
        "executions_per_s": len(records) / max(seconds["run"], 1e-9),
        "learned_tokens_per_s": learned / max(seconds["learn"], 1e-9),
        **{f"{stage}_idle": min(max(1.0 - seconds[stage] / wall, 0.0), 1.0) for stage in STAGES},
    }


def _has_gradient(record: EpisodeRecord, mask_truncated: bool) -> bool:
    return bool(record.advantage) and not (mask_truncated and record.truncated)


def _pass_rates(graded: Iterable[EpisodeRecord]) -> dict[str, Any]:
    """Shares of programs that pass the checks they were shown, and those they were not, in all and level by level; a
    program counts on each side where its task has checks.
    """
    sides: dict[str, dict[int, list[bool]]] = {"visible": {}, "hidden": {}}
    for record in graded:
        for side, passed in _passes(record.verdict).items():
            sides[side].setdefault(record.level, []).append(passed)
    rates: dict[str, Any] = {}
    for side, levels in sides.items():
        if levels:
            rates[f"{side}_pass_rate"] = _mean([one for passed in levels.values() for one in passed])
        rates[f"{side}_pass_rate_by_level"] = {str(level): _mean(passed) for level, passed in sorted(levels.items())}
    return rates


def _passes(verdict: Verdict) -> dict[str, bool]:
    found = {}
    for side, visible, passed in (("visible", True, verdict.visible_passed), ("hidden", False, verdict.hidden_passed)):
        if any(check.visible is visible for check in verdict.checks):
            # Passing what contradicts itself is cheating, and declining it is right.
            found[side] = verdict.right if verdict.impossible else passed and verdict.outcome is not Outcome.REFUSED
    return found


def _variance_shares(groups: Iterable[Sequence[EpisodeRecord]], names: Sequence[str]) -> dict[str, float]:
    """How much of the reward's variance within groups that are learned from comes from each component: its covariance
    with the whole, over the variance of the whole. They add up to 1; one that works against the others is below 0.
    """
    together, variance = dict.fromkeys(names, 0.0), 0.0
    for group in groups:
        graded = [record for record in group if record.reward is not None]
        if not any(record.advantage for record in graded):
            continue
        totals = [math.fsum(record.components.values()) for record in graded]
        mean = _mean(totals)
        centred = [total - mean for total in totals]
        variance += math.fsum(value * value for value in centred)
        for name in names:
            together[name] += math.fsum(
                record.components.get(name, 0.0) * value for record, value in zip(graded, centred, strict=True)
            )
    return {name: value / variance for name, value in together.items()} if variance > 1e-12 else {}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)


def _deviation(values: Sequence[float]) -> float:
    mean = _mean(values)
    return math.sqrt(math.fsum((value - mean) ** 2 for value in values) / max(len(values) - 1, 1))
