"""The clipped token-level loss against the formula written out, token by token."""

import math

import pytest
import torch

from hone.learn.loss import clipped_policy_loss


def by_hand(now, then, advantages, mask, low, high):
    total, count = 0.0, 0
    for row in range(len(now)):
        for t in range(len(now[row])):
            if mask[row][t]:
                r = math.exp(now[row][t] - then[row][t])
                a = advantages[row]
                total -= min(r * a, min(max(r, 1 - low), 1 + high) * a)
                count += 1
    return total / count


@pytest.mark.parametrize("seed", range(20))
def test_the_loss_is_the_formula(seed):
    g = torch.Generator().manual_seed(seed)
    now = -torch.rand(4, 6, generator=g, dtype=torch.float64)
    then = now + 0.5 * torch.randn(4, 6, generator=g, dtype=torch.float64)
    advantages = torch.randn(4, generator=g, dtype=torch.float64)
    mask = torch.rand(4, 6, generator=g) < 0.7
    expected = by_hand(now.tolist(), then.tolist(), advantages.tolist(), mask.tolist(), 0.2, 0.28)
    report = clipped_policy_loss(now, then, advantages, mask, clip_low=0.2, clip_high=0.28)
    assert float(report.loss) == pytest.approx(expected, abs=1e-12)


def test_on_policy_the_gradient_is_the_advantage_times_the_score():
    logprobs = torch.log(torch.tensor([[0.5, 0.25], [0.1, 0.9]], dtype=torch.float64)).requires_grad_()
    advantages = torch.tensor([1.0, -2.0], dtype=torch.float64)
    mask = torch.tensor([[True, True], [True, False]])
    report = clipped_policy_loss(logprobs, logprobs.detach(), advantages, mask, clip_low=0.2, clip_high=0.28)
    report.loss.backward()
    assert logprobs.grad is not None
    assert torch.allclose(logprobs.grad, torch.tensor([[-1.0, -1.0], [2.0, 0.0]], dtype=torch.float64) / 3)
    assert report.clip_fraction == 0
    assert report.ratio_max == pytest.approx(1)


def test_a_likely_good_token_may_grow_further_than_a_bad_one_may_shrink():
    then = torch.zeros(2, 1)
    for advantage, inside, outside in ((1.0, 1.27, 1.29), (-1.0, 0.81, 0.79)):
        for ratio, moves in ((inside, True), (outside, False)):
            now = torch.full((2, 1), math.log(ratio), requires_grad=True)
            mask = torch.ones(2, 1, dtype=torch.bool)
            clipped_policy_loss(
                now, then, torch.full((2,), advantage), mask, clip_low=0.2, clip_high=0.28
            ).loss.backward()
            assert now.grad is not None
            assert bool((now.grad != 0).all()) is moves, (advantage, ratio)
