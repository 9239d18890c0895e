"""The sampling distribution, exactly and as it is drawn from."""

import math
from typing import Any

import pytest
import torch
from transformers import MinPLogitsWarper, TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from hone.errors import HoneError
from hone.policy.generate import generate
from hone.policy.sampling import Sampling
from tests.policy.test_generation import ARCHITECTURES

FILTERED = [
    Sampling(0.8, top_k=4),
    Sampling(1.2, top_p=0.7),
    Sampling(1.5, min_p=0.2),
    Sampling(0.9, top_k=6, top_p=0.9, min_p=0.05),
]


def by_transformers(sampling, logits_R_V):
    """The same distribution by transformers' own logits processors."""
    steps: list[Any] = [
        TemperatureLogitsWarper(sampling.temperature),
        TopKLogitsWarper(sampling.top_k or logits_R_V.shape[-1]),
        TopPLogitsWarper(sampling.top_p),
        MinPLogitsWarper(sampling.min_p),
    ]
    for step in steps:
        logits_R_V = step(None, logits_R_V)
    return logits_R_V.log_softmax(-1)


@pytest.mark.parametrize("sampling", [*FILTERED, Sampling(0.3), Sampling(top_k=1), Sampling(top_p=0.01)])
@pytest.mark.parametrize("spread", [0.5, 3.0])
def test_the_distribution_is_that_of_transformers_processors(sampling, spread):
    logits = spread * torch.randn(50, 300, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(sampling.logprobs(logits), by_transformers(sampling, logits), rtol=1e-5, atol=1e-5)


def test_the_nucleus_is_the_same_beside_a_row_that_needs_all_tokens_sorted():
    narrow, flat = 4 * torch.randn(1, 300, generator=torch.Generator().manual_seed(0)), torch.zeros(1, 300)
    sampling = Sampling(top_p=0.9)
    assert torch.equal(sampling.logprobs(torch.cat([narrow, flat]))[:1], sampling.logprobs(narrow))


def test_tokens_that_tie_with_the_last_one_kept_are_kept():
    logits = torch.tensor([[0.0, 1.0, 1.0, 1.0, -1.0]])
    for sampling in (Sampling(top_k=2), Sampling(top_p=0.4)):
        assert sampling.logprobs(logits)[0].isfinite().tolist() == [False, True, True, True, False]


def test_filters_that_keep_everything_change_no_bit():
    logits = torch.randn(5, 40, generator=torch.Generator().manual_seed(0))
    assert torch.equal(Sampling(top_k=40, min_p=0.0).logprobs(logits), Sampling().logprobs(logits))


@pytest.mark.parametrize("sampling", FILTERED, ids=["top_k", "top_p", "min_p", "all"])
@pytest.mark.parametrize("name", ARCHITECTURES)
def test_frequencies_and_logprobs_are_those_of_the_exact_filtered_distribution(policy_of, name, sampling):
    policy = policy_of(name, vocab=8, std=0.1 if name == "gemma3" else 0.3)  # its norms at 0.3 leave one likely token
    count, prompt = 2000, [1, 5, 6]
    (group,) = generate(
        policy, [prompt], count, max_new_tokens=2, sampling=sampling, generator=torch.Generator().manual_seed(3)
    )
    with torch.no_grad():
        logits = policy.model(torch.tensor([[*prompt, token] for token in range(8)])).logits
    first = by_transformers(sampling, logits[:1, len(prompt) - 1])[0]
    second = by_transformers(sampling, logits[:, -1])
    expected, observed = {}, {}
    for a in range(8):
        for path in [(a,)] if a == 3 else [(a, b) for b in range(8)]:  # token 3 ends the program
            expected[path] = count * math.exp(first[a] + (second[a, path[1]] if len(path) == 2 else 0))
    for sample in group:
        path = tuple(sample.tokens)
        observed[path] = observed.get(path, 0) + 1
        assert sample.logprobs[0] == pytest.approx(float(first[path[0]]), abs=1e-4)
        assert len(path) == 1 or sample.logprobs[1] == pytest.approx(float(second[path]), abs=1e-4)
    assert all(expected[path] > 0 for path in observed), "drawn although it was filtered out"
    cells = [path for path, number in expected.items() if number >= 5]
    pairs = [(observed.get(path, 0), expected[path]) for path in cells]
    rare = count - sum(due for _, due in pairs)
    pairs += [(count - sum(seen for seen, _ in pairs), rare)] * (rare >= 1)
    freedom = len(pairs) - 1
    statistic = sum((seen - due) ** 2 / due for seen, due in pairs)
    assert freedom >= 3
    assert statistic < freedom + 4 * (2 * freedom) ** 0.5, "beyond four standard deviations of chi squared"


@pytest.mark.parametrize("name", ["qwen3", "gpt2"])
def test_greedy_is_the_likeliest_token_whatever_the_filters(policy_of, name):
    policy = policy_of(name)
    plain, filtered = (
        generate(policy, [[1, 9]], 1, max_new_tokens=8, sampling=sampling, generator=torch.Generator())
        for sampling in (Sampling(0), Sampling(0, top_k=1, top_p=0.1, min_p=0.5))
    )
    assert plain == filtered


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"temperature": -1.0}, "temperature is -1"),
        ({"temperature": math.nan}, "temperature is nan"),
        ({"temperature": math.inf}, "temperature is inf"),
        ({"top_k": -1}, "top_k is -1"),
        ({"top_p": 0.0}, "top_p is 0"),
        ({"top_p": math.nan}, "top_p is nan"),
        ({"top_p": 1.5}, "top_p is 1.5"),
        ({"min_p": -0.1}, "min_p is -0.1"),
        ({"min_p": 1.01}, "min_p is 1.01"),
    ],
)
def test_a_distribution_that_cannot_be_is_one_clear_line(settings, what):
    with pytest.raises(HoneError, match=what):
        Sampling(**settings)
