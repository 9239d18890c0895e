"""Log-probabilities of given completions, with gradient: the learner's forward pass.

Each prompt runs once and all completions of its group attend to its keys and values, so gradients of the whole group
flow through one forward of the prompt. For Llama-class models all tokens are packed: no product is spent on padding
or on logits that nobody reads. Every other architecture takes the plain path, one sequence for each completion.

Shapes as in `decoder.py`; B completions of all prompts, T tokens of the longest; P prompts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import PreTrainedModel

from hone.errors import Boundary, HoneError
from hone.policy.decoder import Decoder, Layer, supports
from hone.policy.prefill import Packing, causal


@dataclass(frozen=True)
class TokenLogprobs:
    """One row for each completion: the prompts in order, and each prompt's completions in order."""

    logprobs_B_T: Tensor
    """Of each token under softmax(logits / temperature), with gradient; 0 where there is no token."""
    mask_B_T: Tensor
    """True where there is a token."""
    entropy_B_T: Tensor
    """Of the distribution each token came from, in nats, without gradient; 0 where there is no token."""


def token_logprobs(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    completions: Sequence[Sequence[Sequence[int]]],
    temperature: float = 1.0,
    *,
    with_entropy: bool = True,
) -> TokenLogprobs:
    """Log-probabilities of `completions[p][i]` after `prompts[p]`. Groups may differ in size and completions in length.

    Args:
        model: its parameters receive gradients (where gradients are enabled).
        prompts: token ids, none empty.
        completions: token ids for each prompt, none empty.
        temperature: divides the logits; pass the one that was sampled with.
        with_entropy: False leaves `entropy_B_T` zero and saves one pass over the logits.

    Raises:
        HoneError: an empty prompt or completion, or counts that do not match.
    """
    rows = [row for group in completions for row in group]
    if len(prompts) != len(completions) or not rows or not all(map(len, prompts)) or not all(map(len, rows)):
        raise HoneError(
            Boundary.POLICY, "log-probabilities of nothing", "give non-empty prompts and completions for each"
        )
    owner = [prompt for prompt, group in enumerate(completions) for _ in group]
    device = next(model.parameters()).device
    targets = Packing.of(rows, device)
    forward = _packed_logits if supports(model) else _plain_logits
    logits_N_V = forward(model, prompts, rows, owner, targets)
    if temperature != 1:
        logits_N_V = logits_N_V / temperature
    logprobs_N_V = torch.log_softmax(logits_N_V, dim=-1)
    chosen_N = logprobs_N_V.gather(1, targets.tokens_N[:, None])[:, 0]
    with torch.no_grad():
        entropy_N = -(logprobs_N_V.exp() * logprobs_N_V).sum(-1) if with_entropy else torch.zeros_like(chosen_N)
    mask_B_T = torch.arange(targets.width, device=device) < targets.lengths_B[:, None]
    return TokenLogprobs(targets.pad(chosen_N), mask_B_T, targets.pad(entropy_N))


def _packed_logits(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    rows: Sequence[Sequence[int]],
    owner: Sequence[int],
    targets: Packing,
) -> Tensor:
    """Logits [N, V] that predict each token of each row, by the functional forward over prompts and rows together."""
    decoder = Decoder(model)
    device = targets.tokens_N.device
    ahead = Packing.of(prompts, device)
    inputs = Packing.of([row[:-1] for row in rows], device)  # the last token is predicted, never read
    owner_B = torch.tensor(owner, device=device)
    split = ahead.tokens_N.shape[0]
    rotations = decoder.rotations(ahead.width + inputs.width)
    starts_N = ahead.lengths_B[owner_B].repeat_interleave(inputs.lengths_B)
    rotation_N = rotations[torch.cat([ahead.positions_N, starts_N + inputs.positions_N])]
    bias_B_T_S = _visible(ahead, inputs, owner_B, decoder.embedding_V_D.dtype)
    x_N_D = decoder.embedding_V_D[torch.cat([ahead.tokens_N, inputs.tokens_N])]
    for layer in decoder.layers:
        mixed_N_O = _shared_attention(decoder, layer, x_N_D, rotation_N, split, ahead, inputs, owner_B, bias_B_T_S)
        x_N_D = decoder.close(layer, x_N_D, mixed_N_O)
    # A row's first token is predicted by its prompt's last position, token j + 1 by its token j.
    last_P = ahead.lengths_B.cumsum(0) - 1
    row_ends_B = targets.lengths_B.cumsum(0)
    first_B = row_ends_B - targets.lengths_B
    source_N = torch.arange(targets.tokens_N.shape[0], device=device) + split - 1
    source_N -= torch.arange(len(rows), device=device).repeat_interleave(targets.lengths_B)
    source_N[first_B] = last_P[owner_B]
    return decoder.logits(x_N_D[source_N])


def _shared_attention(
    decoder: Decoder,
    layer: Layer,
    x_N_D: Tensor,
    rotation_N: Tensor,
    split: int,
    ahead: Packing,
    inputs: Packing,
    owner_B: Tensor,
    bias_B_T_S: Tensor,
) -> Tensor:
    """Prompts attend to themselves; each row attends to its prompt's keys, shared by the group, and to itself."""
    joined = decoder.attend(layer, x_N_D, rotation_N)
    queries_P, keys_P, values_P = (ahead.pad(part[:split]) for part in joined)
    mixed_prompts = ahead.unpad(causal(queries_P, keys_P, values_P))
    queries_B, keys_B, values_B = (inputs.pad(part[split:]) for part in joined)
    rows, width, _, size = queries_B.shape
    keys = torch.cat([keys_P[owner_B], keys_B], dim=1)
    values = torch.cat([values_P[owner_B], values_B], dim=1)
    group = decoder.heads // decoder.kv_heads
    grouped = queries_B.view(rows, width, decoder.kv_heads, group, size).permute(0, 2, 3, 1, 4).flatten(2, 3)
    scores = (grouped @ keys.permute(0, 2, 3, 1)).view(rows, decoder.kv_heads, group, width, -1)
    weights = torch.softmax(scores + bias_B_T_S[:, None, None], dim=-1).flatten(2, 3)
    mixed = (weights @ values.transpose(1, 2)).view(rows, decoder.kv_heads, group, width, size)
    mixed_rows = inputs.unpad(mixed.permute(0, 3, 1, 2, 4).reshape(rows, width, -1))
    return torch.cat([mixed_prompts, mixed_rows])


def _visible(ahead: Packing, inputs: Packing, owner_B: Tensor, dtype: torch.dtype) -> Tensor:
    """Additive mask [B, T, S] over the prompt's columns, then the row's own: -inf where a position may not look."""
    device = owner_B.device
    prompt_B_S = torch.arange(ahead.width, device=device) < ahead.lengths_B[owner_B][:, None]
    own_T_S = torch.ones(inputs.width, inputs.width, dtype=torch.bool, device=device).tril()
    rows = owner_B.shape[0]
    seen = torch.cat(
        [prompt_B_S[:, None].expand(-1, inputs.width, -1), own_T_S.expand(rows, -1, -1)],
        dim=2,
    )
    return torch.zeros(seen.shape, dtype=dtype, device=device).masked_fill_(~seen, float("-inf"))


def _plain_logits(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    rows: Sequence[Sequence[int]],
    owner: Sequence[int],
    targets: Packing,
) -> Tensor:
    """The same logits from the model's own forward over prompt and completion, padded on the right."""
    device = targets.tokens_N.device
    sequences = Packing.of([[*prompts[prompt], *row[:-1]] for prompt, row in zip(owner, rows, strict=True)], device)
    inside = torch.arange(sequences.width, device=device) < sequences.lengths_B[:, None]
    output = model(input_ids=sequences.pad(sequences.tokens_N), attention_mask=inside.long(), use_cache=False)
    first_B = torch.tensor([len(prompts[prompt]) - 1 for prompt in owner], device=device)
    row_N = torch.arange(len(rows), device=device).repeat_interleave(targets.lengths_B)
    return output.logits[row_N, first_B[row_N] + targets.positions_N].float()
