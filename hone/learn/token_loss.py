"""What an objective says of every token: the surrogate, its corrections, and the distance to the reference.

B sequences, T tokens. The loss of an update is the sum of these under the aggregate's weights.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from hone.learn.corrections import CORRECTIONS, off_policy_mask, sampler_ratio
from hone.learn.objective import Correction, KLPlace, Objective, RatioLevel
from hone.learn.penalties import KL_ESTIMATORS, k3
from hone.learn.surrogates import SURROGATES, clip_fraction, log_ratio


@dataclass(frozen=True)
class Tokens:
    """What is known of the tokens of an update, or of a part of it; all are [B, T] but the advantages."""

    logprobs: Tensor
    """Under the policy that learns, with gradient."""
    old_logprobs: Tensor
    """Under the policy as it was when the batch was written: ratios start from it."""
    advantages: Tensor
    """[B, 1], one for each sequence, or [B, T]."""
    mask: Tensor
    """True where a token is learned from."""
    sampler_logprobs: Tensor | None = None
    """As the sampler gave them, NaN where it did not; None where that is what `old_logprobs` are."""
    reference_logprobs: Tensor | None = None
    entropy: Tensor | None = None
    """With gradient where it is a bonus."""


@dataclass(frozen=True)
class TokenLosses:
    """The losses, and what they are watched by."""

    loss_B_T: Tensor
    log_ratio: Tensor
    """[B, T], or [B, 1] for ratios of sequences."""
    kept_B_1: Tensor
    """0 for sequences that were left out as too far off policy."""


def token_losses(objective: Objective, tokens: Tokens) -> TokenLosses:
    """Losses [B, T] of an objective; 0 outside the mask."""
    ratio = log_ratio(tokens.logprobs, tokens.old_logprobs, tokens.mask, objective.ratio)
    loss = SURROGATES[objective.surrogate](tokens.logprobs, ratio, tokens.advantages, objective.clip)
    sampler = tokens.old_logprobs if tokens.sampler_logprobs is None else tokens.sampler_logprobs
    correction = objective.correction
    kept_B_1 = torch.ones_like(tokens.logprobs[:, :1])
    if correction.off_policy_limit is not None:
        kept_B_1 = off_policy_mask(
            tokens.logprobs, sampler, tokens.mask, tokens.advantages, correction.off_policy_limit
        )
        loss = loss * kept_B_1
    if correction.kind is not Correction.NONE:
        mismatch = sampler_ratio(tokens.old_logprobs, sampler, tokens.mask, correction.level)
        loss = loss * CORRECTIONS[correction.kind](mismatch, correction.cap)
    reference = objective.reference
    if reference.weight and reference.place is KLPlace.LOSS and tokens.reference_logprobs is not None:
        difference = tokens.reference_logprobs - tokens.logprobs
        loss = loss + reference.weight * KL_ESTIMATORS[reference.estimator](difference)
    if objective.entropy_weight and tokens.entropy is not None:
        loss = loss - objective.entropy_weight * tokens.entropy
    loss = torch.where(tokens.mask, loss.expand_as(tokens.logprobs), torch.zeros_like(tokens.logprobs))
    return TokenLosses(loss, ratio, kept_B_1)


def watched(objective: Objective, tokens: Tokens, losses: TokenLosses, weights_B_T: Tensor) -> dict[str, Tensor]:
    """Sums and extremes over this part of an update: sums are of weighted shares, extremes are named `_max`, `_min`."""
    with torch.no_grad():
        share_B_T = weights_B_T / weights_B_T.sum().clamp(min=torch.finfo(weights_B_T.dtype).tiny)
        sampler = tokens.old_logprobs if tokens.sampler_logprobs is None else tokens.sampler_logprobs
        # What the sampler did not tell (NaN) counts as equal.
        drift = log_ratio(tokens.logprobs, sampler, tokens.mask, RatioLevel.TOKEN).nan_to_num(nan=0.0)
        apart = drift.abs()
        ratio = losses.log_ratio.detach().expand_as(drift).masked_fill(~tokens.mask, 0.0)
        lowest, highest = ratio.aminmax()
        found = {
            "clip_fraction": clip_fraction(ratio, tokens.advantages, objective.clip, share_B_T),
            "ratio_max": highest.exp(),
            "ratio_min": lowest.exp(),
            "kl_sampler": (k3(drift) * share_B_T).sum(),
            "sampler_logprob_difference": (apart * share_B_T).sum(),
            "sampler_logprob_difference_max": apart.max(),
            "off_policy_dropped": 1 - losses.kept_B_1.mean(),
        }
        if tokens.reference_logprobs is not None:
            away = torch.where(tokens.mask, tokens.reference_logprobs - tokens.logprobs, torch.zeros_like(drift))
            found["kl_reference"] = (k3(away) * share_B_T).sum()
        return found
