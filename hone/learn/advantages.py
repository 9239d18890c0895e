"""Group-relative advantages. G samples of one prompt are a group; P groups a step."""

from torch import Tensor


def group_advantages(rewards_P_G: Tensor, *, scale_by_std: bool) -> Tensor:
    """Reward minus the mean of its group; NaN rewards (not graded) are left out of the mean and get advantage 0.

    With `scale_by_std`, divided by the group's standard deviation (with Bessel's correction) + 1e-4: GRPO, Shao et al.
    2024, section 4.1.2. Without, Dr. GRPO, Liu et al. 2025, equation 2: no group counts for more because its rewards
    lie close together.

    Args:
        rewards_P_G: rewards, NaN where the infrastructure failed.

    Returns:
        Advantages [P, G], finite.
    """
    graded = rewards_P_G.isfinite()
    rewards = rewards_P_G.nan_to_num(0.0)
    count = graded.sum(1, keepdim=True)
    mean = rewards.sum(1, keepdim=True) / count.clamp(min=1)
    centred = (rewards - mean) * graded
    if scale_by_std:
        variance = centred.square().sum(1, keepdim=True) / (count - 1).clamp(min=1)
        centred = centred / (variance.sqrt() + 1e-4)
    return centred


def groups_with_variance(passed_P_G: Tensor, graded_P_G: Tensor) -> Tensor:
    """Groups [P] whose graded samples neither all pass nor all fail: DAPO, Yu et al. 2025, equation 11.

    The filter looks at the binary outcome, not at the reward: style alone would keep a group that has nothing to teach.
    """
    some_pass = (passed_P_G & graded_P_G).any(1)
    some_fail = (~passed_P_G & graded_P_G).any(1)
    return some_pass & some_fail
