"""`hone eval` killed at any instant and started again gives what it gives undisturbed, and measures nothing twice."""

import json
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from hone.cli import main
from hone.errors import HoneError
from hone.loop.evaluation import evaluate as evaluation
from hone.loop.evaluation.digests import tasks_digest
from hone.loop.evaluation.evaluate import Chunk, TaskScore
from hone.loop.evaluation.kept import KeptEvaluation
from hone.loop.evaluation.statistics import pass_at_k
from hone.policy.policy import Policy
from hone.policy.tokenizer import train_tokenizer
from hone.tasks.answers import Style
from hone.tasks.task import Task
from tests.hash_seeds import same_in_every_process
from tests.loop.processes import Hone

TASK = {
    "form": "call",
    "prompt": "Write f(x), which returns x.",
    "entry_point": "f",
    "visible": [{"args": [1], "expected": 1}],
    "hidden": [{"args": [2], "expected": 2}],
}
TASKS = 110
"""Three chunks."""


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in the processes that are killed: sums of log-probabilities are compared to the last bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random policy in `policy`, and tasks in `mine.jsonl`."""
    folder = tmp_path_factory.mktemp("eval")
    tokenizer = train_tokenizer(["def f(x):\n    return x\n"] * 20, 300)
    torch.manual_seed(1)
    config = GPT2Config(vocab_size=300, n_embd=32, n_layer=1, n_head=2, n_positions=128, bos_token_id=1, eos_token_id=3)
    Policy(GPT2LMHeadModel(config).eval(), tokenizer, Style.PLAIN).save(folder / "policy")
    (folder / "mine.jsonl").write_text(
        "".join(json.dumps(TASK | {"id": f"mine/{number}"}) + "\n" for number in range(TASKS))
    )
    return folder


def arguments(folder: Path, *more: str) -> list[str]:
    suite = ["--suite", str(folder / "mine.jsonl"), "--n", str(TASKS)]
    return ["eval", str(folder / "policy"), *suite, "--samples", "2", "--max-new-tokens", "6", "--json", *more]


def rows(store: Path) -> list[Any]:
    """All that an evaluation keeps, but for what the clock decides."""
    programs = "SELECT stage, step, idx, task, grp, how, source, tokens, log_prob FROM episodes ORDER BY 1, 2, 3"
    verdicts = "SELECT stage, step, idx, outcome, checks, visible_passed, hidden_passed FROM verdicts ORDER BY 1, 2, 3"
    with closing(sqlite3.connect(store)) as connection:
        return [connection.execute(sql).fetchall() for sql in (programs, verdicts)]


def chunks_in(store: Path) -> int:
    if not store.is_file():
        return 0
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=30)) as connection:
        try:
            return connection.execute("SELECT count(*) FROM steps").fetchone()[0]
        except sqlite3.OperationalError:  # the tables are not made yet
            return 0


def measured(folder: Path, store: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(arguments(folder, "--out", str(store))) == 0
    return json.loads(capsys.readouterr().out)


def test_an_evaluation_killed_again_and_again_gives_the_same_programs_verdicts_and_figures(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    whole, cut = tmp_path / "whole.sqlite", tmp_path / "cut.sqlite"
    expected = measured(folder, whole, capsys)
    reached = []
    for target in (1, 2):
        process = Hone(arguments(folder, "--out", str(cut)), tmp_path)
        patience = time.monotonic() + 240
        while process.poll() is None and chunks_in(cut) < target and time.monotonic() < patience:
            time.sleep(0.002)
        assert process.poll() is None, process.told() or "it ended before it could be killed"
        os.killpg(process.pid, signal.SIGKILL)
        assert process.wait(60) == -signal.SIGKILL
        reached.append(chunks_in(cut))
    assert 1 <= reached[0] <= reached[1] < 3
    resumed = measured(folder, cut, capsys)
    assert rows(cut) == rows(whole)
    assert resumed | {"store": ""} == expected | {"store": ""}
    assert len(rows(whole)[0]) == len(rows(whole)[1]) == 3 * TASKS


def test_what_is_whole_is_not_measured_again_and_the_default_store_is_found_by_what_is_measured(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    few = ["--n", "3"]
    assert main(arguments(folder, *few)) == 0
    first = json.loads(capsys.readouterr().out)
    assert list(Path("evals").glob("*.sqlite")) == [Path(first["store"])]
    with monkeypatch.context() as patch:
        patch.setattr(Policy, "load", None)  # whoever measured would need it
        assert main(arguments(folder, *few)) == 0
    assert json.loads(capsys.readouterr().out) == first
    assert main(arguments(folder, *few, "--seed", "8")) == 0
    assert json.loads(capsys.readouterr().out)["store"] != first["store"]


def test_a_store_of_another_evaluation_is_refused_in_one_line(tmp_path: Path):
    path = tmp_path / "a" / "b.sqlite"
    with KeptEvaluation(path, {"seed": 1, "policy": "x"}, version="0"):
        pass
    with pytest.raises(HoneError, match="another seed"):
        KeptEvaluation(path, {"seed": 2, "policy": "x"}, version="0")
    with pytest.raises(HoneError, match="another version"):
        KeptEvaluation(path, {"seed": 1, "policy": "x"}, version="1")
    path.write_bytes(b"no database at all" * 100)
    with pytest.raises(HoneError, match="is not a store"):
        KeptEvaluation(path, {"seed": 1, "policy": "x"}, version="0")


def test_chunks_with_programs_that_were_not_graded_are_to_be_measured_again(tmp_path: Path):
    score = TaskScore("mine/0", True, 2, 1, 2, 0, False)
    with KeptEvaluation(tmp_path / "s.sqlite", {}, version="0") as kept:
        kept.keep("mine:all", 0, Chunk((score,), {"passed": 1, "raised": 1}))
        kept.keep("mine:all", 50, Chunk((score,), {"passed": 1}, not_graded=1))
        assert kept.chunks("mine:all") == {0: Chunk((score,), {"passed": 1, "raised": 1})}
        kept.keep("mine:all", 50, Chunk((score,), {"passed": 2}))
        assert set(kept.chunks("mine:all")) == {0, 50}


def test_the_digest_of_tasks_is_the_same_in_every_process_and_of_every_part():
    code = (
        "from hone.loop.evaluation.digests import tasks_digest\n"
        "from hone.tasks.task import Task\n"
        "words = {str(n) for n in range(50)}\n"
        "hidden = [((words,), {1: words})]\n"
        "task = Task.from_examples(id='a', prompt='p', entry_point='f', visible=[], hidden=hidden)\n"
        "print(tasks_digest([task]))\n"
    )
    assert same_in_every_process(code).strip()

    def made(**more: Any) -> str:
        plain: dict[str, Any] = {
            "id": "a",
            "prompt": "p",
            "module": "m",
            "tests": "def test_a(): pass",
            "reference": "",
        }
        return tasks_digest([Task.from_suite(**(plain | more))])

    others = [{"tests": "def test_a(): 1"}, {"reference": "x"}, {"prompt": "q"}, {"visible": ("test_a",)}]
    assert len({made(), *(made(**more) for more in others)}) == 1 + len(others)


def test_every_k_asked_for_is_the_unbiased_estimate_with_its_interval():
    scores = tuple(TaskScore(f"t/{n}", False, 10, passes, passes) for n, passes in enumerate((0, 1, 5, 10)))
    found = evaluation.joined([Chunk(scores[:3], {}), Chunk(scores[3:], {"passed": 16, "raised": 24})])
    metrics = found.metrics((1, 3, 10, 100))
    assert found.outcomes == {"passed": 0.4, "raised": 0.6}
    assert {name for name in metrics if name.startswith("pass@")} == {"pass@1", "pass@3", "pass@10"}
    for k in (1, 3, 10):
        mean = sum(pass_at_k(10, passes, k) for passes in (0, 1, 5, 10)) / 4
        one = metrics[f"pass@{k}"]
        assert one.value == pytest.approx(mean)
        assert one.low < one.value < one.high


@pytest.mark.parametrize("k", ["0", "x"])
def test_an_impossible_k_is_one_line(folder: Path, k: str, capsys: pytest.CaptureFixture[str]):
    assert main(arguments(folder, "--k", "1", k)) == 2
    assert capsys.readouterr().err.count("\n") == 1
