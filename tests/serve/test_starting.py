"""How a service starts, or says in one line why it does not; and what the judge's ways in need of other libraries."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from live_service import serving

from hone.cli import main

TRAINING = ("torch", "transformers", "numpy", "tokenizers", "safetensors", "tensorboard", "jinja2")
BLOCK = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Missing())
"""


def run_without(missing: tuple[str, ...], code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `code` where the libraries of these names are not installed."""
    whole = f"MISSING = {missing!r}\n{BLOCK}\n{code}"
    return subprocess.run([sys.executable, "-c", whole, *arguments], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "256.1.1.1"], "hone: user: cannot listen on 256.1.1.1:8731: "),
        (["--port", "65536"], "hone: user: --port is 65536: give at most 65535"),
        (["--workers", "0"], "hone: user: --workers is 0: give at least 1"),
        (["--queue", "-1"], "hone: user: "),
        (["--patience", "nan"], "hone: user: --patience is nan: give more than 0 seconds"),
        (["--token-file", "/nowhere/token"], "hone: user: cannot read the token in /nowhere/token: No such file"),
        (["--token-file", "/dev/null"], "hone: user: /dev/null holds no bearer token"),
        (["--worker", "1"], "hone: user: unrecognized options: --worker"),
    ],
)
def test_what_cannot_be_served_is_one_line_and_code_2(capsys, options, said):
    assert main(["serve", "judge", *options]) == 2
    err = capsys.readouterr().err
    assert err.startswith(said)
    assert err.count("\n") == 1


def test_a_port_that_is_taken_is_one_line(capsys):
    with serving() as service:
        assert main(["serve", "judge", "--port", str(service.port)]) == 2
    assert "Address already in use: choose --host and --port" in capsys.readouterr().err


def test_only_the_judge_is_served(capsys):
    assert main(["serve"]) == 0
    assert "POST /v1/grade" in capsys.readouterr().out
    assert main(["serve", "policy"]) == 2
    assert "did you mean hone serve judge?" in capsys.readouterr().err


def test_an_address_that_others_reach_without_a_token_is_warned_of():
    env = {name: value for name, value in os.environ.items() if name != "HONE_SERVE_TOKEN"}
    command = [sys.executable, "-m", "hone.cli", "serve", "judge", "--host", "0.0.0.0", "--port", "0", "--workers", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)
    assert process.stdout is not None
    assert process.stderr is not None
    greeting = process.stdout.readline()
    assert greeting.startswith("hone: judging on http://0.0.0.0:")
    assert greeting.endswith(" with 1 worker, see /openapi.json\n")
    assert process.stderr.readline() == (
        "hone: 0.0.0.0 is open to others, and no token is asked for: give --token-file\n"
    )
    process.terminate()
    assert process.wait(20) == 0
    assert process.communicate() == ("", "hone: SIGTERM: nothing is inside, ending\n")


def test_without_its_libraries_the_service_says_what_to_install():
    done = run_without(("uvicorn",), "from hone.cli import main\nsys.exit(main(['serve', 'judge']))")
    assert (done.returncode, done.stderr) == (
        2,
        "hone: user: uvicorn is not installed: in Hone's checkout, run pip install '.[serve]'\n",
    )


@pytest.mark.usefixtures("jail")
def test_every_way_to_the_judge_works_without_the_libraries_that_train(tmp_path):
    code = """
import asyncio, hone
from hone.cli import main
from hone.integrations import trl, verl
from hone.tasks.task_json import to_json
import hone.commands.serve, hone.serve.server

task = hone.Task.from_examples(prompt="", entry_point="add", visible=[((1, 2), 3)], hidden=[((0, 0), 0)])
source = "def add(a, b):\\n    return a + b\\n"
with hone.Judge(1) as judge:
    assert judge.grade(task, source).passed
    assert trl.reward_func(judge)(["p"], [source], task=[to_json(task)]) == [1.0]

async def use():
    async with hone.AsyncJudge(1) as judge:
        assert (await judge.grade(task, source)).passed

asyncio.run(use())
assert verl.compute_score("", source, to_json(task), workers=1)["score"] == 1.0
open(sys.argv[1] + "/task.json", "w").write(to_json(task))
open(sys.argv[1] + "/program.py", "w").write(source)
sys.exit(main(["grade", "--task", sys.argv[1] + "/task.json", sys.argv[1] + "/program.py"]))
"""
    done = run_without(TRAINING, code, str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "2 of 2 checks passed" in done.stdout


def test_the_rooms_above_the_verdict_import_nothing_that_learns():
    rooms = [Path(__file__).parents[2] / "hone" / room for room in ("serve", "integrations")]
    banned = ("policy", "learn", "loop", "episodes", "curriculum", "store")
    for file in (file for room in rooms for file in room.glob("*.py")):
        text = file.read_text(encoding="utf-8")
        assert not any(f"hone.{room}" in text for room in banned), file
