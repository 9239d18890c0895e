"""The study: every control starts from the seed's own warm start, and what is finished is never done again."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from hone.curriculum.learnability import CurriculumConfig
from hone.curriculum.solved import SolvedConfig
from hone.errors import HoneError
from hone.learn.config import RLConfig, WarmStartConfig
from hone.loop.config import EvalConfig, TrainConfig
from hone.loop.study import StudyConfig, compare, gains_table, study, supervised_steps
from hone.policy.model import ModelConfig
from hone.store.run_dir import read_results

TINY = TrainConfig(
    threads=1,
    workers=1,
    model=ModelConfig(hidden=32, layers=1, heads=2, kv_heads=1, head_dim=16, ff=64, vocab=450),
    solved=SolvedConfig(level_1=30, level_2=0, level_3=0),
    curriculum=CurriculumConfig(tasks="integers.pipeline:1-3"),
    warm_start=WarmStartConfig(steps=4, batch=4),
    rl=RLConfig(steps=2, prompts=2, samples=2, max_new_tokens=12),
    evaluation=EvalConfig(tasks_per_level=4, samples=2, many_tasks=1, many_samples=64, max_new_tokens=12),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hone.loop.run._VALIDATION_TASKS", 4)  # they choose a temperature: which one is no matter here
        return study(StudyConfig(seeds=(0,), train=TINY), tmp_path_factory.mktemp("study") / "s", say=lambda _: None)


def test_a_study_holds_the_run_and_every_control(folder: Path):
    names = {path.name for path in (folder / "seed-0").iterdir() if path.is_dir()}
    assert names == {"main", "control-more_supervised", "control-low_temperature", "control-shuffled_reward"}
    found = json.loads((folder / "results.json").read_text())["seeds"]["0"]
    gains = [name for name in found if "gain" in name]
    assert len(gains) == 5
    assert all(found[name]["n"] == 8 for name in gains)
    assert set(found["pass@64"]) == {"held_out_compositions", "held_out_depth"}
    assert len(gains_table({"seeds": {"0": found}})) == 5
    stages = list(read_results(folder / "seed-0")["stages"])
    assert stages[:3] == ["untrained", "warm_start", "rl"]
    assert set(stages[3:]) == {"control:more_supervised", "control:low_temperature", "control:shuffled_reward"}


def test_a_finished_study_is_not_run_again_and_other_settings_are_refused(folder: Path):
    said: list[str] = []
    before = (folder / "results.json").read_bytes()
    study(StudyConfig(seeds=(0,), train=TINY), folder, say=said.append)
    assert len(said) == 4
    assert all(line.endswith("done before") for line in said)
    assert (folder / "results.json").read_bytes() == before
    with pytest.raises(HoneError, match="other settings"):
        study(StudyConfig(seeds=(0,), train=replace(TINY, checkpoint_every=7)), folder, say=said.append)


def test_as_many_supervised_steps_as_take_the_time_of_rl(tmp_path: Path):
    lines = [{"stage": "warm_start", "step": i, "time": {"learn": 0.5}} for i in range(1, 5)]
    lines += [
        {"stage": "rl", "step": i, "time": {"write": 1.0, "run": 9.0, "wait": 0.5, "learn": 1.0}} for i in range(1, 4)
    ]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert supervised_steps(tmp_path) == 15
    overlapping = [json.loads(json.dumps(line).replace('"write"', '"step": 1.5, "write"')) for line in lines]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in overlapping))
    assert supervised_steps(tmp_path) == 9


def test_a_gain_is_paired_task_by_task(folder: Path, tmp_path: Path):
    results = json.loads(json.dumps(read_results(folder / "seed-0" / "main")))
    for level in (2, 3):
        rows = results["tasks"]["rl"][f"held_out_compositions:{level}"]
        warm = results["tasks"]["warm_start"][f"held_out_compositions:{level}"]
        for ours, theirs in zip(rows, warm, strict=True):
            ours[1:4] = [True, 2, 2]
            theirs[1:4] = [False, 2, 1]
    (tmp_path / "main").mkdir()
    (tmp_path / "main" / "results.json").write_text(json.dumps(results))
    found = compare(tmp_path)
    assert found["gain over warm start"] == {"value": 0.5, "low": 0.5, "high": 0.5, "n": 8}
    assert found["greedy gain over warm start"]["value"] == 1.0
