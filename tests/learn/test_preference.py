"""Preference losses against TRL and against the papers' sums, and pairs that follow the verdicts' order and no more."""

import math
from collections import defaultdict
from types import SimpleNamespace

import pytest
import torch

from hone.errors import HoneError
from hone.learn.batch import Judged
from hone.learn.objective import Advantage, Objective, Preference, PreferenceConfig
from hone.learn.preference import PREFERENCES, Pairs, verdict_pairs

PAIRS, WIDTH, VOCAB, BETA = 5, 7, 4, 0.3


class Batch:
    """Logits of preferred and rejected programs [2 N, T, V] in float64, the preferred ones first, as TRL has them."""

    def __init__(self, seed: int) -> None:
        g = torch.Generator().manual_seed(seed)
        self.logits = torch.randn(2 * PAIRS, WIDTH, VOCAB, generator=g, dtype=torch.float64).requires_grad_()
        self.chosen = torch.randint(VOCAB, (2 * PAIRS, WIDTH), generator=g)
        self.mask = torch.arange(WIDTH) < torch.randint(1, WIDTH + 1, (2 * PAIRS, 1), generator=g)
        self.reference = self.logprobs().detach().sum(1) + torch.randn(2 * PAIRS, generator=g, dtype=torch.float64)

    def logprobs(self) -> torch.Tensor:
        return torch.log_softmax(self.logits, -1).gather(-1, self.chosen[..., None])[..., 0] * self.mask

    def pairs(self) -> Pairs:
        return Pairs(*(self.logprobs().sum(1) - self.reference).chunk(2), *self.mask.sum(1).chunk(2))

    def gradient(self, loss: torch.Tensor) -> torch.Tensor:
        (found,) = torch.autograd.grad(loss, self.logits)
        return found


def trls(batch: Batch, kind: str) -> torch.Tensor:
    """TRL's loss of a batch, by its own method on a stand-in for the trainer and its model."""
    trainer = pytest.importorskip("trl.trainer.dpo_trainer", reason="TRL is not installed (pip install '.[dev]')")
    same = lambda x: x  # noqa: E731  # three stand-ins in one
    outputs = SimpleNamespace(
        log_probs=batch.logprobs(),
        entropy=torch.zeros(batch.mask.shape),
        mean_logits=torch.zeros(batch.mask.shape),
        is_top1=torch.zeros(batch.mask.shape, dtype=torch.bool),
    )
    stand_in = SimpleNamespace(
        model=SimpleNamespace(training=True),
        accelerator=SimpleNamespace(device="cpu", gather_for_metrics=same, gather=same),
        aux_loss_enabled=False,
        ld_alpha=None,
        precompute_ref_logps=True,
        f_divergence_type="reverse_kl",
        loss_types=[kind],
        loss_weights=[1.0],
        beta=BETA,
        use_weighting=False,
        _metrics={"train": defaultdict(list)},
        _total_train_tokens=0,
        _tp_size=1,
    )
    prompt = torch.zeros(2 * PAIRS, 1, dtype=torch.long)
    chosen, rejected = batch.reference.chunk(2)
    inputs = {
        "input_ids": torch.cat([prompt, batch.chosen], dim=1),
        "attention_mask": torch.cat([prompt + 1, batch.mask.long()], dim=1),
        "completion_mask": torch.cat([prompt, batch.mask.long()], dim=1),
        "ref_chosen_logps": chosen,
        "ref_rejected_logps": rejected,
    }
    return trainer.DPOTrainer._compute_loss(stand_in, lambda **_: outputs, inputs, return_outputs=False)


@pytest.mark.parametrize(("ours", "theirs"), [(Preference.DPO, "sigmoid"), (Preference.IPO, "ipo")])
@pytest.mark.parametrize("seed", range(5))
def test_loss_and_gradient_are_trls(ours, theirs, seed):
    batch = Batch(seed)
    expected, found = trls(batch, theirs), PREFERENCES[ours](batch.pairs(), BETA).mean()
    assert found.item() == pytest.approx(expected.item(), abs=1e-9)
    assert torch.allclose(batch.gradient(found), batch.gradient(expected), atol=1e-9, rtol=0)


def test_dpo_is_the_papers_sum_and_its_gradient_the_papers():
    batch = Batch(11)
    table = torch.log_softmax(batch.logits.detach(), -1)

    def log_ratio(row: int) -> float:
        total = 0.0
        for position in range(WIDTH):
            if batch.mask[row, position]:
                total += float(table[row, position, batch.chosen[row, position]])
        return total - float(batch.reference[row])

    loss, gradient = 0.0, torch.zeros_like(table)
    for pair in range(PAIRS):
        won, lost = log_ratio(pair), log_ratio(PAIRS + pair)
        loss -= math.log(1 / (1 + math.exp(-BETA * (won - lost)))) / PAIRS
        # The gradient below the paper's equation 7: how wrong the implicit reward is weighs the pair.
        wrong = 1 / (1 + math.exp(-BETA * (lost - won)))
        for row, sign in ((pair, 1.0), (PAIRS + pair, -1.0)):
            for position in range(WIDTH):
                if batch.mask[row, position]:
                    towards = -table[row, position].exp()
                    towards[batch.chosen[row, position]] += 1
                    gradient[row, position] -= BETA * wrong * sign * towards / PAIRS
    found = PREFERENCES[Preference.DPO](batch.pairs(), BETA).mean()
    assert found.item() == pytest.approx(loss, abs=1e-9)
    assert torch.allclose(batch.gradient(found), gradient, atol=1e-9, rtol=0)


def sample(reward: float | None, *, finished: bool = True) -> Judged:
    return Judged([1], [-1.0], finished, reward is not None and reward > 0, reward)


def test_what_passed_is_preferred_to_what_did_not_and_nothing_within_a_tier():
    group = [sample(0.9), sample(-0.3), sample(1.0), sample(-0.9), sample(None), sample(-0.3, finished=False)]
    assert verdict_pairs(group, mask_truncated=True) == [(0, 1), (0, 3), (2, 1), (2, 3)]
    assert verdict_pairs(group, mask_truncated=False) == [(0, 1), (0, 3), (0, 5), (2, 1), (2, 3), (2, 5)]
    assert verdict_pairs([sample(0.9), sample(1.0), sample(None)], mask_truncated=True) == []
    assert verdict_pairs([sample(-0.3), sample(-0.9), sample(-0.1)], mask_truncated=True) == []


def test_a_preference_loss_keeps_a_reference_and_refuses_what_it_has_no_use_for():
    assert not Objective().has_reference
    assert Objective(preference=PreferenceConfig(Preference.DPO)).has_reference
    with pytest.raises(HoneError, match="value head"):
        Objective(advantage=Advantage.VALUE_HEAD, preference=PreferenceConfig(Preference.DPO))
    with pytest.raises(HoneError, match="beta"):
        Objective(preference=PreferenceConfig(beta=0.0))
