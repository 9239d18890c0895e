"""Log-probabilities of given completions, with gradient: the learner's forward pass.

Each prompt runs once and all completions of its group attend to its keys and values, so gradients of the whole group
flow through one forward of the prompt. For Llama-class models all tokens are packed: no product is spent on padding
or on logits that nobody reads. Every other architecture takes the plain path, one sequence for each completion.

Shapes as in `decoder.py`; B completions of all prompts, T tokens of the longest; P prompts.
"""

import functools
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer

from hone.errors import Boundary, HoneError
from hone.policy.decoder import Decoder, Layer, supports
from hone.policy.prefill import Packing, causal

_CHUNK = 512
"""Tokens whose logits are held at once where they are computed again for the backward pass."""
_BUCKETS, _FEWEST_ROWS = 4, 8
"""Rows sorted by length attend in this many parts, none smaller than this, so that little attention is padding."""


@dataclass(frozen=True)
class TokenLogprobs:
    """One row for each completion: the prompts in order, and each prompt's completions in order."""

    logprobs_B_T: Tensor
    """Of each token under softmax(logits / temperature), with gradient; 0 where there is no token."""
    mask_B_T: Tensor
    """True where there is a token."""
    entropy_B_T: Tensor
    """Of the distribution each token came from, in nats; 0 where there is no token."""
    values_B_T: Tensor | None = None
    """What the value head expects before each token is written; 0 where there is no token."""


class Entropy(Enum):
    """Whether entropies are wanted, which takes a pass over the logits."""

    NO = 0
    WATCHED = 1
    """Without gradient."""
    LEARNED = 2
    """With gradient."""


def token_logprobs(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    completions: Sequence[Sequence[Sequence[int]]],
    temperature: float = 1.0,
    *,
    entropy: Entropy = Entropy.WATCHED,
    value_head: nn.Module | None = None,
    recompute: bool = False,
) -> TokenLogprobs:
    """Log-probabilities of `completions[p][i]` after `prompts[p]`. Groups may differ in size and completions in length.

    Args:
        model: its parameters receive gradients (where gradients are enabled).
        prompts: token ids, none empty.
        completions: token ids for each prompt, none empty.
        temperature: divides the logits; pass the one that was sampled with.
        entropy: `NO` leaves `entropy_B_T` zero.
        value_head: maps last hidden states [N, D], after the model's last norm, to estimates [N].
        recompute: gradient checkpointing (Chen et al. 2016): hold only what goes into each block; the inside of blocks
            and the logits are computed once more for the backward pass. Same values, less memory, more time.

    Raises:
        HoneError: an empty prompt or completion, counts that do not match, or a model whose blocks cannot be told.
    """
    rows = [(prompt, row) for prompt, group in enumerate(completions) for row in group]
    if len(prompts) != len(completions) or not rows or not all(map(len, prompts)) or not all(map(len, completions)):
        raise HoneError(
            Boundary.POLICY, "log-probabilities of nothing", "give non-empty prompts and completions for each"
        )
    order = sorted(range(len(rows)), key=lambda index: len(rows[index][1]))
    rows = [rows[index] for index in order]
    if not rows[0][1]:
        raise HoneError(Boundary.POLICY, "log-probabilities of an empty completion", "drop it before learning")
    device = next(model.parameters()).device
    targets = Packing.of([row for _, row in rows], device)
    again = functools.partial(checkpoint, use_reentrant=False, preserve_rng_state=False) if recompute else _once
    path = _packed if supports(model) else _plain
    ahead_N, head, hidden_N_D = path(model, prompts, rows, targets, again, value_head is not None)

    def scored(ahead_N: Tensor, tokens_N: Tensor) -> tuple[Tensor, Tensor]:
        logits_N_V = head(ahead_N)
        if temperature != 1:
            logits_N_V = logits_N_V / temperature
        logprobs_N_V = torch.log_softmax(logits_N_V, dim=-1)
        chosen_N = logprobs_N_V.gather(1, tokens_N[:, None])[:, 0]
        if entropy is Entropy.NO:
            return chosen_N, torch.zeros_like(chosen_N)
        with torch.set_grad_enabled(entropy is Entropy.LEARNED and torch.is_grad_enabled()):
            return chosen_N, -(logprobs_N_V.exp() * logprobs_N_V).sum(-1)

    size = _CHUNK if recompute else len(targets.tokens_N)
    chunks = zip(ahead_N.split(size), targets.tokens_N.split(size), strict=True)
    chosen_N, entropy_N = (torch.cat(parts) for parts in zip(*(again(scored, *chunk) for chunk in chunks), strict=True))
    mask_B_T = torch.arange(targets.width, device=device) < targets.lengths_B[:, None]
    back_B = torch.tensor(order, device=device).argsort()
    values = None
    if value_head is not None:
        assert hidden_N_D is not None
        values = targets.pad(value_head(hidden_N_D.float()))[back_B]
    return TokenLogprobs(targets.pad(chosen_N)[back_B], mask_B_T[back_B], targets.pad(entropy_N)[back_B], values)


_Row = tuple[int, Sequence[int]]
"""A completion and the index of its prompt."""


@dataclass(frozen=True)
class _Bucket:
    """Rows of similar length that attend together."""

    inputs: Packing
    owner_B: Tensor
    """Index of each row's prompt."""
    bias_B_1_1_T_S: Tensor
    """0 or -inf over the prompt's columns, then the row's own: where a position may look."""


_Again = Callable[..., Any]
"""Calls a function with arguments; perhaps once more for the backward pass."""
_Outputs = tuple[Tensor, Callable[[Tensor], Tensor], Tensor | None]
"""What each token of each row is predicted from [N, …], the map from it to logits [N, V], and, where asked for, the
hidden states [N, D] behind it."""


def _once(function: Callable[..., Any], *arguments: Any) -> Any:
    return function(*arguments)


def _packed(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    rows: list[_Row],
    targets: Packing,
    again: _Again,
    with_hidden: bool,
) -> _Outputs:
    """By the functional forward over prompts and rows together."""
    decoder = Decoder(model)
    device = targets.tokens_N.device
    ahead = Packing.of(prompts, device)
    size = max(_FEWEST_ROWS, -(-len(rows) // _BUCKETS))
    buckets = [_bucket(rows[start : start + size], ahead, decoder) for start in range(0, len(rows), size)]
    positions = [
        ahead.lengths_B[b.owner_B].repeat_interleave(b.inputs.lengths_B) + b.inputs.positions_N for b in buckets
    ]
    rotations = decoder.rotations(ahead.width + buckets[-1].inputs.width)
    rotation_N = rotations[torch.cat([ahead.positions_N, *positions])]
    tokens_N = torch.cat([ahead.tokens_N, *(bucket.inputs.tokens_N for bucket in buckets)])
    x_N_D = decoder.embed(tokens_N)
    *body, last = decoder.layers

    def block(layer: Layer, x_N_D: Tensor, kept_N: Tensor | None = None) -> Tensor:
        mixed_N_O = _attention(decoder, layer, x_N_D, rotation_N, ahead, buckets)
        if kept_N is not None:
            x_N_D, mixed_N_O = x_N_D.index_select(0, kept_N), mixed_N_O.index_select(0, kept_N)
        return decoder.close(layer, x_N_D, mixed_N_O)

    for layer in body:
        x_N_D = again(block, layer, x_N_D)
    # A row's first token is predicted by its prompt's last position, token j + 1 by its token j. Nothing else of a
    # prompt predicts, so the last block is finished only where these sources are.
    owner_B = torch.cat([bucket.owner_B for bucket in buckets])
    source_N = torch.arange(targets.tokens_N.shape[0], device=device) + ahead.tokens_N.shape[0] - 1
    source_N -= torch.arange(len(rows), device=device).repeat_interleave(targets.lengths_B)
    source_N[targets.lengths_B.cumsum(0) - targets.lengths_B] = (ahead.lengths_B.cumsum(0) - 1)[owner_B]
    x_N_D = again(block, last, x_N_D, source_N)
    return x_N_D, decoder.logits, decoder.hidden(x_N_D) if with_hidden else None


def _bucket(rows: list[_Row], ahead: Packing, decoder: Decoder) -> _Bucket:
    device = ahead.tokens_N.device
    inputs = Packing.of([row[:-1] for _, row in rows], device)  # the last token is predicted, never read
    owner_B = torch.tensor([prompt for prompt, _ in rows], device=device)
    prompt_B_S = torch.arange(ahead.width, device=device) < ahead.lengths_B[owner_B][:, None]
    own_T_S = torch.ones(inputs.width, inputs.width, dtype=torch.bool, device=device).tril()
    seen_B_T_S = torch.cat([prompt_B_S[:, None].expand(-1, inputs.width, -1), own_T_S.expand(len(rows), -1, -1)], dim=2)
    bias = torch.zeros(seen_B_T_S.shape, dtype=decoder.embedding_V_D.dtype, device=device)
    return _Bucket(inputs, owner_B, bias.masked_fill_(~seen_B_T_S, float("-inf"))[:, None, None])


def _attention(
    decoder: Decoder, layer: Layer, x_N_D: Tensor, rotation_N: Tensor, ahead: Packing, buckets: list[_Bucket]
) -> Tensor:
    """Prompts attend to themselves; each row attends to its prompt's keys, shared by the group, and to itself."""
    sizes = [ahead.tokens_N.shape[0], *(bucket.inputs.tokens_N.shape[0] for bucket in buckets)]
    parts = [part.split(sizes) for part in decoder.attend(layer, x_N_D, rotation_N)]
    (queries_P, *queries), (keys_P, *keys), (values_P, *values) = parts
    queries_P, keys_P, values_P = (ahead.pad(part) for part in (queries_P, keys_P, values_P))
    mixed = [ahead.unpad(causal(queries_P, keys_P, values_P))]
    for bucket, *own in zip(buckets, queries, keys, values, strict=True):
        queries_B, keys_B, values_B = (bucket.inputs.pad(part) for part in own)
        keys_B = torch.cat([keys_P.index_select(0, bucket.owner_B), keys_B], dim=1)
        values_B = torch.cat([values_P.index_select(0, bucket.owner_B), values_B], dim=1)
        mixed.append(bucket.inputs.unpad(_rows_attention(decoder, queries_B, keys_B, values_B, bucket.bias_B_1_1_T_S)))
    return torch.cat(mixed)


def _rows_attention(decoder: Decoder, queries: Tensor, keys: Tensor, values: Tensor, bias: Tensor) -> Tensor:
    """[B, T, H, E] attending to [B, S, K, E]: [B, T, H · E]. Query heads of one key head share its matrix product."""
    rows, width, _, size = queries.shape
    group = decoder.heads // decoder.kv_heads
    grouped = queries.view(rows, width, decoder.kv_heads, group, size).permute(0, 2, 3, 1, 4).flatten(2, 3)
    scores = (grouped @ keys.permute(0, 2, 3, 1)).view(rows, decoder.kv_heads, group, width, -1)
    weights = torch.softmax(scores + bias, dim=-1).flatten(2, 3)
    mixed = (weights @ values.transpose(1, 2)).view(rows, decoder.kv_heads, group, width, size)
    return mixed.permute(0, 3, 1, 2, 4).reshape(rows, width, -1)


def _plain(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    rows: list[_Row],
    targets: Packing,
    again: _Again,
    with_hidden: bool,
) -> _Outputs:
    """The same from the model's own forward over prompt and completion, padded on the right, rows of similar length
    together.
    """
    device = targets.tokens_N.device
    order = sorted(range(len(rows)), key=lambda index: len(prompts[rows[index][0]]) + len(rows[index][1]))
    size = max(_FEWEST_ROWS, -(-len(rows) // _BUCKETS))
    starts_B = targets.lengths_B.cumsum(0) - targets.lengths_B
    logits, hidden, places = [], [], []
    for start in range(0, len(order), size):
        part = order[start : start + size]
        sequences = Packing.of([[*prompts[rows[index][0]], *rows[index][1][:-1]] for index in part], device)
        inside = torch.arange(sequences.width, device=device) < sequences.lengths_B[:, None]
        with nullcontext() if again is _once else _recomputing(model, again):
            output = model(
                input_ids=sequences.pad(sequences.tokens_N),
                attention_mask=inside.long(),
                use_cache=False,
                output_hidden_states=with_hidden,
            )
        part_B = torch.tensor(part, device=device)
        lengths_B = targets.lengths_B[part_B]
        row_N = torch.arange(len(part), device=device).repeat_interleave(lengths_B)
        own_N = torch.arange(row_N.shape[0], device=device) - (lengths_B.cumsum(0) - lengths_B)[row_N]
        column_N = (sequences.lengths_B - lengths_B)[row_N] + own_N
        logits.append(output.logits[row_N, column_N])
        places.append(starts_B[part_B][row_N] + own_N)
        if with_hidden:
            hidden.append(output.hidden_states[-1][row_N, column_N])
    back_N = torch.cat(places).argsort()
    return torch.cat(logits)[back_N], Tensor.float, torch.cat(hidden)[back_N] if with_hidden else None


@contextmanager
def _recomputing(model: PreTrainedModel, again: _Again) -> Generator[None]:
    """Blocks whose inside is computed again. Transformers' own switch works in training mode only, with its dropout."""
    blocks: list[Any] = [module for module in model.modules() if isinstance(module, GradientCheckpointingLayer)]
    if not blocks:
        what = f"gradient checkpointing: a {type(model).__name__} has no blocks to recompute"
        raise HoneError(Boundary.POLICY, what, "set rl.gradient_checkpointing to false")
    for block in blocks:
        block.forward = functools.partial(again, block.forward)
    try:
        yield
    finally:
        for block in blocks:
            del block.forward
