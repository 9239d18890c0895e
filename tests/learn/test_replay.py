"""Elites: only verified programs, each once, never more than are wanted, and the same after a resume."""

import random
from dataclasses import replace

import pytest

from hone.errors import HoneError
from hone.learn.batch import Judged
from hone.learn.objective import Choice, ReplayConfig
from hone.learn.replay import Replay

CONFIG = ReplayConfig(weight=1.0, batch=3, size=4)


def sample(action: list[int], *, passed: bool = True, finished: bool = True) -> Judged:
    return Judged(action, [-1.0] * len(action), finished, passed, 1.0 if passed else -0.5)


def actions(replay: Replay) -> list[list[int]]:
    return [elite.action for elite in replay.elites]


def test_only_what_passed_and_ended_is_kept():
    replay = Replay(CONFIG)
    replay.add([[1], [2]], [[sample([5], passed=False), sample([6], finished=False)], [sample([7, 8])]])
    assert actions(replay) == [[7, 8]]


@pytest.mark.parametrize(
    ("choice", "count", "wanted"),
    [
        (Choice.SHORTEST, 1, [[7]]),
        (Choice.FIRST, 1, [[5, 6, 3]]),
        (Choice.SHORTEST, 2, [[7], [8, 9]]),
        (Choice.FIRST, 9, [[5, 6, 3], [8, 9], [7]]),
    ],
)
def test_a_group_gives_its_first_or_its_shortest_programs_each_once(choice, count, wanted):
    replay = Replay(replace(CONFIG, choose=choice, of_group=count))
    group = [sample([5, 6, 3]), sample([8, 9]), sample([5, 6, 3]), sample([7]), sample([7])]
    replay.add([[1]], [group])
    assert actions(replay) == wanted
    replay.add([[1]], [group])
    assert actions(replay) == wanted


def test_the_same_program_for_another_prompt_is_another_elite():
    replay = Replay(CONFIG)
    replay.add([[1], [2]], [[sample([7])], [sample([7])]])
    assert len(replay.elites) == 2


def test_the_oldest_make_room():
    replay = Replay(CONFIG)
    for prompt in range(9):
        replay.add([[prompt]], [[sample([prompt])]])
        assert len(replay.elites) <= CONFIG.size
    assert actions(replay) == [[5], [6], [7], [8]]


def test_what_was_learned_from_least_often_comes_first_so_all_have_their_turn():
    replay = Replay(replace(CONFIG, size=10))
    replay.add([[p] for p in range(5)], [[sample([p])] for p in range(5)])
    drawn = [[elite.action[0] for elite in replay.draw()] for _ in range(5)]
    assert drawn == [[0, 1, 2], [3, 4, 0], [1, 2, 3], [4, 0, 1], [2, 3, 4]]
    replay.add([[9]], [[sample([9])]])
    assert replay.draw()[0].action == [9]


def test_it_goes_on_from_what_was_saved(tmp_path):
    rng = random.Random(4)
    whole = Replay(replace(CONFIG, size=20))

    def more() -> tuple[list[list[int]], list[list[Judged]]]:
        return [[rng.randrange(9)]], [[sample([rng.randrange(30), 3]) for _ in range(4)]]

    for _ in range(10):
        whole.add(*more())
        whole.draw()
    whole.save(tmp_path)
    again = Replay(whole.config)
    again.load(tmp_path)
    for _ in range(20):
        batch = more()
        whole.add(*batch)
        again.add(*batch)
        assert whole.draw() == again.draw()
    assert whole.elites == again.elites


@pytest.mark.parametrize("text", ["", "{}", "[[[1], [2], [true]]]", "[[[1], [2], [], 0]]", '[[[1], ["x"], [true], 0]]'])
def test_a_damaged_file_is_one_clear_line(text, tmp_path):
    (tmp_path / "replay.json").write_text(text)
    if text == "{}":
        (tmp_path / "replay.json").unlink()
    with pytest.raises(HoneError, match=r"replay\.json cannot be read"):
        Replay(CONFIG).load(tmp_path)
