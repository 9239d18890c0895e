"""`hone grade` and `hone suite`, with the real judge and the real jail."""

import gzip
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from hone.cli import main
from hone.commands.verdict_table import rounded
from hone.tasks.families import task_from_id
from hone.verdict.verdict import Outcome, Reward, Verdict

TASK = "lists.pipeline:1:train:0"
NO_TASK = "hone: user: no task '"
ROW = {
    "task_id": "HumanEval/0",
    "prompt": 'def add(a: int, b: int) -> int:\n    """Add.\n    >>> add(1, 2)\n    3\n    """\n',
    "entry_point": "add",
    "canonical_solution": "    return a + b\n",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n    assert candidate(0, 0) == 0\n",
}


@pytest.fixture
def program(tmp_path):
    def write(source: str | bytes) -> str:
        file = tmp_path / "program.py"
        file.write_bytes(source if isinstance(source, bytes) else source.encode())
        return str(file)

    return write


@pytest.fixture
def suites(tmp_path):
    def write(*rows: object) -> Path:
        folder = tmp_path / "suites" / "humaneval"
        folder.mkdir(parents=True)
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / "HumanEval.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
        return folder.parent

    return write


def test_a_program_that_passes_is_shown_as_a_table_and_ends_with_0(program, capsys):
    assert main(["grade", "--task", TASK, program(task_from_id(TASK).reference)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{TASK}: passed\n")
    for part in (
        "check",
        "shown",
        "outcome",
        "CPU",
        "visible",
        "hidden",
        "13 of 13 checks passed",
        "jail full",
        "reward +",
    ):
        assert part in said


def test_a_program_that_fails_ends_with_1_and_says_what_it_did_on_visible_checks_only(program, capsys):
    assert main(["grade", "--task", TASK, program("import os\ndef solve(xs):\n    return ['wrong']\n")]) == 1
    said = capsys.readouterr().out
    assert "wrong answer" in said
    assert said.count("returned") == len(task_from_id(TASK).visible)
    assert "ruff F401, line 1: `os` imported but unused" in said


@pytest.mark.parametrize(
    ("source", "rows", "says"),
    [
        (
            "def solve(xs",
            ["calls 1–2 visible does not compile –", "calls 3–13 hidden does not compile –"],
            "was never closed",
        ),
        (
            "def foo(xs): return xs",
            ["calls 1–2 visible missing entry point –", "calls 3–13 hidden missing entry point –"],
            "missing entry point (the program defines foo; the task asks for solve)",
        ),
        (
            "import os\nos._exit(0)",
            ["calls 1–2 visible killed – not reached", "calls 3–13 hidden killed – not reached"],
            "killed (the program ended its own process while it was loaded)",
        ),
    ],
)
def test_rows_of_which_the_same_is_true_are_one(program, capsys, source, rows, says):
    assert main(["grade", "--task", TASK, program(source)]) == 1
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert [line for line in lines if line.startswith("call")] == rows
    assert says in " ".join(lines)


def test_what_a_program_tried_and_may_not_do_is_printed_in_words(program, capsys):
    source = "import os, sys\ndef solve(xs):\n    sys._getframe()\n    os.getppid()\n    return xs"
    main(["grade", "--task", TASK, program(source)])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("tripwires: ")]
    assert "walks the frames" in line
    assert line.startswith("tripwires: the program ")


def test_output_is_printed_where_there_is_some_and_cannot_command_the_terminal(program, capsys):
    source = (
        "def solve(xs):\n    print('seen', len(xs), '\\x1b[31m')\n" + "    print(0)\n" * 12 + "    return 'wrong'\n"
    )
    assert main(["grade", "--task", TASK, program(source)]) == 1
    said = capsys.readouterr().out
    assert "call 1 printed:\n  seen " in said
    assert "  … and 3 more lines\n" in said
    assert "\x1b" not in said


def test_times_below_what_is_shown_and_of_what_did_not_run_are_no_numbers(program, capsys):
    assert main(["grade", "--task", TASK, program(task_from_id(TASK).reference)]) == 0
    assert " 0.0 ms " not in capsys.readouterr().out.split("checks passed")[0]


def test_json_is_the_verdict_and_nothing_else(program, capsys):
    assert main(["grade", "--task", TASK, "--json", program("def solve(xs): raise ValueError")]) == 1
    verdict = Verdict.from_json(capsys.readouterr().out)
    assert (verdict.task_id, verdict.outcome) == (TASK, Outcome.RAISED)


def test_a_reward_is_shown_without_the_last_digits_of_its_sum():
    total = -0.6 + 0.05
    assert str(total) != "-0.55"
    verdict = Verdict("t", Outcome.WRONG_ANSWER, (), scored=Reward(total, {"outcome": -0.6, "partial": 0.05}))
    assert str(rounded(verdict).reward) == "-0.55"
    assert verdict.reward == total


def test_a_program_may_come_from_standard_input(monkeypatch, capsys):
    source = io.TextIOWrapper(io.BytesIO(task_from_id(TASK).reference.encode()))
    monkeypatch.setattr(sys, "stdin", source)
    assert main(["grade", "--task", TASK, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["passed"] is True


def test_a_candidates_words_cannot_reach_the_terminal_as_commands(program):
    source = program("def solve(xs): raise ValueError('[bold]\\x1b[31mred \\ud800')")
    for extra in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "hone.cli", "grade", "--task", TASK, source, *extra],
            capture_output=True,
            env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C", "PYTHONUTF8": "0", "COLUMNS": "300"},
        )
        assert (done.returncode, done.stderr) == (1, b"")
        assert b"\x1b" not in done.stdout
        assert b"[bold]" in done.stdout


def test_grading_imports_neither_torch_nor_transformers(program):
    code = (
        "import sys; from hone.cli import main; main(sys.argv[1:]);"
        "print([name for name in ('torch', 'transformers', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "grade", "--task", TASK, program("x = 1")], capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_the_command_line_loads_little_before_it_knows_what_is_asked():
    heavy = "('torch', 'numpy', 'asyncio', 'pytest')"
    code = f"import sys, hone.commands.grade; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_public_task_is_read_from_the_folder_of_suites(program, suites, monkeypatch, capsys):
    monkeypatch.setenv("HONE_SUITES", str(suites(ROW)))
    assert main(["grade", "--task", "humaneval/0", program("def add(a, b): return a + b")]) == 0
    assert main(["grade", "--task", "humaneval/0", program("def add(a, b): return a * b")]) == 1
    assert "humaneval/0: wrong answer" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--task", "lists.pipline:1:train:0"], "hone: user: no task 'lists.pipline:1:train:0': "),
        (
            ["--task", "lists.pipelin:2:train:17"],
            f"{NO_TASK}lists.pipelin:2:train:17': there is no family 'lists.pipelin': did you mean lists.pipeline?",
        ),
        (
            ["--task", "lists.pipeline:2:trian:17"],
            f"{NO_TASK}lists.pipeline:2:trian:17': there is no split 'trian': did you mean train?",
        ),
        (
            ["--task", "lists.pipeline:9:train:17"],
            f"{NO_TASK}lists.pipeline:9:train:17': lists.pipeline has no level '9' in train: its levels are 1-3",
        ),
        (["--task", "lists.pipeline:2:train:x"], f"{NO_TASK}lists.pipeline:2:train:x': 'x' is no index: count from 0"),
        (["--task", "humaneval/0", "--suites", "/nowhere"], "hone: user: there is no folder of suites at /nowhere: "),
        (
            ["--task", "humanevil/0", "--suites", "/"],
            "hone: user: there is no suite 'humanevil': did you mean humaneval?",
        ),
        (
            ["--task", TASK, "--jsn"],
            "hone: user: unrecognized options: --jsn (did you mean --json?): see hone grade --help",
        ),
        (
            ["--task", TASK, "--jail", "soft"],
            "hone: user: invalid choice 'soft' for argument '--jail'. Expected one of",
        ),
        (["--task", "humanevil/0"], "hone: user: there is no suite 'humanevil': did you mean humaneval? For a task of"),
        (
            ["--task", "mine"],
            "hone: user: there is no task 'mine': see hone suite list; for a task of your own: mine --s",
        ),
        ([], "hone: user: missing from hone grade: --task: name one, such as lists.pipeline:2:train:17, "),
    ],
)
def test_nonsense_is_one_line_and_code_2(program, capsys, arguments, line):
    assert main(["grade", program("x = 1"), *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(line)
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("source", "line"),
    [(b"\xff\xfe", "is not UTF-8 text"), (b"#" * (2**20 + 1), "is larger than 1 MiB"), (None, "Is a directory")],
)
def test_a_file_that_is_no_program_is_one_line(program, tmp_path, capsys, source, line):
    assert main(["grade", "--task", TASK, program(source) if source else str(tmp_path)]) == 2
    assert line in capsys.readouterr().err


def test_without_bubblewrap_one_line_says_what_to_install_and_nothing_is_run(program, capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["grade", "--task", TASK, program("x = 1")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "hone: sandbox: the jail needs bubblewrap" in said.err
    assert "apt-get install bubblewrap" in said.err
    assert said.err.count("\n") == 1


def test_the_list_names_families_and_the_suites_that_are_there(suites, capsys):
    folder = suites(ROW)
    assert main(["suite", "list", "--json", "--suites", str(folder)]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {"family": "lists.branch", "levels": {"train": [2, 3], "validation": [2, 3]}}.items() <= {
        **listed["families"][7],
        "levels": {split: listed["families"][7]["levels"][split] for split in ("train", "validation")},
    }.items()
    found = {suite["name"]: suite["path"] for suite in listed["suites"]}
    assert found["humaneval"] == str(folder / "humaneval")
    assert found["exercism"] is None
    assert main(["suite", "list"]) == 0
    said = capsys.readouterr().out
    assert "dictionaries.pipeline" in said
    assert "mbpp_sanitized" in said


@pytest.mark.parametrize(("width", "lines"), [(80, 1), (60, 2)])
def test_the_list_is_read_on_any_terminal(width, lines, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["suite", "list"]) == 0
    said = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert max(map(len, said)) <= width
    assert "…" not in "".join(said)
    where = next(n for n, line in enumerate(said) if line.split()[:1] == ["lists.pipeline"])
    told = " ".join(said[where : where + lines]).replace(",", "").split()
    assert [word for word in told if word[0].isdigit()] == ["1-3", "1-3", "1-3", "4-5"]
    assert said[where + lines].split()[0] == "lists.branch"


def test_a_task_is_shown_without_its_hidden_checks(capsys):
    task = task_from_id(TASK)
    assert main(["suite", "show", TASK]) == 0
    said = capsys.readouterr().out
    assert said.count("visible: solve(") == len(task.visible)
    assert f"and {len(task.hidden)} hidden checks" in said
    assert task.reference not in said


def test_a_fair_suite_is_certified(suites, capsys):
    assert main(["suite", "check", "humaneval", "--suites", str(suites(ROW)), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report == {"suite": "humaneval", "tasks": 1, "reference_passed": 1, "stub_passed": 0, "quarantined": []}


def test_an_unfair_task_is_named_and_ends_with_1(suites, capsys):
    unfair = ROW | {"canonical_solution": "    return a - b\n"}
    assert main(["suite", "check", "humaneval", "--suites", str(suites(unfair))]) == 1
    assert "quarantined humaneval/0: reference fails" in capsys.readouterr().out


def test_all_families_are_checked_as_a_list_of_reports(capsys, monkeypatch):
    few = ("lists.branch", "contradictions.strings", "files.ini_settings")
    monkeypatch.setattr("hone.commands.suite.FAMILIES", few)
    assert main(["suite", "check", "--all-families", "--n", "1", "--mutants", "0", "--json"]) == 0
    reports = json.loads(capsys.readouterr().out)
    assert [r["suite"] for r in reports] == list(few)
    assert all((r["tasks"], r["stub_passed"], r["quarantined"]) == (1, 0, []) for r in reports)
    assert all(r["reference_passed"] == (not r["suite"].startswith("contradictions.")) for r in reports)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["lst"], "there is no action 'lst' on suites: did you mean hone suite list?"),
        (["check"], "what to check is one suite, or all suites, or all families"),
        (["check", "humaneval", "--all-families"], "what to check is one suite, or all suites, or all families"),
        (["check", "lists.brnch"], "there is no suite or family 'lists.brnch': did you mean lists.branch?"),
        (["check", "--all-families", "--n", "0"], "--n is 0"),
        (
            ["show", "nonsense"],
            "there is no suite or family 'nonsense': see hone suite list, or name a file of your own",
        ),
        (
            ["show", "mine/add"],
            "there is no suite 'mine': hone suite list names them. For a task of your own: mine/add --",
        ),
        (["show"], "hone: user: missing from hone suite show: NAME: see hone suite show --help"),
        (["add"], "hone: user: missing from hone suite add: NAME --from STR: see hone suite add --help"),
    ],
)
def test_nonsense_about_suites_is_one_line_and_code_2(capsys, arguments, line):
    assert main(["suite", *arguments]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1


def test_a_broken_row_is_one_line_that_names_it(suites, capsys):
    folder = suites(ROW, {"task_id": "HumanEval/1"})
    assert main(["suite", "check", "humaneval", "--suites", str(folder)]) == 2
    said = capsys.readouterr().err
    assert "HumanEval.jsonl.gz" in said
    assert said.count("\n") == 1
