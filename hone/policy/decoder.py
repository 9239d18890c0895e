"""A functional forward on the weights of a Llama, Qwen2, Qwen3 or Gemma model, for generation and for learning.

The model's own parameters are read, joined (query, key and value; gate and up) and multiplied directly, so neither a
module call nor a cache object costs time between two matrix products. Everything is differentiable. Norm weights are
folded into the product that follows them. Rotary pairs are made neighbours by permuting rows of the query and key
weights, so that a rotation is one complex multiplication; scores are unchanged by that.

Shapes: N tokens of all sequences, packed without padding; B sequences; T positions; D hidden; H query heads;
K key/value heads; G = H / K; E head size; V vocabulary.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PreTrainedModel

from hone.policy.pointwise import gated_gelu_tanh, gated_silu, normed

_ACTIVATIONS: dict[str, tuple[str, Callable[[Tensor], Tensor]]] = {
    "LlamaForCausalLM": ("silu", gated_silu),
    "Qwen2ForCausalLM": ("silu", gated_silu),
    "Qwen3ForCausalLM": ("silu", gated_silu),
    "GemmaForCausalLM": ("gelu_pytorch_tanh", gated_gelu_tanh),
}
"""The classes whose arithmetic this file knows, with the name and the function of their feed-forward's gate."""
_STATIC_ROPE = ("default", "linear", "llama3", "yarn")


@dataclass(frozen=True)
class Layer:
    """Weights of one block, ready to multiply from the right."""

    qkv_D_O: Tensor
    qkv_bias_O: Tensor | None
    qk_norm_HE: Tensor | None
    """Norm weights of queries (times the attention's scale) and keys [H + K, E]; None where the model has none."""
    out_O_D: Tensor
    out_bias_D: Tensor | None
    gate_up_D_F: Tensor
    gate_up_bias_F: Tensor | None
    down_F_D: Tensor
    down_bias_D: Tensor | None


def supports(model: PreTrainedModel) -> bool:
    """Whether this file's arithmetic is the model's: a plain Llama-class one, full attention, fixed rotations."""
    if type(model).__name__ not in _ACTIVATIONS or not type(model).__module__.startswith("transformers."):
        return False
    config: Any = model.config
    kinds = getattr(config, "layer_types", None) or ["full_attention"]
    rope = getattr(config, "rope_parameters", None) or {}
    inner: Any = model
    products = [inner.lm_head]
    for block in inner.model.layers:
        attention, mlp = block.self_attn, block.mlp
        products += [attention.q_proj, attention.k_proj, attention.v_proj, attention.o_proj]
        products += [mlp.gate_proj, mlp.up_proj, mlp.down_proj]
    return (
        config.hidden_act == _ACTIVATIONS[type(model).__name__][0]
        and set(kinds) == {"full_attention"}
        and rope.get("rope_type", "default") in _STATIC_ROPE
        and not getattr(config, "attention_dropout", 0.0)
        and not getattr(config, "use_bidirectional_attention", None)
        and all(type(product) is nn.Linear for product in products)  # an adapter or a quantised layer is not
    )


class Decoder:
    """The weights of a model, joined for fast products. Build it anew after every change of the weights."""

    def __init__(self, model: PreTrainedModel) -> None:
        """Args: model: one that `supports` accepts. With gradients enabled, they flow to its parameters."""
        inner: Any = model
        config: Any = model.config
        self.heads: int = config.num_attention_heads
        self.kv_heads: int = config.num_key_value_heads
        self.head_dim: int = getattr(config, "head_dim", None) or config.hidden_size // self.heads
        self.eps: float = config.rms_norm_eps
        self.rotary = inner.model.rotary_emb
        self.embedding_V_D: Tensor = inner.model.embed_tokens.weight
        self.scale = _embedding_scale(inner.model.embed_tokens)
        self.gate = _ACTIVATIONS[type(model).__name__][1]
        self.norm_D = _norm_weight(inner.model.norm)
        self.head_D_V = self._ready(inner.lm_head.weight * self.norm_D)
        self.layers = [self._layer(block) for block in inner.model.layers]

    def _layer(self, module: nn.Module) -> Layer:
        block: Any = module
        attention, mlp = block.self_attn, block.mlp
        q, k, v = attention.q_proj, attention.k_proj, attention.v_proj
        norm = None
        scale = self.head_dim**-0.5
        if hasattr(attention, "q_norm"):  # the norm would undo a scale of the projection, so its own weight takes it
            queries = (self._pairs(attention.q_norm.weight) * scale).expand(self.heads, -1)
            keys = self._pairs(attention.k_norm.weight).expand(self.kv_heads, -1)
            norm = torch.cat([queries, keys])
            scale = 1.0
        joined = torch.cat([self._pairs(q.weight) * scale, self._pairs(k.weight), v.weight])
        bias = None
        if q.bias is not None:
            bias = torch.cat([self._pairs(q.bias) * scale, self._pairs(k.bias), v.bias])
        gate_up_bias = None if mlp.gate_proj.bias is None else torch.cat([mlp.gate_proj.bias, mlp.up_proj.bias])
        return Layer(
            qkv_D_O=self._ready(joined * _norm_weight(block.input_layernorm)),
            qkv_bias_O=bias,
            qk_norm_HE=norm,
            out_O_D=self._ready(attention.o_proj.weight),
            out_bias_D=attention.o_proj.bias,
            gate_up_D_F=self._ready(
                torch.cat([mlp.gate_proj.weight, mlp.up_proj.weight]) * _norm_weight(block.post_attention_layernorm)
            ),
            gate_up_bias_F=gate_up_bias,
            down_F_D=self._ready(mlp.down_proj.weight),
            down_bias_D=mlp.down_proj.bias,
        )

    def _ready(self, weight: Tensor) -> Tensor:
        """Transposed for multiplying from the right; laid out anew where no gradient needs the old layout."""
        return weight.t() if torch.is_grad_enabled() else weight.t().contiguous()

    def _pairs(self, weight: Tensor) -> Tensor:
        """Reorder the E rows of each head so that rows i and i + E/2, one rotary pair, become neighbours."""
        paired = weight.reshape(-1, 2, self.head_dim // 2, *weight.shape[1:]).transpose(1, 2)
        return paired.reshape(weight.shape)

    def rotations(self, length: int) -> Tensor:
        """Complex rotations for positions 0 … length-1: [length, 1, E/2]."""
        positions = torch.arange(length, device=self.embedding_V_D.device)
        probe = torch.empty(0, dtype=torch.float32, device=positions.device)
        cos, sin = self.rotary(probe, positions[None])
        half = self.head_dim // 2
        return torch.complex(cos[0, :, :half], sin[0, :, :half])[:, None].clone()

    def embed(self, tokens_N: Tensor) -> Tensor:
        """What the first block reads [N, D]."""
        x_N_D = F.embedding(tokens_N, self.embedding_V_D)
        return x_N_D if self.scale is None else x_N_D * self.scale

    def attend(self, layer: Layer, x_N_D: Tensor, rotation_N: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Rotated queries [N, H, E] (already scaled), rotated keys [N, K, E] and values [N, K, E]."""
        joined = _linear(normed(x_N_D, self.eps), layer.qkv_D_O, layer.qkv_bias_O)
        count, rotated = x_N_D.shape[0], self.heads + self.kv_heads
        joined = joined.view(count, rotated + self.kv_heads, self.head_dim)
        qk, values = joined.split([rotated, self.kv_heads], dim=1)
        if layer.qk_norm_HE is not None:
            qk = normed(qk, self.eps) * layer.qk_norm_HE
        pairs = torch.view_as_complex(qk.float().reshape(count, rotated, self.head_dim // 2, 2))
        qk = torch.view_as_real(pairs * rotation_N).flatten(-2).to(x_N_D.dtype)
        queries, keys = qk.split([self.heads, self.kv_heads], dim=1)
        return queries, keys, values

    def close(self, layer: Layer, x_N_D: Tensor, mixed_N_O: Tensor) -> Tensor:
        """The rest of a block: output projection, residual, feed-forward, residual."""
        x_N_D = _add_linear(x_N_D, mixed_N_O, layer.out_O_D, layer.out_bias_D)
        gate_up = _linear(normed(x_N_D, self.eps), layer.gate_up_D_F, layer.gate_up_bias_F)
        return _add_linear(x_N_D, self.gate(gate_up), layer.down_F_D, layer.down_bias_D)

    def logits(self, x_N_D: Tensor) -> Tensor:
        """Next-token logits [N, V] in float32 from the last block's output."""
        return (normed(x_N_D, self.eps) @ self.head_D_V).float()

    def hidden(self, x_N_D: Tensor) -> Tensor:
        """Last hidden states [N, D], after the last norm, from the last block's output."""
        return normed(x_N_D, self.eps) * self.norm_D


def _norm_weight(norm: Any) -> Tensor:
    """What a norm multiplies with. Gemma's weight is the distance from 1."""
    return 1.0 + norm.weight if type(norm).__name__ == "GemmaRMSNorm" else norm.weight


def _embedding_scale(embedding: Any) -> Tensor | None:
    """What embeddings are multiplied with, in their number format; None where that is 1."""
    scale = getattr(embedding, "embed_scale", None)
    return None if scale is None else scale.to(embedding.weight.dtype)


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    return x @ weight if bias is None else torch.addmm(bias, x, weight)


def _add_linear(residual: Tensor, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    total = torch.addmm(residual, x, weight)
    return total if bias is None else total + bias
