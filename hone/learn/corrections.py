"""Corrections for learning from what another policy wrote: a sampler whose numbers differ, or an older self.

B sequences, T tokens. Each returns a factor for the loss of each token, without gradient.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from hone.learn.objective import Correction, RatioLevel


def sampler_ratio(logprobs_B_T: Tensor, sampler_logprobs_B_T: Tensor, mask_B_T: Tensor, level: RatioLevel) -> Tensor:
    """pi_old / pi_sampler: of each token [B, T], or the product over each sequence [B, 1].

    Tokens whose log-probability the sampler did not give (NaN), and those outside the mask, count as equal.
    """
    difference = (logprobs_B_T - sampler_logprobs_B_T).detach().nan_to_num(nan=0.0) * mask_B_T
    if level is RatioLevel.SEQUENCE:
        difference = difference.sum(1, keepdim=True)
    return difference.exp()


def untouched(ratio: Tensor, cap: float) -> Tensor:
    """1 everywhere: the sampler is taken at its word."""
    del cap
    return torch.ones_like(ratio)


def truncated(ratio: Tensor, cap: float) -> Tensor:
    """min(ratio, cap): truncated importance sampling, Ionides 2008; for samplers of RL, Yao et al. 2025. Biased where
    the cap is met, of bounded variance.
    """
    return ratio.clamp(max=cap)


def masked(ratio: Tensor, cap: float) -> Tensor:
    """The ratio, and 0 above the cap: masked importance sampling ("IcePop", Ling Team 2025)."""
    return torch.where(ratio <= cap, ratio, torch.zeros_like(ratio))


CORRECTIONS: Mapping[Correction, Callable[[Tensor, float], Tensor]] = {
    Correction.NONE: untouched,
    Correction.TRUNCATE: truncated,
    Correction.MASK: masked,
}


def off_policy_mask(
    logprobs_B_T: Tensor, sampler_logprobs_B_T: Tensor, mask_B_T: Tensor, advantages: Tensor, limit: float
) -> Tensor:
    """1 for sequences to keep, 0 for the others [B, 1]: off-policy sequence masking, DeepSeek-V3.2, 2025.

    What did badly is learned from only where the policy would still write it: where the mean of log(pi_sampler / pi)
    over its tokens is at most `limit`. What did well is always kept.

    Args:
        advantages: [B, 1] or [B, T]; a sequence did well where none of its tokens' is below 0.
    """
    difference = (sampler_logprobs_B_T - logprobs_B_T.detach()).nan_to_num(nan=0.0) * mask_B_T
    distance_B_1 = difference.sum(1, keepdim=True) / mask_B_T.sum(1, keepdim=True).clamp(min=1)
    did_well_B_1 = (advantages >= 0).all(dim=1, keepdim=True)
    return (did_well_B_1 | (distance_B_1 <= limit)).to(logprobs_B_T.dtype)
