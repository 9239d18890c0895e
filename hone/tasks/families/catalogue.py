"""All families by name, and tasks by id: a generated task is determined by its id alone."""

import random
from functools import lru_cache

from hone.errors import Boundary, HoneError
from hone.tasks.checks import Check
from hone.tasks.families import (
    collections,
    composed,
    concurrency,
    contradictions,
    files,
    integers,
    kernels,
    libraries,
    numerics,
    repair,
    services,
    strings,
)
from hone.tasks.families.family import DraftedFamily, Family
from hone.tasks.families.splits import Split
from hone.tasks.task import Task

_WRITTEN: tuple[Family, ...] = (
    *composed.FAMILIES,
    *strings.FAMILIES,
    *integers.FAMILIES,
    *collections.FAMILIES,
    *files.FAMILIES,
    *concurrency.FAMILIES,
    *services.FAMILIES,
    *numerics.FAMILIES,
    *kernels.FAMILIES,
)
_ALL: tuple[Family, ...] = (
    *_WRITTEN,
    *libraries.FAMILIES,
    *repair.families(_WRITTEN),
    *contradictions.families(_WRITTEN),
)
_BY_NAME = {family.name: family for family in _ALL}

FAMILIES: tuple[str, ...] = tuple(_BY_NAME)
"""Every family's name, `domain.kind`."""
DOMAINS: tuple[str, ...] = tuple(dict.fromkeys(name.partition(".")[0] for name in FAMILIES))
LEVELS = (1, 2, 3, 4, 5)


def family(name: str) -> Family:
    """The family of a name that `FAMILIES` holds."""
    return _BY_NAME[name]


def levels_of(name: str, split: Split) -> tuple[int, ...]:
    """The levels at which a family has tasks in a split."""
    return _BY_NAME[name].levels_of(split)


def packages_of(name: str) -> tuple[str, ...]:
    """Installed packages that a family's programs import, beyond the standard library."""
    made = _BY_NAME[name]
    return made.packages if isinstance(made, DraftedFamily | repair.RepairFamily) else ()


def further_checks(task: Task, rng: random.Random, most: int) -> tuple[Check, ...]:
    """Checks that a generated task could have had, too; none for other tasks, and where its family draws none."""
    try:
        name, level, split = parsed(task.id)
    except HoneError:
        return ()
    made = _BY_NAME[name]
    if not isinstance(made, DraftedFamily | repair.RepairFamily) or task_from_id(task.id).reference != task.reference:
        return ()
    return made.further_checks(task.id, level, split, rng, most)


def task_id(name: str, level: int, split: Split, index: int) -> str:
    """`lists.pipeline:2:train:17`."""
    return f"{name}:{level}:{split}:{index}"


@lru_cache(maxsize=65536)
def task_from_id(name: str) -> Task:
    """Generate the task that the id names.

    Raises:
        HoneError: the id does not name a family, a level or a split.
    """
    family_name, level, split = parsed(name)
    return _BY_NAME[family_name].task(name, level, split)


def parsed(name: str) -> tuple[str, int, Split]:
    """Family, level and split of a task's id; raises as `task_from_id`."""
    try:
        family_name, level_text, split_text, index_text = name.split(":")
        level, split = int(level_text), Split(split_text)
        known = (
            family_name in _BY_NAME
            and index_text.isascii()
            and index_text.isdigit()
            and level in levels_of(family_name, split)
        )
    except ValueError:
        known = False
    if not known:
        raise HoneError(
            Boundary.USER,
            f"no task {name!r}",
            "generated tasks are FAMILY:LEVEL:SPLIT:INDEX, such as lists.pipeline:2:train:17 (see `hone suite list`)",
        )
    return family_name, level, split
