"""The distribution that tokens are drawn from.

Shapes: R rows, V vocabulary.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hone.errors import Boundary, HoneError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Sampling:
    """What is made of a model's logits before a token is drawn.

    Raises:
        HoneError: no distribution is like that.
    """

    temperature: float = 1.0
    """Divides the logits; 0 takes the likeliest token."""

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise HoneError(Boundary.USER, f"temperature is {self.temperature}", "give 0 or more")

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is taken and nothing is drawn."""
        return self.temperature == 0

    def logprobs(self, logits_R_V: Tensor) -> Tensor:
        """Log-probability of every token [R, V] under the distribution drawn from; under temperature 1 for greedy."""
        if self.temperature not in (0, 1):
            logits_R_V = logits_R_V / self.temperature
        return logits_R_V.log_softmax(dim=-1)
