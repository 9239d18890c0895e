"""A policy to measure steps with: the embedded default after a short warm start, so that some programs pass."""

import copy
from functools import cache

import torch

from hone.curriculum.solved import solved_tasks
from hone.learn.config import WarmStartConfig
from hone.loop.config import TrainConfig
from hone.loop.run import load_policy
from hone.loop.stages import SupervisedStage
from hone.policy.allocator import keep_freed_memory
from hone.policy.policy import Policy

STEPS, UNCOUNTED = 150, 3


@cache
def _warmed() -> tuple[Policy, float]:
    config = TrainConfig()
    keep_freed_memory()
    torch.set_num_threads(config.threads)
    policy = load_policy(config)
    solved = solved_tasks(config.solved, config.curriculum.mix)
    stage = SupervisedStage("warm_start", policy, solved, WarmStartConfig(steps=STEPS), config.seed)
    seconds = [stage.step(step).clock["learn"] for step in range(STEPS)][UNCOUNTED:]
    return policy, sum(seconds) / len(seconds)


def warmed() -> Policy:
    """The policy, a copy to do with as one likes; trained once a process, from seed 0."""
    policy, _ = _warmed()
    own = copy.copy(policy)
    own.model = copy.deepcopy(policy.model)
    return own


def seconds_of_a_step() -> float:
    """What a step of the warm start took on average."""
    return _warmed()[1]
