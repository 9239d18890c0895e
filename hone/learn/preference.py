"""Losses of preferred over rejected programs, and which programs of a group are such pairs. N pairs.

With h = log pi(y) - log pi_ref(y), summed over a program's tokens, a loss is `(pairs, beta) -> loss_N`.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor

from hone.learn.batch import Judged
from hone.learn.objective import Preference


@dataclass(frozen=True)
class Pairs:
    """What is known of pairs, [N] each."""

    chosen_N: Tensor
    """h of the preferred programs, with gradient."""
    rejected_N: Tensor
    chosen_lengths_N: Tensor
    """Tokens."""
    rejected_lengths_N: Tensor


def dpo(pairs: Pairs, beta: float) -> Tensor:
    """-log sigmoid(beta (h_w - h_l)): direct preference optimisation, Rafailov et al. 2023, equation 7."""
    return -F.logsigmoid(beta * (pairs.chosen_N - pairs.rejected_N))


def ipo(pairs: Pairs, beta: float) -> Tensor:
    """(h_w - h_l - 1 / (2 beta))²: identity preference optimisation, Azar et al. 2023, equation 17.

    Each h is a mean over tokens, as in the authors' experiments: a sum would make the target depend on the length.
    """
    margin_N = pairs.chosen_N / pairs.chosen_lengths_N - pairs.rejected_N / pairs.rejected_lengths_N
    return (margin_N - 1 / (2 * beta)).square()


PREFERENCES: Mapping[Preference, Callable[[Pairs, float], Tensor]] = {Preference.DPO: dpo, Preference.IPO: ipo}


def verdict_pairs(group: Sequence[Judged], *, mask_truncated: bool) -> list[tuple[int, int]]:
    """Places (preferred, rejected) in a group: each program that passed over each that did not.

    Within a tier there is no preference: style and partial credit are too noisy to be imitated one against one.
    What was not graded is in no pair, nor is what was cut off where that is masked.
    """
    usable = [
        place
        for place, sample in enumerate(group)
        if sample.reward is not None and (sample.finished or not mask_truncated)
    ]
    passed = [place for place in usable if group[place].passed]
    failed = [place for place in usable if not group[place].passed]
    return list(itertools.product(passed, failed))
