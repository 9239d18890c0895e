"""Group-relative advantages and the filter on groups."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from hone.learn.advantages import group_advantages, groups_with_variance

REWARDS = st.lists(st.lists(st.floats(-2, 2, width=32), min_size=4, max_size=4), min_size=1, max_size=5).map(
    torch.tensor
)


@given(REWARDS, st.floats(-3, 3), st.booleans())
def test_advantages_sum_to_zero_in_each_group_and_ignore_a_shift(rewards, shift, scale):
    advantages = group_advantages(rewards, scale_by_std=scale)
    assert torch.allclose(advantages.sum(1), torch.zeros(len(rewards)), atol=1e-3)
    assert torch.allclose(group_advantages(rewards + shift, scale_by_std=scale), advantages, atol=2e-2)


def test_scaling_divides_by_the_deviation_with_bessels_correction():
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    expected = (rewards - 0.25) / (rewards.std(1, keepdim=True) + 1e-4)
    assert torch.allclose(group_advantages(rewards, scale_by_std=True), expected)


def test_a_sample_that_was_not_graded_has_no_advantage_and_no_weight_in_the_mean():
    rewards = torch.tensor([[1.0, 0.0, float("nan"), 0.5]])
    advantages = group_advantages(rewards, scale_by_std=False)
    assert torch.allclose(advantages, torch.tensor([[0.5, -0.5, 0.0, 0.0]]))


def test_only_groups_with_both_outcomes_among_graded_samples_are_kept():
    passed = torch.tensor([[True, False], [True, True], [False, False], [True, False]])
    graded = torch.tensor([[True, True], [True, True], [True, True], [True, False]])
    assert groups_with_variance(passed, graded).tolist() == [True, False, False, False]
