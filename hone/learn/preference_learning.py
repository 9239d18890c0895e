"""Preference learning on a policy's own programs: what passed over what did not, within each group.

B sequences, T tokens, N pairs. A group's sequences share one forward, however many pairs they are in.
"""

import itertools
from collections.abc import Sequence

import torch
from torch import Tensor

from hone.learn.batch import Batch, Judged
from hone.learn.learner import Learner, Term
from hone.learn.preference import PREFERENCES, Pairs, verdict_pairs


class PreferenceLearning(Learner):
    """Learns by the objective's preference loss, the mean over all pairs of a batch."""

    def update(
        self, step: int, prompts: Sequence[Sequence[int]], groups: Sequence[Sequence[Judged]]
    ) -> tuple[dict[str, float], list[list[float]]]:
        """See `Learner.update`. A program's advantage is its share of its group's pairs, won minus lost."""
        masked = self.config.objective.mask_truncated
        pairs = [verdict_pairs(group, mask_truncated=masked) for group in groups]
        kept = [place for place, found in enumerate(pairs) if found]
        metrics: dict[str, float] = {"groups_kept": len(kept) / len(groups), "pairs": sum(map(len, pairs))}
        shown = [
            [
                sum((place == won) - (place == lost) for won, lost in found) / max(len(found), 1)
                for place in range(len(group))
            ]
            for group, found in zip(groups, pairs, strict=True)
        ]
        if kept:
            metrics |= self._learn(
                step, [prompts[p] for p in kept], [groups[p] for p in kept], [pairs[p] for p in kept]
            )
        return metrics, shown

    def _learn(
        self,
        step: int,
        prompts: Sequence[Sequence[int]],
        groups: Sequence[Sequence[Judged]],
        pairs: Sequence[Sequence[tuple[int, int]]],
    ) -> dict[str, float]:
        settings = self.config.objective.preference
        # Programs that are in no pair need no forward.
        used = [sorted({place for pair in found for place in pair}) for found in pairs]
        batch = Batch.of(
            prompts,
            [[group[place] for place in places] for group, places in zip(groups, used, strict=True)],
            self.policy.device,
            mask_truncated=False,
        )
        starts = [0]
        for places in used:
            starts.append(starts[-1] + len(places))
        count = sum(map(len, pairs))
        reference_B_T, _ = self._scored(batch, of_reference=True)
        seen: list[Tensor] = []

        def loss_of(part: slice) -> Tensor:
            groups_of_part = range(len(used))[part]
            rows = slice(starts[groups_of_part[0]], starts[groups_of_part[-1] + 1])
            now = self._forward(batch, rows, self._entropy)
            mask_B_T = batch.mask_B_T[rows, : now.logprobs_B_T.shape[1]]
            apart_B_T = now.logprobs_B_T - reference_B_T[rows, : mask_B_T.shape[1]]
            apart_B, lengths_B = (apart_B_T * mask_B_T).sum(1), mask_B_T.sum(1)
            places = [
                tuple(starts[group] - rows.start + used[group].index(place) for place in pair)
                for group in groups_of_part
                for pair in pairs[group]
            ]
            won_N, lost_N = torch.tensor(places, device=apart_B.device).unbind(1)
            found = Pairs(apart_B[won_N], apart_B[lost_N], lengths_B[won_N], lengths_B[lost_N])
            loss = PREFERENCES[settings.loss](found, settings.beta).sum() / count
            margin_N = settings.beta * (found.chosen_N - found.rejected_N).detach()
            entropy_B_T = now.entropy_B_T * mask_B_T
            if self.config.objective.entropy_weight:
                loss = loss - self.config.objective.entropy_weight * entropy_B_T.sum() / batch.mask_B_T.sum()
            shares = [margin_N.sum() / count, (margin_N > 0).sum() / count]
            seen.append(torch.stack([*shares, entropy_B_T.detach().sum() / batch.mask_B_T.sum()]))
            return loss

        sizes = batch.sizes
        term = Term(
            sizes=[sum(sizes[first:last]) for first, last in itertools.pairwise(starts)],
            names=[", ".join(row.name for row in batch.rows[a:b]) for a, b in itertools.pairwise(starts)],
            loss_of=loss_of,
        )
        followed = self._follow(step, [term], clear=seen.clear)
        margin, agreed, entropy = torch.stack(seen).sum(0).tolist()
        return followed | {"preference_margin": margin, "preference_agreed": agreed, "entropy": entropy}
