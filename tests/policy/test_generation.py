"""The engines against transformers, and the properties of sampling."""

import pytest
import torch

from hone.errors import HoneError
from hone.policy.decoder import Decoder, supports
from hone.policy.engines import FastRows, ModelRows
from hone.policy.generate import draw, engine_for, generate
from hone.policy.sampling import Sampling

ARCHITECTURES = ("llama", "qwen2", "qwen3", "gemma", "gemma3", "gpt2")
PROMPTS = [[1, 9, 40, 77, 12], [1, 200], [1, *range(20, 37)], [1, 8, 8]]


def run(policy, samples=3, temperature=1.0, seed=0, max_new_tokens=20, prompts=PROMPTS, **more):
    generator = torch.Generator().manual_seed(seed)
    return generate(
        policy,
        prompts,
        samples,
        max_new_tokens=max_new_tokens,
        sampling=Sampling(temperature),
        generator=generator,
        **more,
    )


def plain_logprobs(model, prompt, tokens, temperature):
    with torch.no_grad():
        logits = model(torch.tensor([[*prompt, *tokens]])).logits[0, len(prompt) - 1 : -1] / temperature
    return torch.log_softmax(logits, -1).gather(1, torch.tensor(tokens)[:, None])[:, 0]


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_logprobs_are_those_of_the_models_own_forward(policy_of, name, temperature):
    policy = policy_of(name)
    for prompt, group in zip(PROMPTS, run(policy, temperature=temperature), strict=True):
        for sample in group:
            expected = plain_logprobs(policy.model, prompt, sample.tokens, temperature)
            torch.testing.assert_close(torch.tensor(sample.logprobs), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_greedy_is_transformers_greedy_token_for_token(policy_of, name):
    policy = policy_of(name)
    for prompt, (sample,) in zip(PROMPTS, run(policy, samples=1, temperature=0), strict=True):
        written = policy.model.generate(
            torch.tensor([prompt]), do_sample=False, max_new_tokens=20, eos_token_id=3, pad_token_id=0
        )
        assert sample.tokens == written[0, len(prompt) :].tolist()
        expected = plain_logprobs(policy.model, prompt, sample.tokens, 1.0)
        torch.testing.assert_close(torch.tensor(sample.logprobs), expected, rtol=1e-4, atol=1e-5)


def test_engine_is_functional_exactly_where_the_architecture_is_known(policy_of):
    assert [isinstance(engine_for(policy_of(name).model), FastRows) for name in ARCHITECTURES] == [True] * 4 + [
        False
    ] * 2


def test_a_changed_architecture_is_not_taken_for_a_known_one(policy_of):
    model = policy_of("llama").model
    model.config.hidden_act = "gelu"
    assert not supports(model)
    model = policy_of("qwen2").model
    model.config.layer_types = ["full_attention", "sliding_attention"]
    assert not supports(model)
    model = policy_of("qwen3").model
    model.model.layers[0].self_attn.q_proj = torch.nn.Sequential(model.model.layers[0].self_attn.q_proj)
    assert not supports(model)


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_same_seed_gives_same_samples_and_another_seed_others(policy_of, name):
    policy = policy_of(name)
    assert run(policy, seed=5) == run(policy, seed=5)
    assert run(policy, seed=5) != run(policy, seed=6)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_a_sample_is_the_same_alone_in_a_batch_in_another_order_and_by_either_engine(policy_of, name):
    policy, short = policy_of(name), {"max_new_tokens": 12}
    tokens = [[sample.tokens for sample in group] for group in run(policy, **short)]
    for more in ({"max_rows": 1}, {"max_rows": 7}, {"engine": ModelRows(policy.model), "max_rows": 5}):
        assert [[sample.tokens for sample in group] for group in run(policy, **short, **more)] == tokens
    ((alone,),) = run(policy, samples=1, prompts=PROMPTS[2:3], numbers=[2], **short)
    assert alone.tokens == tokens[2][0]
    backwards = run(policy, samples=2, prompts=PROMPTS[::-1], numbers=[3, 2, 1, 0], **short)
    assert [[sample.tokens for sample in group] for group in backwards] == [group[:2] for group in tokens[::-1]]


def test_equal_prompts_with_other_numbers_get_other_samples(policy_of):
    first, second = run(policy_of("qwen3"), prompts=[[1, 9], [1, 9]])
    assert first != second


@pytest.mark.parametrize("name", ["qwen3", "gpt2"])
def test_sampled_frequencies_follow_the_distribution(policy_of, name):
    policy = policy_of(name, vocab=8, std=0.3)
    count, prompt = 4000, [1, 5, 6]
    (group,) = run(policy, samples=count, max_new_tokens=2, prompts=[prompt], temperature=0.8)
    with torch.no_grad():
        logits = policy.model(torch.tensor([[*prompt, token] for token in range(8)])).logits / 0.8
    first = torch.softmax(logits[0, len(prompt) - 1], -1)
    second = torch.softmax(logits[:, -1], -1)
    joint = first[:, None] * second
    joint[3] = 0  # token 3 ends the program: nothing follows it
    expected = torch.cat([joint.flatten(), first[3:4]]) * count
    observed = torch.zeros(65)
    for sample in group:
        cell = 64 if sample.tokens[0] == 3 else sample.tokens[0] * 8 + sample.tokens[1]
        observed[cell] += 1
    rare = expected < 5
    expected = torch.cat([expected[~rare], expected[rare].sum()[None]])
    observed = torch.cat([observed[~rare], observed[rare].sum()[None]])
    statistic = ((observed - expected) ** 2 / expected).sum()
    freedom = expected.numel() - 1
    assert freedom > 15
    assert statistic < freedom + 4 * (2 * freedom) ** 0.5, "beyond four standard deviations of chi squared"


def test_a_token_without_probability_is_never_drawn():
    logits = torch.full((3, 5), float("-inf"))
    logits[:, 2] = 0.0
    logits[:, 3] = 0.0
    tokens, logprobs = draw(logits, Sampling(), torch.tensor([0.0, 0.4999, 1 - 2**-24]))
    assert tokens.tolist() == [2, 2, 3]
    torch.testing.assert_close(logprobs, torch.full((3,), -0.6931472))


@pytest.mark.parametrize("name", ["llama", "gpt2"])
def test_samples_stop_at_any_end_token_and_say_whether_they_finished(policy_of, name):
    policy = policy_of(name, std=0.02)
    policy.model.generation_config.eos_token_id = list(range(100, 140))
    samples = [sample for group in run(policy, samples=12) for sample in group]
    assert set(policy.end_ids) == {3, *range(100, 140)}
    for sample in samples:
        ended = [token in policy.end_ids for token in sample.tokens]
        assert not any(ended[:-1])
        assert sample.finished == ended[-1]
        assert sample.finished or len(sample.tokens) == 20
        assert len(sample.logprobs) == len(sample.tokens)
    assert {sample.finished for sample in samples} == {True, False}


@pytest.mark.parametrize("name", ["qwen2", "gpt2"])
def test_the_models_last_position_cuts_a_sample_off_and_a_full_prompt_gets_none(policy_of, name):
    policy = policy_of(name)
    prompts = [[1] * 120, [1, 2, 9], [1] * 128, [1] * 200]
    groups = run(policy, samples=1, prompts=prompts)
    lengths = [len(sample.tokens) for (sample,) in groups]
    assert lengths[0] <= 8
    assert lengths[2:] == [0, 0]
    assert not groups[2][0].finished


def test_progress_reaches_every_sample_and_token(policy_of):
    seen = []
    groups = run(policy_of("qwen3"), max_rows=5, on_progress=lambda samples, tokens: seen.append((samples, tokens)))
    assert seen == sorted(seen)
    assert seen[-1] == (12, sum(len(sample.tokens) for group in groups for sample in group))


class CountedRows(FastRows):
    """Rows that count the forward passes they have done."""

    passes = 0

    def start(self, prompts, owner_R, room):
        self.passes = 1
        return super().start(prompts, owner_R, room)

    def step(self, tokens_R):
        self.passes += 1
        return super().step(tokens_R)


def test_a_sample_is_handed_over_before_another_token_of_any_other_is_computed(policy_of):
    policy = policy_of("qwen3", std=0.02)
    policy.model.generation_config.eos_token_id = list(range(100, 140))
    engine = CountedRows(Decoder(policy.model))
    handed = {}

    def hand(prompt, number, sample):
        assert (prompt, number) not in handed
        assert engine.passes == len(sample.tokens)
        handed[prompt, number] = sample

    groups = run(policy, samples=8, engine=engine, max_rows=16, on_sample=hand)
    assert [[handed[prompt, number] for number in range(8)] for prompt in range(4)] == groups
    assert len({len(sample.tokens) for sample in handed.values()}) > 8


def test_samples_are_handed_over_in_the_same_order_every_time(policy_of):
    orders = [[], []]
    for order in orders:
        run(policy_of("qwen3"), max_rows=7, on_sample=lambda *found, order=order: order.append(found[:2]))
    assert orders[0] == orders[1]
    assert len(orders[0]) == 12


def test_a_prompt_without_room_hands_over_its_empty_samples(policy_of):
    handed = []
    run(policy_of("qwen2"), prompts=[[1] * 128], samples=2, on_sample=lambda *found: handed.append(found[:2]))
    assert handed == [(0, 0), (0, 1)]


def test_bfloat16_weights_decode_close_to_the_models_own_forward(policy_of):
    policy = policy_of("qwen3")
    policy.model.to(torch.bfloat16)
    for prompt, group in zip(PROMPTS, run(policy), strict=True):
        for sample in group:
            expected = plain_logprobs(policy.model, prompt, sample.tokens, 1.0).float()
            assert (torch.tensor(sample.logprobs) - expected).abs().mean() < 0.1


def test_global_random_state_is_neither_read_nor_moved(policy_of):
    policy = policy_of("qwen3")
    torch.manual_seed(1)
    first = run(policy)
    state = torch.get_rng_state()
    assert run(policy) == first
    assert torch.equal(torch.get_rng_state(), state)


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"samples": 0}, "impossible sampling"),
        ({"max_new_tokens": 0}, "impossible sampling"),
        ({"numbers": [1, 2]}, "2 numbers for 4 prompts"),
    ],
)
def test_impossible_sampling_is_one_clear_line(policy_of, more, what):
    with pytest.raises(HoneError, match=what):
        run(policy_of("llama"), **more)


@pytest.mark.parametrize("name", ["qwen3", "gpt2"])
def test_a_model_that_diverged_is_one_clear_line(policy_of, name):
    policy = policy_of(name)
    next(policy.model.parameters()).data.fill_(float("nan"))
    with pytest.raises(HoneError, match="not finite"):
        run(policy)
