"""Surrogates: what each token contributes to the loss. B sequences, T tokens.

Every surrogate is `(logprobs_B_T, log_ratio, advantages, clip) -> loss`, where `log_ratio` is [B, T] or, for ratios of
whole sequences, [B, 1], and advantages broadcast against it. The result broadcasts to [B, T]; `aggregates.py` says
what each token weighs.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from hone.learn.objective import Clip, RatioLevel, Surrogate


def log_ratio(logprobs_B_T: Tensor, sampled_logprobs_B_T: Tensor, mask_B_T: Tensor, level: RatioLevel) -> Tensor:
    """log(pi / pi_old): of each token [B, T], or the mean over each sequence's tokens [B, 1] (GSPO, Zheng et al. 2025,
    equation 7). Where the mask is False, the token's is 0.
    """
    difference = torch.where(mask_B_T, logprobs_B_T - sampled_logprobs_B_T, torch.zeros_like(logprobs_B_T))
    if level is RatioLevel.TOKEN:
        return difference
    return difference.sum(1, keepdim=True) / mask_B_T.sum(1, keepdim=True).clamp(min=1)


def reinforce(logprobs_B_T: Tensor, log_ratio: Tensor, advantages: Tensor, clip: Clip) -> Tensor:
    """-A log pi: Williams 1992, equation 4. Unbiased where the samples are the policy's own."""
    del log_ratio, clip
    return -advantages * logprobs_B_T


def clipped(logprobs_B_T: Tensor, log_ratio: Tensor, advantages: Tensor, clip: Clip) -> Tensor:
    """-min(r A, clip(r, 1 - low, 1 + high) A): PPO, Schulman et al. 2017, equation 7; asymmetric as in DAPO, Yu et al.
    2025, equation 8. With ratios of sequences it is GSPO, Zheng et al. 2025, equation 5. On policy its gradient is
    `reinforce`'s.
    """
    del logprobs_B_T
    ratio = log_ratio.exp()
    near = ratio.clamp(1 - clip.low, 1 + clip.high)
    if clip.ceiling is not None:
        ratio = ratio.clamp(max=clip.ceiling)
    return -torch.minimum(ratio * advantages, near * advantages)


def cispo(logprobs_B_T: Tensor, log_ratio: Tensor, advantages: Tensor, clip: Clip) -> Tensor:
    """-sg(min(r, high)) A log pi: CISPO, MiniMax 2025 (MiniMax-M1), equation 4. No token's gradient is ever cut off;
    only its weight is.
    """
    return -log_ratio.exp().clamp(max=clip.high).detach() * advantages * logprobs_B_T


def sapo(logprobs_B_T: Tensor, log_ratio: Tensor, advantages: Tensor, clip: Clip) -> Tensor:
    """-(4 / t) sigmoid(t (r - 1)) A: SAPO's soft gate, Gao et al. 2025, in place of a clip."""
    del logprobs_B_T
    gate = torch.where(advantages > 0, clip.gate_positive, clip.gate_negative)
    return -torch.sigmoid(gate * (log_ratio.exp() - 1)) * 4 / gate * advantages


SURROGATES: Mapping[Surrogate, Callable[[Tensor, Tensor, Tensor, Clip], Tensor]] = {
    Surrogate.REINFORCE: reinforce,
    Surrogate.CLIPPED: clipped,
    Surrogate.CISPO: cispo,
    Surrogate.SAPO: sapo,
}


def clip_fraction(log_ratio: Tensor, advantages: Tensor, clip: Clip, share_B_T: Tensor) -> Tensor:
    """Share of the weight that lies where `clipped` has no gradient; `share_B_T` adds up to 1, or is 0 everywhere."""
    ratio = log_ratio.exp()
    outside = torch.where(advantages > 0, ratio > 1 + clip.high, (ratio < 1 - clip.low) & (advantages < 0))
    return (outside * share_B_T).sum()
