"""The learner's forward against the plain one: values and gradients."""

import pytest
import torch
from transformers.modeling_layers import GradientCheckpointingLayer

import hone.policy.logprobs as subject
from hone.errors import HoneError
from hone.policy.decoder import supports
from hone.policy.generate import generate
from hone.policy.logprobs import Entropy, token_logprobs
from hone.policy.sampling import Sampling
from hone.policy.value_head import ValueHead
from tests.policy.test_generation import ARCHITECTURES

PROMPTS = [[1, 9, 40, 77, 12], [1, 200], [1, *range(20, 37)]]
COMPLETIONS = [[[5, 6, 7, 3], [5], [8, 9, 3]], [[*range(30, 52)]], [[4, 3], [250, 4]]]


def weighted(model, completions=COMPLETIONS, **options):
    """A loss that weighs every token differently, and its gradients."""
    model.zero_grad()
    result = token_logprobs(model, PROMPTS, completions, 0.7, **options)
    weights = torch.linspace(-1, 2, result.logprobs_B_T.numel()).view_as(result.logprobs_B_T)
    (result.logprobs_B_T * weights).sum().backward()
    return result, {name: p.grad.clone() for name, p in model.named_parameters()}


@pytest.mark.parametrize("name", ["llama", "qwen2", "qwen3", "gemma"])
def test_shared_prompts_give_the_plain_paths_values_and_gradients(policy_of, name, monkeypatch):
    model = policy_of(name).model
    assert supports(model)
    shared, shared_grads = weighted(model)
    monkeypatch.setattr(subject, "supports", lambda model: False)
    plain, plain_grads = weighted(model)
    torch.testing.assert_close(shared.logprobs_B_T, plain.logprobs_B_T, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(shared.entropy_B_T, plain.entropy_B_T, rtol=1e-5, atol=1e-5)
    assert torch.equal(shared.mask_B_T, plain.mask_B_T)
    for key, gradient in plain_grads.items():
        assert (shared_grads[key] - gradient).norm() <= 1e-5 * gradient.norm() + 1e-7, key


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_learner_and_engine_agree_on_every_sampled_token(policy_of, name):
    policy = policy_of(name)
    groups = generate(
        policy,
        PROMPTS,
        4,
        max_new_tokens=20,
        sampling=Sampling(0.7),
        generator=torch.Generator().manual_seed(0),
    )
    completions = [[sample.tokens for sample in group] for group in groups]
    learned = token_logprobs(policy.model, PROMPTS, completions, 0.7)
    sampled = [torch.tensor(sample.logprobs) for group in groups for sample in group]
    for row, logprobs in zip(learned.logprobs_B_T, sampled, strict=True):
        assert (row[: len(logprobs)].detach() - logprobs).abs().max() < 1e-5


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_values_are_those_of_one_sequence_at_a_time(policy_of, name):
    model = policy_of(name).model
    result = token_logprobs(model, PROMPTS, COMPLETIONS, 0.7)
    rows = [(prompt, row) for prompt, group in zip(PROMPTS, COMPLETIONS, strict=True) for row in group]
    assert result.mask_B_T.sum(1).tolist() == [len(row) for _, row in rows]
    assert not result.logprobs_B_T[~result.mask_B_T].any()
    for index, (prompt, row) in enumerate(rows):
        with torch.no_grad():
            logits = model(torch.tensor([[*prompt, *row]])).logits[0, len(prompt) - 1 : -1] / 0.7
        logprobs = torch.log_softmax(logits, -1)
        expected = logprobs.gather(1, torch.tensor(row)[:, None])[:, 0]
        torch.testing.assert_close(result.logprobs_B_T[index, : len(row)].detach(), expected, rtol=1e-4, atol=1e-5)
        entropy = -(logprobs.exp() * logprobs).sum(-1)
        torch.testing.assert_close(result.entropy_B_T[index, : len(row)], entropy, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("recompute", [False, True])
def test_rows_of_similar_length_together_give_the_values_and_gradients_of_all_at_once(
    policy_of, monkeypatch, recompute
):
    model = policy_of("gpt2").model.double()
    head = ValueHead(model.config.hidden_size)
    torch.nn.init.ones_(head.weight)
    together, wanted = weighted(model, value_head=head)
    monkeypatch.setattr(subject, "_FEWEST_ROWS", 2)
    widths = []
    model.register_forward_pre_hook(lambda _, __, inputs: widths.append(inputs["input_ids"].shape[1]), with_kwargs=True)
    apart, found = weighted(model, value_head=head, recompute=recompute)
    assert len(widths) == 3
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]
    torch.testing.assert_close(apart.logprobs_B_T, together.logprobs_B_T, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(apart.values_B_T, together.values_B_T, rtol=1e-5, atol=1e-5)
    for key, gradient in wanted.items():
        assert (found[key] - gradient).norm() <= 1e-6 * gradient.norm() + 1e-9, key


@pytest.mark.parametrize("name", ["qwen3", "gpt2"])
def test_one_token_completions_work(policy_of, name):
    result, gradients = weighted(policy_of(name).model, [[[3]], [[4], [5]], [[6]]])
    assert result.logprobs_B_T.shape == (4, 1)
    assert all(gradient.isfinite().all() for gradient in gradients.values())


def test_gradients_are_the_same_bits_every_time(policy_of):
    model = policy_of("qwen3").model
    _, first = weighted(model)
    _, again = weighted(model)
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_gradients_reach_every_parameter(policy_of):
    _, gradients = weighted(policy_of("qwen3").model)
    assert all(gradient.abs().sum() > 0 for gradient in gradients.values())


@pytest.mark.parametrize("name", ["llama", "qwen2", "qwen3", "gpt2"])
@pytest.mark.parametrize("entropy", [Entropy.WATCHED, Entropy.LEARNED])
def test_gradient_checkpointing_changes_no_value_and_no_gradient(policy_of, name, entropy, monkeypatch):
    monkeypatch.setattr(subject, "_CHUNK", 7)
    model = policy_of(name).model.double()
    plain, plain_grads = weighted(model, entropy=entropy)
    again, again_grads = weighted(model, entropy=entropy, recompute=True)
    torch.testing.assert_close(again.logprobs_B_T, plain.logprobs_B_T, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(again.entropy_B_T, plain.entropy_B_T, rtol=1e-6, atol=1e-6)
    for key, gradient in plain_grads.items():
        assert (again_grads[key] - gradient).norm() <= 1e-6 * gradient.norm(), key
    assert "forward" not in vars(next(m for m in model.modules() if isinstance(m, GradientCheckpointingLayer)))


@pytest.mark.parametrize("name", ["qwen3", "gpt2"])
def test_gradient_checkpointing_holds_less_between_the_passes(policy_of, name):
    model = policy_of(name).model

    def held(recompute: bool) -> int:
        sizes: dict[int, int] = {}

        def pack(tensor: torch.Tensor) -> torch.Tensor:
            sizes[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            kept = token_logprobs(model, PROMPTS, COMPLETIONS, recompute=recompute)
        assert kept.logprobs_B_T.requires_grad
        return sum(sizes.values())

    assert held(True) < held(False) / 2


@pytest.mark.parametrize("completions", [[[[1]]], [[], [], []], [[[1]], [[]], [[1]]]])
def test_nothing_to_score_is_one_clear_line(policy_of, completions):
    with pytest.raises(HoneError, match="log-probabilities of"):
        token_logprobs(policy_of("qwen3").model, PROMPTS, completions)
