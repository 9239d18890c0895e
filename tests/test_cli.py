"""The command line: help that reads well, and one clear line for whatever goes wrong."""

import errno
import io
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from hone.cli import COMMANDS, guarded, main
from hone.commands.results_table import show_results
from hone.errors import Boundary, HoneError
from hone.interrupt import Interrupted


def test_help_names_every_command_in_one_line_each(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    for name, (_, summary) in COMMANDS.items():
        assert f"  {name:<8}{summary}\n" in said
    assert said.index("commands:") < said.index("options:") < said.index("examples:")
    assert max(len(line) for line in said.splitlines()) <= 100


def test_version_is_the_installed_one(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == "hone 0.1.0\n"


def test_an_unknown_command_is_one_line_with_the_nearest(capsys):
    assert main(["trian"]) == 2
    assert capsys.readouterr().err == "hone: user: there is no command 'trian': did you mean hone train?\n"


def test_help_imports_none_of_what_takes_long():
    code = (
        "import sys; from hone.cli import main; main(['--help']);"
        "print([name for name in ('torch', 'transformers', 'numpy', 'tyro', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("failure", "code", "line"),
    [
        (HoneError(Boundary.DISK, "what", "do\nthis"), 2, "hone: disk: what: do this\n"),
        (OSError(errno.ENOSPC, "No space left on device", "/x/y"), 2, "hone: disk: /x/y: No space left on device: "),
        (PermissionError(errno.EACCES, "Permission denied", "/x/y"), 2, "hone: disk: /x/y: Permission denied: "),
        (KeyboardInterrupt(), 130, "\nhone: interrupted\n"),
        (Interrupted("all is kept"), 130, "\nhone: interrupted: all is kept\n"),
    ],
)
def test_failures_become_one_line_and_an_exit_code(capsys, failure, code, line):
    def fail() -> int:
        raise failure

    assert guarded(fail) == code
    said = capsys.readouterr().err
    assert said.startswith(line)
    assert said.strip().count("\n") == 0


def test_a_bug_of_ours_keeps_its_traceback_and_a_code_of_its_own(capsys):
    assert guarded(lambda: 1 // 0) == 70
    said = capsys.readouterr().err
    assert "ZeroDivisionError" in said
    assert said.endswith("hone: this is a bug in Hone; please report the lines above\n")


def test_a_reader_that_goes_away_ends_the_program_quietly():
    code = (
        "from hone.cli import guarded; raise SystemExit(guarded(lambda: [print('x' * 99) for _ in range(9999)] and 0))"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert (process.wait(30), process.stderr.read()) == (141, "")


def test_ctrl_c_ends_with_130_and_one_line():
    # The signal comes while the command runs, not before it.
    code = "import signal; from hone.cli import guarded; wait = lambda: print('ready', flush=True) or signal.pause();"
    code += "raise SystemExit(guarded(wait))"
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    os.kill(process.pid, signal.SIGINT)
    assert (process.wait(30), process.stderr.read()) == (130, "\nhone: interrupted\n")


def test_an_unknown_benchmark_is_one_line_that_names_the_known_ones():
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-m", "bench", "nope"], capture_output=True, text=True, cwd=root, timeout=60)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("hone: user: there is no benchmark 'nope': known: ")


def score(value: float) -> dict[str, float]:
    return {"value": value, "low": value - 0.03, "high": value + 0.03, "n": 100}


def test_the_results_table_shows_every_level_stage_and_metric(capsys):
    levels = {level: {"greedy_pass@1": score(0.5), "pass@1": score(0.25), "pass@64": score(0.75)} for level in "12"}
    results = {
        "stages": {
            "control:shuffled": {"held_out_compositions": levels},
            "rl": {"held_out_compositions": levels, "held_out_depth": {"4": {"pass@1": score(0.125)}}},
            "warm_start": {"held_out_compositions": levels},
        }
    }
    show_results(results)
    said = capsys.readouterr().out
    for text in ("held-out compositions", "held-out depth", "greedy pass@1", "pass@64", "50.0 (47.0–53.0)", "12.5"):
        assert text in said
    assert "…" not in said
    assert said.index("warm start") < said.index("rl") < said.index("control: shuffled")


@pytest.mark.parametrize("width", [80, 120])
def test_no_figure_of_the_results_is_cut_off_on_a_terminal(width):
    level = {name: score(0.5) for name in ("greedy_pass@1", "pass@1", "pass@8", "visible_minus_all")}
    stages = {name: {"held_out_compositions": {"1": level}} for name in ("untrained", "warm_start", "rl")}
    said = io.StringIO()
    show_results({"stages": stages}, Console(file=said, force_terminal=True, width=width, color_system=None))
    assert "…" not in said.getvalue()
    assert max(map(len, said.getvalue().splitlines())) <= width
    assert said.getvalue().count("50.0 (47.0–53.0)") == (9 if width == 120 else 0)
    assert said.getvalue().count("50.0") == 12


def test_several_domains_get_a_table_of_their_own(capsys):
    cells = {"services": {"1": {"pass@1": score(0.5)}}, "files": {"1": {"pass@1": score(0.25)}}}
    stages = {"rl": {"held_out_parameters": {"1": {"pass@1": score(0.375)}}}}
    domains = {"warm_start": {"services": cells["services"]}, "rl": cells}
    show_results({"stages": stages, "domains": {"rl": {"files": cells["files"]}}})
    assert "By domain" not in capsys.readouterr().out
    show_results({"stages": stages, "domains": domains})
    said = capsys.readouterr().out.split("By domain")[1].splitlines()
    rows = [line.split() for line in said if line.split() and line.split()[0] in cells]
    assert [row[:2] for row in rows] == [["files", "1"], ["services", "1"]]
    assert rows[0][2:] == ["–", "25.0", "(22.0–28.0)", "100"]
    assert rows[1][2:] == ["50.0", "(47.0–53.0)", "50.0", "(47.0–53.0)", "100"]
