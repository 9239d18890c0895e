"""Lint and types over a batch: findings belong to their program, and no comment buys silence."""

import pytest

from hone.verdict.checks import static
from hone.verdict.checks.static import findings

CLEAN = "def solve(xs: list[int]) -> int:\n    return sum(xs)\n"


def rules(source: str) -> set[tuple[str, str]]:
    return {(finding.tool, finding.rule) for finding in findings([source])[0]}


def test_a_clean_program_has_no_findings_and_a_batch_keeps_its_order():
    sources = [CLEAN, "import os\n" + CLEAN, CLEAN, "def solve() -> int:\n    return 'a'\n"]
    found = findings(sources)
    assert [len(group) > 0 for group in found] == [False, True, False, True]
    assert {(f.tool, f.rule, f.line) for f in found[1]} == {("ruff", "F401", 1)}
    assert ("ty", "invalid-explicit-return") in {(f.tool, f.rule) for f in found[3]}


def test_an_empty_batch_is_no_work():
    assert findings([]) == []


@pytest.mark.parametrize(
    ("silencer", "place"),
    [
        ("# noqa", "line"),
        ("# noqa: F401", "line"),
        ("# ruff: noqa", "file"),
        ("# ruff: noqa: F401", "file"),
        ("# flake8: noqa", "file"),
        ("# ruff: disable[F401]", "file"),
        ("# type: ignore", "line"),
        ("#type\xa0:\x0cignore", "line"),
        ("# TY:IGNORE", "line"),
        ("# ty: ignore", "line"),
        ("# type: ignore", "file"),
        ("# ty: ignore[invalid-explicit-return]", "line"),
    ],
)
def test_comments_of_the_program_do_not_silence_the_tools(silencer: str, place: str):
    lines = ["import os", "def solve() -> int:", "    return 'a'"]
    if place == "file":
        source = "\n".join([silencer, *lines, ""])
    else:
        source = "\n".join(f"{line}  {silencer}" for line in lines) + "\n"
    assert {("ruff", "F401"), ("ty", "invalid-explicit-return")} <= rules(source)


@pytest.mark.parametrize("name", ["no_type_check", "ｎo_type_check", "no_type_chec\U0001d424"])
def test_a_decorator_does_not_switch_the_type_checker_off(name: str):
    source = f"from typing import {name}\n\n\n@{name}\ndef solve() -> int:\n    return 'a'\n"
    assert ("ty", "invalid-explicit-return") in rules(source)


@pytest.mark.parametrize(
    "source",
    [
        "def f(ruff: int, flake8: int) -> int:\n    return ruff + flake8\n",
        "def f(type: int, ignore: int) -> dict[int, int]:\n    return {type: ignore}\n",
        "def f(ty: str) -> str:\n    return ty + 'type: ignore'\n",
    ],
)
def test_names_that_look_like_silencers_outside_of_comments_are_no_findings(source: str):
    assert findings([source]) == [()]


@pytest.mark.parametrize(
    "source",
    [
        "\0",
        "(" * 20_000,
        "\ud800",
        "\ufeffdef f(): pass",
        "\f\r\v",
        "# -*- coding: utf-7 -*-\n+AGE-",
        "x = " + "-" * 9000,
        "f(" * 20_000 + ")" * 20_000,
        "x = " + "1+" * 250_000 + "1",
    ],
    ids=["nul", "brackets", "surrogate", "bom", "blanks", "encoding", "minus", "calls", "sum"],
)
def test_hostile_text_costs_its_neighbours_nothing(source: str):
    found = findings([CLEAN, source, "import os\n" + CLEAN, "def solve() -> int:\n    return 'a'\n"])
    assert found[0] == ()
    assert {f.rule for f in found[2]} == {"F401"}
    assert {f.rule for f in found[3]} == {"invalid-explicit-return"}


def test_a_program_that_keeps_the_type_checker_busy_costs_its_neighbours_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(static, "_SECONDS", 1.5)
    monkeypatch.setattr(static, "_SECONDS_OF_A_PART", 1.0)
    endless = "def f(a):\n" + "    a = [a, a] if a else (a, a)\n" * 60 + "    return a\n"
    wrong = "def solve() -> int:\n    return 'a'\n"
    found = findings([wrong, endless, wrong, wrong])
    assert [{f.tool for f in group} for group in found] == [{"ty"}, set(), {"ty"}, {"ty"}]


def test_a_tool_that_fails_charges_nobody(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(static, "_MEMORY_BYTES", 2**20)
    assert findings(["import os\n", CLEAN]) == [(), ()]


def test_a_settings_file_of_the_users_changes_nothing(tmp_path, monkeypatch):
    (tmp_path / "ruff.toml").write_text('[lint]\nignore = ["F"]\n')
    (tmp_path / "ty.toml").write_text('[rules]\ninvalid-explicit-return = "ignore"\n')
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert {("ruff", "F401"), ("ty", "invalid-explicit-return")} <= rules(
        "import os\ndef f() -> int:\n    return 'a'\n"
    )
