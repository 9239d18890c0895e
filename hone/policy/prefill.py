"""Prompts of different lengths through the functional forward, packed: no product is spent on padding.

Shapes as in `decoder.py`; P prompts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from hone.policy.decoder import Decoder


@dataclass(frozen=True)
class Packing:
    """Where the tokens of ragged sequences lie when packed (N in a row) and when padded on the right (B rows of T)."""

    tokens_N: Tensor
    positions_N: Tensor
    slots_N: Tensor
    """Flat index of each token in the padded layout: row · T + position."""
    lengths_B: Tensor
    width: int
    """T, the length of the longest sequence."""

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]], device: torch.device) -> "Packing":
        lengths = [len(sequence) for sequence in sequences]
        width = max(1, *lengths)
        lengths_B = torch.tensor(lengths)
        inside = torch.arange(width) < lengths_B[:, None]
        slots_N = inside.flatten().nonzero().squeeze(-1)
        return cls(
            tokens_N=torch.tensor([token for sequence in sequences for token in sequence], dtype=torch.long).to(device),
            positions_N=(slots_N % width).to(device),
            slots_N=slots_N.to(device),
            lengths_B=lengths_B.to(device),
            width=width,
        )

    def pad(self, packed: Tensor) -> Tensor:
        """[N, …] to [B, T, …], zeros where nothing is."""
        rows = self.lengths_B.shape[0]
        if packed.shape[0] == rows * self.width:
            return packed.reshape(rows, self.width, *packed.shape[1:])
        flat = packed.new_zeros(rows * self.width, *packed.shape[1:])
        return flat.index_copy(0, self.slots_N, packed).view(rows, self.width, *packed.shape[1:])

    def unpad(self, padded: Tensor) -> Tensor:
        """[B, T, …] to [N, …]."""
        flat = padded.flatten(0, 1)
        return flat if flat.shape[0] == self.slots_N.shape[0] else flat.index_select(0, self.slots_N)


def causal(queries_B_T_H_E: Tensor, keys_B_T_K_E: Tensor, values_B_T_K_E: Tensor) -> Tensor:
    """Causal attention of each row to itself: [B, T, H · E]. Padding on the right lies in the future: no mask."""
    mixed = F.scaled_dot_product_attention(
        queries_B_T_H_E.transpose(1, 2),
        keys_B_T_K_E.transpose(1, 2),
        values_B_T_K_E.transpose(1, 2),
        is_causal=True,
        scale=1.0,
        enable_gqa=True,
    )
    return mixed.transpose(1, 2).flatten(2)


def prefill(decoder: Decoder, prompts: Packing, rotations: Tensor) -> tuple[Tensor, list[tuple[Tensor, Tensor]]]:
    """Every prompt once: next-token logits [P, V], and for each layer its keys and values [P, T, K, E]."""
    x_N_D = decoder.embed(prompts.tokens_N)
    rotation_N = rotations[prompts.positions_N]
    cache = []
    for layer in decoder.layers:
        queries, keys, values = (prompts.pad(part) for part in decoder.attend(layer, x_N_D, rotation_N))
        cache.append((keys, values))
        mixed_N_O = prompts.unpad(causal(queries, keys, values))
        if layer is decoder.layers[-1]:  # only each prompt's last position predicts something
            last_P = prompts.lengths_B.cumsum(0) - 1
            x_N_D, mixed_N_O = x_N_D[last_P], mixed_N_O[last_P]
        x_N_D = decoder.close(layer, x_N_D, mixed_N_O)
    return decoder.logits(x_N_D), cache
