"""The run directory: one writer, nothing overwritten, a replay leaves what was there."""

import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from hone.errors import HoneError
from hone.store import EpisodeRecord, RunDir, read_config, read_metrics, read_results
from hone.verdict.verdict import CheckOutcome, Finding, Outcome, Verdict


def create(path: Path, **more) -> RunDir:
    return RunDir.create(path, {"steps": 3}, version="0.1", seed=7, **more)


def episode(index: int) -> EpisodeRecord:
    verdict = Verdict(
        task_id=f"lists:1:train:{index}",
        outcome=Outcome.WRONG_ANSWER,
        checks=(
            CheckOutcome("visible 1", True, Outcome.PASSED),
            CheckOutcome("hidden 1", False, Outcome.WRONG_ANSWER),
            CheckOutcome("hidden 2", False, Outcome.PASSED),
        ),
        findings=(Finding("ruff", "F401", 1, "unused"),),
    )
    return EpisodeRecord(
        verdict=verdict,
        source="def f(): return '\ud800'",
        domain="lists",
        level=1,
        group=index // 2,
        tokens=9,
        reward=0.25,
        components={"tier": 0.2, "partial": 0.05},
    )


def rows(run: RunDir) -> dict[str, list]:
    return {
        table: run.store.query(f"SELECT * FROM {table}") for table in ("steps", "episodes", "verdicts", "components")
    }


def test_create_refuses_a_folder_that_holds_a_run(tmp_path):
    create(tmp_path / "run").close()
    with pytest.raises(HoneError, match=r"already holds a run: choose another --out, or continue it with --resume"):
        create(tmp_path / "run")


def test_create_refuses_a_folder_that_holds_something_else(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(HoneError, match=r"already holds thesis.txt"):
        create(tmp_path)


def test_create_takes_over_what_a_run_killed_at_birth_left(tmp_path):
    (tmp_path / ".lock").write_text("123")
    create(tmp_path).close()


def test_open_refuses_what_is_no_run(tmp_path):
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(HoneError, match="there is no run at"):
            RunDir.open(path)
    (tmp_path / "config.json").write_text('{"run": ')
    with pytest.raises(HoneError, match=r"config.json cannot be read"):
        RunDir.open(tmp_path)


def test_two_processes_cannot_write_one_run(tmp_path):
    run = create(tmp_path / "run")
    code = "import sys; from pathlib import Path; from hone.store import RunDir; RunDir.open(Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(run.path)], capture_output=True, text=True)
    assert "HoneError: process" in done.stderr
    assert "is writing" in done.stderr
    run.close()
    done = subprocess.run([sys.executable, "-c", code, str(run.path)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_replayed_step_leaves_the_rows_of_a_run_that_never_crashed(tmp_path):
    once = create(tmp_path / "once")
    twice = create(tmp_path / "twice" / "once")
    for run in (once, twice):
        for step in (1, 2):
            run.record_step("rl", step, {"reward": 0.5}, {"seconds": 0.1}, [episode(i) for i in range(4)])
    twice.record_step("rl", 2, {"reward": 0.1}, {}, [episode(i) for i in range(6)])
    twice.record_step("rl", 2, {"reward": 0.5}, {"seconds": 0.1}, [episode(i) for i in range(4)])
    assert rows(once) == rows(twice)
    assert len(rows(once)["components"]) == 2 * 4 * 2


def test_verdicts_count_visible_and_hidden_passes_apart(tmp_path):
    run = create(tmp_path / "run")
    run.record_step("rl", 1, {}, episodes=[episode(0)])
    found = run.store.query("SELECT visible_passed, visible, hidden_passed, hidden, outcome FROM verdicts")
    assert found == [(1, 1, 1, 2, "wrong answer")]


def test_a_step_that_cannot_be_stored_whole_is_not_stored_at_all(tmp_path):
    run = create(tmp_path / "run")
    bad = EpisodeRecord(verdict=episode(1).verdict, source="", components={"tier": "not a number"})  # ty: ignore
    with pytest.raises(ValueError, match="could not convert"):
        run.record_step("rl", 1, {}, episodes=[episode(0), bad])
    assert rows(run) == {"steps": [], "episodes": [], "verdicts": [], "components": []}


def test_a_query_cannot_change_the_store(tmp_path):
    run = create(tmp_path / "run")
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        run.store.query("DELETE FROM runs")


def test_metrics_of_one_seed_are_equal_but_for_time(tmp_path):
    for name, seconds in (("a", 0.5), ("b", 0.75)):
        with create(tmp_path / name) as run:
            run.record_step("rl", 1, {"reward": 0.1, "pass": {"1": 0.5}, "loss": float("nan")}, {"seconds": seconds})
    a, b = (read_metrics(tmp_path / name / "metrics.jsonl", time=False) for name in "ab")
    assert a == b == [{"stage": "rl", "step": 1, "reward": 0.1, "pass": {"1": 0.5}, "loss": None}]


def test_truncating_forgets_what_came_after_the_checkpoint(tmp_path):
    with create(tmp_path / "run") as run:
        for stage, step in (("warm_start", 1), ("warm_start", 2), ("rl", 1), ("rl", 2), ("rl", 3)):
            run.record_step(stage, step, {"x": step})
    file = tmp_path / "run" / "metrics.jsonl"
    file.write_bytes(file.read_bytes() + b'{"stage": "rl", "st')
    with RunDir.open(tmp_path / "run") as run:
        run.metrics.truncate_to("rl", 2)
        run.record_step("rl", 3, {"x": 30})
    kept = [(line["stage"], line["step"], line["x"]) for line in read_metrics(file)]
    assert kept == [("warm_start", 1, 1), ("warm_start", 2, 2), ("rl", 1, 1), ("rl", 2, 2), ("rl", 3, 30)]


def test_a_line_cut_by_a_crash_does_not_run_into_the_next_one(tmp_path):
    with create(tmp_path / "run") as run:
        run.metrics.append("rl", 1, {})
    file = tmp_path / "run" / "metrics.jsonl"
    file.write_bytes(file.read_bytes() + b'{"stage": "rl", "st')
    with RunDir.open(tmp_path / "run") as run:
        run.metrics.append("rl", 2, {})
    assert [line["step"] for line in read_metrics(file)] == [1, 2]


def test_config_and_results_come_back_as_they_were_written(tmp_path):
    with create(tmp_path / "run") as run:
        with pytest.raises(HoneError, match=r"has no results.json: finish it with --resume"):
            read_results(run.path)
        run.write_results({"stages": {"rl": {}}})
        assert read_results(run.path) == {"stages": {"rl": {}}}
    config = read_config(tmp_path / "run")
    assert (config["run"], config["version"], config["seed"], config["settings"]) == ("run", "0.1", 7, {"steps": 3})


def test_a_store_that_is_no_database_is_one_clear_error(tmp_path):
    create(tmp_path / "run").close()
    for file in (tmp_path / "run").glob("store.sqlite*"):
        file.write_bytes(b"not a database, certainly" * 100)
    with pytest.raises(HoneError, match="is not a store"):
        RunDir.open(tmp_path / "run")


def test_tensorboard_reads_what_was_recorded(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    with create(tmp_path / "run") as run:
        run.record_step("rl", 1, {"reward": 0.5, "pass": {"2": 0.25}, "note": "text"})
    with RunDir.open(tmp_path / "run") as run:
        run.record_step("rl", 2, {"reward": 0.75, "alarms": {"truncation_high": "90 % are cut off"}})
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard")).Reload()
    assert [(event.step, event.value) for event in events.Scalars("rl/reward")] == [(1, 0.5), (2, 0.75)]
    assert events.Scalars("rl/pass/2")[0].value == 0.25
    (told,) = events.Tensors("rl/alarms/truncation_high")
    assert (told.step, list(told.tensor_proto.string_val)) == (2, [b"90 % are cut off"])
    assert events.SummaryMetadata("rl/alarms/truncation_high").plugin_data.plugin_name == "text"


def test_config_is_plain_json_without_the_clock(tmp_path):
    create(tmp_path / "a" / "run").close()
    create(tmp_path / "b" / "run").close()
    a, b = ((tmp_path / name / "run" / "config.json").read_text() for name in "ab")
    assert a == b
    assert json.loads(a)["seed"] == 7
