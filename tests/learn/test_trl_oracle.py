"""Objectives against TRL's own loss and advantages, on random batches with random masks, in float64."""

from collections import defaultdict
from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from hone.learn.advantages import batch_normalised, group_centred, group_normalised
from hone.learn.aggregates import AGGREGATES
from hone.learn.corrections import sampler_ratio
from hone.learn.objective import (
    Advantage,
    Aggregate,
    Clip,
    Correction,
    CorrectionConfig,
    Objective,
    RatioLevel,
    ReferenceConfig,
    Surrogate,
)
from hone.learn.token_loss import Tokens, token_losses

ROWS, WIDTH, LIMIT, VOCAB = 6, 9, 12, 5
CLIP = Clip(low=0.2, high=0.28)
CASES = {
    "dapo": (Objective(clip=CLIP), {"loss_type": "dapo"}),
    "bnpo": (Objective(clip=CLIP), {"loss_type": "bnpo"}),
    "grpo": (Objective(aggregate=Aggregate.SEQUENCES, clip=CLIP), {"loss_type": "grpo"}),
    "dr_grpo": (Objective(aggregate=Aggregate.LIMIT, clip=CLIP), {"loss_type": "dr_grpo"}),
    "delta": (Objective(clip=replace(CLIP, ceiling=1.5)), {"loss_type": "dapo", "delta": 1.5}),
    "gspo": (
        Objective(ratio=RatioLevel.SEQUENCE, aggregate=Aggregate.SEQUENCES, clip=CLIP),
        {"loss_type": "grpo", "importance_sampling_level": "sequence"},
    ),
    "gspo over tokens": (
        Objective(ratio=RatioLevel.SEQUENCE, clip=CLIP),
        {"loss_type": "dapo", "importance_sampling_level": "sequence"},
    ),
    "cispo": (
        Objective(surrogate=Surrogate.CISPO, clip=Clip(high=1.3)),
        {"loss_type": "cispo", "epsilon_high": 1.3},
    ),
    "sapo": (Objective(surrogate=Surrogate.SAPO, aggregate=Aggregate.SEQUENCES), {"loss_type": "sapo"}),
    "kl": (Objective(clip=CLIP, reference=ReferenceConfig(weight=0.1)), {"loss_type": "dapo", "beta": 0.1}),
    "kl by sequence": (
        Objective(aggregate=Aggregate.SEQUENCES, clip=CLIP, reference=ReferenceConfig(weight=0.1)),
        {"loss_type": "grpo", "beta": 0.1},
    ),
    "entropy": (Objective(clip=CLIP, entropy_weight=0.05), {"loss_type": "dapo", "entropy_coef": 0.05}),
    **{
        f"{kind} {level}": (
            Objective(clip=CLIP, correction=CorrectionConfig(kind, level, cap=1.2)),
            {"loss_type": "dapo", "sampler": (kind, level, 1.2)},
        )
        for kind in (Correction.TRUNCATE, Correction.MASK)
        for level in RatioLevel
    },
    "off-policy mask": (
        Objective(clip=CLIP, correction=CorrectionConfig(off_policy_limit=0.0)),
        {"loss_type": "dapo", "off_policy_mask_threshold": 0.0, "opsm": True},
    ),
}


@cache
def trl() -> Any:
    """TRL, loaded by those processes alone that compare with it: it takes seconds."""
    return pytest.importorskip("trl.trainer.grpo_trainer", reason="TRL is not installed (pip install '.[dev]')")


class Batch:
    """Random logits and what hangs on them, in float64."""

    def __init__(self, seed: int) -> None:
        g = torch.Generator().manual_seed(seed)

        def near(logprobs: torch.Tensor, spread: float) -> torch.Tensor:
            return logprobs + spread * torch.randn(ROWS, WIDTH, generator=g, dtype=torch.float64)

        self.logits = torch.randn(ROWS, WIDTH, VOCAB, generator=g, dtype=torch.float64).requires_grad_()
        self.chosen = torch.randint(VOCAB, (ROWS, WIDTH), generator=g)
        self.mask = torch.rand(ROWS, WIDTH, generator=g) < 0.8
        self.mask[:, 0] = True
        self.advantages = torch.randn(ROWS, generator=g, dtype=torch.float64)
        fixed = self.logprobs().detach()
        self.old, self.reference = near(fixed, 0.3), near(fixed, 0.3)
        self.sampler = near(self.old, 0.2)
        self.sampler[0, 1] = torch.nan

    def logprobs(self) -> torch.Tensor:
        return torch.log_softmax(self.logits, -1).gather(-1, self.chosen[..., None])[..., 0]

    def entropy(self) -> torch.Tensor:
        logprobs = torch.log_softmax(self.logits, -1)
        return -(logprobs.exp() * logprobs).sum(-1)


def trls(batch: Batch, options: dict, rows: slice = slice(None), accumulation: int = 1) -> torch.Tensor:
    """TRL's loss of some rows of a batch, by its own method on a stand-in for the trainer."""
    mask = batch.mask[rows].to(torch.float64)
    sampled = options.get("sampler")
    trainer = SimpleNamespace(
        aux_loss_enabled=False,
        top_entropy_quantile=1.0,
        off_policy_mask_threshold=options.get("off_policy_mask_threshold"),
        get_off_policy_mask=trl().GRPOTrainer.get_off_policy_mask,
        importance_sampling_level=options.get("importance_sampling_level", "token"),
        beta=options.get("beta", 0.0),
        loss_type=options["loss_type"],
        epsilon_low=0.2,
        epsilon_high=options.get("epsilon_high", 0.28),
        use_vllm=sampled is not None,
        vllm_importance_sampling_correction=sampled is not None,
        model=SimpleNamespace(training=True),
        current_gradient_accumulation_steps=accumulation,
        max_completion_length=LIMIT,
        accelerator=SimpleNamespace(num_processes=1, gather=lambda x: x, reduce=lambda x, reduction: x),
        _entropy_bonus_enabled="entropy_coef" in options,
        use_adaptive_entropy=False,
        entropy_coef=options.get("entropy_coef", 0.0),
        _metrics={"train": defaultdict(list)},
        args=SimpleNamespace(
            delta=options.get("delta"),
            use_bias_correction_kl=False,
            sapo_temperature_pos=1.0,
            sapo_temperature_neg=1.05,
            steps_per_generation=accumulation,
        ),
        _get_per_token_logps_and_entropies=lambda *_, **__: (batch.logprobs()[rows], batch.entropy()[rows], None),
    )
    trainer.accelerator.sync_gradients = False
    inputs = {
        "prompt_ids": torch.zeros(mask.shape[0], 1, dtype=torch.long),
        "prompt_mask": torch.ones(mask.shape[0], 1),
        "completion_ids": batch.chosen[rows],
        "completion_mask": mask,
        "advantages": batch.advantages[rows],
        "old_per_token_logps": batch.old[rows],
        "ref_per_token_logps": batch.reference[rows],
        "num_items_in_batch": batch.mask.sum().to(torch.float64),
    }
    if sampled is not None:
        kind, level, cap = sampled
        ratio = sampler_ratio_of_trl(batch.old[rows], batch.sampler[rows], mask, str(level))
        inputs["importance_sampling_ratio"] = (
            ratio.clamp(max=cap) if kind is Correction.TRUNCATE else ratio.masked_fill(ratio > cap, 0.0)
        )
    if options.get("opsm"):
        inputs["sampling_per_token_logps"] = batch.sampler[rows]
    return trl().GRPOTrainer._compute_loss(trainer, None, inputs)


def sampler_ratio_of_trl(old, sampler, mask, level):
    """The few lines of TRL's generation step that cannot be called on their own."""
    difference = torch.nan_to_num((old - sampler) * mask, nan=0.0)
    return torch.exp(difference.sum(-1, keepdim=True) if level == "sequence" else difference)


def ours(batch: Batch, objective: Objective, rows: slice = slice(None)) -> torch.Tensor:
    weights = AGGREGATES[objective.aggregate](batch.mask, LIMIT)[rows]
    uses_sampler = objective.correction != CorrectionConfig()
    tokens = Tokens(
        logprobs=batch.logprobs()[rows],
        old_logprobs=batch.old[rows],
        advantages=batch.advantages[rows, None],
        mask=batch.mask[rows],
        sampler_logprobs=batch.sampler[rows] if uses_sampler else None,
        reference_logprobs=batch.reference[rows],
        entropy=batch.entropy()[rows],
    )
    return (token_losses(objective, tokens).loss_B_T * weights).sum()


def gradient(batch: Batch, loss: torch.Tensor) -> torch.Tensor:
    (found,) = torch.autograd.grad(loss, batch.logits)
    return found


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("seed", range(5))
def test_loss_and_gradient_are_trls(case, seed):
    objective, options = CASES[case]
    batch = Batch(seed)
    expected, found = trls(batch, options), ours(batch, objective)
    assert found.item() == pytest.approx(expected.item(), abs=1e-9)
    assert torch.allclose(gradient(batch, found), gradient(batch, expected), atol=1e-9, rtol=0)


def test_each_case_tells_apart_what_it_is_there_for():
    batch = Batch(0)
    losses = {case: round(ours(batch, objective).item(), 9) for case, (objective, _) in CASES.items()}
    same = {case for case in losses if list(losses.values()).count(losses[case]) > 1}
    assert same == {"dapo", "bnpo"}  # TRL's two names for one mean; they differ under accumulation only


@pytest.mark.parametrize("case", ["dapo", "gspo over tokens", "cispo", "kl"])
def test_parts_of_a_batch_add_up_to_trls_accumulated_loss(case):
    objective, options = CASES[case]
    batch = Batch(7)
    parts = [slice(0, 2), slice(2, 4), slice(4, 6)]
    expected = torch.stack([trls(batch, options, rows, accumulation=3) for rows in parts]).sum()
    found = torch.stack([ours(batch, objective, rows) for rows in parts]).sum()
    assert found.item() == pytest.approx(expected.item(), abs=1e-9)
    assert found.item() == pytest.approx(ours(batch, objective).item(), abs=1e-12)


@pytest.mark.parametrize(
    ("ours_of", "scale"),
    [(group_normalised, "group"), (group_centred, "none"), (batch_normalised, "batch")],
    ids=[Advantage.GROUP_NORMALISED, Advantage.GROUP_CENTRED, Advantage.BATCH_NORMALISED],
)
def test_advantages_are_trls(ours_of, scale):
    g = torch.Generator().manual_seed(3)
    rewards = torch.randn(5, 4, generator=g, dtype=torch.float64)
    rewards[1, 2] = torch.nan
    mean = rewards.nanmean(1, keepdim=True)
    expected = rewards - mean
    if scale == "group":
        expected = expected / (trl().nanstd(rewards, dim=1, keepdim=True) + 1e-4)
    elif scale == "batch":
        expected = expected / (trl().nanstd(rewards) + 1e-4)
    assert torch.allclose(ours_of(rewards), expected.nan_to_num(0.0), atol=1e-6, rtol=0)


def test_the_sampler_ratio_is_trls():
    batch = Batch(2)
    for level in RatioLevel:
        expected = sampler_ratio_of_trl(batch.old, batch.sampler, batch.mask.to(torch.float64), str(level))
        assert torch.allclose(sampler_ratio(batch.old, batch.sampler, batch.mask, level), expected)
