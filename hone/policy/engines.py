"""Two engines behind one interface: rows that decode side by side, one token a step.

`FastRows` runs the functional forward over a static cache; `ModelRows` runs the model's own forward, for every
architecture that the functional one does not know. Finished rows are dropped by `keep`.
"""

import inspect
from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from transformers import PreTrainedModel

from hone.policy.decoder import Decoder
from hone.policy.prefill import Packing, prefill


class Rows(Protocol):
    """Rows in the middle of decoding."""

    def start(self, prompts: Sequence[Sequence[int]], owner_R: Tensor, room: int) -> Tensor:
        """Run each prompt once and open one row for every entry of `owner_R` (an index into `prompts`).

        Args:
            room: how many tokens may follow.

        Returns:
            Logits of the first token, [R, V], float32.
        """
        ...

    def step(self, tokens_R: Tensor) -> Tensor:
        """Append one token to every row; logits of the next, [R, V], float32."""
        ...

    def keep(self, kept_R: Tensor, holes: Tensor) -> None:
        """Row i becomes what row `kept_R[i]` was; only the rows in `holes` differ from what they were."""
        ...


class FastRows:
    """The functional forward over a static cache. Keys lie transposed, which one-token products read fastest.

    Cache columns 0 … T-1 hold the prompt (shorter ones leave a masked gap), column T + s the token of step s.
    """

    def __init__(self, decoder: Decoder) -> None:
        self.decoder = decoder

    def start(self, prompts: Sequence[Sequence[int]], owner_R: Tensor, room: int) -> Tensor:
        decoder = self.decoder
        packing = Packing.of(prompts, owner_R.device)
        self.column = packing.width
        columns = packing.width + room
        self.rotations = decoder.rotations(columns)
        logits_P_V, cache = prefill(decoder, packing, self.rotations)
        rows, heads, size = owner_R.shape[0], decoder.kv_heads, decoder.head_dim
        self.position_R = packing.lengths_B[owner_R]
        self.keys: list[Tensor] = []
        self.values: list[Tensor] = []
        for keys_P_T_K_E, values_P_T_K_E in cache:
            keys = keys_P_T_K_E.new_empty(rows, heads, size, columns)
            keys[..., : packing.width] = keys_P_T_K_E.permute(0, 2, 3, 1)[owner_R]
            values = values_P_T_K_E.new_empty(rows, heads, columns, size)
            values[:, :, : packing.width] = values_P_T_K_E.transpose(1, 2)[owner_R]
            self.keys.append(keys)
            self.values.append(values)
        column = torch.arange(columns, device=owner_R.device)
        gap = (column >= self.position_R[:, None]) & (column < packing.width)
        dtype = decoder.embedding_V_D.dtype
        mask = torch.zeros(rows, columns, dtype=dtype, device=owner_R.device).masked_fill_(gap, float("-inf"))
        self.mask = mask[:, None].expand(rows, heads, columns).contiguous()
        self.rows = rows
        return logits_P_V[owner_R]

    def step(self, tokens_R: Tensor) -> Tensor:
        decoder, rows, column = self.decoder, self.rows, self.column
        flat = rows * decoder.kv_heads
        x_R_D = decoder.embed(tokens_R)
        rotation_R = self.rotations[self.position_R[:rows]]
        mask = self.mask[:rows, :, : column + 1].flatten(0, 1)[:, None]
        for layer, keys, values in zip(decoder.layers, self.keys, self.values, strict=True):
            queries_R_H_E, key_R_K_E, value_R_K_E = decoder.attend(layer, x_R_D, rotation_R)
            keys[:rows, :, :, column] = key_R_K_E
            values[:rows, :, column] = value_R_K_E
            grouped = queries_R_H_E.reshape(flat, -1, decoder.head_dim)
            seen_keys = keys[:rows].flatten(0, 1)[:, :, : column + 1]
            seen_values = values[:rows].flatten(0, 1)[:, : column + 1]
            weights = torch.softmax(torch.baddbmm(mask, grouped, seen_keys), dim=-1)
            x_R_D = decoder.close(layer, x_R_D, torch.bmm(weights, seen_values).view(rows, -1))
        self.position_R[:rows] += 1
        self.column += 1
        return decoder.logits(x_R_D)

    def keep(self, kept_R: Tensor, holes: Tensor) -> None:
        # Only the last rows move, into the holes; the rest of the cache stays where it is.
        movers = kept_R[holes]
        if holes.numel():
            for held in (*self.keys, *self.values, self.mask, self.position_R):
                held[holes] = held[movers]
        self.rows = kept_R.shape[0]


class ModelRows:
    """The model's own forward with its own cache, prompts padded on the left."""

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.takes_positions = "position_ids" in inspect.signature(model.forward).parameters

    def start(self, prompts: Sequence[Sequence[int]], owner_R: Tensor, room: int) -> Tensor:
        del room  # its cache grows by itself
        width = max(len(prompt) for prompt in prompts)
        filler = self.model.config.pad_token_id
        filler = filler if isinstance(filler, int) and filler >= 0 else 0
        tokens = [[filler] * (width - len(prompt)) + list(prompt) for prompt in prompts]
        inside = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        self.cache = None
        self.inside = torch.tensor(inside, device=owner_R.device)
        logits_P_V = self._forward(torch.tensor(tokens, device=owner_R.device))
        assert self.cache is not None
        self.cache.batch_select_indices(owner_R)
        self.inside = self.inside[owner_R]
        return logits_P_V[owner_R]

    def step(self, tokens_R: Tensor) -> Tensor:
        self.inside = torch.cat([self.inside, self.inside.new_ones(tokens_R.shape[0], 1)], dim=1)
        return self._forward(tokens_R[:, None])

    def keep(self, kept_R: Tensor, holes: Tensor) -> None:
        del holes
        assert self.cache is not None
        self.cache.batch_select_indices(kept_R)
        self.inside = self.inside[kept_R]

    def _forward(self, tokens_R_T: Tensor) -> Tensor:
        more = {}
        if self.takes_positions:
            positions = (self.inside.cumsum(-1) - 1).clamp_(min=0)
            more["position_ids"] = positions[:, -tokens_R_T.shape[1] :]
        output = self.model(
            input_ids=tokens_R_T, attention_mask=self.inside, past_key_values=self.cache, use_cache=True, **more
        )
        self.cache = output.past_key_values
        return output.logits[:, -1].float()
