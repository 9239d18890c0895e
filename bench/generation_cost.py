"""What generation costs: our engine's tokens a second by model size, by rows that decode side by side, and by length.

Models are of the embedded default's kind at random weights. Nothing ends early, so every row writes all of its tokens.
One thread; seconds are the process's CPU time. For sizes, `transformers generate` does the same work once as the peer.

    python -m bench generation_cost
"""

from typing import Any

import torch

from bench.generation import Work, compare, ours, random_policy, random_prompts, rate, theirs
from hone.policy.model import ModelConfig

SIZES = (
    ModelConfig(hidden=64, layers=3, heads=2, ff=256),
    ModelConfig(),
    ModelConfig(hidden=256, layers=4, heads=8, ff=768),
    ModelConfig(hidden=384, layers=6, heads=12, ff=1280),
    ModelConfig(hidden=640, layers=8, heads=20, kv_heads=4, ff=1792),
)
BATCHES = (1, 8, 32, 128, 512)
LENGTHS = (16, 64, 256)


def millions(config: ModelConfig) -> float:
    """Parameters of a model, in millions."""
    return sum(parameter.numel() for parameter in config.build(0).parameters()) / 1e6


def by_size() -> list[dict[str, Any]]:
    """Ours and the peer's, batch 64, 16 tokens."""
    prompts = random_prompts(8)
    return [
        compare(
            f"generation, {millions(config):.1f} M parameters, batch 64, 16 new tokens",
            Work(random_policy(config, ends=0), prompts, 8, 16),
            theirs,
            "transformers generate",
            repetitions=1,
        )
        for config in SIZES
    ]


def alone(name: str, work: Work) -> dict[str, Any]:
    """An entry without a peer."""
    ours(Work(work.policy, work.prompts, work.samples, 2), 99)
    return {"name": name, "value": round(rate(ours, work, 0)), "unit": "useful tokens/s", "peer": "", "ratio": None}


def measure() -> list[dict[str, Any]]:
    """Entries as `bench.generation` has them."""
    torch.set_num_threads(1)
    policy = random_policy(ends=0)
    return [
        *by_size(),
        *(
            alone(
                f"generation, {batch} rows, 64 new tokens",
                Work(policy, random_prompts(max(1, batch // 8)), min(8, batch), 64),
            )
            for batch in BATCHES
        ),
        *(
            alone(f"generation, 64 rows, {length} new tokens", Work(policy, random_prompts(8), 8, length))
            for length in LENGTHS
        ),
    ]
