"""One update from judged groups, by whatever objective the settings name.

Departures from textbook GRPO (Shao et al. 2024) in the default: the loss is a mean over tokens, not over sequences; the
upper clip is wider than the lower; advantages are centred and not divided by the group's deviation; groups whose
outcomes are all alike are dropped; answers cut off by the length limit are left out of the loss; there is no KL term.

B sequences, T tokens; G samples of one prompt; P groups.
"""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import PreTrainedModel

from hone.errors import Boundary, HoneError
from hone.learn.advantages import FROM_REWARDS, groups_with_variance
from hone.learn.aggregates import AGGREGATES
from hone.learn.config import RLConfig
from hone.learn.gae import generalised_advantages, turn_level_advantages, value_loss
from hone.learn.objective import Advantage, Correction, Credit, KLPlace
from hone.learn.optimizer import Optimizer, linear_decay, linear_warm_up
from hone.learn.parts import Parts
from hone.learn.penalties import KL_ESTIMATORS, overlong
from hone.learn.token_loss import Tokens, token_losses, watched
from hone.policy.logprobs import Entropy, TokenLogprobs, token_logprobs
from hone.policy.policy import Policy
from hone.policy.value_head import ValueHead

_HEAD, _REFERENCE = "value_head.safetensors", "reference.safetensors"
_EXTREMES = {"ratio_max": max, "ratio_min": min, "sampler_logprob_difference_max": max}


@dataclass(frozen=True)
class Judged:
    """One sampled program as the learner sees it."""

    action: Sequence[int]
    """Tokens after the prompt, not empty: what the policy wrote and, between its turns, what it was told."""
    logprobs: Sequence[float]
    """Of each token, when it was sampled; anything where it was not."""
    finished: bool
    passed: bool
    reward: float | None
    """None: not graded, and never learned from."""
    turns: Sequence[int] | None = None
    """For each token the number of the policy's turn that it belongs to, from 0, and -1 for what it was told. None: one
    turn. Only tokens of turns are learned from."""
    name: str = ""
    """What an error calls it."""


@dataclass(frozen=True)
class _Batch:
    """The sequences of an update, padded to one width, and what is known of them before the first part is learned."""

    prompts: Sequence[Sequence[int]]
    owners: list[int]
    """For each sequence the index of its prompt; sequences of one prompt are neighbours."""
    rows: list[Judged]
    sampled_B_T: Tensor
    turns_B_T: Tensor
    """Number of the turn, -1 where the policy did not act."""
    mask_B_T: Tensor
    """What is learned from."""

    @property
    def sizes(self) -> list[int]:
        """Tokens of each sequence, its prompt's with the first of its group."""
        return [
            len(row.action) + (len(self.prompts[owner]) if index == 0 or self.owners[index - 1] != owner else 0)
            for index, (owner, row) in enumerate(zip(self.owners, self.rows, strict=True))
        ]


class PolicyGradient:
    """The learner: its optimizer, and one update a batch."""

    def __init__(self, policy: Policy, config: RLConfig, say: Callable[[str], None]) -> None:
        """Args: say: told, in a sentence, what a person should know (memory ran short)."""
        self.policy = policy
        self.config = config
        objective = config.objective
        device = policy.device
        self.value_head = None
        if objective.advantage is Advantage.VALUE_HEAD:
            self.value_head = ValueHead(policy.model.config.hidden_size).to(device)
        self.reference = None
        if objective.reference.weight:
            self.reference = copy.deepcopy(policy.model).requires_grad_(False)
        self.optimizer = Optimizer(
            policy.model,
            weight_decay=config.weight_decay,
            max_gradient_norm=config.max_gradient_norm,
            head=self.value_head,
            head_learning_rate=objective.value.learning_rate,
        )
        self._parts = Parts(config.tokens_at_once, say)

    def update(
        self, step: int, prompts: Sequence[Sequence[int]], groups: Sequence[Sequence[Judged]]
    ) -> tuple[dict[str, float], list[list[float]]]:
        """Learn from a batch. Its metrics, and the advantage of every sample (0 where it was not learned from; the mean
        over its tokens, where each has its own).

        Args:
            step: number of the step, from 0.
            prompts: tokens of each prompt.
            groups: for each prompt its samples, as many for each.

        Raises:
            HoneError: the loss or a gradient is not finite (which sequences did it is said); the weights are as before.
        """
        objective = self.config.objective
        rewards_P_G = self._rewards(groups)
        passed_P_G = torch.tensor([[s.passed for s in g] for g in groups])
        kept_P = torch.ones(len(groups), dtype=torch.bool)
        if objective.drop_uniform_groups:
            kept_P = groups_with_variance(passed_P_G, rewards_P_G.isfinite())
        kept = kept_P.nonzero()[:, 0].tolist()
        metrics: dict[str, float] = {"groups_kept": len(kept) / len(groups)}
        shown_P_G = torch.zeros_like(rewards_P_G)
        if kept:
            batch = self._batch([prompts[p] for p in kept], [groups[p] for p in kept])
            learned, advantages_B_T = self._learn(step, batch, rewards_P_G[kept])
            metrics |= learned
            acted = (batch.turns_B_T >= 0).to(advantages_B_T.dtype)
            means_B = (advantages_B_T * acted).sum(1) / acted.sum(1).clamp(min=1)
            shown_P_G[kept] = means_B.view(len(kept), -1).to(shown_P_G)
        return metrics, shown_P_G.tolist()

    def save(self, folder: Path) -> None:
        """Write whatever the learner has beside the optimizer's moments: value head and reference."""
        if self.value_head is not None:
            save_file(self.value_head.state_dict(), folder / _HEAD)
        if self.reference is not None:
            tensors = {name: p.detach().clone() for name, p in self.reference.named_parameters()}
            save_file(tensors, folder / _REFERENCE)

    def load(self, folder: Path) -> None:
        """Continue from what `save` wrote.

        Raises:
            HoneError: a file is missing, damaged, or of another model.
        """
        for module, name in ((self.value_head, _HEAD), (self.reference, _REFERENCE)):
            if module is None:
                continue
            try:
                tensors = load_file(folder / name)
                with torch.no_grad():
                    for key, parameter in module.named_parameters():
                        parameter.copy_(tensors[key])
            except Exception as error:  # whatever a damaged file makes the reader raise; it is named and passed on
                what = f"{folder / name} cannot be read: {error}"
                raise HoneError(Boundary.DISK, what, "resume an older checkpoint") from error

    def _rewards(self, groups: Sequence[Sequence[Judged]]) -> Tensor:
        rewards_P_G = torch.tensor([[math.nan if s.reward is None else s.reward for s in g] for g in groups])
        margin = self.config.objective.overlong_margin
        if margin:
            lengths_P_G = torch.tensor([[len(s.action) for s in g] for g in groups])
            rewards_P_G = rewards_P_G + overlong(lengths_P_G, self.config.max_new_tokens, margin)
        return rewards_P_G

    def _batch(self, prompts: Sequence[Sequence[int]], groups: Sequence[Sequence[Judged]]) -> _Batch:
        rows = [sample for group in groups for sample in group]
        width = max(len(row.action) for row in rows)
        sampled_B_T, turns_B_T = torch.zeros(len(rows), width), torch.full((len(rows), width), -1)
        for index, row in enumerate(rows):
            sampled_B_T[index, : len(row.logprobs)] = torch.tensor(row.logprobs)
            turns_B_T[index, : len(row.action)] = torch.tensor(row.turns) if row.turns is not None else 0
        learned_B = torch.tensor(
            [row.reward is not None and (row.finished or not self.config.objective.mask_truncated) for row in rows]
        )
        device = self.policy.device
        return _Batch(
            prompts=prompts,
            owners=[owner for owner, group in enumerate(groups) for _ in group],
            rows=rows,
            sampled_B_T=sampled_B_T.to(device),
            turns_B_T=turns_B_T.to(device),
            mask_B_T=((turns_B_T >= 0) & learned_B[:, None]).to(device),
        )

    def _learn(self, step: int, batch: _Batch, rewards_P_G: Tensor) -> tuple[dict[str, float], Tensor]:
        """One update; its metrics, and the advantage of every token [B, T]."""
        config, objective = self.config, self.config.objective
        before = self._before(batch)
        advantages, returns_B_T = self._advantages(batch, rewards_P_G.to(batch.sampled_B_T.device), before)
        weights_B_T = AGGREGATES[objective.aggregate](batch.mask_B_T, config.max_new_tokens).to(batch.sampled_B_T.dtype)
        seen: list[dict[str, float]] = []
        shares: list[float] = []

        def loss_of(part: slice) -> Tensor:
            now = self._forward(self.policy.model, batch, part)
            width = now.logprobs_B_T.shape[1]
            within = (part, slice(0, width))
            tokens = Tokens(
                logprobs=now.logprobs_B_T,
                old_logprobs=before.old_B_T[within],
                advantages=advantages[part] if advantages.shape[1] == 1 else advantages[within],
                mask=batch.mask_B_T[within],
                sampler_logprobs=batch.sampled_B_T[within],
                reference_logprobs=None if before.reference_B_T is None else before.reference_B_T[within],
                entropy=now.entropy_B_T,
            )
            losses = token_losses(objective, tokens)
            loss = (losses.loss_B_T * weights_B_T[within]).sum()
            seen.append(watched(objective, tokens, losses, weights_B_T[within]))
            seen[-1]["entropy"] = float((now.entropy_B_T.detach() * now.mask_B_T).sum() / now.mask_B_T.sum())
            shares.append(float(weights_B_T[within].sum()))
            if returns_B_T is not None and now.values_B_T is not None and before.values_B_T is not None:
                error_B_T = value_loss(
                    now.values_B_T, before.values_B_T[within], returns_B_T[within], objective.value.clip
                )
                error = (error_B_T * weights_B_T[within]).sum()
                seen[-1]["value_loss"] = float(error.detach()) / max(shares[-1], 1e-12)
                loss = loss + objective.value.weight * error
            return loss

        def clear() -> None:
            self.optimizer.clear()
            seen.clear()
            shares.clear()

        loss = self._parts.backward(batch.sizes, clear, loss_of)
        rate = config.learning_rate * linear_warm_up(step, config.warm_up) * linear_decay(step, config.steps)
        try:
            norm = self.optimizer.follow(loss, rate)
        except HoneError as error:
            raise self._blamed(error, batch, loss_of) from error
        metrics = _averaged(seen, shares) | {
            "loss": loss,
            "gradient_norm": norm,
            "learning_rate": rate,
            "advantage_spread": float(advantages[batch.mask_B_T.any(1)].std()) if batch.mask_B_T.any() else 0.0,
        }
        return metrics, advantages.expand_as(batch.sampled_B_T)

    def _before(self, batch: _Batch) -> "_Before":
        """What the update needs to know of the policy before it, and of the reference; no more is computed."""
        objective = self.config.objective
        corrected = objective.correction.kind is not Correction.NONE
        ours = theirs = None
        if corrected or self.value_head is not None:
            ours = self._scored(self.policy.model, batch)
        if self.reference is not None:
            theirs = self._scored(self.reference, batch)
        return _Before(
            old_B_T=ours.logprobs_B_T if ours is not None and corrected else batch.sampled_B_T,
            values_B_T=None if ours is None else ours.values_B_T,
            reference_B_T=None if theirs is None else theirs.logprobs_B_T,
        )

    def _scored(self, model: PreTrainedModel, batch: _Batch) -> TokenLogprobs:
        """All of the batch under a model, without gradient, part by part."""
        wide = torch.zeros_like(batch.sampled_B_T)
        found = TokenLogprobs(wide, batch.mask_B_T, wide.clone(), wide.clone())
        with torch.no_grad():
            for part in self._parts.cut(batch.sizes):
                now = self._forward(model, batch, part)
                width = now.logprobs_B_T.shape[1]
                found.logprobs_B_T[part, :width] = now.logprobs_B_T
                if now.values_B_T is not None and found.values_B_T is not None:
                    found.values_B_T[part, :width] = now.values_B_T
        return found

    def _forward(self, model: PreTrainedModel, batch: _Batch, part: slice) -> TokenLogprobs:
        """Some of the batch's sequences through a model."""
        places = range(len(batch.rows))[part]
        owners = list(dict.fromkeys(batch.owners[place] for place in places))
        learned = Entropy.LEARNED if self.config.objective.entropy_weight else Entropy.WATCHED
        own = model is self.policy.model
        precision = self.config.precision.dtype
        with torch.autocast(self.policy.device.type, dtype=precision, enabled=precision is not torch.float32):
            return token_logprobs(
                model,
                [batch.prompts[owner] for owner in owners],
                [[batch.rows[place].action for place in places if batch.owners[place] == owner] for owner in owners],
                self.config.temperature,
                entropy=learned if own else Entropy.NO,
                value_head=self.value_head if own else None,
            )

    def _advantages(self, batch: _Batch, rewards_P_G: Tensor, before: "_Before") -> tuple[Tensor, Tensor | None]:
        """Advantages [B, 1] or [B, T]; with a value head also what it should have said [B, T]."""
        objective = self.config.objective
        reference = objective.reference
        distance_B_T = None
        if before.reference_B_T is not None and reference.place is KLPlace.REWARD:
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

    def _blamed(self, error: HoneError, batch: _Batch, loss_of: Callable[[slice], Tensor]) -> HoneError:
        """The same error with the sequences that caused it: each is tried alone."""
        guilty = []
        for place, row in enumerate(batch.rows):
            self.optimizer.clear()
            loss = loss_of(slice(place, place + 1))
            if loss.requires_grad:
                loss.backward()
            if not math.isfinite(float(loss.detach())) or not self.optimizer.gradients_are_finite():
                guilty.append(row.name or f"sequence {place}")
        self.optimizer.clear()
        named = ", ".join(guilty[:5]) + (f" and {len(guilty) - 5} more" if len(guilty) > 5 else "")
        where = f"in {named}" if guilty else "in their sum only, in no sequence alone"
        return HoneError(error.boundary, f"{error.what}: {where}", "the weights are as before; lower the learning rate")


@dataclass(frozen=True)
class _Before:
    """Log-probabilities and values before an update [B, T]."""

    old_B_T: Tensor
    values_B_T: Tensor | None
    reference_B_T: Tensor | None


def _averaged(seen: Sequence[dict[str, float]], shares: Sequence[float]) -> dict[str, float]:
    """The parts' metrics as the whole's: extremes of extremes, and means by the parts' shares of the weight."""
    total = sum(shares) or 1.0
    return {
        name: _EXTREMES[name](part[name] for part in seen)
        if name in _EXTREMES
        else sum(part[name] * share for part, share in zip(seen, shares, strict=True)) / total
        for name in seen[0]
    }
