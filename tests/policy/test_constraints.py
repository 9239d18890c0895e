"""Constrained decoding: what is written is allowed, and drawn from the model's distribution over what is allowed."""

import keyword

import pytest
import torch

from hone.errors import HoneError
from hone.policy.constraints import Spelling
from hone.policy.engines import ModelRows
from hone.policy.generate import generate
from hone.policy.sampling import Sampling

PLAIN = Sampling()
PROMPTS = [[1, 9, 40, 77, 12], [1, 200], [1, 8, 8]]


class Identifier:
    """Reads what can begin a Python identifier; accepts what is one and no keyword. The state is the text."""

    def start(self):
        return ""

    def read(self, state, character):
        return state + character if (state + character).isidentifier() else None

    def accepts(self, state):
        return state.isidentifier() and not keyword.iskeyword(state)


class Alternating:
    """A constraint without an automaton: its state is all tokens so far. Odd tokens after even ones, ends never."""

    def __init__(self, vocabulary):
        self.parity = torch.arange(vocabulary) % 2
        self.seen = []

    def start(self, prompt):
        return ()

    def allowed(self, state):
        self.seen.append(state)
        allowed = self.parity == len(state) % 2
        allowed[3] = False
        return allowed

    def advance(self, state, token):
        return (*state, token)


def run(policy, constraint, sampling=PLAIN, samples=6, prompts=PROMPTS, **more):
    return generate(
        policy,
        prompts,
        samples,
        max_new_tokens=12,
        sampling=sampling,
        generator=torch.Generator().manual_seed(0),
        constraint=constraint,
        **more,
    )


@pytest.mark.parametrize("sampling", [Sampling(), Sampling(0), Sampling(1.3, top_k=5, min_p=0.01)])
@pytest.mark.parametrize("name", ["qwen3", "gpt2"])
def test_only_identifiers_are_written_and_they_end_only_where_they_may(policy_of, name, sampling):
    policy = policy_of(name, std=0.05)
    policy.model.generation_config.eos_token_id = 3
    samples = [s for group in run(policy, Spelling(policy, Identifier()), sampling, samples=20) for s in group]
    for sample in samples:
        text = policy.text(sample.tokens)
        assert text.isidentifier()
        assert not (sample.finished and keyword.iskeyword(text))
    assert sampling.greedy or len({tuple(sample.tokens) for sample in samples}) > 20


def test_logprobs_are_those_of_the_models_distribution_over_what_is_allowed(policy_of):
    policy = policy_of("llama")
    spelling = Spelling(policy, Identifier())
    for prompt, group in zip(PROMPTS, run(policy, spelling, Sampling(0.7)), strict=True):
        for sample in group:
            with torch.no_grad():
                logits = policy.model(torch.tensor([[*prompt, *sample.tokens]])).logits[0, len(prompt) - 1 : -1] / 0.7
            state = spelling.start(0)
            for row, token, logprob in zip(logits, sample.tokens, sample.logprobs, strict=True):
                allowed = spelling.allowed(state)
                expected = row[token] - row[allowed].logsumexp(-1)
                assert logprob == pytest.approx(float(expected), abs=1e-4)
                state = spelling.advance(state, token)


def test_masks_are_exactly_what_reading_each_token_by_itself_gives(policy_of):
    policy = policy_of("qwen3", vocab=330)  # ten more than the tokenizer knows
    spelling, machine = Spelling(policy, Identifier()), Identifier()
    for state in ("", "de", "def", "x1"):
        allowed = spelling.allowed(state)
        assert allowed.shape == (330,)
        for token, text in enumerate(policy.token_texts):
            if token in policy.end_ids:
                assert allowed[token] == machine.accepts(state)
            elif token not in policy.tokenizer.all_special_ids:
                assert allowed[token] == (bool(text) and (state + text).isidentifier())


@pytest.mark.parametrize("engine", [None, ModelRows])
def test_a_constraint_is_told_every_rows_own_tokens(policy_of, engine):
    policy = policy_of("qwen3")
    rule = Alternating(320)
    more = {} if engine is None else {"engine": engine(policy.model)}
    prompts = [[1] * 125, [1, 2], [1] * 122]  # rows leave early where the model's positions end
    groups = run(policy, rule, prompts=prompts, **more)
    for group in groups:
        for sample in group:
            assert [token % 2 for token in sample.tokens] == [step % 2 for step in range(len(sample.tokens))]
            assert all(tuple(sample.tokens[:count]) in rule.seen for count in range(len(sample.tokens)))
    assert [len(group[0].tokens) for group in groups] == [3, 12, 6]


def test_a_constrained_sample_is_the_same_alone_and_in_a_batch(policy_of):
    policy = policy_of("qwen2")
    spelling = Spelling(policy, Identifier())
    groups = run(policy, spelling)
    assert [[s.tokens for s in g] for g in run(policy, spelling, max_rows=4)] == [[s.tokens for s in g] for g in groups]


def test_a_constraint_that_is_stuck_or_foreign_is_one_clear_line(policy_of):
    policy = policy_of("qwen3")
    stuck = Alternating(320)
    stuck.parity += 2
    for rule, what in ((stuck, "allows no token"), (Alternating(100), "knows 100 tokens, the model 320")):
        with pytest.raises(HoneError, match=what):
            run(policy, rule)
