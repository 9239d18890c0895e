"""The tasks that come with a solution: all that supervised learning may see."""

from dataclasses import dataclass

from hone.errors import Boundary, HoneError
from hone.tasks.families import Split, TaskMix
from hone.tasks.task import Task

SOLVED_PER_LEVEL_LIMIT = 10**5


@dataclass(frozen=True)
class SolvedConfig:
    """How many solved tasks there are, by level; a fixed set, the same for every seed."""

    level_1: int = 2000
    level_2: int = 2000
    level_3: int = 300

    def __post_init__(self) -> None:
        for name in ("level_1", "level_2", "level_3"):
            if not 0 <= getattr(self, name) <= SOLVED_PER_LEVEL_LIMIT:
                raise HoneError(
                    Boundary.USER,
                    f"solved.{name} is {getattr(self, name)}",
                    f"give a number from 0 to {SOLVED_PER_LEVEL_LIMIT}",
                )


def solved_tasks(config: SolvedConfig, mix: TaskMix) -> list[Task]:
    """The solved training tasks, level by level."""
    counts = {1: config.level_1, 2: config.level_2, 3: config.level_3}
    return [task for level, count in counts.items() for task in mix.some_tasks(Split.TRAIN, level, count)]
