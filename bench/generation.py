"""Generation: useful tokens a second of Hone's engine against `transformers`' own `generate`, same model, one run.

Useful tokens are those up to and including the end of the program. The model is the embedded default at random weights,
whose next-token distribution is nearly uniform; 25 of its 1,024 tokens count as the end of a program, for both engines,
so that programs end by themselves, at about 35 of at most 80 tokens and with a spread as wide as the mean. Repetitions
alternate, so that other load on the machine falls on both.

Both run on as many threads as the default run computes on.

    python -m bench generation
"""

import random
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch
from transformers import GenerationConfig

from hone.loop.config import TrainConfig
from hone.policy.generate import generate
from hone.policy.model import ModelConfig
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.policy.tokenizer import train_tokenizer
from hone.tasks.answers import Style

PROMPTS, SAMPLES, NEW_TOKENS = 16, 8, 80
PROMPT_LENGTHS = (60, 100)
ENDS = 25
REPETITIONS = 3
ROW_COUNTS = (16, 32, 64, 128, 256, 512)


def embedded_policy(seed: int = 0) -> Policy:
    """The embedded default at random weights, with `ENDS` end tokens."""
    tokenizer = train_tokenizer(["def f(xs):\n    return xs\n"], 300)
    model = ModelConfig().build(seed)
    model.generation_config = GenerationConfig(eos_token_id=list(range(3, 3 + ENDS)), pad_token_id=0)
    return Policy(model, tokenizer, Style.PLAIN, name="embedded at random weights")


def random_prompts(count: int, seed: int = 0) -> list[list[int]]:
    """Prompts of `PROMPT_LENGTHS` tokens, none of them an end."""
    rng = random.Random(seed)
    return [[rng.randrange(3 + ENDS, 1024) for _ in range(rng.randint(*PROMPT_LENGTHS))] for _ in range(count)]


def ours(policy: Policy, prompts: list[list[int]], seed: int, max_rows: int = PROMPTS * SAMPLES) -> int:
    """Useful tokens of one call of our engine."""
    groups = generate(
        policy,
        prompts,
        SAMPLES,
        max_new_tokens=NEW_TOKENS,
        sampling=Sampling(),
        generator=torch.Generator().manual_seed(seed),
        max_rows=max_rows,
    )
    return sum(len(sample.tokens) for group in groups for sample in group)


def theirs(policy: Policy, prompts: list[list[int]], seed: int) -> int:
    """Useful tokens of one call of `transformers`' own `generate`: the same prompts, batch and end tokens."""
    torch.manual_seed(seed)
    width = max(map(len, prompts))
    tokens = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
    model: Any = policy.model
    with torch.inference_mode():
        written = model.generate(
            tokens,
            attention_mask=mask,
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            max_new_tokens=NEW_TOKENS,
            num_return_sequences=SAMPLES,
            eos_token_id=list(policy.end_ids),
            pad_token_id=0,
        )[:, width:]
    ends = torch.isin(written, torch.tensor(policy.end_ids))
    before_end = (ends.long().cumsum(1) - ends.long()) == 0
    return int(before_end.sum())


def rate(run: Callable[[int], int], seed: int) -> float:
    """Useful tokens a second of one run."""
    started = time.perf_counter()
    tokens = run(seed)
    return tokens / (time.perf_counter() - started)


def measure() -> list[dict[str, Any]]:
    """Entries `{"name", "value", "unit", "peer", "ratio"}`: ours, with transformers' figure as the peer's."""
    torch.set_num_threads(TrainConfig().threads)
    policy, prompts = embedded_policy(), random_prompts(PROMPTS)
    runs = {"ours": lambda seed: ours(policy, prompts, seed), "theirs": lambda seed: theirs(policy, prompts, seed)}
    for run in runs.values():
        run(99)
    rates: dict[str, list[float]] = {name: [] for name in runs}
    for repetition in range(REPETITIONS):
        for name, run in runs.items():
            rates[name].append(rate(run, repetition))
    mine, peer = (statistics.median(rates[name]) for name in ("ours", "theirs"))
    ratio = statistics.median(a / b for a, b in zip(rates["ours"], rates["theirs"], strict=True))
    return [
        {
            "name": f"generation, batch {PROMPTS * SAMPLES}, up to {NEW_TOKENS} new tokens",
            "value": round(mine),
            "unit": "useful tokens/s",
            "peer": f"transformers generate: {peer:,.0f}",
            "ratio": round(ratio, 2),
        }
    ]


def saturation() -> list[tuple[int, float]]:
    """Tokens a second by the number of rows that decode side by side, on 512 samples."""
    policy, prompts = embedded_policy(), random_prompts(max(ROW_COUNTS) // SAMPLES)
    return [(rows, rate(lambda seed, rows=rows: ours(policy, prompts, seed, rows), 0)) for rows in ROW_COUNTS]


if __name__ == "__main__":
    for entry in measure():
        print(f"{entry['name']}: {entry['value']} {entry['unit']}, {entry['peer']}, ratio {entry['ratio']}")
    for count, tokens_per_second in saturation():
        print(f"  {count:4d} rows: {tokens_per_second:,.0f} useful tokens/s")
