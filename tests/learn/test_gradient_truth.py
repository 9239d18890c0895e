"""Estimators against the exact policy gradient of a policy whose distribution is known.

The policy writes two tokens of three kinds: nine sequences, so the gradient of the expected reward is a finite sum.
"""

import itertools
from dataclasses import replace

import pytest
import torch

from hone.learn.advantages import FROM_REWARDS
from hone.learn.aggregates import AGGREGATES
from hone.learn.objective import OBJECTIVES, Aggregate, Clip, Objective
from hone.learn.token_loss import Tokens, token_losses

VOCAB, LENGTH, GROUP = 3, 2, 4
SEQUENCES = torch.tensor(list(itertools.product(range(VOCAB), repeat=LENGTH)))
REWARDS = torch.tensor([1.0, -0.5, 0.2, -1.0, 0.9, -0.3, 0.0, 0.4, -0.8], dtype=torch.float64)
GROUPS = 10_000


def policy() -> torch.Tensor:
    """Logits of the first token [1, V] and of the second after each first [V, V], in one [1 + V, V]."""
    generator = torch.Generator().manual_seed(5)
    return torch.randn(1 + VOCAB, VOCAB, generator=generator, dtype=torch.float64)


def logprobs(logits: torch.Tensor, sequences_B_2: torch.Tensor) -> torch.Tensor:
    table = torch.log_softmax(logits, -1)
    return torch.stack([table[0, sequences_B_2[:, 0]], table[1 + sequences_B_2[:, 0], sequences_B_2[:, 1]]], dim=1)


def exact(logits: torch.Tensor) -> torch.Tensor:
    """Gradient of the expected reward."""
    free = logits.clone().requires_grad_()
    (found,) = torch.autograd.grad((logprobs(free, SEQUENCES).sum(1).exp() * REWARDS).sum(), free)
    return found


def estimates(objective: Objective, old: torch.Tensor, now: torch.Tensor) -> torch.Tensor:
    """Gradient estimates [GROUPS / 100, 1 + V, V] for the policy `now` from samples of the policy `old`."""
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(11)
    chances = logprobs(old, SEQUENCES).sum(1).exp()
    drawn = torch.multinomial(chances, GROUPS * GROUP, replacement=True, generator=generator)
    found = []
    for chunk in drawn.view(-1, 100, GROUP):
        free = now.clone().requires_grad_()
        tokens = SEQUENCES[chunk.flatten()]
        mask = torch.ones(tokens.shape, dtype=torch.bool)
        losses = token_losses(
            objective,
            Tokens(
                logprobs=logprobs(free, tokens),
                old_logprobs=logprobs(old, tokens),
                advantages=FROM_REWARDS[objective.advantage](REWARDS[chunk]).view(-1, 1),
                mask=mask,
            ),
        )
        weights = AGGREGATES[objective.aggregate](mask, LENGTH)
        (gradient,) = torch.autograd.grad(-(losses.loss_B_T * weights).sum() * LENGTH, free)
        found.append(gradient)
    return torch.stack(found)


def far(found: torch.Tensor, expected: torch.Tensor) -> torch.Tensor:
    """Standard errors between the mean of estimates and what is expected, for each coordinate."""
    error = found.std(0) / found.shape[0] ** 0.5
    return ((found.mean(0) - expected).abs() / error.clamp(min=1e-12)).max()


UNBIASED = dict.fromkeys(("rloo", "reinforce"), 1.0) | {"dr_grpo": (GROUP - 1) / GROUP, "hone": (GROUP - 1) / GROUP}
"""Objectives whose mean is the exact gradient times a constant: a baseline that holds the sample itself shrinks it."""
BIASED = ("grpo", "gspo", "sapo", "dapo", "cispo", "raft")
"""On purpose: divided by the group's deviation, or with nothing pushed down."""


@pytest.mark.parametrize("name", UNBIASED)
def test_the_mean_of_many_estimates_is_the_exact_gradient(name):
    objective = replace(OBJECTIVES[name], drop_uniform_groups=False)
    factor = UNBIASED[name] if name != "reinforce" else 1 - 1 / (100 * GROUP)
    logits = policy()
    assert far(estimates(objective, logits, logits), factor * exact(logits)) < 4


@pytest.mark.parametrize("name", BIASED)
def test_those_that_are_biased_on_purpose_are_biased_and_point_uphill(name):
    logits = policy()
    found = estimates(replace(OBJECTIVES[name], reference=Objective().reference), logits, logits)
    truth = exact(logits)
    assert far(found, truth) > 6
    assert torch.cosine_similarity(found.mean(0).flatten(), truth.flatten(), dim=0) > 0.7


def test_without_a_clip_token_ratios_bring_an_older_policy_s_samples_nearer_to_the_truth():
    old = policy()
    now = old + 0.4 * torch.randn(old.shape, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    wide = replace(OBJECTIVES["rloo"], clip=Clip(low=1.0, high=1e9), aggregate=Aggregate.LIMIT)
    corrected, plain = estimates(wide, old, now).mean(0), estimates(OBJECTIVES["reinforce"], old, now).mean(0)
    truth = exact(now)
    assert (corrected - truth).norm() < (plain - truth).norm()
