"""One prompt, one program: what an episode holds is what was sampled."""

import pytest
import torch

from hone.curriculum.learnability import CurriculumConfig
from hone.episodes.one_shot import attempt
from hone.policy.policy import Policy
from hone.policy.sampling import Sampling
from hone.tasks.families import Split
from tests.tiny import tiny_policy

TASKS = CurriculumConfig().mix.some_tasks(Split.TRAIN, 1, 5)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return tiny_policy(TASKS, layers=1)


def test_episodes_come_by_task_and_say_what_was_read_written_and_by_whom(policy: Policy):
    generator = torch.Generator().manual_seed(0)
    groups = attempt(policy, TASKS, 3, max_new_tokens=9, sampling=Sampling(), generator=generator)
    assert [len(group) for group in groups] == [3] * 5
    for task, group in zip(TASKS, groups, strict=True):
        for episode in group:
            (turn,) = episode.turns
            assert episode.task is task
            assert episode.verdict is None
            assert list(turn.observation) == policy.encode_prompt(task)
            assert len(turn.action) == len(turn.logprobs) <= 9
            assert turn.finished is (turn.action[-1] in policy.end_ids)
            assert episode.program == policy.program(task, turn.action)
            assert (episode.program.author, episode.program.how) == ("tiny", "sampled")


def test_the_same_generator_state_gives_the_same_episodes(policy: Policy):
    runs = [
        attempt(policy, TASKS, 2, max_new_tokens=9, sampling=Sampling(), generator=torch.Generator().manual_seed(seed))
        for seed in (1, 1, 2)
    ]
    assert runs[0] == runs[1] != runs[2]


def test_episodes_are_handed_on_one_by_one_as_they_are_returned(policy: Policy):
    handed = {}
    groups = attempt(
        policy,
        TASKS,
        3,
        max_new_tokens=9,
        sampling=Sampling(),
        generator=torch.Generator().manual_seed(0),
        on_episode=lambda place, number, episode: handed.update({(place, number): episode}),
    )
    assert len(handed) == 15
    assert all(handed[place, number] is groups[place][number] for place, number in handed)


def test_greedy_says_so(policy: Policy):
    [[episode]] = attempt(
        policy, TASKS[:1], 1, max_new_tokens=5, sampling=Sampling(0), generator=torch.Generator().manual_seed(0)
    )
    assert episode.program.how == "greedy"
