"""One update from judged groups: Dr. GRPO's advantages with DAPO's loss and dynamic sampling.

Departures from textbook GRPO (Shao et al. 2024): the loss is a mean over tokens, not over sequences; the upper clip is
wider than the lower; advantages are centred and not divided by the group's deviation; groups whose outcomes are all
alike are dropped; answers cut off by the length limit are left out of the loss; there is no KL term.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from hone.learn.advantages import group_advantages, groups_with_variance
from hone.learn.config import RLConfig
from hone.learn.loss import clipped_policy_loss
from hone.learn.optimizer import Optimizer, linear_decay, linear_warm_up
from hone.policy.logprobs import token_logprobs
from hone.policy.policy import Policy


@dataclass(frozen=True)
class Judged:
    """One sampled program as the learner sees it."""

    action: Sequence[int]
    """Tokens written, not empty."""
    logprobs: Sequence[float]
    """Of each token, when it was sampled."""
    finished: bool
    passed: bool
    reward: float | None
    """None: not graded, and never learned from."""


class PolicyGradient:
    """The learner: its optimizer, and one update a batch."""

    def __init__(self, policy: Policy, config: RLConfig) -> None:
        self.policy = policy
        self.config = config
        self.optimizer = Optimizer(
            policy.model, weight_decay=config.weight_decay, max_gradient_norm=config.max_gradient_norm
        )

    def update(
        self, step: int, prompts: Sequence[Sequence[int]], groups: Sequence[Sequence[Judged]]
    ) -> tuple[dict[str, float], list[list[float]]]:
        """Learn from a batch. Its metrics, and the advantage of every sample (0 where it was not learned from).

        Args:
            step: number of the step, from 0.
            prompts: tokens of each prompt.
            groups: for each prompt its samples, as many for each.
        """
        config = self.config
        rewards_P_G = torch.tensor([[float("nan") if s.reward is None else s.reward for s in g] for g in groups])
        passed_P_G = torch.tensor([[s.passed for s in g] for g in groups])
        finished_P_G = torch.tensor([[s.finished for s in g] for g in groups])
        kept_P = groups_with_variance(passed_P_G, rewards_P_G.isfinite())
        advantages_P_G = group_advantages(rewards_P_G, scale_by_std=config.scale_by_std) * kept_P[:, None]
        kept = kept_P.nonzero()[:, 0].tolist()
        metrics: dict[str, float] = {"groups_kept": len(kept) / len(groups)}
        if kept:
            metrics |= self._learn(step, kept, prompts, groups, advantages_P_G, finished_P_G)
        return metrics, advantages_P_G.tolist()

    def _learn(
        self,
        step: int,
        kept: list[int],
        prompts: Sequence[Sequence[int]],
        groups: Sequence[Sequence[Judged]],
        advantages_P_G: torch.Tensor,
        finished_P_G: torch.Tensor,
    ) -> dict[str, float]:
        config = self.config
        rows = [sample for index in kept for sample in groups[index]]
        now = token_logprobs(
            self.policy.model,
            [prompts[index] for index in kept],
            [[sample.action for sample in groups[index]] for index in kept],
            config.temperature,
        )
        sampled_B_T = torch.zeros_like(now.logprobs_B_T)
        for row, sample in enumerate(rows):
            sampled_B_T[row, : len(sample.logprobs)] = torch.tensor(sample.logprobs)
        finished_B = finished_P_G[kept].flatten().to(sampled_B_T.device)
        mask_B_T = now.mask_B_T & finished_B[:, None]
        advantages_B = advantages_P_G[kept].flatten().to(sampled_B_T.device)
        report = clipped_policy_loss(
            now.logprobs_B_T,
            sampled_B_T,
            advantages_B,
            mask_B_T,
            clip_low=config.clip_low,
            clip_high=config.clip_high,
        )
        rate = config.learning_rate * linear_warm_up(step, config.warm_up) * linear_decay(step, config.steps)
        norm = self.optimizer.step(report.loss, rate)
        return {
            "loss": float(report.loss.detach()),
            "entropy": float(now.entropy_B_T.sum() / now.mask_B_T.sum()),
            "clip_fraction": report.clip_fraction,
            "ratio_max": report.ratio_max,
            "approximate_kl": report.approximate_kl,
            "gradient_norm": norm,
            "learning_rate": rate,
            "advantage_spread": float(advantages_B.std()),
        }
