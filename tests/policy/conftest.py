"""Tiny models of six architectures, and a policy around each."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GemmaConfig,
    GemmaForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

from hone.policy.policy import Policy
from hone.policy.tokenizer import train_tokenizer
from hone.tasks.answers import Style

TEXTS = [
    "def solve(xs: list[int]) -> list[int]:\n    return [x + 1 for x in xs if x > 3]\n",
    "Keep the numbers above 3, then add 12 to each.\nsolve([1, -2, 3]) == [13]\n",
]


def _build(name: str, vocab: int, std: float) -> PreTrainedModel:
    shape: dict[str, Any] = {
        "vocab_size": vocab,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "max_position_embeddings": 128,
        "initializer_range": std,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 3,
    }
    torch.manual_seed(0)
    match name:
        case "llama":
            rope = {
                "rope_type": "llama3",
                "rope_theta": 10000.0,
                "factor": 4.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 64,
            }
            model = LlamaForCausalLM(
                LlamaConfig(**shape, num_key_value_heads=2, attention_bias=True, mlp_bias=True, rope_parameters=rope)
            )
        case "qwen2":
            model = Qwen2ForCausalLM(Qwen2Config(**shape, num_key_value_heads=4, tie_word_embeddings=False))
        case "qwen3":
            model = Qwen3ForCausalLM(Qwen3Config(**shape, num_key_value_heads=1, head_dim=16, tie_word_embeddings=True))
        case "gemma":
            model = GemmaForCausalLM(GemmaConfig(**shape, num_key_value_heads=2, head_dim=12))
        case "gemma3":
            kinds = ["sliding_attention", "full_attention"]
            model = Gemma3ForCausalLM(
                Gemma3TextConfig(
                    **shape,
                    num_key_value_heads=2,
                    head_dim=8,
                    sliding_window=8,
                    layer_types=kinds,
                    query_pre_attn_scalar=8,
                )
            )
        case "gpt2":
            model = GPT2LMHeadModel(
                GPT2Config(
                    vocab_size=vocab,
                    n_embd=32,
                    n_layer=2,
                    n_head=4,
                    n_positions=128,
                    initializer_range=std,
                    bos_token_id=1,
                    eos_token_id=3,
                )
            )
        case _:
            raise ValueError(name)
    generator = torch.Generator().manual_seed(1)
    for key, parameter in model.named_parameters():  # norms of one and biases of zero would hide mistakes
        if "norm" in key or "ln_" in key or key.endswith("bias"):
            parameter.data += 0.2 * torch.randn(parameter.shape, generator=generator)
    return model.eval()


@pytest.fixture(scope="session")
def tokenizer() -> PreTrainedTokenizerFast:
    return train_tokenizer(TEXTS * 5, 320)


@pytest.fixture
def policy_of(tokenizer: PreTrainedTokenizerFast) -> Callable[..., Policy]:
    """`policy_of("llama")`: a tiny random policy; `vocab` and `std` change its distribution."""

    def build(name: str, vocab: int = 320, std: float = 0.15, style: Style = Style.PLAIN) -> Policy:
        return Policy(_build(name, vocab, std), tokenizer, style, name=name)

    return build
