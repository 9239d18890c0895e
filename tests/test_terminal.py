"""Foreign text reaches no terminal as anything but text: no escape sequence is obeyed, no markup is read."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from hone.cli import guarded, main
from hone.commands.results_table import show_results
from hone.commands.suite import show_reports
from hone.errors import Boundary, HoneError
from hone.printable import printable, printable_lines
from hone.progress import Progress, Status
from hone.store.checkpoints import Checkpoints
from hone.tasks.certify.report import Quarantined, SuiteReport

EVIL = "\x1b[2J\x1b]0;title\x07\x9b31m\u202e[red]:skull:[/red]"
TOLD = "\\x1b[2J\\x1b]0;title\\x07\\x9b31m\\u202e[red]:skull:[/red]"
CALL: dict[str, Any] = {"form": "call", "entry_point": "f", "hidden": [{"args": [1], "expected": 1}]}


def told(capsys) -> str:
    """What was printed, after a look that nothing in it can move a terminal."""
    captured = capsys.readouterr()
    text = captured.out + captured.err
    assert all(c.isprintable() or c == "\n" for c in text), ascii(text)
    return text


def on_terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, color_system=None, width=300)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@given(st.text())
def test_printable_text_has_nothing_else_and_is_what_it_was_where_it_can_be(text: str):
    assert printable(text).isprintable()
    assert all(c.isprintable() or c == "\n" for c in printable_lines(text))
    assert printable(text) == text or not text.isprintable()


@pytest.mark.parametrize(
    "harm",
    [
        {"libraries": [{"name": "mine", "version": "1.0", "files": {EVIL: 1}}]},
        {"allowed_imports": [EVIL]},
        {"entry_point": EVIL},
        {"limits": {EVIL: 1}},
        {EVIL: 1},
        {"properties": [{"name": "x", "given": {EVIL: 1}}]},
        {"hidden": [{"args": [{EVIL: {"$int": 1}}], "expected": 1}]},
        {"id": EVIL},
        {"form": EVIL},
    ],
)
def test_an_error_about_a_task_is_one_printable_line(tmp_path, capsys, harm):
    file = tmp_path / "task.json"
    file.write_text(json.dumps(CALL | harm))
    (tmp_path / "program.py").write_text("")
    assert main(["grade", "--task", str(file), str(tmp_path / "program.py")]) == 2
    assert told(capsys).count("\n") == 1


def test_an_error_about_a_run_is_one_printable_line(tmp_path, capsys):
    config = {"run": EVIL, "version": EVIL, "seed": 0, "settings": {f"a{EVIL}": 1}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert main(["train", "--resume", str(tmp_path)]) == 2
    assert "there is no field" in told(capsys)


def test_a_name_of_a_file_is_told_as_printable_text(tmp_path, capsys):
    assert main(["grade", "--task", str(tmp_path / f"{EVIL.replace('/', '')}.json"), "p.py"]) == 2
    assert "\\x1b[2J" in told(capsys)


@pytest.mark.parametrize(("error", "code"), [(HoneError(Boundary.TASK, EVIL, EVIL), 2), (ValueError(EVIL), 70)])
def test_whatever_ends_a_command_is_told_as_printable_text(capsys, error, code):
    def fail() -> int:
        raise error

    assert guarded(fail) == code
    assert TOLD in told(capsys)


def test_a_damaged_checkpoint_is_told_as_printable_text(tmp_path, capsys):
    checkpoints = Checkpoints(tmp_path)
    for name in ("old", "new"):
        checkpoints.save(name, lambda folder: None)
    (tmp_path / "new" / "\x1b[2J").write_text("")
    assert checkpoints.latest()
    assert "\\x1b[2J is not in its manifest" in told(capsys)


def test_tables_of_results_show_names_as_they_are():
    score = {"value": 0.5, "low": 0.4, "high": 0.6, "n": EVIL}
    cells = {EVIL: {"pass@1": score}}
    console = on_terminal()
    show_results({"stages": {EVIL: {f"split {EVIL}": cells}}}, console)
    domains = {stage: {f"{EVIL}{number}": {"1": {"pass@1": score}} for number in (1, 2)} for stage in (EVIL,)}
    show_results({"stages": {}, "domains": domains}, console)
    text = shown(console)
    assert text.count(TOLD) >= 8
    assert not any(part in text for part in ("\x1b", "\x9b", "\x07", "\u202e"))


def test_reports_show_names_as_they_are(capsys):
    report = SuiteReport(suite=EVIL, tasks=1, reference_passed=0, stub_passed=0, quarantined=(Quarantined(EVIL, EVIL),))
    show_reports([report])
    assert told(capsys).count(TOLD) == 3


def test_progress_shows_names_as_they_are():
    for console in (on_terminal(), Console(file=io.StringIO(), width=300)):
        with Progress(console) as progress:
            progress.update(Status(EVIL, 1, 2))
            progress.say(EVIL)
        text = shown(console)
        assert text.count(TOLD) >= 2
        assert "\x9b" not in text
        assert "\x1b[2J" not in text


def test_a_task_is_shown_with_its_prompt_as_it_is(tmp_path, capsys):
    task = CALL | {"id": "mine", "prompt": f"First {EVIL}\nsecond", "licence": EVIL, "domain": EVIL}
    (tmp_path / "mine.jsonl").write_text(json.dumps(task) + "\n")
    assert main(["suite", "show", str(tmp_path / "mine.jsonl")]) == 0
    assert main(["suite", "list", "--suites", str(tmp_path)]) == 0
    told(capsys)
