"""The distribution that tokens are drawn from.

Temperature first; then, where asked for, the k likeliest tokens, of those the smallest set that holds `top_p` of their
mass, of those the ones at least `min_p` times as likely as the likeliest. What is left is divided by its sum. Tokens
that tie with the last one kept are kept, so that no order among equals decides.

A learner's log-probabilities are those of temperature alone, over the whole vocabulary. Filtered sampling divides by
the mass it kept, so its log-probabilities are higher by minus the logarithm of that mass, and what it dropped has none:
the importance ratio would not be 1 where the weights are the same. Reinforcement learning therefore samples by
temperature alone; filters are for evaluation and search.

Shapes: R rows, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from math import isfinite, log
from typing import TYPE_CHECKING

from hone.errors import Boundary, HoneError

if TYPE_CHECKING:
    from torch import Tensor

_NUCLEUS = 64
"""Tokens among which the mass of `top_p` is looked for first."""


@dataclass(frozen=True)
class Sampling:
    """What is made of a model's logits before a token is drawn. The default is the model's own distribution.

    Raises:
        HoneError: no distribution is like that.
    """

    temperature: float = 1.0
    """Divides the logits; 0 takes the likeliest token, whatever the filters."""
    top_k: int = 0
    """Keep the k likeliest tokens; 0 keeps all (Fan et al. 2018, §5.4)."""
    top_p: float = 1.0
    """Keep the likeliest tokens up to the one with which their mass reaches this (Holtzman et al. 2020, eq. 2–3)."""
    min_p: float = 0.0
    """Keep tokens at least this share as likely as the likeliest (Nguyen et al. 2024, §3)."""

    def __post_init__(self) -> None:
        if not (self.temperature >= 0 and isfinite(self.temperature)):
            raise HoneError(Boundary.USER, f"temperature is {self.temperature}", "give 0 or more")
        if self.top_k < 0:
            raise HoneError(Boundary.USER, f"top_k is {self.top_k}", "give 1 or more, or 0 to keep all tokens")
        if not 0 < self.top_p <= 1:
            raise HoneError(Boundary.USER, f"top_p is {self.top_p}", "give more than 0 and at most 1, which keeps all")
        if not 0 <= self.min_p <= 1:
            raise HoneError(Boundary.USER, f"min_p is {self.min_p}", "give from 0, which keeps all tokens, to 1")

    @property
    def greedy(self) -> bool:
        """Whether the likeliest token is taken and nothing is drawn."""
        return self.temperature == 0

    def logprobs(self, logits_R_V: Tensor) -> Tensor:
        """Log-probability of every token [R, V] under the distribution drawn from, -inf where it was dropped.

        Under temperature 1 without filters for greedy.
        """
        if self.temperature not in (0, 1):
            logits_R_V = logits_R_V / self.temperature
        for floor in self._floors:
            logits_R_V = logits_R_V.masked_fill(logits_R_V < floor(logits_R_V), float("-inf"))
        return logits_R_V.log_softmax(dim=-1)

    @cached_property
    def _floors(self) -> tuple[Callable[[Tensor], Tensor], ...]:
        """For each filter, the lowest logit that stays in each row [R, 1]."""
        wanted = (
            (self.top_k > 0, lambda logits: _kth(logits, self.top_k)),
            (self.top_p < 1, lambda logits: _nucleus(logits, self.top_p)),
            (self.min_p > 0, lambda logits: logits.amax(-1, keepdim=True) + log(self.min_p)),
        )
        return tuple(floor for asked, floor in wanted if asked and not self.greedy)


def _kth(logits_R_V: Tensor, k: int) -> Tensor:
    return logits_R_V.topk(min(k, logits_R_V.shape[-1])).values[:, -1:]


def _nucleus(logits_R_V: Tensor, mass: float) -> Tensor:
    """The logit with which the likeliest tokens reach `mass`. All are sorted only where a few hold too little."""
    total_R_1 = logits_R_V.logsumexp(-1, keepdim=True)
    likeliest = logits_R_V.topk(min(_NUCLEUS, logits_R_V.shape[-1])).values
    reached = (likeliest - total_R_1).double().exp().cumsum(-1)
    if bool((reached[:, -1] < mass).any()):
        likeliest = logits_R_V.sort(dim=-1, descending=True).values
        reached = (likeliest - total_R_1).double().exp().cumsum(-1)
    place_R_1 = (reached < mass).sum(-1, keepdim=True).clamp(max=likeliest.shape[-1] - 1)
    return likeliest.gather(-1, place_R_1)
