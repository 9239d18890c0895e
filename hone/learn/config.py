"""Settings of the two stages of learning."""

from dataclasses import dataclass

from hone.errors import Boundary, HoneError


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
    learning_rate: float = 3e-4
    weight_decay: float = 0.0
    warm_up: int = 10
    """Steps of linear warm-up; over the whole stage the rate falls linearly to zero."""
    temperature: float = 1.0
    max_new_tokens: int = 80
    clip_low: float = 0.2
    clip_high: float = 0.28
    """DAPO's clip-higher: room for unlikely tokens to grow."""
    scale_by_std: bool = False
    """GRPO's division by the group's standard deviation; off is Dr. GRPO."""
    max_gradient_norm: float = 1.0

    def __post_init__(self) -> None:
        if self.samples < 2:
            raise HoneError(Boundary.USER, f"rl.samples is {self.samples}", "a group needs at least 2 samples")
        if not self.temperature > 0:
            raise HoneError(Boundary.USER, f"rl.temperature is {self.temperature}", "exploring needs more than 0")
