"""Distance to a reference policy, and length: what is taken off a reward or put onto a loss. B sequences, T tokens.

With d = log pi_ref - log pi at a token that pi wrote, each estimator of KL(pi ‖ pi_ref) is a function of d (Schulman
2020, "Approximating KL Divergence").
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from hone.learn.objective import KL


def k1(difference: Tensor) -> Tensor:
    """-d. Unbiased and of high variance; as a loss its gradient is 0 in expectation, so it belongs in the reward."""
    return -difference


def k2(difference: Tensor) -> Tensor:
    """d² / 2. Biased as an estimate; as a loss, its gradient is that of the KL divergence."""
    return difference.square() / 2


def k3(difference: Tensor) -> Tensor:
    """exp(d) - d - 1. Unbiased, never negative, of low variance; as a loss it has the gradient of KL(pi_ref ‖ pi)."""
    return difference.exp() - difference - 1


KL_ESTIMATORS: Mapping[KL, Callable[[Tensor], Tensor]] = {KL.K1: k1, KL.K2: k2, KL.K3: k3}


def overlong(lengths: Tensor, limit: int, margin: int) -> Tensor:
    """0 up to limit - margin tokens, then falling linearly to -1 at the limit and beyond.

    Soft overlong punishment: DAPO, Yu et al. 2025, equation 13.

    Args:
        lengths: tokens of each completion.
        margin: over how many tokens it falls; 0 for none at all below the limit and -1 above it.
    """
    if margin == 0:
        return -(lengths > limit).to(torch.get_default_dtype())
    return ((limit - margin - lengths) / margin).clamp(-1.0, 0.0)
