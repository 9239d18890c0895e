"""`hone grade --task FILE.json`: a task of one's own, from the command line."""

import json

import pytest

from hone.cli import main

TASK = {
    "form": "call",
    "prompt": "Add two numbers.",
    "entry_point": "add",
    "visible": [{"args": [1, 2], "expected": 3}],
    "hidden": [{"args": [{"$int": "0x20000000000001"}, 0], "expected": 2**53 + 1}],
}


@pytest.fixture
def grade(tmp_path, capsys):
    def run(task: object, source: str) -> tuple[int, str, str]:
        (tmp_path / "task.json").write_text(task if isinstance(task, str) else json.dumps(task))
        (tmp_path / "program.py").write_text(source)
        code = main(["grade", "--json", "--task", str(tmp_path / "task.json"), str(tmp_path / "program.py")])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_a_task_file_is_judged_like_any_task(grade):
    code, out, _ = grade(TASK, "def add(a, b):\n    return a + b\n")
    assert (code, json.loads(out)["outcome"]) == (0, "passed")
    code, out, _ = grade(TASK, "def add(a, b):\n    return float(a + b)\n")
    assert (code, json.loads(out)["outcome"]) == (1, "wrong answer")


@pytest.mark.parametrize("task", ["", "[]", TASK | {"hiden": []}, TASK | {"entry_point": ""}])
def test_a_broken_task_file_is_one_line_and_code_2(grade, task):
    code, out, err = grade(task, "def add(a, b):\n    return a + b\n")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith("hone: task author: ")
    assert "task.json: " in err
