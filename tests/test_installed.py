"""Names of packages come from tasks: looking one up runs nothing, and finds nothing in the current folder."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import hone
from hone.errors import Boundary, HoneError
from hone.installed import installed
from hone.sandbox.pool import Pool
from hone.tasks.suites.packages import lacking, packages_for
from hone.tasks.task import Task
from hone.tasks.task_json import from_data

NAMES = ("planted", "planted.part", "this.part", "", ".", "..", "a b", "a-b", "a/b", "\x1b[2J")
TASK = {"form": "call", "entry_point": "f", "hidden": [{"args": [1], "expected": 1}]}


@pytest.fixture
def planted(tmp_path, monkeypatch):
    """A package in the current folder that leaves a file behind as soon as it is imported."""
    package = tmp_path / "planted"
    package.mkdir()
    package.joinpath("__init__.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    package.joinpath("part.py").write_text("")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend("")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    assert not (tmp_path / "ran").exists()
    assert not {"planted", "planted.part", "this"} & set(sys.modules)


def origin(name: str) -> str:
    """Where an installed package lies."""
    spec = installed(name)
    assert spec is not None
    return spec.origin or ""


@pytest.mark.parametrize("name", NAMES)
def test_looking_a_package_up_imports_nothing_and_finds_nothing_in_the_current_folder(planted, name):
    assert installed(name) is None
    assert lacking([name]) is not None
    with pytest.raises(HoneError, match="is not installed here"):
        Pool(1, packages=[name]).close()


def test_what_is_installed_is_found_wherever_hone_is_started(planted):
    assert origin("msgpack").endswith("msgpack/__init__.py")
    assert origin("pytest").endswith("pytest/__init__.py")
    assert origin("json").endswith("json/__init__.py")


def test_a_namespace_package_is_no_one_place(tmp_path, monkeypatch):
    (tmp_path / "spread").mkdir()
    monkeypatch.syspath_prepend(str(tmp_path))
    assert installed("spread") is None


def test_a_package_that_a_path_file_leads_to_is_found(tmp_path, monkeypatch):
    """As with an editable install that puts its folder on `sys.path`."""
    (tmp_path / "edited.py").write_text("raise SystemExit")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert origin("edited") == str(tmp_path / "edited.py")


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_task_allows_top_level_modules_only(planted, name):
    with pytest.raises(HoneError) as caught:
        from_data(TASK | {"allowed_imports": [name]})
    assert caught.value.boundary is Boundary.TASK
    with pytest.raises(HoneError, match="without dots"):
        Task.from_examples(
            prompt="", entry_point="f", visible=[((1,), 1)], hidden=[((2,), 2)], allowed_imports=("math", name)
        )


def test_a_task_from_the_current_folder_does_not_bring_a_package_along(planted):
    assert packages_for([from_data(TASK | {"allowed_imports": ["planted"]})]) == ("planted",)
    (planted / "task.json").write_text(
        '{"form": "call", "entry_point": "f", "hidden": [{"args": [1], "expected": 1}], "allowed_imports": ["planted"]}'
    )
    (planted / "program.py").write_text("def f(x):\n    return x\n")
    done = subprocess.run(
        [sys.executable, "-m", "hone.cli", "grade", "--task", "task.json", "program.py"],
        check=False,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(Path(hone.__file__).parents[1])},
    )
    assert done.returncode == 2, done
    assert "package planted is not installed here" in done.stderr
