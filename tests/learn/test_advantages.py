"""Group-relative advantages and the filter on groups."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from hone.learn.advantages import (
    batch_centred,
    elite,
    group_centred,
    group_normalised,
    groups_with_variance,
    leave_one_out,
)

REWARDS = st.lists(st.lists(st.floats(-2, 2, width=32), min_size=4, max_size=4), min_size=1, max_size=5).map(
    torch.tensor
)


@given(REWARDS, st.floats(-3, 3), st.sampled_from([group_centred, group_normalised, leave_one_out]))
def test_advantages_sum_to_zero_in_each_group_and_ignore_a_shift(rewards, shift, estimator):
    advantages = estimator(rewards)
    assert torch.allclose(advantages.sum(1), torch.zeros(len(rewards)), atol=1e-3)
    assert torch.allclose(estimator(rewards + shift), advantages, atol=2e-2)


@given(REWARDS)
def test_leaving_one_out_is_centring_by_a_constant_factor(rewards):
    size = rewards.shape[1]
    assert torch.allclose(leave_one_out(rewards) * (size - 1) / size, group_centred(rewards), atol=1e-5)


@given(REWARDS)
def test_the_batch_s_advantages_sum_to_zero(rewards):
    assert float(batch_centred(rewards).sum().abs()) < 1e-3


def test_only_the_best_that_passed_are_elite():
    rewards = torch.tensor([[1.0, 0.9, float("nan")], [-0.1, -0.2, -0.1], [0.5, 0.5, -1.0]])
    assert elite(rewards).tolist() == [[1, 0, 0], [0, 0, 0], [1, 1, 0]]


@given(REWARDS, st.sampled_from([batch_centred, group_centred, group_normalised, leave_one_out, elite]))
def test_a_failure_of_the_infrastructure_counts_in_nothing(rewards, estimator):
    broken = torch.cat([rewards, torch.full((len(rewards), 1), float("nan"))], dim=1)
    advantages = estimator(broken)
    assert torch.allclose(advantages[:, :-1], estimator(rewards), atol=1e-5)
    assert not advantages[:, -1].any()


def test_scaling_divides_by_the_deviation_with_bessels_correction():
    rewards = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    expected = (rewards - 0.25) / (rewards.std(1, keepdim=True) + 1e-4)
    assert torch.allclose(group_normalised(rewards), expected)


def test_a_sample_that_was_not_graded_has_no_advantage_and_no_weight_in_the_mean():
    rewards = torch.tensor([[1.0, 0.0, float("nan"), 0.5]])
    advantages = group_centred(rewards)
    assert torch.allclose(advantages, torch.tensor([[0.5, -0.5, 0.0, 0.0]]))


def test_only_groups_with_both_outcomes_among_graded_samples_are_kept():
    passed = torch.tensor([[True, False], [True, True], [False, False], [True, False]])
    graded = torch.tensor([[True, True], [True, True], [True, True], [True, False]])
    assert groups_with_variance(passed, graded).tolist() == [True, False, False, False]
