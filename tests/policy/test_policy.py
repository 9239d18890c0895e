"""Checkpoints, prompts and the extraction of programs."""

import json
import time
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from hone.errors import HoneError
from hone.policy.generate import generate
from hone.policy.model import ModelConfig
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.tasks.answers import Style, extract_program
from hone.tasks.task import Task

TASK = Task.from_examples(
    prompt="Add 1 to x <|end|>.", entry_point="add", visible=[((1,), 2)], hidden=[((9,), 10)], id="t"
)
CHAT_TEMPLATE = (
    "{% for message in messages %}[{{ message.role }}] {{ message.content }}\n{% endfor %}"
    "{% if add_generation_prompt %}[assistant]\n{% endif %}"
)


def write(policy, seed=0):
    return generate(
        policy,
        [policy.encode_prompt(TASK)],
        2,
        max_new_tokens=6,
        sampling=Sampling(),
        generator=torch.Generator().manual_seed(seed),
    )


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("name", ["gpt2", "llama", "qwen3"])
def test_a_saved_policy_comes_back_the_same(policy_of, tmp_path, name, style):
    policy = policy_of(name, style=style)
    policy.save(tmp_path / "checkpoint")
    loaded = Policy.load(tmp_path / "checkpoint")
    assert loaded.style is style
    assert loaded.end_ids == policy.end_ids == (3,)
    assert not loaded.model.training
    for key, tensor in policy.model.state_dict().items():
        assert torch.equal(tensor, loaded.model.state_dict()[key]), key
    assert loaded.encode_prompt(TASK) == policy.encode_prompt(TASK)
    assert write(loaded) == write(policy)


def test_the_embedded_default_is_a_plain_transformers_checkpoint(tokenizer, tmp_path):
    model = ModelConfig(hidden=32, layers=2, heads=2, head_dim=16, ff=48, vocab=len(tokenizer)).build(7)
    Policy(model, tokenizer, Style.PLAIN).save(tmp_path / "p")
    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "p")
    loaded: Any = AutoTokenizer.from_pretrained(tmp_path / "p")
    ids = loaded("def solve(xs):\n    return xs", return_tensors="pt").input_ids
    assert not list((tmp_path / "p").glob("*.bin"))
    with torch.no_grad():
        assert torch.equal(plain(ids).logits, model(ids).logits)


def test_same_seed_builds_the_same_model_and_keeps_global_state():
    config = ModelConfig(hidden=32, layers=1, heads=2, head_dim=16, ff=48, vocab=300)
    torch.manual_seed(3)
    state = torch.get_rng_state()
    first, again, other = config.build(1), config.build(1), config.build(2)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(a, b) for a, b in zip(first.parameters(), again.parameters(), strict=True))
    assert not torch.equal(first.lm_head.weight, other.lm_head.weight)
    assert first.lm_head.weight is first.model.embed_tokens.weight


def test_default_model_has_one_to_four_million_parameters():
    assert 1e6 < sum(p.numel() for p in ModelConfig().build(0).parameters()) < 4e6


@pytest.mark.parametrize("wrong", [{"layers": 0}, {"heads": 3, "kv_heads": 2}, {"head_dim": 15}])
def test_an_impossible_shape_is_one_clear_line(wrong):
    with pytest.raises(HoneError, match=next(iter(wrong))):
        ModelConfig(**wrong)


def test_saving_replaces_whole_and_leaves_nothing_beside(policy_of, tmp_path):
    policy_of("llama").save(tmp_path / "p")
    policy_of("gpt2").save(tmp_path / "p")
    assert Policy.load(tmp_path / "p").model.config.model_type == "gpt2"
    assert [path.name for path in tmp_path.iterdir()] == ["p"]


def test_a_failed_save_keeps_the_old_checkpoint(policy_of, tmp_path, monkeypatch):
    policy = policy_of("llama")
    policy.save(tmp_path / "p")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(policy.tokenizer, "save_pretrained", full)
    with pytest.raises(HoneError, match="No space left"):
        policy.save(tmp_path / "p")
    assert [path.name for path in tmp_path.iterdir()] == ["p"]
    Policy.load(tmp_path / "p")


def break_missing(path):
    for file in path.iterdir():
        file.unlink()
    path.rmdir()


def break_truncated(path):
    data = (path / "model.safetensors").read_bytes()
    (path / "model.safetensors").write_bytes(data[: len(data) // 2])


def break_header(path):
    (path / "model.safetensors").write_bytes(b"\xff" * 100)


def break_empty(path):
    (path / "model.safetensors").write_bytes(b"")


def break_pickle(path):
    (path / "model.safetensors").unlink()
    state = {"lm_head.weight": torch.zeros(1)}
    torch.save(state, path / "pytorch_model.bin")


def break_config(path):
    (path / "config.json").write_text('{"model_type": ')


def break_no_config(path):
    (path / "config.json").unlink()


def break_not_causal(path):
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | {"model_type": "vit", "architectures": ["ViTModel"]}))


def break_unknown_type(path):
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | {"model_type": "no_such_model"}))


def break_remote_code(path):
    config = json.loads((path / "config.json").read_text())
    remote = {"auto_map": {"AutoModelForCausalLM": "evil.Evil", "AutoConfig": "evil.Config"}, "model_type": "evil"}
    (path / "evil.py").write_text(f"open({str(path.parent / 'ran')!r}, 'w')")
    (path / "config.json").write_text(json.dumps(config | remote))


def break_tokenizer(path):
    (path / "tokenizer.json").write_text('{"version": "1.0", "model": {}')


def break_shape(path):
    config = json.loads((path / "config.json").read_text())
    config |= {"n_embd": 64, "hidden_size": 64}
    (path / "config.json").write_text(json.dumps(config))


def break_layers(path):
    config = json.loads((path / "config.json").read_text())
    config |= {"n_layer": 3, "num_hidden_layers": 3}
    config.pop("layer_types", None)
    (path / "config.json").write_text(json.dumps(config))


def break_style(path):
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps(config | {"hone_style": "baroque"}))


BREAKS = [value for key, value in sorted(globals().items()) if key.startswith("break_")]


@pytest.mark.parametrize("name", ["gpt2", "llama"])
@pytest.mark.parametrize("damage", BREAKS, ids=lambda damage: damage.__name__.removeprefix("break_"))
def test_a_damaged_checkpoint_is_one_clear_line(policy_of, tmp_path, name, damage):
    policy_of(name).save(tmp_path / "p")
    damage(tmp_path / "p")
    with pytest.raises(HoneError) as caught:
        Policy.load(tmp_path / "p")
    assert str(tmp_path / "p") in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert not (tmp_path / "ran").exists()


def test_pickled_weights_are_named_as_the_reason(policy_of, tmp_path):
    policy_of("gpt2").save(tmp_path / "p")
    break_pickle(tmp_path / "p")
    with pytest.raises(HoneError, match="pickled weights are never read"):
        Policy.load(tmp_path / "p")


def test_text_of_a_task_never_becomes_a_special_token(policy_of):
    policy = policy_of("llama")
    ids = policy.encode_prompt(TASK)
    assert (ids[0], ids[-1]) == (1, 2)
    assert not {0, 1, 2, 3} & set(ids[1:-1])
    assert policy.tokenizer.decode(ids[1:-1]) == TASK.prompt


def test_a_plain_program_comes_back_from_its_tokens(policy_of):
    policy = policy_of("llama")
    source = "def add(x):\n    return x + 12  # ünï 漢 <|end|>\n"
    tokens = policy.encode_program(source)
    assert tokens[-1] == 3
    assert 3 not in tokens[:-1]
    program = policy.program(TASK, tokens)
    assert (program.source, program.task_id, program.author, program.how) == (source, "t", "llama", "sampled")


def test_chat_prompts_name_the_entry_point_and_ask_for_one_block(policy_of):
    policy = policy_of("gpt2", style=Style.CHAT)
    bare = policy.tokenizer.decode(policy.encode_prompt(TASK))
    assert "`add`" in bare
    assert bare.endswith("```python\n")
    policy.tokenizer.chat_template = CHAT_TEMPLATE
    try:
        templated = policy.tokenizer.decode(policy.encode_prompt(TASK))
    finally:
        policy.tokenizer.chat_template = None
    assert templated.startswith("[user] Add 1 to x")
    assert templated.endswith("nothing else.\n[assistant]\n")


def test_a_broken_chat_template_is_one_clear_line(policy_of):
    policy = policy_of("gpt2", style=Style.CHAT)
    policy.tokenizer.chat_template = "{{ messages[7].content | nonsense }}"
    try:
        with pytest.raises(HoneError, match="chat template failed"):
            policy.encode_prompt(TASK)
    finally:
        policy.tokenizer.chat_template = None


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("x = 1\n", "x = 1\n"),
        ("Sure:\n```python\nx = 1\n```\nDone.", "x = 1\n"),
        ("```\nx = 1\n```", "x = 1\n"),
        ("```python\ndraft\n```\nBetter:\n```python\nfinal\n```", "final\n"),
        ("```python\nwhole\n```\nand\n```python\ncut", "whole\n"),
        ("```python\ncut of", "cut of"),
        ("<think>```python\nno\n```</think>\n```py\nyes\n```", "yes\n"),
        ("```python\n", ""),
        ("", ""),
        ("inline ```x``` only", "inline ```x``` only"),
        ("```python\ns = '```'\n```", "s = '```'\n"),
    ],
)
def test_the_program_is_the_last_closed_block(text, source):
    assert extract_program(text, Style.CHAT) == source


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("x = 1\n```\nchatter\n```python\nlater\n```", "x = 1\n"),
        ("x = 1", "x = 1"),
        ("```python\nx = 1\n```", "x = 1\n"),
    ],
)
def test_after_an_opened_fence_the_program_ends_at_the_first_closing_one(text, source):
    assert extract_program(text, Style.CHAT, opened=True) == source


def test_extraction_takes_linear_time():
    started = time.process_time()
    for text in ("`" * 10**6, "```\n" * 250_000, "```python" * 10**5, " " * 10**6 + "`", "<think>" * 10**5):
        extract_program(text, Style.CHAT)
        extract_program(text, Style.CHAT, opened=True)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("style", list(Style))
@pytest.mark.parametrize("template", [None, "{{ messages[0]['content'] }}"])
def test_the_program_in_an_encoded_answer_is_the_program(policy_of, monkeypatch, style, template):
    policy = policy_of("llama", style=style)
    monkeypatch.setattr(policy.tokenizer, "chat_template", template)
    source = "def f(x):\n    return [x, '```']\n"
    answer = policy.encode_program(source)
    assert answer[-1] in policy.end_ids
    assert policy.program(TASK, answer).source == source
