"""Warm start: supervised learning on solved tasks, the loss on the program's tokens only."""

import random
from collections.abc import Callable, Sequence

from torch import Tensor

from hone.errors import Boundary, HoneError
from hone.learn.config import WarmStartConfig
from hone.learn.optimizer import Optimizer, linear_decay, linear_warm_up
from hone.learn.parts import Parts
from hone.policy.logprobs import Entropy, token_logprobs
from hone.policy.policy import Policy
from hone.tasks.task import Task

Example = tuple[list[int], list[int]]
"""Prompt tokens and program tokens."""


class WarmStart:
    """The stage: step by step over the solved tasks, each epoch in an order of its own."""

    def __init__(
        self,
        policy: Policy,
        tasks: Sequence[Task],
        config: WarmStartConfig,
        seed: int,
        say: Callable[[str], None] = print,
    ) -> None:
        """Args:
            say: told, in a sentence, when memory ran short.

        Raises HoneError where there are steps to take and no solved task to take them on.
        """
        self.policy = policy
        self.config = config
        self.optimizer = Optimizer(
            policy.learned, weight_decay=config.weight_decay, max_gradient_norm=config.max_gradient_norm
        )
        self._parts = Parts(config.tokens_at_once, say)
        self._seed = seed
        self._examples: list[Example] = [
            (policy.encode_prompt(task), policy.encode_program(task.reference)) for task in tasks if task.reference
        ]
        self._orders: dict[int, list[int]] = {}
        if config.steps and not self._examples:
            raise HoneError(
                Boundary.USER, "a warm start without solved tasks", "raise solved.level_1, or set warm_start.steps to 0"
            )

    def step(self, step: int) -> tuple[dict[str, float], int]:
        """Take the step numbered `step` (from 0). Its metrics, and how many tokens went through the model."""
        config = self.config
        batch = [self._example(step * config.batch + offset) for offset in range(config.batch)]
        learned = sum(len(program) for _, program in batch)

        def loss_of(part: slice) -> Tensor:
            result = token_logprobs(
                self.policy.learning_model(),
                [prompt for prompt, _ in batch[part]],
                [[program] for _, program in batch[part]],
                entropy=Entropy.NO,
                recompute=config.gradient_checkpointing,
            )
            return -result.logprobs_B_T.sum() / learned

        sizes = [len(prompt) + len(program) for prompt, program in batch]
        loss = self._parts.backward(sizes, self.optimizer.clear, loss_of)
        rate = config.learning_rate * linear_warm_up(step, config.warm_up) * linear_decay(step, config.steps)
        norm = self.optimizer.follow(loss, rate)
        self.policy.weights_changed()
        metrics = {"loss": loss, "gradient_norm": norm, "learning_rate": rate}
        return metrics, sum(sizes)

    def _example(self, position: int) -> Example:
        """The example at a position of the endless sequence of shuffled epochs: a function of seed and position."""
        epoch, offset = divmod(position, len(self._examples))
        if epoch not in self._orders:
            order = list(range(len(self._examples)))
            random.Random(f"warm start:{self._seed}:{epoch}").shuffle(order)
            self._orders = {epoch: order, **{e: o for e, o in self._orders.items() if e == epoch - 1}}
        return self._examples[self._orders[epoch][offset]]
