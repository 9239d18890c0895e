"""The policy-gradient loss. B sequences, T tokens."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class LossReport:
    """The loss, with gradient, and what it is watched by."""

    loss: Tensor
    clip_fraction: float
    """Share of the learned tokens whose ratio was clipped."""
    ratio_max: float
    approximate_kl: float
    """Mean of r - 1 - log r over the learned tokens (k3, Schulman 2020): how far the learner left the sampler."""


def clipped_policy_loss(
    logprobs_B_T: Tensor,
    sampled_logprobs_B_T: Tensor,
    advantages_B: Tensor,
    mask_B_T: Tensor,
    *,
    clip_low: float,
    clip_high: float,
) -> LossReport:
    """Token-level clipped surrogate with a wider upper bound: DAPO, Yu et al. 2025, equation 8, without a KL term.

    -sum m min(r A, clip(r, 1 - clip_low, 1 + clip_high) A) / sum m, with r = exp(logprobs - sampled_logprobs). Every
    token weighs the same, whatever the length of its sequence.

    Args:
        logprobs_B_T: under the policy that learns, with gradient.
        sampled_logprobs_B_T: under the policy that wrote the tokens.
        advantages_B: one for each sequence.
        mask_B_T: True where a token is learned from.
    """
    mask = mask_B_T.to(logprobs_B_T.dtype)
    tokens = mask.sum().clamp(min=1)
    log_ratio = (logprobs_B_T - sampled_logprobs_B_T) * mask
    ratio = log_ratio.exp()
    advantages = advantages_B[:, None]
    clipped = ratio.clamp(1 - clip_low, 1 + clip_high)
    loss = -(torch.minimum(ratio * advantages, clipped * advantages) * mask).sum() / tokens
    with torch.no_grad():
        outside = ((ratio * advantages > clipped * advantages) & mask_B_T).sum() / tokens
        kl = ((ratio - 1 - log_ratio) * mask).sum() / tokens
    return LossReport(loss, float(outside), float((ratio.detach() * mask).max()), float(kl))
