"""Verified programs of an earlier run: only what passed every time on training tasks, each once, the shortest first."""

from pathlib import Path

import pytest

from hone.curriculum.solved import verified_tasks
from hone.errors import HoneError
from hone.store.database import EpisodeRecord
from hone.store.run_dir import RunDir
from hone.tasks.families import task_from_id
from hone.verdict.verdict import Outcome, Verdict

FIRST, SECOND = "integers.pipeline:1:train:0", "lists.pipeline:1:train:3"


def episode(task: str, source: str, outcome: Outcome = Outcome.PASSED, *, passes: int = 3, cut: bool = False):
    verdict = Verdict(task, outcome, (), runs=3, passes=passes)
    return EpisodeRecord(verdict=verdict, source=source, tokens=5, truncated=cut, reward=1.0)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose store holds all that may and may not be learned from."""
    with RunDir.create(tmp_path / "run", {}, version="0", seed=0) as run:
        held_out = [f"integers.pipeline:1:{split}:0" for split in ("held_out_compositions", "validation")]
        episodes = [
            episode(FIRST, "a long program"),
            episode(FIRST, "short"),
            episode(FIRST, "short"),
            episode(FIRST, "wrong", Outcome.WRONG_ANSWER, passes=0),
            episode(SECOND, "flaky", passes=2),
            episode(SECOND, "cut off", cut=True),
            *(episode(name, "held out") for name in held_out),
        ]
        run.record_step("rl", 1, {}, {}, episodes)
        run.record_step("rl", 2, {}, {}, [episode(FIRST, "short"), episode(SECOND, "the only one")])
    return tmp_path / "run"


def test_what_passed_every_time_on_a_training_task_is_a_solution_once(run):
    found = [(task.id, task.reference) for task in verified_tasks(run, 4)]
    assert found == [(FIRST, "short"), (FIRST, "a long program"), (SECOND, "the only one")]
    assert [task.prompt for task in verified_tasks(run, 1)] == [task_from_id(name).prompt for name in (FIRST, SECOND)]


def test_no_more_than_is_wanted_is_taken_of_one_task(run):
    assert [task.reference for task in verified_tasks(run, 1)] == ["short", "the only one"]


def test_the_store_is_only_read(run):
    before = (run / "store.sqlite").read_bytes()
    verified_tasks(run, 4)
    assert (run / "store.sqlite").read_bytes() == before


def test_a_run_without_a_store_or_without_a_pass_is_one_clear_line(tmp_path):
    with pytest.raises(HoneError, match="holds no store"):
        verified_tasks(tmp_path, 4)
    (tmp_path / "store.sqlite").write_bytes(b"no database" * 99)
    with pytest.raises(HoneError, match="cannot be read"):
        verified_tasks(tmp_path, 4)
    with RunDir.create(tmp_path / "run", {}, version="0", seed=0) as run:
        run.record_step("rl", 1, {}, {}, [episode(FIRST, "wrong", Outcome.WRONG_ANSWER, passes=0)])
    with pytest.raises(HoneError, match="no program"):
        verified_tasks(tmp_path / "run", 4)
