"""The exported policy: whole or not at all, with a card that says what is true and in which foreign words are data."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard

from hone.cli import main
from hone.config import to_dict
from hone.errors import HoneError
from hone.loop.config import TrainConfig
from hone.loop.export.card import code, fenced
from hone.loop.export.folder import export
from hone.store import RunDir

HOSTILE = "x | y` <script>alert(1)</script>\n\n# Owned\n---\n![](http://evil/x.png) ``` @all"


def score(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.1, "high": value + 0.1, "n": 40}


def run_at(path: Path, settings: TrainConfig | None = None, stages: dict[str, Any] | None = None) -> Path:
    """A run of two stages, its second one with a checkpoint halfway, as far as its files go."""

    def writer(stage: str, step: int):
        def write(folder: Path) -> None:
            (folder / "policy" / "lora").mkdir(parents=True)
            (folder / "policy" / "lora" / "adapter.safetensors").write_bytes(b"adapter")
            (folder / "policy" / "config.json").write_text('{"hone_style": "plain"}')
            (folder / "policy" / "tokenizer_config.json").write_text("{}")
            (folder / "policy" / "model.safetensors").write_bytes(f"{stage} {step}".encode())
            (folder / "optimizer.safetensors").write_bytes(b"moments")
            (folder / "state.json").write_text(json.dumps({"stage": stage, "step": step, "state": {}}))

        return write

    with RunDir.create(path, to_dict(settings or TrainConfig(seed=5)), version="9.9", seed=5) as run:
        run.metrics.append("warm_start", 1, {"loss": 1.0}, {"learn": 60.0})
        run.save_checkpoint("warm_start", writer("warm_start", 1), keep=True)
        for step in (1, 2, 3):
            alarms = {"alarms": {"truncation_high": f"told at {step}: {HOSTILE}"}} if step == 2 else {}
            run.metrics.append("rl", step, {"reward": 0.1, **alarms}, {"write": 30.0, "learn": 60.0})
            run.save_checkpoint("rl" if step == 3 else f"rl-{step:05d}", writer("rl", step), keep=step == 3)
        found = stages or {
            stage: {"held_out_compositions": {"1": {"pass@1": score(value), "greedy_pass@1": score(value + 0.05)}}}
            for stage, value in (("untrained", 0.1), ("warm_start", 0.3), ("rl", 0.6))
        }
        run.write_results({"stages": found})
    return path


def test_the_newest_checkpoint_is_copied_without_what_only_the_learner_needs(tmp_path):
    folder = export(run_at(tmp_path / "run"), tmp_path / "deep" / "out")
    assert sorted(path.name for path in folder.iterdir()) == [
        "README.md",
        "config.json",
        "model.safetensors",
        "tokenizer_config.json",
    ]
    assert (folder / "model.safetensors").read_bytes() == b"rl 3"
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


@pytest.mark.parametrize("place", ["notes.txt", "deep/notes.txt", "lora/notes.txt"])
def test_a_link_in_a_run_brings_no_file_of_the_machine_along(tmp_path, place):
    (tmp_path / "secret.txt").write_text("secret")
    run = run_at(tmp_path / "run")
    for checkpoint in (run / "checkpoints").iterdir():
        if not checkpoint.is_symlink():
            link = checkpoint / "policy" / place
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(tmp_path / "secret.txt")
    with pytest.raises(HoneError, match="is a link, or no file"):
        export(run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_front_matter_is_what_the_hub_reads_with_the_stages_own_figures(tmp_path):
    card = ModelCard.load(export(run_at(tmp_path / "run"), tmp_path / "out") / "README.md")
    assert card.data.license == "apache-2.0"
    assert (card.data.library_name, card.data.pipeline_tag) == ("transformers", "text-generation")
    found = [(e.dataset_split, e.dataset_config, e.metric_type, e.metric_value) for e in card.data.eval_results]
    assert found == [
        ("held_out_compositions", "level 1", "greedy_pass@1", 0.65),
        ("held_out_compositions", "level 1", "pass@1", 0.6),
    ]


def test_the_card_tells_what_the_run_was(tmp_path):
    text = (export(run_at(tmp_path / "run"), tmp_path / "out") / "README.md").read_text()
    assert "| seed | 5 |" in text
    assert "made with | Hone `9.9`" in text
    assert "`composed:1-3`" in text
    assert "| licence of the training tasks | `Apache-2.0` |" in text
    assert "| stage `rl` | 3 steps, 4.5 minutes |" in text
    assert "| `held_out_compositions` | `1` | `rl` | 65.0 (55.0–75.0) | 60.0 (50.0–70.0) | 40 |" in text
    assert "learning_rate = 0.0003" in text
    assert "told at 2" in text


@pytest.mark.parametrize(
    ("checkpoint", "steps", "stages"),
    [("rl-00002", "2 steps", ["untrained", "warm_start"]), ("warm_start", "1 step", [])],
)
def test_a_checkpoint_on_the_way_claims_no_figure_of_later_weights(tmp_path, checkpoint, steps, stages):
    run = run_at(tmp_path / "run")
    card = ModelCard.load(export(run, tmp_path / "out", checkpoint) / "README.md")
    assert "`rl` | 65.0" not in card.text
    if checkpoint == "warm_start":
        assert [e.metric_value for e in card.data.eval_results] == [0.35, 0.3]
        assert "| stage `rl`" not in card.text
        assert "told at 2" not in card.text
        return
    assert card.data.eval_results is None
    assert f"| stage `rl` | {steps}" in card.text
    assert "step 2 of `rl`, were not evaluated" in card.text
    assert re.findall(r"\| `1` \| `(\w+)`", card.text) == stages


def test_a_policy_that_was_given_keeps_its_licence_and_its_path_to_itself(tmp_path):
    settings = TrainConfig(policy=Path("/home/me/secret-project/some-model"))
    card = ModelCard.load(export(run_at(tmp_path / "run", settings), tmp_path / "out") / "README.md")
    assert card.data.license == "other"
    assert "secret-project" not in card.content
    assert "| started from | `some-model` |" in card.text


def markup(text: str) -> str:
    """The card without what stands in code: whatever of it a reader of Markdown would take for markup."""
    text = text.split("\n---\n", 1)[1]
    text = re.sub(r"^(`{3,})[^`\n]*\n.*?^\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", text)


def test_names_in_a_runs_files_are_never_markup(tmp_path):
    stages = {"untrained": {}, "rl": {HOSTILE: {HOSTILE: {"pass@1": score(0.5)}}}, HOSTILE: {}}
    run = run_at(tmp_path / HOSTILE.replace("/", "_"), stages=stages)
    config = json.loads((run / "config.json").read_text())
    config |= {"run": HOSTILE, "version": HOSTILE}
    (run / "config.json").write_text(json.dumps(config))
    text = (export(run, tmp_path / "out") / "README.md").read_text()
    assert text.count("Owned") >= 5
    rest = markup(text)
    for trick in ("Owned", "<script", "evil", "@all"):
        assert trick not in rest
    front = yaml.safe_load(text.split("---\n")[1])
    assert ModelCard(text).data.to_dict()["model-index"][0]["name"].split() == HOSTILE.split()
    assert front["model-index"][0]["name"].split() == HOSTILE.split()
    rows = [line for line in text.splitlines() if line.startswith("| ") and "Owned" in line]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} <= {3, 6}, "a bar in a name makes no column"


@pytest.mark.parametrize("text", ["", "`", "``", "a`b``c", "`a`", "a|b", "\n\n", "a\x1b[31mb\u202e"])
def test_inline_code_is_one_line_that_its_text_cannot_end(text):
    shown = code(text)
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    fence = re.match("`+", shown)
    assert fence
    assert shown.endswith(fence[0])
    assert not re.search(f"(?<!`){fence[0]}(?!`)", shown[len(fence[0]) : -len(fence[0])])
    assert code("a|b", table=True) == r"`a\|b`"


def test_a_block_is_fenced_longer_than_anything_in_it():
    assert fenced("a\n````\nb").splitlines() == ["`````", "a", "````", "b", "`````"]


def test_a_folder_that_holds_something_is_left_alone_and_an_empty_one_is_filled(tmp_path):
    run = run_at(tmp_path / "run")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    with pytest.raises(HoneError, match="is there already: choose another --out"):
        export(run, tmp_path / "mine")
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
    (tmp_path / "empty").mkdir()
    assert (export(run, tmp_path / "empty") / "README.md").is_file()
    again = export(run, tmp_path / "empty", "warm_start", replace=True)
    assert (again / "model.safetensors").read_bytes() == b"warm_start 1"


def test_a_damaged_checkpoint_is_not_published(tmp_path):
    run = run_at(tmp_path / "run")
    (run / "checkpoints" / "rl" / "policy" / "model.safetensors").write_bytes(b"RL 3")
    with pytest.raises(HoneError, match="was altered"):
        export(run, tmp_path / "out", "rl")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "results", ['{"stages": {"rl": 3}}', '{"stages": {"rl": {"a": {"1": {"pass@1": {}}}}}}', "{}", "["]
)
def test_results_that_are_none_are_named_and_nothing_is_left(tmp_path, results):
    run = run_at(tmp_path / "run")
    (run / "results.json").write_text(results)
    with pytest.raises(HoneError, match=r"results.json"):
        export(run, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "missing from hone export: PATH --out PATH"),
        (["/nowhere", "--out", "x"], "there is no run at /nowhere"),
        (["RUN"], "--out"),
        (
            ["RUN", "--out", "x", "--checkpoint", "best"],
            "has no checkpoint 'best': it has rl, rl-00001, rl-00002, warm",
        ),
        (["RUN", "--out", "x", "--checkpoint", "../checkpoints/rl"], "has no checkpoint '../checkpoints/rl'"),
        (["RUN", "--out", "RUN"], "is there already"),
        (["RUN", "--out", "/proc/nowhere/x"], "cannot write /proc/nowhere/x"),
        (["RUN", "--out", "x", "--push"], "unrecognized options: --push"),
    ],
)
def test_nonsense_to_export_is_one_line_and_code_2(tmp_path, capsys, monkeypatch, arguments, line):
    monkeypatch.chdir(tmp_path)
    run = run_at(tmp_path / "run")
    assert main(["export", *(str(run) if argument == "RUN" else argument for argument in arguments)]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
