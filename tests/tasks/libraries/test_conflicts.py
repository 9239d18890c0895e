"""Environments with conflicting versions: pip finds the combination that is known to work, and no other."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from hone.tasks.libraries.conflicts import combinations, draw_environment
from hone.tasks.libraries.wheel import wheel_bytes, wheel_name


def pip(folder: Path, asked: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    options = ("--isolated", "--disable-pip-version-check", "install", "--quiet", "--dry-run", "--ignore-installed")
    where = ("--no-index", "--find-links", str(folder), "--report", str(folder / "report.json"))
    command = [sys.executable, "-m", "pip", *options, *where, *asked]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize("seed", range(3))
def test_pip_finds_the_one_combination_that_works_and_refuses_the_one_that_cannot(tmp_path: Path, seed: int):
    environment = draw_environment(random.Random(f"environment {seed}"))
    for library in environment.index:
        (tmp_path / wheel_name(library)).write_bytes(wheel_bytes(library))
    found = pip(tmp_path, environment.asked)
    assert found.returncode == 0, found.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    installs = {one["metadata"]["name"]: one["metadata"]["version"] for one in report["install"]}
    assert installs == environment.solution
    refused = pip(tmp_path, environment.conflicting)
    assert refused.returncode != 0
    assert "conflict" in refused.stderr.lower()


def test_environments_are_many_have_one_solution_and_it_is_never_the_newest_of_all():
    environments = [draw_environment(random.Random(index)) for index in range(40)]
    assert len({one.asked for one in environments}) == 40
    stale = 0
    for one in environments:
        name, version = one.asked[0].split("==")
        assert combinations(one.index, {name: version}) == [one.solution]
        assert not combinations(one.index, dict(asked.split("==") for asked in one.conflicting if "==" in asked))
        newest = {library.name: library.version for library in one.index}  # the last of each name is the newest
        stale += newest != one.solution
    assert {len(one.solution) for one in environments} == {2, 3, 4}
    assert stale == 40
