"""The two stages that learn, each a few verbs: one step, its checkpoint, and its return from one.

Every random draw of a step comes from a generator seeded with (seed, stage, step): a checkpoint's position is all the
random state there is.
"""

import itertools
import random
import time
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import torch

from hone.curriculum.learnability import Curriculum
from hone.episodes.episode import Episode
from hone.episodes.one_shot import attempt
from hone.learn.batch import Judged
from hone.learn.config import WarmStartConfig
from hone.learn.learners import learner
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
        self._learner = learner(policy, config.rl, say)

    def step(self, step: int) -> StepReport:
        """Pick tasks, write programs, run and judge them, learn, look at what got harder."""
        clock = _Clock()
        tasks = self.curriculum.draw(self._config.rl.prompts, random.Random(f"tasks:{self._config.seed}:{step}"))
        judged: list[_Part] = []
        # A part is judged in the background while the next is written, and learned from while the next is judged.
        with ThreadPoolExecutor(1) as background:
            under_way = []
            for number, part in enumerate(_parts(tasks, self._config.rl.updates)):
                with clock.measure("write"):
                    groups = self._write(part, step, number)
                under_way.append((groups, background.submit(self._run, groups, clock)))
            for number, (groups, verdicts) in enumerate(under_way):
                with clock.measure("wait"):
                    graded = verdicts.result()
                with clock.measure("learn"):
                    judged.append(self._learn(step, number, groups, graded))
        for part in judged:
            self._observe(part)
        return self._report(judged, clock)

    def save(self, folder: Path) -> dict[str, Any]:
        """The optimizer and the curriculum."""
        self._learner.optimizer.save(folder / OPTIMIZER)
        self._learner.save(folder)
        return {"curriculum": self.curriculum.state()}

    def restore(self, folder: Path, state: dict[str, Any]) -> None:
        """The optimizer and the curriculum."""
        self._learner.optimizer.load(folder / OPTIMIZER)
        self._learner.load(folder)
        self.curriculum.restore(state["curriculum"])

    def _write(self, tasks: Sequence[Task], step: int, number: int) -> list[list[Episode]]:
        rl = self._config.rl
        seed = random.Random(f"programs:{self._config.seed}:{step}:{number}").getrandbits(63)
        return attempt(
            self._policy,
            tasks,
            rl.samples,
            max_new_tokens=rl.max_new_tokens,
            temperature=rl.temperature,
            generator=torch.Generator(device=self._policy.device).manual_seed(seed),
        )

    def _run(self, groups: Sequence[Sequence[Episode]], clock: "_Clock") -> list[list[Verdict]]:
        with clock.measure("run"):
            judged = iter(self._judge.grade_many([(e.task, e.program) for group in groups for e in group]))
        return [[next(judged) for _ in group] for group in groups]

    def _learn(
        self, step: int, number: int, groups: Sequence[Sequence[Episode]], verdicts: Sequence[Sequence[Verdict]]
    ) -> "_Part":
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
        return _Part(groups, verdicts, records, metrics)

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

    def _report(self, parts: "Sequence[_Part]", clock: "_Clock") -> StepReport:
        starts = itertools.accumulate((len(part.groups) for part in parts), initial=0)
        records = [
            replace(record, group=start + index // self._config.rl.samples)
            for start, part in zip(starts, parts, strict=False)
            for index, record in enumerate(part.records)
        ]
        graded = [record for record in records if record.reward is not None]
        learned = [part.learned for part in parts]
        names = sorted({name for metrics in learned for name in metrics})
        metrics = _summary(records, graded) | {
            name: _mean([metrics[name] for metrics in learned if name in metrics]) for name in names
        }
        seconds = clock.seconds
        times = {
            **seconds,
            "tokens_per_s": sum(record.tokens for record in records) / seconds["write"],
            "executions_per_s": len(records) / seconds["run"],
        }
        return StepReport(metrics, times, tuple(records), self.curriculum.pass_rates())


@dataclass(frozen=True)
class _Part:
    """One part of a step's batch, judged and learned from."""

    groups: Sequence[Sequence[Episode]]
    verdicts: Sequence[Sequence[Verdict]]
    records: Sequence[EpisodeRecord]
    learned: dict[str, float]


class _Clock:
    """Seconds that each kind of work took; `run` goes on beside the others."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {"write": 0.0, "wait": 0.0, "run": 0.0, "learn": 0.0}

    @contextmanager
    def measure(self, kind: str) -> Generator[None]:
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[kind] += time.monotonic() - started


def _parts(tasks: Sequence[Task], count: int) -> list[Sequence[Task]]:
    """The tasks in `count` parts of about the same size, none empty."""
    size = -(-len(tasks) // count)
    return [tasks[start : start + size] for start in range(0, len(tasks), size)]


def _summary(records: Sequence[EpisodeRecord], graded: Sequence[EpisodeRecord]) -> dict[str, Any]:
    """What a step's episodes come to."""
    outcomes = Counter(str(record.verdict.outcome) for record in records)
    names = sorted({name for record in graded for name in record.components})
    by_level: dict[int, list[bool]] = {}
    for record in graded:
        by_level.setdefault(record.level, []).append(record.verdict.passed)
    return {
        "reward": _mean([record.reward or 0.0 for record in graded]),
        "pass_rate": _mean([record.verdict.passed for record in graded]),
        "truncated": _mean([record.truncated for record in records]),
        "tokens": _mean([record.tokens for record in records]),
        "not_graded": len(records) - len(graded),
        "components": {name: _mean([record.components.get(name, 0.0) for record in graded]) for name in names},
        "outcomes": {name: outcomes[name] / len(records) for name in sorted(outcomes)},
        "batch_pass_rate_by_level": {str(level): _mean(passed) for level, passed in sorted(by_level.items())},
        "share_by_level": {str(level): len(passed) / len(graded) for level, passed in sorted(by_level.items())},
    }


def _mean(values: Sequence[float]) -> float:
    return sum(values) / max(len(values), 1)


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
