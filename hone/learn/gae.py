"""Advantages from a value head, and the loss that the head learns by. B sequences, T tokens (or turns)."""

import torch
from torch import Tensor


def generalised_advantages(
    rewards_B_T: Tensor, values_B_T: Tensor, mask_B_T: Tensor, *, discount: float, trace: float
) -> tuple[Tensor, Tensor]:
    """Generalised advantage estimation: Schulman et al. 2016, equation 16.

    A_t = sum_l (discount · trace)^l d_{t+l} with d_t = r_t + discount · V_{t+1} - V_t, where t + 1 is the next position
    that the mask holds (text of tools and other observations between actions is skipped) and V is 0 after the last.

    Args:
        rewards_B_T: what was earned at each position; a whole program's reward stands at its last.
        values_B_T: the head's estimates before the position's action.
        mask_B_T: True where the policy acted.

    Returns:
        Advantages and returns (advantage + value), both [B, T], 0 where nothing was done.
    """
    advantages = torch.zeros_like(values_B_T)
    next_value = torch.zeros_like(values_B_T[:, 0])
    running = torch.zeros_like(next_value)
    for position in range(values_B_T.shape[1] - 1, -1, -1):
        acted = mask_B_T[:, position]
        value = values_B_T[:, position]
        error = rewards_B_T[:, position] + discount * next_value - value
        running = torch.where(acted, error + discount * trace * running, running)
        next_value = torch.where(acted, value, next_value)
        advantages[:, position] = running * acted
    return advantages, (advantages + values_B_T) * mask_B_T


def turn_level_advantages(
    rewards_B_T: Tensor, values_B_T: Tensor, turns_B_T: Tensor, *, discount: float, trace: float
) -> tuple[Tensor, Tensor]:
    """The same with whole turns as actions: every token of a turn has the advantage of its turn.

    A turn's value is the estimate at its first token, its reward the sum over its tokens. Time passes between turns
    only, so a long turn is discounted no more than a short one.

    Args:
        turns_B_T: number of the turn that each token belongs to, from 0; -1 where the policy did not act.

    Returns:
        Advantages at every token that was acted, and returns at the first token of each turn (0 elsewhere), [B, T].
    """
    acted = turns_B_T >= 0
    count = int(turns_B_T.max()) + 1 if acted.any() else 0
    slots = turns_B_T.clamp(min=0)
    first = acted & torch.cat([acted[:, :1], turns_B_T[:, 1:] != turns_B_T[:, :-1]], dim=1)
    rows = turns_B_T.shape[0]
    rewards = rewards_B_T.new_zeros(rows, max(count, 1)).scatter_add_(1, slots, rewards_B_T * acted)
    values = values_B_T.new_zeros(rows, max(count, 1)).scatter_add_(1, slots, values_B_T * first)
    present = torch.zeros_like(rewards).scatter_add_(1, slots, first.to(rewards.dtype)) > 0
    advantages, returns = generalised_advantages(rewards, values, present, discount=discount, trace=trace)
    return advantages.gather(1, slots) * acted, returns.gather(1, slots) * first


def value_loss(values_B_T: Tensor, old_values_B_T: Tensor, returns_B_T: Tensor, clip: float) -> Tensor:
    """Half the squared error of each estimate, pessimistically clipped: Schulman et al. 2017, as in their code.

    max((V - R)², (clip(V, V_old - c, V_old + c) - R)²) / 2 at each position [B, T].

    Args:
        clip: how far an estimate may move at once; infinity for the plain squared error.
    """
    near = old_values_B_T + (values_B_T - old_values_B_T).clamp(-clip, clip)
    return 0.5 * torch.maximum((values_B_T - returns_B_T).square(), (near - returns_B_T).square())
