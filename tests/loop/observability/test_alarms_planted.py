"""Alarms on real learning that goes wrong: a tiny policy, sampled and updated as in a run, with a pathology planted.

No jail: the reward is a function of the tokens, and no program passes.
"""

from collections.abc import Callable
from dataclasses import replace

import torch

from hone.curriculum.learnability import CurriculumConfig
from hone.episodes.episode import Episode
from hone.episodes.one_shot import attempt
from hone.learn.config import Precision, RLConfig
from hone.learn.objective import named
from hone.learn.policy_gradient import Judged, PolicyGradient
from hone.loop.observability.alarms import Alarm, AlarmConfig, Alarms
from hone.loop.observability.step_metrics import episode_metrics, update_metrics
from hone.policy.sampling import Sampling
from hone.store.database import EpisodeRecord
from hone.tasks.families import Split
from hone.verdict.verdict import CheckOutcome, Outcome, Verdict
from tests.tiny import tiny_policy

TASKS = CurriculumConfig().mix.some_tasks(Split.TRAIN, 1, 8)
RL = RLConfig(steps=100, samples=8, max_new_tokens=16, warm_up=0, learning_rate=3e-3, objective=named("dr_grpo"))
FAILED = (CheckOutcome("a", True, Outcome.WRONG_ANSWER), CheckOutcome("b", False, Outcome.WRONG_ANSWER))
Parts = dict[str, float]


def style_only(episode: Episode) -> Parts:
    """Every program fails alike, and the reward differs by what it looks like."""
    ugly = sum(token % 3 == 0 for token in episode.turns[0].action)
    return {"outcome": -0.6, "stable": 0.0, "style": -0.05 * ugly / RL.max_new_tokens}


def outcome_only(episode: Episode) -> Parts:
    """Some programs are better than others by their outcome, as good as at random."""
    return {"outcome": -0.8 if episode.turns[0].action[0] % 2 else -0.6, "stable": 0.0, "style": 0.0}


def learned(
    steps: int, reward: Callable[[Episode], Parts], rl: RLConfig = RL, *, sampler_temperature: float = 1.0
) -> dict[str, Alarm]:
    """What sounded while a fresh policy learned, but that it never ends a program, which at first it cannot."""
    policy = tiny_policy(TASKS)
    learner, alarms, told = PolicyGradient(policy, rl, print), Alarms(AlarmConfig(window=8, truncation=1.0)), {}
    for step in range(steps):
        generator = torch.Generator().manual_seed(step)
        groups = attempt(
            policy,
            TASKS,
            rl.samples,
            max_new_tokens=rl.max_new_tokens,
            sampling=Sampling(temperature=sampler_temperature),
            generator=generator,
        )
        parts = [[reward(episode) for episode in group] for group in groups]
        samples = [
            [
                Judged(turn.action, turn.logprobs, turn.finished, passed=False, reward=sum(part.values()))
                for turn, part in ((episode.turns[0], part) for episode, part in zip(*pair, strict=True))
            ]
            for pair in zip(groups, parts, strict=True)
        ]
        update, advantages = learner.update(step, [group[0].turns[0].observation for group in groups], samples)
        records = [
            EpisodeRecord(
                Verdict(episode.task.id, Outcome.WRONG_ANSWER, FAILED),
                episode.program.source,
                group=place,
                truncated=not episode.turns[0].finished,
                reward=sum(part.values()),
                advantage=advantage,
                components=part,
            )
            for place, group in enumerate(zip(groups, parts, advantages, strict=True))
            for episode, part, advantage in zip(*group, strict=True)
        ]
        metrics = episode_metrics(records, mask_truncated=False) | update_metrics([update | {"staleness": 0.0}])
        told |= alarms.look(metrics)
    return told


def test_learning_that_is_healthy_sets_off_nothing():
    assert not learned(24, outcome_only, replace(RL, learning_rate=1e-5))


def test_a_reward_of_style_alone_dominates_and_rises_without_a_pass():
    told = learned(30, style_only)
    assert "style makes 100 %" in told["component_dominates"].what
    assert "hidden pass rate stayed at 0.00" in told["reward_without_passes"].what
    assert "most of the rise is style" in told["reward_without_passes"].hint


def test_a_learning_rate_far_too_high_collapses_the_entropy():
    told = learned(20, outcome_only, replace(RL, learning_rate=0.3))
    assert told.keys() == {"entropy_collapse"} | (told.keys() & {"no_survivors", "reward_without_passes"})


def test_a_sampler_at_another_temperature_is_a_mismatch_and_bfloat16_is_none():
    quiet = replace(RL, learning_rate=1e-5)
    told = learned(8, outcome_only, quiet, sampler_temperature=0.7)
    assert told.keys() == {"sampler_mismatch"}
    assert "compare temperature" in told["sampler_mismatch"].hint
    assert not learned(8, outcome_only, replace(quiet, precision=Precision.BFLOAT16))
