"""Draws tasks where the policy neither always fails nor always passes.

A cell is one family at one level. Its weight is p(1 - p), the variance of the outcome, with p the policy's recent pass
rate there: a cell that is mastered or out of reach teaches nothing, so the level rises with competence by itself.
(Learnability as a sampling weight: Foster and Foerster 2025, "Learning to Reason at the Frontier of Learnability".)
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import tyro

from hone.errors import Boundary, HoneError
from hone.tasks.families import Split, TaskMix, task_from_id, task_id
from hone.tasks.task import Task

Cell = tuple[str, int]


@dataclass(frozen=True)
class CurriculumConfig:
    """How tasks are drawn."""

    tasks: Annotated[str, tyro.conf.arg(prefix_name=False)] = "composed:1-3"
    """Tasks to draw from: domains, families or `composed`, each with its levels, as in strings:1-3,services:1; those
    beyond the policy's reach come up rarely until it grows."""
    memory: float = 0.95
    """How much of a cell's past outlives one more observation of it (an exponential mean)."""
    floor: float = 0.02
    """Added to every weight, so that no cell is forgotten. The largest p(1 - p) is 0.25."""

    def __post_init__(self) -> None:
        if not self.mix.trained():
            what = f"tasks: nothing of {self.tasks!r} is trained on"
            raise HoneError(Boundary.USER, what, "name a family or a level that has training tasks: hone suite list")
        if not 0 <= self.memory < 1:
            raise HoneError(Boundary.USER, f"curriculum.memory is {self.memory}", "give a share from 0 to below 1")
        if not self.floor > 0:
            raise HoneError(Boundary.USER, f"curriculum.floor is {self.floor}", "give more than 0")

    @property
    def mix(self) -> TaskMix:
        """What `tasks` names."""
        return TaskMix.parse(self.tasks)


class Curriculum:
    """The pass rates seen so far, and the draw of tasks from them."""

    def __init__(self, config: CurriculumConfig) -> None:
        self.config = config
        self.cells: tuple[Cell, ...] = config.mix.trained()
        self._rates: dict[Cell, float] = dict.fromkeys(self.cells, 0.5)

    def draw(self, count: int, rng: random.Random) -> list[Task]:
        """`count` training tasks, each from a cell drawn by its weight; none of them was among the solved ones."""
        cells = rng.choices(self.cells, weights=[self.weight(cell) for cell in self.cells], k=count)
        # Indexes below 10^6 are left to the solved tasks of the warm start.
        return [
            task_from_id(task_id(family, level, Split.TRAIN, rng.randrange(10**6, 10**9))) for family, level in cells
        ]

    def observe(self, task: Task, pass_rate: float) -> None:
        """Take note of how often the policy just solved a task."""
        cell = (task.family, task.level)
        memory = self.config.memory
        self._rates[cell] = memory * self._rates[cell] + (1 - memory) * pass_rate

    def weight(self, cell: Cell) -> float:
        """p(1 - p) of the cell, plus the floor."""
        rate = self._rates[cell]
        return rate * (1 - rate) + self.config.floor

    def pass_rates(self) -> dict[int, float]:
        """The recent pass rate of each level, over its families."""
        levels = sorted({level for _, level in self.cells})
        return {level: _mean([rate for (_, at), rate in self._rates.items() if at == level]) for level in levels}

    def state(self) -> list[list[object]]:
        """All that changes, as plain data: family, level and pass rate of each cell."""
        return [[family, level, rate] for (family, level), rate in self._rates.items()]

    def restore(self, state: list[list[Any]]) -> None:
        """Continue from what `state` returned."""
        self._rates = {(family, level): rate for family, level, rate in state}


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
