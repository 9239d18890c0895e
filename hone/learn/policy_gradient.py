"""One update from judged groups, by whatever objective the settings name.

Departures from textbook GRPO (Shao et al. 2024) in the default: the loss is a mean over tokens, not over sequences; the
upper clip is wider than the lower; advantages are centred and not divided by the group's deviation; groups whose
outcomes are all alike are dropped; answers cut off by the length limit are left out of the loss; there is no KL term.

B sequences, T tokens; G samples of one prompt; P groups.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from hone.learn.advantages import FROM_REWARDS, groups_with_variance
from hone.learn.aggregates import AGGREGATES
from hone.learn.batch import Batch, Judged
from hone.learn.config import RLConfig
from hone.learn.gae import generalised_advantages, turn_level_advantages, value_loss
from hone.learn.learner import Learner, Term
from hone.learn.objective import Advantage, Correction, Credit, KLPlace
from hone.learn.penalties import KL_ESTIMATORS, overlong
from hone.learn.replay import Replay
from hone.learn.token_loss import Tokens, token_losses, watched
from hone.policy.policy import Policy

_SHARE = "share"
"""A part's share of the weight, beside what is watched of it."""
_EXTREMES = {"ratio_max": max, "ratio_min": min, "sampler_logprob_difference_max": max}


class PolicyGradient(Learner):
    """Learns by the objective's advantages, surrogate and aggregate, and from elites where it has a replay."""

    def __init__(self, policy: Policy, config: RLConfig, say: Callable[[str], None]) -> None:
        """Args: say: told, in a sentence, what a person should know."""
        super().__init__(policy, config, say)
        self.replay = Replay(config.objective.replay) if config.objective.replay.weight else None

    def update(
        self, step: int, prompts: Sequence[Sequence[int]], groups: Sequence[Sequence[Judged]]
    ) -> tuple[dict[str, float], list[list[float]]]:
        """See `Learner.update`."""
        objective = self.config.objective
        rewards_P_G = self._rewards(groups)
        passed_P_G = torch.tensor([[s.passed for s in g] for g in groups])
        kept_P = torch.full((len(groups),), objective.advantage is not Advantage.NOTHING)
        if objective.drop_uniform_groups:
            kept_P &= groups_with_variance(passed_P_G, rewards_P_G.isfinite())
        kept = kept_P.nonzero()[:, 0].tolist()
        metrics: dict[str, float] = {"groups_kept": len(kept) / len(groups)}
        shown_P_G = torch.zeros_like(rewards_P_G)
        replayed = self._replayed(prompts, groups)
        terms = [replayed] if replayed is not None else []
        if kept:
            batch = Batch.of(
                [prompts[p] for p in kept],
                [groups[p] for p in kept],
                self.policy.device,
                mask_truncated=objective.mask_truncated,
            )
            learned, advantages_B_T = self._learn(step, batch, rewards_P_G[kept], terms)
            metrics |= learned
            acted = (batch.turns_B_T >= 0).to(advantages_B_T.dtype)
            means_B = (advantages_B_T * acted).sum(1) / acted.sum(1).clamp(min=1)
            shown_P_G[kept] = means_B.view(len(kept), -1).to(shown_P_G)
        elif terms:
            metrics |= self._follow(step, terms)
        if self.replay is not None:
            metrics["replay_size"] = len(self.replay.elites)
        return metrics, shown_P_G.tolist()

    def save(self, folder: Path) -> None:
        """The elites too."""
        super().save(folder)
        if self.replay is not None:
            self.replay.save(folder)

    def load(self, folder: Path) -> None:
        """The elites too."""
        super().load(folder)
        if self.replay is not None:
            self.replay.load(folder)

    def _replayed(self, prompts: Sequence[Sequence[int]], groups: Sequence[Sequence[Judged]]) -> Term | None:
        """The loss of verified programs, after those of this batch were added to them; None where there are none."""
        if self.replay is None:
            return None
        self.replay.add(prompts, groups)
        drawn = self.replay.draw()
        if not drawn:
            return None
        weight = self.config.objective.replay.weight / sum(sum(elite.acted) for elite in drawn)

        def loss_of(part: slice) -> Tensor:
            elites = drawn[part]
            now = self._logprobs([elite.prompt for elite in elites], [[elite.action] for elite in elites])
            acted_B_T = torch.zeros_like(now.mask_B_T)
            for row, elite in enumerate(elites):
                acted_B_T[row, : len(elite.acted)] = torch.tensor(elite.acted)
            return -weight * (now.logprobs_B_T * acted_B_T).sum()

        return Term(
            sizes=[len(elite.prompt) + len(elite.action) for elite in drawn],
            names=[f"replayed program {place}" for place in range(len(drawn))],
            loss_of=loss_of,
        )

    def _rewards(self, groups: Sequence[Sequence[Judged]]) -> Tensor:
        rewards_P_G = torch.tensor([[math.nan if s.reward is None else s.reward for s in g] for g in groups])
        margin = self.config.objective.overlong_margin
        if margin:
            lengths_P_G = torch.tensor([[len(s.action) for s in g] for g in groups])
            rewards_P_G = rewards_P_G + overlong(lengths_P_G, self.config.max_new_tokens, margin)
        return rewards_P_G

    def _learn(
        self, step: int, batch: Batch, rewards_P_G: Tensor, more: Sequence[Term]
    ) -> tuple[dict[str, float], Tensor]:
        """One update, by more terms too; its metrics, and the advantage of every token [B, T]."""
        config, objective = self.config, self.config.objective
        before = self._before(batch)
        advantages, returns_B_T = self._advantages(batch, rewards_P_G.to(batch.sampled_B_T.device), before)
        weights_B_T = AGGREGATES[objective.aggregate](batch.mask_B_T, config.max_new_tokens).to(batch.sampled_B_T.dtype)
        seen: list[dict[str, Tensor]] = []

        def loss_of(part: slice) -> Tensor:
            now = self._forward(batch, part, self._entropy)
            width = now.logprobs_B_T.shape[1]
            within = (part, slice(0, width))
            tokens = Tokens(
                logprobs=now.logprobs_B_T,
                old_logprobs=now.logprobs_B_T.detach() if before.old_B_T is None else before.old_B_T[within],
                advantages=advantages[part] if advantages.shape[1] == 1 else advantages[within],
                mask=batch.mask_B_T[within],
                sampler_logprobs=batch.sampled_B_T[within],
                reference_logprobs=None if before.reference_B_T is None else before.reference_B_T[within],
                entropy=now.entropy_B_T,
            )
            losses = token_losses(objective, tokens)
            loss = (losses.loss_B_T * weights_B_T[within]).sum()
            noted = watched(objective, tokens, losses, weights_B_T[within])
            noted["entropy"] = now.entropy_B_T.detach().sum() / now.mask_B_T.sum()
            noted[_SHARE] = weights_B_T[within].sum()
            seen.append(noted)
            if returns_B_T is not None and now.values_B_T is not None and before.values_B_T is not None:
                error_B_T = value_loss(
                    now.values_B_T, before.values_B_T[within], returns_B_T[within], objective.value.clip
                )
                error = (error_B_T * weights_B_T[within]).sum()
                noted["value_loss"] = error.detach() / noted[_SHARE].clamp(min=1e-12)
                loss = loss + objective.value.weight * error
            return loss

        term = Term(batch.sizes, [row.name for row in batch.rows], loss_of)
        followed = self._follow(step, [term, *more], clear=seen.clear)
        spread = float(advantages[batch.mask_B_T.any(1)].std()) if batch.mask_B_T.any() else 0.0
        metrics = _averaged(seen) | followed | {"advantage_spread": spread}
        return metrics, advantages.expand_as(batch.sampled_B_T)

    def _before(self, batch: Batch) -> "_Before":
        """What the update needs to know of the policy before it, and of the reference; no more is computed."""
        objective = self.config.objective
        corrected = objective.correction.kind is not Correction.NONE
        old_B_T, values_B_T, reference_B_T = None if corrected else batch.sampled_B_T, None, None
        rewarded = self.reference is not None and objective.reference.place is KLPlace.REWARD
        if self.value_head is not None or (corrected and rewarded):
            ours_B_T, values_B_T = self._scored(batch)
            old_B_T = ours_B_T if corrected else old_B_T
        if self.reference is not None:
            reference_B_T, _ = self._scored(batch, of_reference=True)
        return _Before(old_B_T, values_B_T if self.value_head is not None else None, reference_B_T)

    def _advantages(self, batch: Batch, rewards_P_G: Tensor, before: "_Before") -> tuple[Tensor, Tensor | None]:
        """Advantages [B, 1] or [B, T]; with a value head also what it should have said [B, T]."""
        objective = self.config.objective
        reference = objective.reference
        distance_B_T = None
        if before.reference_B_T is not None and before.old_B_T is not None and reference.place is KLPlace.REWARD:
            estimates = KL_ESTIMATORS[reference.estimator](before.reference_B_T - before.old_B_T)
            distance_B_T = reference.weight * estimates * (batch.turns_B_T >= 0)
        if objective.advantage is not Advantage.VALUE_HEAD:
            if distance_B_T is not None:
                rewards_P_G = rewards_P_G - distance_B_T.sum(1).view_as(rewards_P_G)
            return FROM_REWARDS[objective.advantage](rewards_P_G).view(-1, 1), None
        assert before.values_B_T is not None
        rewards_B = rewards_P_G.flatten()
        earned_B_T = torch.zeros_like(batch.sampled_B_T)
        acted = batch.turns_B_T >= 0
        last_B = torch.where(acted, torch.arange(acted.shape[1], device=acted.device), -1).amax(1)
        earned_B_T[torch.arange(len(last_B), device=acted.device), last_B] = rewards_B.nan_to_num(0.0)
        if distance_B_T is not None:
            earned_B_T = earned_B_T - distance_B_T
        settings = objective.value
        how = {"discount": settings.discount, "trace": settings.trace}
        if settings.credit is Credit.TURN:
            return turn_level_advantages(earned_B_T, before.values_B_T, batch.turns_B_T, **how)
        return generalised_advantages(earned_B_T, before.values_B_T, acted, **how)


@dataclass(frozen=True)
class _Before:
    """Log-probabilities and values before an update [B, T]."""

    old_B_T: Tensor | None
    """None: as the update's own forward says. The weights change only at its end, so another would say the same."""
    values_B_T: Tensor | None
    reference_B_T: Tensor | None


def _averaged(seen: Sequence[dict[str, Tensor]]) -> dict[str, float]:
    """The parts' metrics as the whole's: extremes of extremes, and means by the parts' shares of the weight."""
    names = list(seen[0])
    # One transfer for all: on an accelerator, every number that is asked for alone waits for all that was begun.
    columns = dict(zip(names, torch.stack([torch.stack([*part.values()]) for part in seen]).t().tolist(), strict=True))
    shares = columns.pop(_SHARE)
    total = sum(shares) or 1.0
    return {
        name: _EXTREMES[name](values)
        if name in _EXTREMES
        else sum(value * share for value, share in zip(values, shares, strict=True)) / total
        for name, values in columns.items()
    }
