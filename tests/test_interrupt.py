"""Ctrl-C says what is kept and how to go on, and what it says is so."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from hone.cli import main
from hone.commands.train import left_by
from hone.loop.evaluation import evaluate as evaluation
from hone.store import RunDir
from hone.tasks.certify import check_tasks
from hone.tasks.suites import load_suite
from tests.tiny import tiny_policy

TASK = {
    "form": "call",
    "prompt": "Write f(x), which returns x.",
    "entry_point": "f",
    "reference": "def f(x):\n    return x\n",
    "visible": [{"args": [1], "expected": 1}],
    "hidden": [{"args": [2], "expected": 2}],
}


def interrupt(*_: Any, **__: Any) -> None:
    raise KeyboardInterrupt


def told(capsys: pytest.CaptureFixture[str]) -> str:
    *_, line = capsys.readouterr().err.splitlines()
    return line


def test_before_there_is_a_run_nothing_was_begun(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hone.loop.run.check_jail", interrupt)
    assert main(["train", "--out", str(tmp_path / "run")]) == 130
    assert told(capsys) == "hone: interrupted: nothing was begun"
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("place", ["hone.cli.importlib.import_module", "hone.commands.parse.tyro.cli"])
@pytest.mark.parametrize("command", ["train", "eval x", "export x --out y", "study"])
def test_while_a_command_is_read_nothing_was_begun(place, command, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(place, interrupt)
    assert main(command.split()) == 130
    assert told(capsys) == "hone: interrupted: nothing was begun"


def test_a_run_without_a_checkpoint_begins_anew_and_one_with_it_goes_on_from_the_newest(tmp_path):
    path = tmp_path / "a run"
    again = f"hone train --resume {shlex.quote(str(path))}"
    with RunDir.create(path, {}, version="0", seed=0) as run:
        assert left_by(path) == f"no checkpoint is written yet: begin anew with {again}"
        for name in ("warm_start", "rl-00025"):
            run.save_checkpoint(name, lambda folder: None)
            assert left_by(path) == f"checkpoint {name} is written: go on with {again}"


@pytest.fixture
def eval_of(tmp_path: Path) -> list[str]:
    """An evaluation of a tiny policy on two chunks of tasks, kept in `kept.sqlite`."""
    suite = tmp_path / "mine.jsonl"
    suite.write_text("".join(json.dumps(TASK | {"id": f"mine/{number}"}) + "\n" for number in range(51)))
    tiny_policy(load_suite(str(suite), None).tasks[:3], layers=1).save(tmp_path / "policy")
    kept = ["--out", str(tmp_path / "kept.sqlite")]
    return ["eval", str(tmp_path / "policy"), "--suite", str(suite), "--samples", "1", "--max-new-tokens", "2", *kept]


def test_an_evaluation_says_whether_anything_is_kept_and_where(tmp_path, capsys, monkeypatch, eval_of):
    measure = evaluation._judged
    chunks = []

    def second_is_interrupted(*arguments: Any) -> Any:
        if chunks:
            raise KeyboardInterrupt
        chunks.append(1)
        return measure(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(evaluation, "_judged", interrupt)
        assert main(eval_of) == 130
        assert told(capsys) == "hone: interrupted: nothing was measured yet"
        patch.setattr(evaluation, "_judged", second_is_interrupted)
        assert main(eval_of) == 130
        kept = f"programs and verdicts are kept in {tmp_path}/kept.sqlite: give the command again to go on"
        assert told(capsys) == f"hone: interrupted: {kept}"
        patch.setattr("hone.commands.evaluate.task_groups", interrupt)
        assert main(eval_of) == 130
        assert told(capsys) == "hone: interrupted: nothing was begun"


def test_a_study_says_where_what_is_done_is_kept(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("hone.loop.study.train", interrupt)
    folder = tmp_path / "study"
    assert main(["study", "--out", str(folder)]) == 130
    assert told(capsys) == "hone: interrupted: nothing was begun"
    folder.mkdir()
    assert main(["study", "--out", str(folder)]) == 130
    assert told(capsys) == f"hone: interrupted: what was done is kept in {folder}: give the command again to go on"


def test_a_check_of_a_suite_says_where_its_findings_are_kept(tmp_path, capsys, monkeypatch):
    def all_but_the_end(*arguments: Any, **named: Any) -> None:
        check_tasks(*arguments, **named)
        raise KeyboardInterrupt

    check = ["suite", "check", "integers.pipeline", "--n", "1", "--mutants", "0", "--workers", "1"]
    report = tmp_path / "report.jsonl"
    monkeypatch.setattr("hone.commands.suite.check_tasks", interrupt)
    assert main(check) == 130
    assert told(capsys) == "hone: interrupted: nothing is kept without --report FILE"
    assert main([*check, "--report", str(report)]) == 130
    assert told(capsys) == "hone: interrupted: nothing was found yet"
    monkeypatch.setattr("hone.commands.suite.check_tasks", all_but_the_end)
    assert main([*check, "--report", str(report)]) == 130
    assert told(capsys) == f"hone: interrupted: what was found is kept in {report}: give the command again to go on"
    assert report.read_text().count("\n") == 1
