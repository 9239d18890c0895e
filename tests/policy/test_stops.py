"""Stop strings end samples where the text says so, wherever tokens begin and end."""

import pytest
import torch

from hone.episodes.one_shot import attempt
from hone.errors import HoneError
from hone.policy.generate import generate
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.policy.stops import StopStrings, before_stop
from hone.tasks.families import Split, TaskMix

PROMPTS = [[1, 9, 40, 77, 12], [1, 200], [1, 8, 8]]


def run(policy, stop=(), samples=12, **more):
    return generate(
        policy,
        PROMPTS,
        samples,
        max_new_tokens=40,
        sampling=Sampling(),
        generator=torch.Generator().manual_seed(0),
        stop=stop,
        **more,
    )


@pytest.mark.parametrize("name", ["qwen3", "gpt2"])
@pytest.mark.parametrize("stop", [["s"], ["e", "= ", "\n"], ["xs", "on", "1"], ["é"], ["never to be written"]])
def test_a_sample_is_the_unstopped_one_up_to_the_first_token_that_completes_a_stop(policy_of, name, stop):
    policy = policy_of(name, std=0.02)
    stopped = 0
    for free, group in zip(run(policy), run(policy, stop, max_rows=20), strict=True):
        for whole, sample in zip(free, group, strict=True):
            counts = range(1, len(whole.tokens) + 1)
            hits = [n for n in counts if any(text in policy.text(whole.tokens[:n]) for text in stop)]
            length = hits[0] if hits else len(whole.tokens)
            assert sample.tokens == whole.tokens[:length]
            assert sample.logprobs == pytest.approx(whole.logprobs[:length], abs=1e-5)
            assert sample.finished == (bool(hits) or whole.finished)
            stopped += bool(hits)
    assert (stopped > 5) == (stop not in (["é"], ["never to be written"]))


def completed(policy: Policy, tokens: list[int], stop: str) -> list[bool]:
    """For each token, whether it completes the stop string."""
    found = StopStrings(policy, [stop])
    written = torch.tensor([tokens])
    row = torch.tensor([0])
    return [bool(found.completed(written[:, n - 1], written, row, n)[0]) for n in range(1, len(tokens) + 1)]


@pytest.mark.parametrize("stop", ["```", "é", "日本", "a b", " b", "\n\n", "x" * 30 + "y", "<|sep|>"])
def test_a_stop_that_spans_tokens_is_seen_at_its_last_one(policy_of, stop):
    policy = policy_of("qwen3")
    text = "def f(ü) 月 " * 9
    ahead = policy.tokenizer.encode(text, add_special_tokens=False)
    spelled = policy.tokenizer.encode(stop, add_special_tokens=False)
    assert stop not in text
    assert completed(policy, [*ahead, *spelled], stop) == [False] * (len(ahead + spelled) - 1) + [True]


def test_tokens_that_spell_nothing_do_not_push_a_stop_out_of_sight(policy_of):
    policy = policy_of("qwen3")
    half, rest = ([policy.tokenizer.convert_tokens_to_ids(part)] for part in "ab")
    assert completed(policy, [*half, *[policy.end_ids[0]] * 200, *rest], "ab")[-1]


def test_text_before_the_first_stop_is_the_answer():
    assert before_stop("one;two\nthree", ["\n", ";"]) == "one"
    assert before_stop("one", ["\n"]) == "one"
    assert before_stop("one", []) == "one"


def test_the_program_is_what_stands_before_the_stop(policy_of):
    policy = policy_of("qwen3", std=0.02)
    tasks = TaskMix.parse("strings:1").some_tasks(Split.TRAIN, 1, 2)
    free, stopped = (
        attempt(
            policy,
            tasks,
            6,
            max_new_tokens=20,
            sampling=Sampling(),
            generator=torch.Generator().manual_seed(0),
            stop=stop,
        )
        for stop in ([], ["s", "x"])
    )
    pairs = [pair for groups in zip(free, stopped, strict=True) for pair in zip(*groups, strict=True)]
    assert [episode.program.source for _, episode in pairs] == [
        before_stop(whole.program.source, ["s", "x"]) for whole, _ in pairs
    ]
    assert any(len(episode.turns[0].action) < len(whole.turns[0].action) for whole, episode in pairs)


def test_an_empty_stop_string_is_one_clear_line(policy_of):
    with pytest.raises(HoneError, match="empty stop string"):
        run(policy_of("qwen3"), ["a", ""])
