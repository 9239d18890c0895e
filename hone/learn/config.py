"""Settings of the two stages of learning."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from hone.errors import Boundary, HoneError
from hone.learn.objective import Correction, Objective

if TYPE_CHECKING:
    import torch


class Precision(StrEnum):
    """Number formats."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"

    @property
    def dtype(self) -> torch.dtype:
        """As torch calls it."""
        import torch  # settings can be read without it

        return getattr(torch, self.value)


@dataclass(frozen=True)
class WarmStartConfig:
    """Supervised learning on solved tasks."""

    steps: int = 1400
    batch: int = 32
    """Programs a step."""
    learning_rate: float = 3e-3
    weight_decay: float = 0.1
    warm_up: int = 50
    """Steps of linear warm-up; over the whole stage the rate falls linearly to zero."""
    max_gradient_norm: float = 1.0
    tokens_at_once: int = 16384
    """As `rl.tokens_at_once`."""
    gradient_checkpointing: bool = False
    """As `rl.gradient_checkpointing`."""
    from_run: Path | None = None
    """Folder of a finished run: its programs that passed are learned from beside the solved tasks (rejection-sampling
    fine-tuning, Yuan et al. 2023)."""
    of_task: int = 4
    """Programs of one task that are taken from there, the shortest first."""
    threads: int = 2
    """Cores that it computes on: nothing is judged meanwhile. Part of what makes a run repeatable."""


@dataclass(frozen=True)
class RLConfig:
    """Group-relative policy gradient on tasks without solutions."""

    steps: int = 350
    prompts: int = 32
    """Tasks a step."""
    samples: int = 8
    """Programs a task: the group."""
    updates: int = 2
    """Parts of a step's batch: each is judged while the next is written, and learned from while the next is judged. All
    are written by the policy as it was before the step, so the importance ratio leaves 1 from the second update on."""
    asynchronous: bool = False
    """Write, judge and learn side by side: parts are written ahead, by older weights. The loss corrects for their age:
    `objective.correction` is `truncate` then, where it would be `none`."""
    staleness: int = 2
    """In asynchronous mode: updates by which the weights that write a part lag behind those that learn from it."""
    learning_rate: float = 3e-4
    weight_decay: float = 0.0
    warm_up: int = 10
    """Steps of linear warm-up; over the whole stage the rate falls linearly to zero."""
    temperature: float = 1.0
    """Of the samples and of the learner's log-probabilities alike. There is no top-k, top-p or min-p here: the two
    would be of different distributions (docs/generation.md)."""
    max_new_tokens: int = 80
    objective: Objective = field(default_factory=Objective)
    """What an update makes of judged groups; `--objective NAME` starts from a named combination."""
    max_gradient_norm: float = 1.0
    tokens_at_once: int = 16384
    """Tokens that go through the model at once, prompts included. An update in parts is the same update; where memory
    runs out, parts are halved."""
    precision: Precision = Precision.FLOAT32
    """Of the learner's matrix products; weights and moments stay as they are."""
    gradient_checkpointing: bool = False
    """Compute the inside of the model's blocks once more for the backward pass in place of holding it."""

    def __post_init__(self) -> None:
        if self.samples < 2:
            raise HoneError(Boundary.USER, f"rl.samples is {self.samples}", "a group needs at least 2 samples")
        if not self.temperature > 0:
            raise HoneError(Boundary.USER, f"rl.temperature is {self.temperature}", "exploring needs more than 0")
        if self.staleness < 1:
            what = f"rl.staleness is {self.staleness}"
            raise HoneError(Boundary.USER, what, "give at least 1, or leave asynchronous mode for no staleness")

    @property
    def learned(self) -> RLConfig:
        """These settings as the learner is to take them: what was written by older weights is corrected for."""
        if not self.asynchronous or self.objective.correction.kind is not Correction.NONE:
            return self
        correction = replace(self.objective.correction, kind=Correction.TRUNCATE)
        return replace(self, objective=replace(self.objective, correction=correction))
