"""Advantages of whole programs from the rewards of their groups. G samples of one prompt are a group; P groups a step.

Every estimator here is `(rewards_P_G) -> advantages_P_G`. NaN rewards (not graded) count in no mean and no deviation,
and their advantage is 0. `gae.py` has the estimator that needs a value head.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from hone.learn.objective import Advantage

_EPSILON = 1e-4
"""Added to a deviation before dividing by it."""


def batch_centred(rewards_P_G: Tensor) -> Tensor:
    """Reward minus the mean of the batch: REINFORCE with a baseline, Williams 1992, section 4.

    The baseline contains the sample itself, so with N samples the expected gradient is (N - 1)/N of the true one.
    """
    rewards, graded, _ = _parts(rewards_P_G)
    return (rewards - rewards.sum() / graded.sum().clamp(min=1)) * graded


def leave_one_out(rewards_P_G: Tensor) -> Tensor:
    """Reward minus the mean of the others in its group: RLOO, Ahmadian et al. 2024, equation 8. Unbiased.

    A sample that is alone in its group, for the others were not graded, has nothing to be compared with: 0.
    """
    rewards, graded, count_P_1 = _parts(rewards_P_G)
    others = (rewards.sum(1, keepdim=True) - rewards) / (count_P_1 - 1).clamp(min=1)
    return (rewards - others) * graded * (count_P_1 > 1)


def group_centred(rewards_P_G: Tensor) -> Tensor:
    """Reward minus the mean of its group: Dr. GRPO, Liu et al. 2025, equation 2.

    (G - 1)/G times RLOO's, so biased by nothing but a constant factor. No group counts for more because its rewards lie
    close together.
    """
    rewards, graded, count_P_1 = _parts(rewards_P_G)
    return (rewards - rewards.sum(1, keepdim=True) / count_P_1.clamp(min=1)) * graded


def group_normalised(rewards_P_G: Tensor) -> Tensor:
    """Group-centred, divided by the group's standard deviation + 1e-4: GRPO, Shao et al. 2024, section 4.1.2.

    The deviation has Bessel's correction. Biased on purpose: groups of little variance weigh more.
    """
    return _scaled(group_centred(rewards_P_G), _parts(rewards_P_G)[2])


def batch_normalised(rewards_P_G: Tensor) -> Tensor:
    """Group-centred, divided by the standard deviation of the batch's rewards + 1e-4: Liu et al. 2025 ("Lite PPO")."""
    rewards, graded, _ = _parts(rewards_P_G)
    count = graded.sum()
    centred = (rewards - rewards.sum() / count.clamp(min=1)) * graded
    deviation = (centred.square().sum() / (count - 1).clamp(min=1)).sqrt()
    return group_centred(rewards_P_G) / (deviation + _EPSILON)


def elite(rewards_P_G: Tensor) -> Tensor:
    """1 for the best of a group where it passed, else 0: expert iteration on best-of-n, Anthony et al. 2017.

    A reward above 0 is that of a program that passed (`hone.verdict.reward`); several that are equally good are all
    learned from. With the `reinforce` surrogate this is supervised learning on verified programs (RAFT, Dong et al.
    2023), and biased on purpose: nothing is pushed down.
    """
    rewards = rewards_P_G.nan_to_num(-torch.inf)
    return ((rewards == rewards.amax(1, keepdim=True)) & (rewards > 0)).to(rewards_P_G.dtype)


FROM_REWARDS: Mapping[Advantage, Callable[[Tensor], Tensor]] = {
    Advantage.BATCH_CENTRED: batch_centred,
    Advantage.LEAVE_ONE_OUT: leave_one_out,
    Advantage.GROUP_CENTRED: group_centred,
    Advantage.GROUP_NORMALISED: group_normalised,
    Advantage.BATCH_NORMALISED: batch_normalised,
    Advantage.ELITE: elite,
}
"""The estimators that need nothing but rewards."""


def groups_with_variance(passed_P_G: Tensor, graded_P_G: Tensor) -> Tensor:
    """Groups [P] whose graded samples neither all pass nor all fail: DAPO, Yu et al. 2025, equation 11.

    The filter looks at the binary outcome, not at the reward: style alone would keep a group that has nothing to teach.
    """
    some_pass = (passed_P_G & graded_P_G).any(1)
    some_fail = (~passed_P_G & graded_P_G).any(1)
    return some_pass & some_fail


def _parts(rewards_P_G: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Rewards with 0 for NaN, which of them are graded, and how many of each group [P, 1]."""
    graded = rewards_P_G.isfinite()
    return rewards_P_G.nan_to_num(0.0), graded, graded.sum(1, keepdim=True)


def _scaled(centred_P_G: Tensor, count_P_1: Tensor) -> Tensor:
    variance = centred_P_G.square().sum(1, keepdim=True) / (count_P_1 - 1).clamp(min=1)
    return centred_P_G / (variance.sqrt() + _EPSILON)
