"""The curriculum goes where the policy is neither helpless nor perfect."""

import random

import pytest

from hone.curriculum.learnability import Curriculum, CurriculumConfig
from hone.curriculum.solved import SolvedConfig, solved_tasks
from hone.errors import HoneError


def taught(rates: dict[int, float], rounds: int = 150) -> Curriculum:
    curriculum = Curriculum(CurriculumConfig())
    for step in range(rounds):
        for task in curriculum.draw(16, random.Random(step)):
            curriculum.observe(task, rates[task.level])
    return curriculum


def share(curriculum: Curriculum, level: int) -> float:
    tasks = curriculum.draw(600, random.Random(9))
    return sum(task.level == level for task in tasks) / len(tasks)


def test_the_level_rises_with_competence():
    beginner, middling, able = (
        taught({1: 0.5, 2: 0.05, 3: 0.0}),
        taught({1: 0.95, 2: 0.5, 3: 0.05}),
        taught({1: 1.0, 2: 1.0, 3: 0.5}),
    )
    assert share(beginner, 1) > share(middling, 1) > share(able, 1)
    assert share(able, 3) > share(middling, 3) > share(beginner, 3)
    assert share(middling, 2) > 0.5


def test_no_cell_is_ever_forgotten():
    curriculum = taught({1: 1.0, 2: 1.0, 3: 0.0}, rounds=200)
    drawn = {(task.family, task.level) for task in curriculum.draw(3000, random.Random(1))}
    assert drawn == set(curriculum.cells)


def test_only_the_domains_and_levels_that_were_asked_for_are_drawn():
    curriculum = Curriculum(CurriculumConfig(tasks="lists:2,integers:2"))
    tasks = curriculum.draw(50, random.Random(0))
    assert {task.domain for task in tasks} == {"lists", "integers"}
    assert {task.level for task in tasks} == {2}


def test_a_restored_curriculum_draws_the_same_tasks():
    first = taught({1: 0.9, 2: 0.4, 3: 0.1})
    second = Curriculum(CurriculumConfig())
    second.restore(first.state())
    assert first.draw(20, random.Random(5)) == second.draw(20, random.Random(5))
    assert first.pass_rates() == second.pass_rates()


def test_tasks_without_solutions_are_none_of_the_solved_ones():
    solved = {task.id for task in solved_tasks(SolvedConfig(), CurriculumConfig().mix)}
    drawn = {task.id for task in Curriculum(CurriculumConfig()).draw(500, random.Random(2))}
    assert not solved & drawn


@pytest.mark.parametrize(
    "change",
    [{"tasks": "knots"}, {"tasks": ""}, {"tasks": "composed:4"}, {"tasks": "lists:"}, {"memory": 1.0}, {"floor": 0.0}],
)
def test_an_impossible_curriculum_is_refused_in_one_line(change):
    with pytest.raises(HoneError, match=r"curriculum|tasks") as caught:
        CurriculumConfig(**change)
    assert "\n" not in str(caught.value)
