"""What every way of learning from judged programs shares: forwards in parts, one optimizer, a reference, a value head.

B sequences, T tokens.
"""

import copy
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel

from hone.errors import Boundary, HoneError
from hone.learn.batch import Batch, Judged
from hone.learn.config import RLConfig
from hone.learn.objective import Advantage
from hone.learn.optimizer import Optimizer, linear_decay, linear_warm_up
from hone.learn.parts import Parts
from hone.policy.logprobs import Entropy, TokenLogprobs, token_logprobs
from hone.policy.policy import Policy
from hone.policy.value_head import ValueHead

_HEAD, _REFERENCE = "value_head.safetensors", "reference.safetensors"


@dataclass(frozen=True)
class Term:
    """A term of an update's loss: itself a sum over units that cannot be cut."""

    sizes: Sequence[int]
    """Tokens of each unit."""
    names: Sequence[str]
    """What an error calls each unit."""
    loss_of: Callable[[slice], Tensor]
    """The loss of some units, with gradient."""


class Learner(ABC):
    """Learns from judged groups, one update at a time.

    Attributes:
        value_head: where the objective's advantage needs one.
        reference: the policy to stay near, where the objective asks for one: as it was when the stage began, or, where
            adapters learn, without them.
    """

    def __init__(self, policy: Policy, config: RLConfig, say: Callable[[str], None]) -> None:
        """Args: say: told, in a sentence, what a person should know (memory ran short)."""
        self.policy = policy
        self.config = config
        objective = config.objective
        self.value_head = None
        if objective.advantage is Advantage.VALUE_HEAD:
            self.value_head = ValueHead(policy.model.config.hidden_size).to(policy.device)
        self.reference: PreTrainedModel | None = None
        if objective.has_reference:
            self.reference = (
                policy.adapters.base if policy.adapters else copy.deepcopy(policy.model).requires_grad_(False)
            )
        self.optimizer = Optimizer(
            policy.learned,
            weight_decay=config.weight_decay,
            max_gradient_norm=config.max_gradient_norm,
            head=self.value_head,
            head_learning_rate=objective.value.learning_rate,
        )
        self._parts = Parts(config.tokens_at_once, say)

    @abstractmethod
    def update(
        self, step: int, prompts: Sequence[Sequence[int]], groups: Sequence[Sequence[Judged]]
    ) -> tuple[dict[str, float], list[list[float]]]:
        """Learn from a batch. Its metrics, and the advantage of every sample (0 where it was not learned from; the mean
        over its tokens, where each has its own).

        Args:
            step: number of the step, from 0.
            prompts: tokens of each prompt.
            groups: for each prompt its samples, as many for each.

        Raises:
            HoneError: the loss or a gradient is not finite (which sequences did it is said); the weights are as before.
        """

    def save(self, folder: Path) -> None:
        """Write whatever the learner has beside the optimizer's moments and the policy."""
        if self.value_head is not None:
            save_file(self.value_head.state_dict(), folder / _HEAD)
        if self.reference is not None and self.policy.adapters is None:
            tensors = {name: p.detach().clone() for name, p in self.reference.named_parameters()}
            save_file(tensors, folder / _REFERENCE)

    def load(self, folder: Path) -> None:
        """Continue from what `save` wrote.

        Raises:
            HoneError: a file is missing, damaged, or of another model.
        """
        reference = self.reference if self.policy.adapters is None else None
        for module, name in ((self.value_head, _HEAD), (reference, _REFERENCE)):
            if module is None:
                continue
            try:
                tensors = load_file(folder / name)
                with torch.no_grad():
                    for key, parameter in module.named_parameters():
                        parameter.copy_(tensors[key])
            except Exception as error:  # whatever a damaged file makes the reader raise; it is named and passed on
                what = f"{folder / name} cannot be read: {error}"
                raise HoneError(Boundary.DISK, what, "resume an older checkpoint") from error

    @property
    def _entropy(self) -> Entropy:
        """Whether entropies are learned from, or only watched."""
        return Entropy.LEARNED if self.config.objective.entropy_weight else Entropy.WATCHED

    def _forward(
        self, batch: Batch, part: slice, entropy: Entropy = Entropy.NO, *, of_reference: bool = False
    ) -> TokenLogprobs:
        """Some of the batch's sequences through the policy, or through the reference."""
        places = range(len(batch.rows))[part]
        owners = list(dict.fromkeys(batch.owners[place] for place in places))
        prompts = [batch.prompts[owner] for owner in owners]
        actions = [[batch.rows[place].action for place in places if batch.owners[place] == owner] for owner in owners]
        return self._logprobs(prompts, actions, entropy, of_reference=of_reference)

    def _logprobs(
        self,
        prompts: Sequence[Sequence[int]],
        actions: Sequence[Sequence[Sequence[int]]],
        entropy: Entropy = Entropy.NO,
        *,
        of_reference: bool = False,
    ) -> TokenLogprobs:
        assert self.reference is not None or not of_reference
        model = self.reference if self.reference is not None and of_reference else self.policy.learning_model()
        precision = self.config.precision.dtype
        with torch.autocast(self.policy.device.type, dtype=precision, enabled=precision is not torch.float32):
            return token_logprobs(
                model,
                prompts,
                actions,
                self.config.temperature,
                entropy=entropy,
                value_head=None if of_reference else self.value_head,
                recompute=self.config.gradient_checkpointing,
            )

    def _scored(self, batch: Batch, *, of_reference: bool = False) -> tuple[Tensor, Tensor]:
        """Log-probabilities and values [B, T] without gradient, 0 where there are none."""
        logprobs_B_T, values_B_T = torch.zeros_like(batch.sampled_B_T), torch.zeros_like(batch.sampled_B_T)
        with torch.no_grad():
            for part in self._parts.cut(batch.sizes):
                now = self._forward(batch, part, of_reference=of_reference)
                width = now.logprobs_B_T.shape[1]
                logprobs_B_T[part, :width] = now.logprobs_B_T
                if now.values_B_T is not None:
                    values_B_T[part, :width] = now.values_B_T
        return logprobs_B_T, values_B_T

    def _follow(
        self, step: int, terms: Sequence[Term], *, clear: Callable[[], None] = lambda: None
    ) -> dict[str, float]:
        """One update by the gradient of the sum of all terms.

        Args:
            clear: forgets what the terms have noted, for the update starts again where memory runs out.

        Raises:
            HoneError: the loss or its gradient is not finite; the weights are as they were.
        """

        def loss_of(part: slice) -> Tensor:
            losses, start = [], 0
            for term in terms:
                low, high = max(part.start - start, 0), min(part.stop - start, len(term.sizes))
                if low < high:
                    losses.append(term.loss_of(slice(low, high)))
                start += len(term.sizes)
            return losses[0] if len(losses) == 1 else torch.stack(losses).sum()

        def forget() -> None:
            self.optimizer.clear()
            clear()

        config = self.config
        units = [size for term in terms for size in term.sizes]
        loss = self._parts.backward(units, forget, loss_of)
        rate = config.learning_rate * linear_warm_up(step, config.warm_up) * linear_decay(step, config.steps)
        try:
            norm = self.optimizer.follow(loss, rate)
        except HoneError as error:
            names = [name for term in terms for name in term.names]
            raise self._blamed(error, names, loss_of) from error
        self.policy.weights_changed()
        return {"loss": loss, "gradient_norm": norm, "learning_rate": rate}

    def _blamed(self, error: HoneError, names: Sequence[str], loss_of: Callable[[slice], Tensor]) -> HoneError:
        """The same error with the units that caused it: each is tried alone."""
        guilty = []
        for place, name in enumerate(names):
            self.optimizer.clear()
            loss = loss_of(slice(place, place + 1))
            if loss.requires_grad:
                loss.backward()
            if not math.isfinite(float(loss.detach())) or not self.optimizer.gradients_are_finite():
                guilty.append(name or f"sequence {place}")
        self.optimizer.clear()
        named = ", ".join(guilty[:5]) + (f" and {len(guilty) - 5} more" if len(guilty) > 5 else "")
        where = f"in {named}" if guilty else "in their sum only, in no sequence alone"
        return HoneError(error.boundary, f"{error.what}: {where}", "the weights are as before; lower the learning rate")
