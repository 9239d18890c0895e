"""Tasks of one's own: read, checked and shown like any suite; every broken one is named, and nothing of them is run."""

import json
from pathlib import Path

import pytest

from hone.cli import main
from hone.errors import HoneError
from hone.tasks.suites import load_suite

TASK = {
    "form": "call",
    "prompt": "Write add(a, b), which returns the sum of two whole numbers.",
    "entry_point": "add",
    "visible": [{"args": [1, 2], "expected": 3}],
    "hidden": [{"args": [0, 5], "expected": 5}, {"args": [-1, 1], "expected": 0}, {"args": [20, -7], "expected": 13}],
    "reference": "def add(a, b):\n    return a + b\n",
}


def write(path: Path, *rows: object) -> Path:
    path.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows) + "\n")
    return path


def test_a_file_and_a_folder_give_the_same_tasks(tmp_path: Path):
    rows = [TASK | {"id": f"mine/{n}"} for n in range(3)]
    lines = load_suite(str(write(tmp_path / "mine.jsonl", *rows)))
    folder = tmp_path / "folder"
    folder.mkdir()
    for n, row in enumerate(rows):
        (folder / f"{n}.json").write_text(json.dumps(row))
    assert load_suite(str(folder)).tasks == lines.tasks
    assert (lines.name, [task.id for task in lines]) == ("mine", ["mine/0", "mine/1", "mine/2"])


def test_every_broken_row_is_one_line_and_quotes_no_value(tmp_path: Path):
    path = write(
        tmp_path / "mine.jsonl",
        TASK | {"id": "a"},
        "{not json",
        TASK | {"id": "a"},
        {**TASK, "entrypoint": "secret"},
        "",
        {**TASK, "hidden": [{"args": ["secret"]}]},
    )
    with pytest.raises(HoneError) as caught:
        load_suite(str(path))
    lines = caught.value.what.splitlines()
    assert [line.split(": ")[0] for line in lines] == [f"{path}, row {n}" for n in (2, 3, 4, 6)]
    assert "did you mean" in lines[2] or "no field 'entrypoint'" in lines[2]
    assert "secret" not in caught.value.what


@pytest.mark.parametrize("name", ["none.jsonl", "empty.jsonl", "empty"])
def test_nothing_to_read_is_one_clear_line(tmp_path: Path, name: str, capsys):
    (tmp_path / "empty.jsonl").write_text("\n\n")
    (tmp_path / "empty").mkdir()
    assert main(["suite", "check", str(tmp_path / name)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert name in said


def test_one_s_own_suite_is_certified_and_shown(tmp_path: Path, capsys):
    path = write(tmp_path / "mine.jsonl", TASK | {"id": "good"}, TASK | {"id": "bad", "prompt": "Add."})
    assert main(["suite", "check", str(path), "--json", "--mutants", "10"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["suite"], report["tasks"], report["reference_passed"]) == ("mine", 2, 2)
    assert [found["task"] for found in report["quarantined"]] == ["bad"]
    assert report["killed"] == report["mutants"] > 0
    assert main(["suite", "show", str(path)]) == 0
    assert "2 tasks" in capsys.readouterr().out
