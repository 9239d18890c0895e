"""The custom reward function for verl, called as its reward managers do: by keyword, from threads and coroutines."""

import asyncio
import inspect
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest

from hone import Task
from hone.errors import HoneError
from hone.integrations import verl
from hone.tasks.task_json import to_json
from hone.verdict.verdict import Outcome, Verdict

ADD = Task.from_examples(prompt="Add.", entry_point="add", visible=[((1, 2), 3)], hidden=[((2, 2), 4)])
RIGHT = "Here:\n```python\ndef add(a, b):\n    return a + b\n```\n"
WRONG = RIGHT.replace("+", "-")
compute_score = partial(verl.compute_score, workers=1, static=False)


def ask(solution: str, **more: Any) -> dict[str, Any]:
    return compute_score(
        data_source="mine", solution_str=solution, ground_truth=to_json(ADD), extra_info={"num_turns": None}, **more
    )


pytestmark = pytest.mark.usefixtures("jail")


def test_the_score_is_the_reward_and_every_answer_has_the_same_fields():
    right, wrong = ask(RIGHT), ask(WRONG, reward_router_address="x", reward_model_tokenizer=None)
    assert right == {"score": 1.0, "acc": 1.0, "graded": 1.0, "outcome": "passed"}
    assert (wrong["acc"], wrong["graded"], wrong["outcome"]) == (0.0, 1.0, "wrong answer")
    assert wrong["score"] < 0
    assert list(right) == list(wrong)
    assert all(type(value) in (float, str) for answer in (right, wrong) for value in answer.values())


def test_it_may_be_called_by_position_as_older_verl_does():
    assert compute_score("mine", RIGHT, to_json(ADD), None)["score"] == 1.0


def test_threads_share_one_judge():
    with ThreadPoolExecutor(8) as threads:
        scores = list(threads.map(lambda n: ask((RIGHT, WRONG)[n % 2])["acc"], range(24)))
    assert scores == [1.0, 0.0] * 12
    assert len(verl._judges) == 1


def test_coroutines_are_answered_while_the_loop_goes_on():
    assert inspect.iscoroutinefunction(verl.compute_score_async)
    assert not inspect.iscoroutinefunction(verl.compute_score)

    async def main():
        settings: dict[str, Any] = {"ground_truth": to_json(ADD), "workers": 1, "static": False}
        calls = [
            verl.compute_score_async(data_source="", solution_str=text, **settings) for text in (RIGHT, WRONG, RIGHT)
        ]
        return await asyncio.gather(*calls)

    assert [answer["acc"] for answer in asyncio.run(main())] == [1.0, 0.0, 1.0]


def test_what_was_not_graded_is_tried_again_and_then_marked(monkeypatch):
    tries = []

    class Broken:
        def grade_many(self, pairs):
            tries.append(pairs)
            return [Verdict(ADD.id, Outcome.NOT_GRADED, ())]

    monkeypatch.setattr(verl, "_judge_of_this_process", lambda *_: Broken())
    assert ask(RIGHT) == {"score": 0.0, "acc": 0.0, "graded": 0.0, "outcome": "not graded"}
    assert len(tries) == verl.TRIES
    assert ask(RIGHT, not_graded=-1.0)["score"] == -1.0


def test_a_ground_truth_that_is_no_task_is_one_clear_line():
    for text in ("42", "{}", "{"):
        with pytest.raises(HoneError):
            compute_score("mine", RIGHT, text)


def test_a_forked_worker_has_jails_of_its_own_and_leaves_the_parents_alone():
    code = f"""
import os, sys
from hone.integrations import verl
ask = lambda: verl.compute_score("", {RIGHT!r}, {to_json(ADD)!r}, workers=1, static=False)["score"]
assert ask() == 1.0
child = os.fork()
if child == 0:
    sys.exit(0 if ask() == 1.0 and len(verl._judges) == 2 else 1)
assert os.waitpid(child, 0)[1] == 0
assert ask() == 1.0
print("done")
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr


@pytest.mark.parametrize("name", ["compute_score", "compute_score_async"])
def test_verls_own_reward_manager_calls_it(name):
    reward = pytest.importorskip("verl.trainer.ppo.reward")
    managers = pytest.importorskip("verl.experimental.reward_loop.reward_manager.naive")
    protocol = pytest.importorskip("verl")
    omegaconf = pytest.importorskip("omegaconf")
    numpy, torch = pytest.importorskip("numpy"), pytest.importorskip("torch")
    custom = {"path": "pkg://hone.integrations.verl", "name": name, "reward_kwargs": {"workers": 1, "static": False}}
    config = omegaconf.OmegaConf.create({"reward": {"custom_reward_function": custom}})

    class Bytes:
        def decode(self, ids, **_options):
            return bytes(ids.tolist()).decode()

    def row(text: str) -> Any:
        ids = torch.tensor([list(text.encode())])
        columns = {"data_source": "mine", "reward_model": {"ground_truth": to_json(ADD)}, "extra_info": {}}
        return protocol.DataProto.from_dict(
            tensors={"responses": ids, "attention_mask": torch.ones_like(ids)},
            non_tensors={key: numpy.array([value], dtype=object) for key, value in columns.items()},
        )

    async def main() -> list[dict[str, Any]]:
        manager = managers.NaiveRewardManager(config, Bytes(), reward.get_custom_reward_fn(config))
        return await asyncio.gather(manager.run_single(row(RIGHT)), manager.run_single(row(WRONG)))

    right, wrong = asyncio.run(main())
    assert right["reward_score"] == 1.0
    assert wrong["reward_score"] < 0
    assert wrong["reward_extra_info"]["outcome"] == "wrong answer"
