"""Writing: a part of a step's batch is generated, and each program goes to the executor the moment it is done."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import torch

from hone.episodes.episode import Episode
from hone.episodes.one_shot import attempt
from hone.learn.config import RLConfig
from hone.loop.clock import Clock
from hone.loop.config import TrainConfig
from hone.loop.execution import Judging
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.tasks.task import Task
from hone.verdict.verdict import Verdict

Item = TypeVar("Item")


@dataclass(frozen=True)
class Written:
    """One part of a step's batch: written, and being judged."""

    groups: Sequence[Sequence[Episode]]
    judging: Judging
    version: int
    """Updates that the weights had seen which wrote it."""
    clock: Clock

    def verdicts(self) -> list[list[Verdict]]:
        """A verdict for each episode, as soon as all are there; raises whatever kept the part from being judged."""
        judged = iter(self.judging.result())
        return [[next(judged) for _ in group] for group in self.groups]


class Opens(Protocol):
    """Where programs go to be judged: `Executor`."""

    def open(self, size: int, clock: Clock) -> Judging:
        """Announce a part of `size` programs."""
        ...


class Writer:
    """Writes parts with a policy."""

    def __init__(self, policy: Policy, executor: Opens, config: TrainConfig) -> None:
        self.policy = policy
        self._executor = executor
        self._config = config

    def write(self, tasks: Sequence[Task], step: int, number: int, version: int) -> Written:
        """Write the part of that number of a step.

        Args:
            version: updates that the policy's weights have seen.
        """
        rl = self._config.rl
        seed = random.Random(f"programs:{self._config.seed}:{step}:{number}").getrandbits(63)
        clock = Clock()
        judging = self._executor.open(len(tasks) * rl.samples, clock)

        def hand_over(place: int, sample: int, episode: Episode) -> None:
            judging.add(place * rl.samples + sample, episode.task, episode.program)

        with clock.measure("write"):
            groups = attempt(
                self.policy,
                tasks,
                rl.samples,
                max_new_tokens=rl.max_new_tokens,
                sampling=Sampling(rl.temperature),
                generator=torch.Generator(device=self.policy.device).manual_seed(seed),
                on_episode=hand_over,
            )
        return Written(groups, judging, version, clock)


def parts(tasks: Sequence[Item], count: int) -> list[Sequence[Item]]:
    """The tasks in `count` parts of about the same size, none empty."""
    size = -(-len(tasks) // count)
    return [tasks[start : start + size] for start in range(0, len(tasks), size)]


def parts_of(config: RLConfig) -> int:
    """In how many parts a step is written: as many as its updates, if there are tasks enough."""
    return len(parts(range(config.prompts), config.updates))


def task_draws(seed: int, step: int) -> random.Random:
    """What the tasks of a step are drawn with."""
    return random.Random(f"tasks:{seed}:{step}")
