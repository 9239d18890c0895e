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
    lines = caught.value.faults
    assert [line.split(": ")[0] for line in lines] == [f"{path}, row {n}" for n in (2, 3, 4, 6)]
    assert lines[2].endswith("task has no field 'entrypoint': did you mean entry_point?")
    assert "secret" not in str(caught.value)


def test_a_check_tells_every_broken_row_in_a_line_of_its_own(tmp_path: Path, capsys):
    path = write(tmp_path / "mine.jsonl", "{not json", {**TASK, "entrypoint": "x"}, TASK)
    assert main(["suite", "check", str(path)]) == 2
    first, second, last = capsys.readouterr().err.splitlines()
    assert first.startswith(f"hone: task author: {path}, row 1: ")
    assert second.startswith(f"hone: task author: {path}, row 2: ")
    assert last == f"hone: task author: {path}: 2 of its tasks are broken: mend them, or take them out"


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
    assert main(["suite", "check", str(path), "--json", "--mutants", "10"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert (report["suite"], report["tasks"], report["reference_passed"]) == ("mine", 2, 2)
    assert [found["task"] for found in report["quarantined"]] == ["bad"]
    assert report["killed"] == report["mutants"] > 0
    assert main(["suite", "show", str(path)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("mine: 2 tasks (call), 8 checks\n")
    assert "…" not in said
    assert main(["suite", "check", str(write(tmp_path / "fair.jsonl", TASK | {"id": "good"}))]) == 0
    assert "…" not in capsys.readouterr().out


def test_one_task_of_one_s_own_is_shown_and_graded_by_its_name(tmp_path: Path, capsys):
    path = str(write(tmp_path / "mine.jsonl", TASK | {"id": "mine/add"}, TASK | {"id": "mine/two", "prompt": "Add 2."}))
    program = tmp_path / "program.py"
    program.write_text("def add(a, b):\n    return a + b\n")
    assert main(["suite", "show", "mine/two", "--suite", path]) == 0
    assert capsys.readouterr().out.startswith("mine/two · call · no licence named\nAdd 2.\n")
    assert main(["grade", "--task", "mine/two", "--suite", path, str(program)]) == 0
    assert capsys.readouterr().out.startswith("mine/two: passed\n")


def test_a_file_of_one_task_needs_no_name_of_the_task(tmp_path: Path, capsys):
    module = tmp_path / "mods.py"
    module.write_text(
        'def add(a, b):\n    """Add.\n\n    >>> add(1, 2)\n    3\n    >>> add(2, 2)\n    4\n    """\n    return a + b\n'
    )
    for named in (["--task", str(module)], ["--suite", str(module)]):
        assert main(["grade", *named, str(module)]) == 0
        assert capsys.readouterr().out.startswith("mods/add: passed\n")


def test_an_own_task_that_is_named_wrongly_is_told_how_to_name_it(tmp_path: Path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(Path("mine.jsonl"), TASK | {"id": "mine/add"}, TASK | {"id": "mine/two"})
    for arguments, line in (
        (["show", "mine.jsonl/mine/add"], "did you mean mine/add --suite mine.jsonl?"),
        (["show", "mine/ad", "--suite", "mine.jsonl"], "did you mean mine/add"),
        (["show", "mine"], "did you mean mine.jsonl?"),
    ):
        assert main(["suite", *arguments]) == 2
        assert line in capsys.readouterr().err
    assert main(["grade", "--task", "mine.jsonl", "program.py"]) == 2
    assert (
        "holds 2 tasks: mine/add, mine/two: say which, and where from: TASK --suite mine.jsonl"
        in capsys.readouterr().err
    )
