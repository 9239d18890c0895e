"""Generalised advantages against a slow reference written from the paper's sum, and the value loss."""

import pytest
import torch

from hone.learn.gae import generalised_advantages, turn_level_advantages, value_loss


def by_the_sum(rewards, values, discount, trace):
    """Equation 16 of Schulman et al. 2016 for one trajectory, as a double loop."""
    ahead = [*values[1:], 0.0]
    errors = [r + discount * after - v for r, v, after in zip(rewards, values, ahead, strict=True)]
    return [
        sum((discount * trace) ** (later - t) * errors[later] for later in range(t, len(errors)))
        for t in range(len(errors))
    ]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize(("discount", "trace"), [(1.0, 0.95), (0.9, 0.5), (1.0, 1.0), (0.99, 0.0)])
def test_advantages_are_the_papers_sum_over_what_the_policy_did(seed, discount, trace):
    g = torch.Generator().manual_seed(seed)
    rewards, values = (torch.randn(4, 9, generator=g, dtype=torch.float64) for _ in range(2))
    mask = torch.rand(4, 9, generator=g) < 0.7
    rewards = rewards * mask
    advantages, returns = generalised_advantages(rewards, values, mask, discount=discount, trace=trace)
    for row in range(4):
        acted = mask[row].nonzero()[:, 0]
        expected = by_the_sum(rewards[row, acted].tolist(), values[row, acted].tolist(), discount, trace)
        assert advantages[row, acted].tolist() == pytest.approx(expected, abs=1e-9)
        assert (returns - advantages - values * mask)[row].abs().max() < 1e-9
    assert not advantages[~mask].any()
    assert not returns[~mask].any()


@pytest.mark.parametrize("seed", range(10))
def test_turns_are_actions_whatever_their_length(seed):
    g = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, 4, (3,), generator=g).tolist()
    turns = torch.tensor([[t for turn, length in enumerate(lengths) for t in [turn] * length + [-1]]])
    rewards, values = (torch.randn(turns.shape, generator=g, dtype=torch.float64) for _ in range(2))
    advantages, returns = turn_level_advantages(rewards, values, turns, discount=0.9, trace=0.8)
    firsts = [int((turns[0] == turn).nonzero()[0]) for turn in range(3)]
    earned = [float(rewards[0][turns[0] == turn].sum()) for turn in range(3)]
    expected = by_the_sum(earned, [float(values[0, first]) for first in firsts], 0.9, 0.8)
    for turn, first in enumerate(firsts):
        assert advantages[0][turns[0] == turn].tolist() == pytest.approx([expected[turn]] * lengths[turn])
        assert float(returns[0, first]) == pytest.approx(expected[turn] + float(values[0, first]))
    assert not advantages[turns < 0].any()
    assert int((returns != 0).sum()) == 3


def test_an_estimate_may_not_run_away_from_what_it_was():
    old, target = torch.zeros(1, 3), torch.tensor([[1.0, 1.0, 1.0]])
    now = torch.tensor([[0.1, 0.5, -0.5]], requires_grad=True)
    loss = value_loss(now, old, target, clip=0.2)
    assert loss.tolist()[0] == pytest.approx([0.5 * 0.9**2, 0.5 * 0.8**2, 0.5 * 1.5**2])
    loss.sum().backward()
    assert now.grad is not None
    assert now.grad.tolist()[0] == pytest.approx([-0.9, 0.0, -1.5])
