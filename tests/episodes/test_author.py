"""Authors: the same programs from the same text, whether the policy is here or behind an endpoint."""

import json
from dataclasses import replace
from typing import Any

import pytest
import torch

from hone.cli import main
from hone.episodes.author import LocalAuthor, RemoteAuthor
from hone.episodes.one_shot import attempt
from hone.errors import HoneError
from hone.policy.completions import Route
from hone.policy.remote import RemotePolicy
from hone.policy.sampling import Sampling
from hone.tasks.families import Split, TaskMix
from tests.policy.endpoint import Said, chat, completion, serving
from tests.tiny import tiny_policy

TASKS = TaskMix.parse("strings:1").some_tasks(Split.TRAIN, 1, 3)


def write(url: str, route: Route, samples: int = 2, tasks=TASKS, **more: Any):
    author = RemoteAuthor(RemotePolicy(url, "some/model", route, first_pause=0.001))
    return author.attempt(tasks, samples, max_new_tokens=9, sampling=Sampling(), seed=0, **more)


@pytest.mark.parametrize(
    ("route", "text", "source"),
    [
        (Route.CHAT, "Here:\n```python\nx = 1\n```\nDone.", "x = 1\n"),
        (Route.COMPLETION, "x = 1\n```\nand more", "x = 1\n"),
        (Route.PLAIN, "x = 1\n", "x = 1\n"),
    ],
)
def test_the_program_is_taken_out_of_the_answer_as_the_route_has_it(route, text, source):
    say = chat if route is Route.CHAT else completion
    handed = []
    with serving(lambda number, body: say(text, text)) as endpoint:
        groups = write(endpoint.url, route, on_episode=lambda *found: handed.append(found))
    assert [len(group) for group in groups] == [2, 2, 2]
    for task, group in zip(TASKS, groups, strict=True):
        for episode in group:
            assert episode.task is task
            assert (episode.program.source, episode.program.task_id, episode.program.how) == (
                source,
                task.id,
                "sampled",
            )
            assert episode.program.author == f"some/model at {endpoint.url}"
            (turn,) = episode.turns
            assert (turn.action, turn.tokens, turn.finished) == ((), 6, True)
    assert sorted(found[:2] for found in handed) == [(place, number) for place in range(3) for number in range(2)]
    assert all(groups[place][number] is episode for place, number, episode in handed)


def test_prompts_are_those_that_a_policy_here_reads():
    with serving(lambda number, body: chat("x") if "messages" in body else completion("x")) as endpoint:
        for route in Route:
            write(endpoint.url, route, 1, TASKS[:1])
    asked, continued, plain = (request.body for request in endpoint.seen)
    words = asked["messages"][0]["content"]
    assert words.startswith(TASKS[0].prompt.rstrip())
    assert "```python block" in words
    assert continued["prompt"] == f"{words}\n\n```python\n"
    assert plain["prompt"] == f"<|bos|>{TASKS[0].prompt}<|sep|>"


def test_text_from_a_stop_on_is_no_program_even_where_the_server_sends_it():
    with serving(lambda number, body: completion("x = 1\n# end\ny = 2\n")) as endpoint:
        ((episode,),) = write(endpoint.url, Route.PLAIN, 1, TASKS[:1], stop=["# end"])
    assert episode.program.source == "x = 1\n"


def test_a_prompt_that_holds_a_mark_of_the_plain_form_is_not_sent():
    with serving(lambda number, body: completion("x")) as endpoint:
        with pytest.raises(HoneError, match="holds a mark"):
            write(endpoint.url, Route.PLAIN, 1, [replace(TASKS[0], prompt="Write <|end|>")])
        assert not endpoint.seen


TASK = {
    "prompt": "Double a number.",
    "form": "call",
    "entry_point": "double",
    "visible": [{"args": [1], "expected": 2}],
    "hidden": [{"args": [4], "expected": 8}],
}


def test_hone_eval_scores_a_policy_behind_an_address_and_asks_nothing_twice(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HONE_API_KEY", "sk-0123")
    (tmp_path / "mine.jsonl").write_text("".join(json.dumps(TASK | {"id": f"mine/{n}"}) + "\n" for n in range(2)))

    def answer(number: int, body: dict[str, Any]) -> Said:
        right = "```python\ndef double(x):\n    return 2 * x\n```"
        return chat(right) if body["temperature"] == 0 else chat(right, "```python\ndef double(x):\n    return x\n```")

    with serving(answer) as endpoint:
        arguments = ["eval", endpoint.url, "--model", "some/model", "--suite", str(tmp_path / "mine.jsonl")]
        arguments += [
            "--samples",
            "2",
            "--k",
            "1",
            "2",
            "--top-p",
            "0.9",
            "--out",
            str(tmp_path / "kept.sqlite"),
            "--json",
        ]
        assert main(arguments) == 0
        said = capsys.readouterr()
        found = json.loads(said.out)
        assert "does the server sample" not in said.err
        asked = len(endpoint.seen)
        assert main(arguments) == 0
        assert json.loads(capsys.readouterr().out) == found
        assert len(endpoint.seen) == asked == 4
        assert {request.body["top_p"] for request in endpoint.seen if request.body["temperature"]} == {0.9}
    ((scores,),) = (split.values() for split in found["splits"].values())
    assert [scores[name]["value"] for name in ("greedy_pass@1", "pass@1", "pass@2")] == [1.0, 0.5, 1.0]
    assert b"sk-0123" not in (tmp_path / "kept.sqlite").read_bytes()


def test_hone_eval_asks_whether_a_server_samples_that_gives_every_task_one_program(tmp_path, capsys):
    (tmp_path / "mine.jsonl").write_text(json.dumps(TASK | {"id": "mine/0"}) + "\n")
    with serving(lambda number, body: chat(*["def double(x): return 0"] * body["n"])) as endpoint:
        arguments = ["eval", endpoint.url, "--model", "m", "--suite", str(tmp_path / "mine.jsonl")]
        assert main([*arguments, "--samples", "3", "--k", "1", "--out", str(tmp_path / "kept.sqlite"), "--json"]) == 0
    assert "does the server sample?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["http://127.0.0.1:1/v1"], "no model named"),
        (["runs/mine", "--model", "m"], "--model for runs/mine"),
        (["runs/mine", "--top-p", "2"], "top_p is 2"),
    ],
)
def test_what_does_not_fit_together_is_one_clear_line(arguments, what, capsys):
    assert main(["eval", *arguments, "--json"]) == 2
    assert what in capsys.readouterr().err


def test_a_local_author_writes_what_attempt_writes_with_the_same_seed():
    policy = tiny_policy(TASKS, layers=1)
    generator = torch.Generator().manual_seed(5)
    expected = attempt(policy, TASKS, 2, max_new_tokens=6, sampling=Sampling(), generator=generator)
    assert LocalAuthor(policy).attempt(TASKS, 2, max_new_tokens=6, sampling=Sampling(), seed=5) == expected
