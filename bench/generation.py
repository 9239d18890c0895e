"""Generation: useful tokens a second of Hone's engine against `transformers`, same model, same prompts, one run.

Useful tokens are those up to and including the end of the program. The model is the embedded default at random weights,
whose next-token distribution is nearly uniform; 25 of its 1,024 tokens count as the end of a program, for all engines,
so that programs end by themselves, at about 35 of at most 80 tokens and with a spread as wide as the mean. The same
with no end shows what is left where nothing is gained by rows that leave. Peers are `generate` and continuous batching
(`generate_batch`), with a paged cache that holds the whole batch.

All run on one thread. Seconds are the process's CPU time, and repetitions alternate, so that other load on the machine
neither counts nor falls on one side. `python -m bench generation_cost` has the cost by size, batch and length.

    python -m bench generation
"""

import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from transformers import GenerationConfig
from transformers.generation.configuration_utils import ContinuousBatchingConfig

from hone.policy.generate import generate
from hone.policy.model import ModelConfig
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.policy.tokenizer import train_tokenizer
from hone.tasks.answers import Style

PROMPT_LENGTHS = (60, 100)
ENDS = 25
REPETITIONS = 3
PAGE = 32


@dataclass(frozen=True)
class Work:
    """What is generated."""

    policy: Policy
    prompts: Sequence[Sequence[int]]
    samples: int
    new_tokens: int
    """At most, or exactly where no token ends a program."""

    @property
    def batch(self) -> int:
        """Samples in all."""
        return len(self.prompts) * self.samples


Engine = Callable[[Work, int], int]
"""Generates the work with a seed; returns how many useful tokens it wrote."""


def random_policy(config: ModelConfig | None = None, *, ends: int = ENDS) -> Policy:
    """A model of the embedded default's kind at random weights, with `ends` end tokens."""
    tokenizer = train_tokenizer(["def f(xs):\n    return xs\n"], 300)
    tokenizer.eos_token = None
    model = (config or ModelConfig()).build(0)
    model.config.eos_token_id = None
    model.generation_config = GenerationConfig(eos_token_id=list(range(3, 3 + ends)) or None, pad_token_id=0)
    return Policy(model, tokenizer, Style.PLAIN, name="random weights")


def random_prompts(count: int, seed: int = 0) -> list[list[int]]:
    """Prompts of `PROMPT_LENGTHS` tokens, none of them an end."""
    rng = random.Random(seed)
    return [[rng.randrange(3 + ENDS, 1024) for _ in range(rng.randint(*PROMPT_LENGTHS))] for _ in range(count)]


def ours(work: Work, seed: int) -> int:
    """By our engine, all rows at once."""
    groups = generate(
        work.policy,
        work.prompts,
        work.samples,
        max_new_tokens=work.new_tokens,
        sampling=Sampling(),
        generator=torch.Generator().manual_seed(seed),
        max_rows=work.batch,
    )
    return sum(len(sample.tokens) for group in groups for sample in group)


def theirs(work: Work, seed: int) -> int:
    """By `transformers`' own `generate`, all rows at once."""
    torch.manual_seed(seed)
    width = max(map(len, work.prompts))
    tokens = torch.tensor([[0] * (width - len(prompt)) + list(prompt) for prompt in work.prompts])
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in work.prompts])
    model: Any = work.policy.model
    with torch.inference_mode():
        written = model.generate(
            tokens,
            attention_mask=mask,
            do_sample=True,
            temperature=1.0,
            top_k=0,
            top_p=1.0,
            max_new_tokens=work.new_tokens,
            num_return_sequences=work.samples,
        )[:, width:]
    ends = torch.isin(written, torch.tensor(work.policy.end_ids, dtype=torch.long))
    before_end = (ends.long().cumsum(1) - ends.long()) == 0
    return int(before_end.sum())


def continuous(work: Work, seed: int) -> int:
    """By `transformers`' continuous batching, with pages for the whole batch."""
    model: Any = work.policy.model
    config = GenerationConfig(
        do_sample=True,
        temperature=1.0,
        top_k=0,
        top_p=1.0,
        max_new_tokens=work.new_tokens,
        eos_token_id=list(work.policy.end_ids),
        pad_token_id=0,
    )
    longest = max(map(len, work.prompts)) + work.new_tokens
    pages = ContinuousBatchingConfig(
        page_size=PAGE,
        num_blocks=work.batch * (-(-longest // PAGE) + 1),
        max_batch_tokens=512,
        max_requests_per_batch=work.batch,
        seed=seed,
    )
    inputs = [list(prompt) for prompt in work.prompts for _ in range(work.samples)]
    written = model.generate_batch(inputs, generation_config=config, continuous_batching_config=pages, warmup=False)
    assert len(written) == work.batch, "continuous batching lost requests"
    return sum(len(output.generated_tokens) for output in written.values())


def rate(engine: Engine, work: Work, seed: int) -> float:
    """Useful tokens a second of CPU time, of one run."""
    started = time.process_time()
    tokens = engine(work, seed)
    return tokens / (time.process_time() - started)


def compare(name: str, work: Work, peer: Engine, peer_name: str, repetitions: int = REPETITIONS) -> dict[str, Any]:
    """One entry: our rate, the peer's, and the median of the ratios of runs that follow each other."""
    small = replace(work, new_tokens=4)
    for engine in (ours, peer):
        engine(small, 99)
    rates = [(rate(ours, work, seed), rate(peer, work, seed)) for seed in range(repetitions)]
    mine, other = (statistics.median(column) for column in zip(*rates, strict=True))
    return {
        "name": name,
        "value": round(mine),
        "unit": "useful tokens/s",
        "peer": f"{peer_name}: {other:,.0f}",
        "ratio": round(statistics.median(a / b for a, b in rates), 2),
    }


def measure() -> list[dict[str, Any]]:
    """Entries `{"name", "value", "unit", "peer", "ratio"}`: ours, with transformers' figure as the peer's."""
    torch.set_num_threads(1)
    prompts = random_prompts(16)
    ending, fixed = Work(random_policy(), prompts, 8, 80), Work(random_policy(ends=0), prompts, 8, 64)
    until_end = f"generation, batch {ending.batch}, up to {ending.new_tokens} new tokens"
    return [
        compare(until_end, ending, theirs, "transformers generate"),
        compare(f"{until_end}, paged peer", ending, continuous, "transformers generate_batch", repetitions=1),
        compare(
            f"generation, batch {fixed.batch}, {fixed.new_tokens} new tokens", fixed, theirs, "transformers generate"
        ),
    ]
