"""Learning from pairs that the verdicts put in order. N pairs; P prompts with G samples each."""

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def dpo_loss(
    chosen_N: Tensor, rejected_N: Tensor, reference_chosen_N: Tensor, reference_rejected_N: Tensor, beta: float
) -> Tensor:
    """-log sigmoid(beta ((chosen - reference) - (rejected - reference))) of each pair [N]: Rafailov et al. 2023,
    equation 7.

    Args:
        chosen_N, rejected_N: log-probabilities of whole programs, with gradient.
        reference_chosen_N, reference_rejected_N: the same under the reference policy.
    """
    margin = (chosen_N - reference_chosen_N) - (rejected_N - reference_rejected_N)
    return -F.logsigmoid(beta * margin)


def ordered_pairs(rewards_P_G: Tensor, passed_P_G: Tensor) -> list[tuple[int, int, int]]:
    """Pairs (prompt, chosen, rejected) of a passing and a failing sample: the i-th best of those that pass with the i-th
    worst of those that fail, as many as the rarer of both. Samples that were not graded (NaN) are in none.

    Pairs never differ by style alone: the outcome puts them in order.
    """
    pairs: list[tuple[int, int, int]] = []
    for prompt, (rewards, passed) in enumerate(zip(rewards_P_G.tolist(), passed_P_G.tolist(), strict=True)):
        graded = [index for index, reward in enumerate(rewards) if reward == reward]
        better = sorted((i for i in graded if passed[i]), key=_ranked(rewards), reverse=True)
        worse = sorted((i for i in graded if not passed[i]), key=_ranked(rewards))
        pairs += [(prompt, chosen, rejected) for chosen, rejected in zip(better, worse, strict=False)]
    return pairs


def sequence_logprobs(logprobs_B_T: Tensor, mask_B_T: Tensor) -> Tensor:
    """Log-probability of each whole sequence [B]."""
    return torch.where(mask_B_T, logprobs_B_T, torch.zeros_like(logprobs_B_T)).sum(1)


def _ranked(rewards: Sequence[float]) -> Callable[[int], tuple[float, int]]:
    return lambda index: (rewards[index], -index)
