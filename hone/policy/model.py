"""The embedded model: a small Qwen3-class causal LM, trained from scratch on the machine it runs on.

It is a plain Hugging Face model: `save_pretrained` writes it, `AutoModelForCausalLM.from_pretrained` reads it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hone.errors import Boundary, HoneError

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class ModelConfig:
    """Shape of the embedded model. One key/value head: decoding reads the cache of every row at every step."""

    hidden: int = 128
    layers: int = 4
    heads: int = 4
    kv_heads: int = 1
    head_dim: int = 32
    ff: int = 512
    vocab: int = 1024
    max_positions: int = 512
    rope_theta: float = 10_000.0
    init_std: float = 0.02

    def __post_init__(self) -> None:
        for name in ("hidden", "layers", "heads", "kv_heads", "head_dim", "ff", "vocab", "max_positions"):
            if getattr(self, name) < 1:
                raise HoneError(Boundary.USER, f"model.{name} is {getattr(self, name)}", "give a positive number")
        if self.heads % self.kv_heads:
            raise HoneError(
                Boundary.USER,
                f"model.heads {self.heads} is no multiple of model.kv_heads {self.kv_heads}",
                "change one",
            )
        if self.head_dim % 2:
            raise HoneError(Boundary.USER, f"model.head_dim {self.head_dim} is odd", "rotary positions need pairs")

    def build(self, seed: int, *, pad_id: int = 0, bos_id: int = 1, end_id: int = 3) -> PreTrainedModel:
        """A freshly initialised model in float32; the same seed gives the same weights. Global random state is kept."""
        # Imported here, so that settings can be read and checked before these libraries are.
        import torch
        from transformers import Qwen3Config, Qwen3ForCausalLM

        config = Qwen3Config(
            vocab_size=self.vocab,
            hidden_size=self.hidden,
            intermediate_size=self.ff,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.kv_heads,
            head_dim=self.head_dim,
            max_position_embeddings=self.max_positions,
            rope_parameters={"rope_type": "default", "rope_theta": self.rope_theta},
            initializer_range=self.init_std,
            tie_word_embeddings=True,
            use_sliding_window=False,
            pad_token_id=pad_id,
            bos_token_id=bos_id,
            eos_token_id=end_id,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = Qwen3ForCausalLM(config)
        return model.float().eval()
