"""The two stages that learn, each a few verbs: one step, its checkpoint, and its return from one.

Every random draw of a step comes from a generator seeded with (seed, stage, step): a checkpoint's position is all the
random state there is.
"""

import itertools
import random
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from hone.curriculum.learnability import Curriculum
from hone.episodes.episode import Episode
from hone.learn.batch import Judged
from hone.learn.config import WarmStartConfig
from hone.learn.learners import learner
from hone.learn.warm_start import WarmStart
from hone.loop.asynchronous import Beside, Version, Versions
from hone.loop.clock import KINDS, Clock
from hone.loop.config import Control, TrainConfig
from hone.loop.execution import Executor
from hone.loop.observability.step_metrics import episode_metrics, step_times, update_metrics
from hone.loop.writing import Writer, Written, parts, parts_of, task_draws
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
    threads: int
    """Cores that it computes on."""

    def step(self, step: int) -> StepReport:
        """Take the step numbered `step`, from 0."""
        ...

    def save(self, folder: Path) -> dict[str, Any]:
        """Write tensors into `folder`; the rest of the state, as plain data."""
        ...

    def restore(self, folder: Path, state: dict[str, Any]) -> None:
        """Continue from what `save` left."""
        ...

    def close(self) -> None:
        """End whatever goes on beside the steps."""
        ...


OPTIMIZER = "optimizer.safetensors"


class SupervisedStage:
    """Warm start, or more of it."""

    def __init__(
        self,
        name: str,
        policy: Policy,
        tasks: Sequence[Task],
        config: WarmStartConfig,
        seed: int,
        say: Callable[[str], None] = print,
    ) -> None:
        self.name = name
        self.steps = config.steps
        self.threads = config.threads
        self._warm_start = WarmStart(policy, tasks, config, seed, say)

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

    def close(self) -> None:
        """Nothing goes on beside."""


class RLStage:
    """The loop of the mission's first paragraph."""

    def __init__(
        self, name: str, policy: Policy, judge: Judge, config: TrainConfig, say: Callable[[str], None]
    ) -> None:
        """Args: say: told, in a sentence, what a person should know."""
        self.name = name
        self.steps = config.rl.steps
        self.threads = config.threads
        self.curriculum = Curriculum(config.curriculum)
        self._policy = policy
        self._judge = RememberingJudge(judge)
        self._config = config
        self._learner = learner(policy, config.rl.learned, say)
        self._updates = 0
        self._versions = Versions(config.rl.staleness) if config.rl.asynchronous else None
        self._beside: Beside | None = None

    def step(self, step: int) -> StepReport:
        """Pick tasks, write programs, run and judge them, learn, look at what got harder."""
        started = time.monotonic()
        self._updates = step * parts_of(self._config.rl)
        judged = []
        with closing(self._written(step)) as parts_of_step:
            for number, written in enumerate(parts_of_step):
                with written.clock.measure("wait"):
                    verdicts = written.verdicts()
                with written.clock.measure("learn"):
                    judged.append(self._learn(step, number, written, verdicts))
                self._observe(judged[-1])
                self._updates += 1
                self._publish()
        return self._report(judged, time.monotonic() - started)

    def save(self, folder: Path) -> dict[str, Any]:
        """The optimizer and the curriculum; in asynchronous mode, also the older versions that parts are written by."""
        self._learner.optimizer.save(folder / OPTIMIZER)
        self._learner.save(folder)
        state = {"curriculum": self.curriculum.state()}
        if self._versions is not None:
            done = self._updates == self.steps * parts_of(self._config.rl)
            state["older"] = [] if done else self._versions.save(folder, self._updates)
        return state

    def restore(self, folder: Path, state: dict[str, Any]) -> None:
        """What `save` left."""
        self._learner.optimizer.load(folder / OPTIMIZER)
        self._learner.load(folder)
        self.curriculum.restore(state["curriculum"])
        if self._versions is not None:
            self._versions.load(folder, state["older"], Version.of(self._policy, self.curriculum))

    def close(self) -> None:
        """In asynchronous mode: stop writing and judging."""
        if self._beside is not None:
            self._beside.close()

    def _written(self, step: int) -> Generator[Written]:
        """The step's parts in order, each as soon as it may be learned from."""
        if self._versions is not None:
            if self._beside is None:
                self._publish()
                self._beside = Beside(self._policy, self._judge.grade_many, self._config, self._versions, step)
            for _ in range(parts_of(self._config.rl)):
                yield self._beside.next()
            return
        tasks = self.curriculum.draw(self._config.rl.prompts, task_draws(self._config.seed, step))
        with Executor(self._judge.grade_many) as executor:
            writer = Writer(self._policy, executor, self._config)
            # All parts are written before the first is learned from: the weights change under the writer then.
            yield from [
                writer.write(part, step, number, self._updates)
                for number, part in enumerate(parts(tasks, self._config.rl.updates))
            ]

    def _publish(self) -> None:
        if self._versions is not None:
            self._versions.publish(self._updates, Version.of(self._policy, self.curriculum))

    def _learn(self, step: int, number: int, written: Written, verdicts: Sequence[Sequence[Verdict]]) -> "_Part":
        rl = self._config.rl
        staleness = self._updates - written.version
        assert 0 <= staleness <= (rl.staleness if rl.asynchronous else rl.updates - 1)
        groups = written.groups
        rewards = self._rewards(verdicts, step, number)
        samples = [
            [
                Judged(
                    action=episode.turns[-1].action,
                    logprobs=episode.turns[-1].logprobs,
                    finished=episode.turns[-1].finished,
                    # A passing reward is positive and no other is: under the shuffled control, too, the learner
                    # believes the reward that it is dealt.
                    passed=reward is not None and reward > 0,
                    reward=reward,
                    name=f"sample {number} of {episode.task.id}",
                )
                for number, (episode, reward) in enumerate(zip(*pair, strict=True))
            ]
            for pair in zip(groups, rewards, strict=True)
        ]
        prompts = [group[0].turns[0].observation for group in groups]
        metrics, advantages = self._learner.update(step, prompts, samples)
        records = [
            _record(group[0].task, episode, verdict, reward, advantage)
            for group, *rest in zip(groups, verdicts, rewards, advantages, strict=True)
            for episode, verdict, reward, advantage in zip(group, *rest, strict=True)
        ]
        return _Part(groups, verdicts, records, metrics | {"staleness": float(staleness)}, written.clock)

    def _rewards(self, verdicts: Sequence[Sequence[Verdict]], step: int, number: int) -> list[list[float | None]]:
        rewards = [[verdict.reward for verdict in group] for group in verdicts]
        if self._config.control is Control.SHUFFLED_REWARD:
            flat = [reward for group in rewards for reward in group]
            random.Random(f"shuffle:{self._config.seed}:{step}:{number}").shuffle(flat)
            dealt = iter(flat)
            rewards = [[next(dealt) for _ in group] for group in rewards]
        return rewards

    def _observe(self, part: "_Part") -> None:
        for group, verdicts in zip(part.groups, part.verdicts, strict=True):
            graded = [verdict for verdict in verdicts if verdict.outcome is not Outcome.NOT_GRADED]
            if graded:
                self.curriculum.observe(group[0].task, sum(verdict.right for verdict in graded) / len(graded))

    def _report(self, parts: "Sequence[_Part]", wall: float) -> StepReport:
        starts = itertools.accumulate((len(part.groups) for part in parts), initial=0)
        records = [
            replace(record, group=start + index // self._config.rl.samples)
            for start, part in zip(starts, parts, strict=False)
            for index, record in enumerate(part.records)
        ]
        mask_truncated = self._config.rl.objective.mask_truncated
        metrics = episode_metrics(records, mask_truncated=mask_truncated)
        metrics |= update_metrics([part.learned for part in parts])
        seconds = {kind: sum(part.clock.seconds[kind] for part in parts) for kind in KINDS}
        times = step_times(seconds, wall, records)
        return StepReport(metrics, times, tuple(records), self.curriculum.pass_rates())


@dataclass(frozen=True)
class _Part:
    """One part of a step's batch, judged and learned from."""

    groups: Sequence[Sequence[Episode]]
    verdicts: Sequence[Sequence[Verdict]]
    records: Sequence[EpisodeRecord]
    learned: dict[str, float]
    clock: Clock


def _record(task: Task, episode: Episode, verdict: Verdict, reward: float | None, advantage: float) -> EpisodeRecord:
    turn = episode.turns[-1]
    return EpisodeRecord(
        verdict=verdict,
        source=episode.program.source,
        domain=task.domain,
        level=task.level,
        author=episode.program.author,
        how=episode.program.how,
        tokens=len(turn.action),
        truncated=not turn.finished,
        log_prob=sum(turn.logprobs),
        reward=reward,
        advantage=advantage,
        components=verdict.components,
    )
