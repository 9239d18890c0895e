"""Low-rank adapters: what generates is what learned, the base stays, and a checkpoint is a plain one."""

import shutil
from dataclasses import replace

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from hone.errors import HoneError
from hone.policy.decoder import supports
from hone.policy.generate import generate
from hone.policy.logprobs import token_logprobs
from hone.policy.lora import WEIGHTS, LoRAConfig
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling

CONFIG = LoRAConfig(rank=4, alpha=8.0)
PROMPTS = [[1, 9, 40, 77, 12], [1, 200], [1, *range(20, 37)]]
COMPLETIONS = [[[5, 6, 7, 3], [5], [8, 9, 3]], [[*range(30, 52)]], [[4, 3], [250, 4]]]
FAMILIES = ["llama", "qwen2", "qwen3", "gpt2"]


@pytest.fixture
def adapted_of(policy_of):
    """`adapted_of("llama")`: a tiny policy whose adapters have learned something, in float64."""

    def build(name: str) -> Policy:
        policy = policy_of(name)
        policy.model.double()
        policy.adapt(CONFIG, 0)
        learn(policy, 0)
        return policy

    return build


def learn(policy: Policy, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in policy.learned.parameters():
            if p.requires_grad:
                p += 0.05 * torch.randn(p.shape, generator=generator, dtype=p.dtype)
    policy.weights_changed()


def logprobs(model) -> torch.Tensor:
    return token_logprobs(model, PROMPTS, COMPLETIONS).logprobs_B_T


def state(model) -> dict[str, torch.Tensor]:
    return {name: value.detach().clone() for name, value in model.state_dict().items()}


@pytest.mark.parametrize("shape", [(1,), (1, 1), (2, 3)])
def test_adapters_of_another_shape_are_refused_and_not_repeated_until_they_fit(policy_of, tmp_path, shape):
    from safetensors.torch import load_file, save_file

    policy = policy_of("qwen3")
    policy.adapt(CONFIG, 0)
    policy.save(tmp_path / "saved")
    weights = tmp_path / "saved" / "lora" / WEIGHTS
    tensors = load_file(weights)
    name = sorted(tensors)[0]
    save_file(tensors | {name: torch.ones(shape)}, weights)
    with pytest.raises(HoneError, match="has shape"):
        policy_of("qwen3").adapt(CONFIG, 0, tmp_path / "saved")


@pytest.mark.parametrize("name", FAMILIES)
def test_fresh_adapters_change_nothing_and_alone_learn(policy_of, name):
    policy = policy_of(name)
    before = logprobs(policy.model).detach()
    weights = sum(p.numel() for p in policy.model.parameters())
    policy.adapt(CONFIG, 0)
    assert torch.equal(logprobs(policy.model), before)
    learning = {key: p for key, p in policy.learned.named_parameters() if p.requires_grad}
    assert all("lora_" in key for key in learning)
    assert 0 < sum(p.numel() for p in learning.values()) < weights / 2
    assert not any(p.requires_grad for p in policy.model.parameters())


@pytest.mark.parametrize("name", FAMILIES)
def test_merged_joined_and_adapted_models_say_the_same(adapted_of, name):
    policy = adapted_of(name)
    merged = logprobs(policy.model)
    assert (merged - logprobs(policy.adapters.base)).abs().max() > 0.1
    assert (logprobs(policy.learning_model()) - merged).abs().max() < 1e-6
    assert (logprobs(policy.learning_model(own_forward=True)) - merged).abs().max() < 1e-6


@pytest.mark.parametrize("name", [name for name in FAMILIES if name != "gpt2"])
def test_the_fast_forward_gives_adapters_the_gradient_of_pefts(adapted_of, name):
    policy = adapted_of(name)
    assert supports(policy.model)
    found = []
    for own_forward in (False, True):
        policy.learned.zero_grad()
        model = policy.learning_model(own_forward=own_forward)
        assert supports(model) is not own_forward
        weights = torch.linspace(-1, 2, 7 * 22, dtype=torch.float64)[: logprobs(model).numel()]
        (logprobs(model).flatten() * weights).sum().backward()
        found.append(torch.cat([p.grad.flatten() for p in policy.learned.parameters() if p.requires_grad]))
    assert found[1].norm() > 0
    assert (found[0] - found[1]).norm() < 1e-6 * found[1].norm()


def test_many_merges_leave_the_base_to_the_bit_and_do_not_drift(policy_of):
    policy = policy_of("qwen3")
    policy.adapt(CONFIG, 0)
    base = state(policy.adapters.base)
    for seed in range(200):
        learn(policy, seed)
    assert all(torch.equal(value, base[name]) for name, value in policy.adapters.base.state_dict().items())
    for name, module in policy.adapters.adapted.named_modules():
        if hasattr(module, "lora_A"):
            wanted = base[f"{name}.weight"] + module.get_delta_weight("default")
            assert torch.equal(policy.model.get_submodule(name).weight, wanted)


def test_generation_follows_the_adapters(policy_of):
    policy = policy_of("qwen3")
    policy.adapt(CONFIG, 0)

    def written() -> list[list[int]]:
        groups = generate(
            policy, PROMPTS, 1, max_new_tokens=12, sampling=Sampling(0.0), generator=torch.Generator().manual_seed(0)
        )
        return [group[0].tokens for group in groups]

    before = written()
    learn(policy, 7)
    assert written() != before


@pytest.mark.parametrize("name", ["qwen3", "gpt2"])
def test_a_checkpoint_is_a_plain_one_and_its_adapters_load_in_peft(policy_of, name, tmp_path):
    policy = policy_of(name)
    policy.save(tmp_path / "base")
    policy.adapt(CONFIG, 0)
    learn(policy, 3)
    policy.save(tmp_path / "merged")
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    assert type(plain) is type(policy.model)
    assert all(torch.equal(value, policy.model.state_dict()[key]) for key, value in plain.state_dict().items())
    base = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    theirs = PeftModel.from_pretrained(base, str(tmp_path / "merged" / "lora")).eval()
    assert (logprobs(theirs.base_model.model) - logprobs(policy.model)).abs().max() < 1e-4


def test_the_same_adapters_are_written_as_the_same_bytes(policy_of, tmp_path):
    policy = policy_of("qwen3")
    policy.adapt(CONFIG, 0)

    def written(number: int) -> dict[str, bytes]:
        policy.save(tmp_path / str(number))
        folder = tmp_path / str(number) / "lora"
        return {path.name: path.read_bytes() for path in folder.iterdir()}

    first = written(0)
    assert all(written(number) == first for number in range(1, 12))  # an order drawn by chance would show


def test_adapters_go_on_over_the_same_base_only(policy_of, tmp_path):
    policy = policy_of("qwen3")
    policy.adapt(CONFIG, 0)
    learn(policy, 3)
    policy.save(tmp_path / "saved")
    again = policy_of("qwen3")
    again.adapt(CONFIG, 9, tmp_path / "saved")
    assert all(torch.equal(value, again.model.state_dict()[key]) for key, value in policy.model.state_dict().items())
    with pytest.raises(HoneError, match="other base weights"):
        policy_of("qwen3", std=0.1).adapt(CONFIG, 0, tmp_path / "saved")
    weights = tmp_path / "saved" / "lora" / WEIGHTS
    weights.write_bytes(weights.read_bytes()[:-9])
    with pytest.raises(HoneError, match="cannot be read"):
        policy_of("qwen3").adapt(CONFIG, 0, tmp_path / "saved")
    shutil.rmtree(weights.parent)
    with pytest.raises(HoneError, match="cannot be read"):
        policy_of("qwen3").adapt(CONFIG, 0, tmp_path / "saved")


@pytest.mark.parametrize("targets", [("no_such",), ("embed_tokens",), ("lm_head",)])
def test_a_layer_that_cannot_be_adapted_is_one_clear_line(policy_of, targets):
    with pytest.raises(HoneError, match=r"lora\.targets"):
        policy_of("qwen3").adapt(replace(CONFIG, targets=targets), 0)


@pytest.mark.parametrize("bad", [{"rank": -1}, {"alpha": 0.0}, {"alpha": float("nan")}])
def test_impossible_settings_are_refused(bad):
    with pytest.raises(HoneError, match=r"lora\."):
        LoRAConfig(**bad)
