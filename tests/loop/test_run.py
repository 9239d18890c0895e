"""Whole runs on a tiny model: repeatable, resumable after SIGKILL at any instant, and stopped cleanly by Ctrl-C."""

import json
import os
import random
import re
import runpy
import signal
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel

from hone.config import to_toml
from hone.curriculum.learnability import CurriculumConfig
from hone.curriculum.solved import SolvedConfig
from hone.episodes.one_shot import attempt
from hone.learn.config import RLConfig, WarmStartConfig
from hone.learn.objective import named
from hone.loop.config import Control, EvalConfig, TrainConfig
from hone.loop.observability.alarms import AlarmConfig
from hone.loop.run import train
from hone.loop.stages import SupervisedStage
from hone.policy.lora import LoRAConfig
from hone.policy.model import ModelConfig
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.policy.tokenizer import train_tokenizer
from hone.store.run_dir import read_results
from hone.tasks.families import Split, TaskMix
from hone.tasks.task import Task
from tests.loop.processes import Hone, anew

SHORT = TrainConfig(
    threads=1,
    checkpoint_every=5,
    model=ModelConfig(hidden=64, layers=2, heads=2, kv_heads=1, head_dim=32, ff=128, vocab=500),
    solved=SolvedConfig(level_1=100, level_2=0, level_3=0),
    curriculum=CurriculumConfig(tasks="integers.pipeline:1-3"),
    warm_start=WarmStartConfig(steps=120, batch=16, learning_rate=5e-3, warm_up=10),
    rl=RLConfig(steps=10, prompts=4, samples=8, max_new_tokens=40),
    evaluation=EvalConfig(tasks_per_level=4, samples=2, max_new_tokens=40),
    alarms=AlarmConfig(window=5, survival=1.0),
)
"""About ten seconds. After such a warm start some programs pass, so RL has something to learn from. One alarm is set so
that it goes off: a run that is resumed must tell it at the same step."""


def start(arguments: Sequence[str], folder: Path) -> Hone:
    return Hone(["train", *arguments], folder)


def reach(process: Hone, run: Path, lines: int) -> None:
    """Wait until the run has written so many lines of metrics, and goes on."""
    patience = time.monotonic() + 150
    while process.poll() is None and progress(run) < lines and time.monotonic() < patience:
        time.sleep(0.003)
    assert process.poll() is None, process.told()


def kill(process: Hone) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait(60) == -signal.SIGKILL


def settings(folder: Path, config: TrainConfig = SHORT) -> str:
    path = folder / "run.toml"
    path.write_text(to_toml(config))
    return str(path)


def metrics(run: Path) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        line.pop("time", None)
    return lines


def progress(run: Path) -> int:
    path = run / "metrics.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def weights(run: Path) -> bytes:
    return (run / "checkpoints" / "rl" / "policy" / "model.safetensors").read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    run = folder / "run"
    done = anew(["train", "--config", settings(folder), "--out", str(run)])
    assert done.returncode == 0, done.stderr
    (folder / "said.txt").write_text(done.stderr)
    return run


def test_a_run_leaves_what_it_promises(whole: Path):
    results = read_results(whole)
    assert list(results["stages"]) == ["untrained", "warm_start", "rl"]
    for stage in results["stages"].values():
        assert set(stage) == {"held_out_compositions", "held_out_depth"}
        assert set(stage["held_out_compositions"]) == {"1", "2", "3"}
        for scores in stage["held_out_compositions"].values():
            assert {"greedy_pass@1", "pass@1"} <= set(scores)
            assert all(set(score) == {"value", "low", "high", "n"} for score in scores.values())
    lines = metrics(whole)
    assert [line["step"] for line in lines] == [*range(1, 121), *range(1, 11)]
    assert any(line.get("entropy") for line in lines), "no group had variance: the test proves too little"
    assert [line["step"] for line in lines if "no_survivors" in str(line.get("alarms"))] == [5]
    assert "alarm at step 5 of rl: only " in (whole.parent / "said.txt").read_text()
    assert list((whole / "tensorboard").iterdir())
    assert (whole / "store.sqlite").stat().st_size > 0


def test_the_policy_that_a_run_leaves_writes_in_transformers_what_it_does_in_hone(
    whole: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """The card's own code loads it and writes its example's program; other tasks' programs are the same, too."""
    card = (whole / "policy" / "README.md").read_text()
    example = re.search(r"```python\n(.*?)\n```", card, re.DOTALL)
    assert example
    (whole.parent / "example.py").write_text(example[1])
    monkeypatch.chdir(whole / "policy")
    runpy.run_path(str(whole.parent / "example.py"))
    shown = capsys.readouterr().out
    policy = Policy.load(whole / "checkpoints" / "rl" / "policy")
    tasks = SHORT.curriculum.mix.some_tasks(Split.HELD_OUT_COMPOSITIONS, 1, 6)
    ours = [
        group[0].program.source
        for group in attempt(
            policy, tasks, 1, max_new_tokens=40, sampling=Sampling(temperature=0), generator=torch.Generator()
        )
    ]
    assert shown == ours[0] + "\n"
    tokenizer: Any = AutoTokenizer.from_pretrained(whole / "policy")
    model: Any = AutoModelForCausalLM.from_pretrained(whole / "policy")
    for task, source in zip(tasks, ours, strict=True):
        text = f"<|bos|>{task.prompt}<|sep|>"
        ids = tokenizer(text, add_special_tokens=False, return_tensors="pt")["input_ids"]
        written = model.generate(ids, max_new_tokens=40, do_sample=False)
        assert tokenizer.decode(written[0, ids.shape[1] :], skip_special_tokens=True) == source
    assert len({*ours}) > 1


@dataclass(frozen=True)
class Disturbed:
    """A run that was killed at five random instants and interrupted once, and each time resumed."""

    run: Path
    code: int
    """Of the process that got Ctrl-C."""
    said: str
    done: int
    """Steps at that time."""
    kept: frozenset[str]
    """The checkpoints at that time."""


LINES = ((1, 5), (10, 60), (60, 115), (115, 121), (121, 126))
"""Where a run is killed: before its first checkpoint, twice in its warm start, around that stage's end, and in RL."""


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Disturbed:
    folder = tmp_path_factory.mktemp("disturbed")
    run, rng = folder / "run", random.Random(20)

    def killed(arguments: list[str], lines: range) -> None:
        process = start(arguments, folder)
        # In that step, or in an evaluation: wherever the run is by the time that it is seen to have got so far.
        reach(process, run, max(rng.choice(lines), progress(run) + 1))
        kill(process)

    first, *others = (range(*bounds) for bounds in LINES)
    killed(["--config", settings(folder), "--out", str(run)], first)
    process = start(["--resume", str(run)], folder)
    reach(process, run, progress(run) + 5)
    os.kill(process.pid, signal.SIGINT)
    code = process.wait(60)
    kept = frozenset(path.name for path in (run / "checkpoints").iterdir())
    found = Disturbed(run, code, process.told(), progress(run), kept)
    for lines in others:
        killed(["--resume", str(run)], lines)
    last = start(["--resume", str(run)], folder)
    assert last.wait(200) == 0, last.told()
    return found


def test_ctrl_c_in_a_step_checkpoints_that_step(disturbed: Disturbed):
    assert disturbed.code == 130
    name = f"warm_start-{disturbed.done:05d}"
    told = f"checkpoint {name} is written: go on with hone train --resume {disturbed.run}"
    assert disturbed.said.endswith(f"\nhone: interrupted: {told}\n")
    assert "Traceback" not in disturbed.said
    assert name in disturbed.kept


def test_a_run_interrupted_and_killed_at_five_random_instants_ends_with_the_bits_of_one_that_was_not(
    whole: Path, disturbed: Disturbed
):
    """The two share the seed alone, neither process nor hash seed: the same seed gives the same bits, however often."""
    assert weights(disturbed.run) == weights(whole)
    assert metrics(disturbed.run) == metrics(whole)
    assert read_results(disturbed.run)["stages"] == read_results(whole)["stages"]


GREATER = {
    "adapters, a value head and an update in parts": {
        "lora": LoRAConfig(rank=4),
        "rl": RLConfig(
            steps=4, prompts=4, samples=8, max_new_tokens=40, objective=named("ppo"), tokens_at_once=600, updates=1
        ),
    },
    "elites": {
        "rl": RLConfig(steps=4, prompts=4, samples=8, max_new_tokens=40, objective=named("expert_iteration")),
    },
}


@pytest.mark.parametrize("changes", GREATER.values(), ids=GREATER)
def test_whatever_learns_beside_the_weights_survives_a_kill_to_the_same_bits(
    whole: Path, tmp_path: Path, changes: dict[str, Any]
):
    base = replace(SHORT, policy=whole / "checkpoints" / "warm_start" / "policy", checkpoint_every=1)
    warm_start = WarmStartConfig(steps=2, batch=4, warm_up=0)
    short = EvalConfig(levels=(1,), tasks_per_level=1, samples=1, max_new_tokens=8)
    file = settings(tmp_path, replace(base, warm_start=warm_start, evaluation=short, **changes))
    undisturbed, run = tmp_path / "undisturbed", tmp_path / "run"
    beside = start(["--config", file, "--out", str(undisturbed)], tmp_path)
    process = start(["--config", file, "--out", str(run)], tmp_path)
    reach(process, run, 4)
    kill(process)
    assert progress(run) < 6, "it was over before it was killed"
    last = start(["--resume", str(run)], tmp_path)
    assert last.wait(200) == 0, last.told()
    assert beside.wait(200) == 0, beside.told()
    ended = [folder / "checkpoints" / "rl" for folder in (run, undisturbed)]
    names = [sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()) for folder in ended]
    assert names[0] == names[1]
    for name in set(names[0]) - {"manifest.json"}:
        assert (ended[0] / name).read_bytes() == (ended[1] / name).read_bytes(), name
    assert metrics(run) == metrics(undisturbed)
    assert any(line.get("gradient_norm") for line in metrics(run)[2:]), (
        "nothing was learned: the test proves too little"
    )


def test_a_warm_start_learns_from_what_passed_in_an_earlier_run_and_from_nothing_else(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    given: list[Task] = []

    class Watched(SupervisedStage):
        def __init__(self, name: str, policy: Policy, tasks: Sequence[Task], *rest: Any) -> None:
            given.extend(tasks)
            super().__init__(name, policy, tasks, *rest)

    monkeypatch.setattr("hone.loop.run.SupervisedStage", Watched)
    config = replace(
        SHORT,
        policy=whole / "checkpoints" / "warm_start" / "policy",
        solved=SolvedConfig(level_1=0, level_2=0, level_3=0),
        warm_start=WarmStartConfig(steps=8, batch=8, learning_rate=2e-3, warm_up=0, from_run=whole),
        rl=replace(SHORT.rl, steps=0),
        evaluation=EvalConfig(levels=(1,), tasks_per_level=1, samples=1, max_new_tokens=8),
    )
    train(config, tmp_path / "run")
    with closing(sqlite3.connect(whole / "store.sqlite")) as connection:
        passed = set(
            connection.execute(
                "SELECT task, source FROM episodes JOIN verdicts USING (run, stage, step, idx)"
                " WHERE stage = 'rl' AND outcome = 'passed' AND passes = runs AND NOT truncated"
            )
        )
    assert given
    assert {(task.id, task.reference) for task in given} <= passed
    assert {task.id for task in given} == {task for task, _ in passed}
    losses: list[Any] = [line["loss"] for line in metrics(tmp_path / "run")]
    assert len(losses) == 8
    assert losses[-1] < losses[0] < 0.5, "these are not the programs that this policy wrote"


@pytest.mark.parametrize("control", [Control.MORE_SUPERVISED, Control.LOW_TEMPERATURE, Control.SHUFFLED_REWARD])
def test_a_control_starts_from_the_warm_start_and_is_evaluated_under_its_name(
    whole: Path, tmp_path: Path, control: Control, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hone.loop.run._VALIDATION_TASKS", 4)  # they choose a temperature: which one is no matter here
    config = replace(
        SHORT,
        policy=whole / "checkpoints" / "warm_start" / "policy",
        warm_start=replace(SHORT.warm_start, steps=0),
        control=control,
        more_supervised_steps=3,
        rl=replace(SHORT.rl, steps=3),
    )
    train(config, tmp_path / "run")
    results = read_results(tmp_path / "run")
    assert list(results["stages"]) == [f"control:{control}"]
    learned = {Control.MORE_SUPERVISED: 3, Control.LOW_TEMPERATURE: 0, Control.SHUFFLED_REWARD: 3}
    assert [line["stage"] for line in metrics(tmp_path / "run")] == [f"control:{control}"] * learned[control]
    if control is Control.LOW_TEMPERATURE:
        assert results["temperature"][f"control:{control}"] < 1


def test_a_hugging_face_checkpoint_of_another_architecture_goes_through_the_same_run(tmp_path: Path):
    tasks = TaskMix.parse("integers.pipeline").some_tasks(Split.TRAIN, 1, 40)
    tokenizer = train_tokenizer([text for task in tasks for text in (task.prompt, task.reference)], 400, "words")
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:\n"
    shape: dict[str, Any] = {"n_embd": 32, "n_layer": 1, "n_head": 2, "n_positions": 512, "vocab_size": len(tokenizer)}
    GPT2LMHeadModel(GPT2Config(**shape, bos_token_id=1, eos_token_id=3)).save_pretrained(tmp_path / "gpt2")
    tokenizer.save_pretrained(tmp_path / "gpt2")
    config = replace(
        SHORT,
        policy=tmp_path / "gpt2",
        warm_start=WarmStartConfig(steps=3, batch=4),
        rl=RLConfig(steps=2, prompts=2, samples=2, max_new_tokens=20),
        evaluation=EvalConfig(tasks_per_level=2, samples=2, max_new_tokens=20),
    )
    train(config, tmp_path / "run")
    assert list(read_results(tmp_path / "run")["stages"]) == ["untrained", "warm_start", "rl"]
    trained = AutoModelForCausalLM.from_pretrained(tmp_path / "run" / "checkpoints" / "rl" / "policy")
    assert type(trained) is GPT2LMHeadModel
