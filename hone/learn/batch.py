"""What an update learns from: judged programs, and their padding to one width. B sequences, T tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


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
class Batch:
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

    @classmethod
    def of(
        cls,
        prompts: Sequence[Sequence[int]],
        groups: Sequence[Sequence[Judged]],
        device: torch.device,
        *,
        mask_truncated: bool,
    ) -> "Batch":
        """Args: groups: for each prompt its samples; mask_truncated: those that were cut off are not learned from."""
        rows = [sample for group in groups for sample in group]
        width = max(len(row.action) for row in rows)
        sampled_B_T, turns_B_T = torch.zeros(len(rows), width), torch.full((len(rows), width), -1)
        for index, row in enumerate(rows):
            sampled_B_T[index, : len(row.logprobs)] = torch.tensor(row.logprobs)
            turns_B_T[index, : len(row.action)] = torch.tensor(row.turns) if row.turns is not None else 0
        learned_B = torch.tensor([row.reward is not None and (row.finished or not mask_truncated) for row in rows])
        return cls(
            prompts=prompts,
            owners=[owner for owner, group in enumerate(groups) for _ in group],
            rows=rows,
            sampled_B_T=sampled_B_T.to(device),
            turns_B_T=turns_B_T.to(device),
            mask_B_T=((turns_B_T >= 0) & learned_B[:, None]).to(device),
        )

    @property
    def sizes(self) -> list[int]:
        """Tokens of each sequence, its prompt's with the first of its group."""
        return [
            len(row.action) + (len(self.prompts[owner]) if index == 0 or self.owners[index - 1] != owner else 0)
            for index, (owner, row) in enumerate(zip(self.owners, self.rows, strict=True))
        ]
