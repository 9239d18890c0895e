"""The two stages that learn, each a few verbs: one step, its checkpoint, and its return from one.

Every random draw of a step comes from a generator seeded with (seed, stage, step): a checkpoint's position is all the
random state there is.
"""

import itertools
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import torch

from hone.curriculum.learnability import Curriculum
from hone.episodes.episode import Episode
from hone.episodes.one_shot import attempt
from hone.learn.config import WarmStartConfig
from hone.learn.policy_gradient import Judged, PolicyGradient
from hone.learn.warm_start import WarmStart
from hone.loop.config import Control, TrainConfig
from hone.policy.policy import Policy
from hone.store.database import EpisodeRecord
from hone.tasks.task import Task
from hone.verdict.judge import Judge
from hone.verdict.memory import RememberingJudge
from hone.verdict.verdict import Outcome, Verdict


@dataclass(frozen=True)
class StepReport:
    """What one step leaves behind."""

    metrics: dict[str, Any]
    """What the seed fixes."""
    clock: dict[str, float]
    """What the clock decides: seconds of each part, tokens/s, executions/s."""
    episodes: tuple[EpisodeRecord, ...] = ()
    pass_rates: dict[int, float] = field(default_factory=dict)


class Stage(Protocol):
    """A stage of learning, as the run sees it."""

    name: str
    steps: int

    def step(self, step: int) -> StepReport:
        """Take the step numbered `step`, from 0."""
        ...

    def save(self, folder: Path) -> dict[str, Any]:
        """Write tensors into `folder`; the rest of the state, as plain data."""
        ...

    def restore(self, folder: Path, state: dict[str, Any]) -> None:
        """Continue from what `save` left."""
        ...


OPTIMIZER = "optimizer.safetensors"


class SupervisedStage:
    """Warm start, or more of it."""

    def __init__(self, name: str, policy: Policy, tasks: Sequence[Task], config: WarmStartConfig, seed: int) -> None:
        self.name = name
        self.steps = config.steps
        self._warm_start = WarmStart(policy, tasks, config, seed)

    def step(self, step: int) -> StepReport:
        """Learn from the next batch of solved tasks."""
        started = time.monotonic()
        metrics, tokens = self._warm_start.step(step)
        seconds = time.monotonic() - started
        return StepReport(dict(metrics), {"learn": seconds, "tokens_per_s": tokens / seconds})

    def save(self, folder: Path) -> dict[str, Any]:
        """The optimizer; the order of the examples follows from the position."""
        self._warm_start.optimizer.save(folder / OPTIMIZER)
        return {}

    def restore(self, folder: Path, state: dict[str, Any]) -> None:
        """The optimizer."""
        self._warm_start.optimizer.load(folder / OPTIMIZER)


class RLStage:
    """The loop of the mission's first paragraph."""

    def __init__(self, name: str, policy: Policy, judge: Judge, config: TrainConfig) -> None:
        self.name = name
        self.steps = config.rl.steps
        self.curriculum = Curriculum(config.curriculum)
        self._policy = policy
        self._judge = RememberingJudge(judge)
        self._config = config
        self._learner = PolicyGradient(policy, config.rl)

    def step(self, step: int) -> StepReport:
        """Pick tasks, write programs, run and judge them, learn, look at what got harder."""
        marks = [time.monotonic()]
        tasks = self.curriculum.draw(self._config.rl.prompts, random.Random(f"tasks:{self._config.seed}:{step}"))
        groups = self._write(tasks, step)
        marks.append(time.monotonic())
        verdicts = self._run(groups)
        marks.append(time.monotonic())
        rewards = self._rewards(verdicts, step)
        metrics, advantages = self._learn(step, groups, verdicts, rewards)
        marks.append(time.monotonic())
        for task, group in zip(tasks, verdicts, strict=True):
            graded = [verdict for verdict in group if verdict.outcome is not Outcome.NOT_GRADED]
            if graded:
                self.curriculum.observe(task, sum(verdict.passed for verdict in graded) / len(graded))
        return self._report(marks, groups, verdicts, rewards, metrics, advantages)

    def save(self, folder: Path) -> dict[str, Any]:
        """The optimizer and the curriculum."""
        self._learner.optimizer.save(folder / OPTIMIZER)
        return {"curriculum": self.curriculum.state()}

    def restore(self, folder: Path, state: dict[str, Any]) -> None:
        """The optimizer and the curriculum."""
        self._learner.optimizer.load(folder / OPTIMIZER)
        self.curriculum.restore(state["curriculum"])

    def _write(self, tasks: Sequence[Task], step: int) -> list[list[Episode]]:
        rl = self._config.rl
        seed = random.Random(f"programs:{self._config.seed}:{step}").getrandbits(63)
        return attempt(
            self._policy,
            tasks,
            rl.samples,
            max_new_tokens=rl.max_new_tokens,
            temperature=rl.temperature,
            generator=torch.Generator(device=self._policy.device).manual_seed(seed),
        )

    def _run(self, groups: Sequence[Sequence[Episode]]) -> list[list[Verdict]]:
        judged = iter(self._judge.grade_many([(e.task, e.program) for group in groups for e in group]))
        return [[next(judged) for _ in group] for group in groups]

    def _rewards(self, verdicts: Sequence[Sequence[Verdict]], step: int) -> list[list[float | None]]:
        rewards = [[verdict.reward for verdict in group] for group in verdicts]
        if self._config.control is Control.SHUFFLED_REWARD:
            flat = [reward for group in rewards for reward in group]
            random.Random(f"shuffle:{self._config.seed}:{step}").shuffle(flat)
            dealt = iter(flat)
            rewards = [[next(dealt) for _ in group] for group in rewards]
        return rewards

    def _learn(
        self,
        step: int,
        groups: Sequence[Sequence[Episode]],
        verdicts: Sequence[Sequence[Verdict]],
        rewards: Sequence[Sequence[float | None]],
    ) -> tuple[dict[str, float], list[list[float]]]:
        samples = [
            [
                Judged(
                    action=episode.turns[-1].action,
                    logprobs=episode.turns[-1].logprobs,
                    finished=episode.turns[-1].finished,
                    # Under the shuffled control the learner must believe the reward that it was dealt.
                    passed=reward is not None and reward > 0,
                    reward=reward,
                )
                for episode, reward in zip(*pair, strict=True)
            ]
            for pair in zip(groups, rewards, strict=True)
        ]
        return self._learner.update(step, [group[0].turns[0].observation for group in groups], samples)

    def _report(
        self,
        marks: Sequence[float],
        groups: Sequence[Sequence[Episode]],
        verdicts: Sequence[Sequence[Verdict]],
        rewards: Sequence[Sequence[float | None]],
        learned: dict[str, float],
        advantages: Sequence[Sequence[float]],
    ) -> StepReport:
        write, run, learn = (b - a for a, b in itertools.pairwise(marks))
        records = tuple(
            _record(index, episode, verdict, reward, advantage)
            for index, group in enumerate(zip(groups, verdicts, rewards, advantages, strict=True))
            for episode, verdict, reward, advantage in zip(*group, strict=True)
        )
        graded = [record for record in records if record.reward is not None]
        count = max(len(graded), 1)
        outcomes = Counter(str(record.verdict.outcome) for record in records)
        names = sorted({name for record in graded for name in record.components})
        by_level: dict[int, list[bool]] = {}
        for record in graded:
            by_level.setdefault(record.level, []).append(record.verdict.passed)
        metrics: dict[str, Any] = {
            "reward": sum(record.reward or 0.0 for record in graded) / count,
            "pass_rate": sum(record.verdict.passed for record in graded) / count,
            "truncated": sum(record.truncated for record in records) / len(records),
            "tokens": sum(record.tokens for record in records) / len(records),
            "not_graded": len(records) - len(graded),
            "components": {n: sum(record.components.get(n, 0.0) for record in graded) / count for n in names},
            "outcomes": {name: outcomes[name] / len(records) for name in sorted(outcomes)},
            "batch_pass_rate_by_level": {str(level): sum(p) / len(p) for level, p in sorted(by_level.items())},
            "share_by_level": {str(level): len(p) / count for level, p in sorted(by_level.items())},
            **learned,
        }
        clock = {
            "write": write,
            "run": run,
            "learn": learn,
            "tokens_per_s": sum(record.tokens for record in records) / write,
            "executions_per_s": len(records) / run,
        }
        return StepReport(metrics, clock, records, self.curriculum.pass_rates())


def _record(group: int, episode: Episode, verdict: Verdict, reward: float | None, advantage: float) -> EpisodeRecord:
    turn = episode.turns[-1]
    return EpisodeRecord(
        verdict=verdict,
        source=episode.program.source,
        domain=episode.task.domain,
        level=episode.task.level,
        group=group,
        author=episode.program.author,
        how=episode.program.how,
        tokens=len(turn.action),
        truncated=not turn.finished,
        log_prob=sum(turn.logprobs),
        reward=reward,
        advantage=advantage,
        components=verdict.components,
    )
