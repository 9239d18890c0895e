"""All families by name, and tasks by id: a generated task is determined by its id alone."""

import difflib
import random
from collections.abc import Sequence
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
_PARTS = ("FAMILY", "LEVEL", "SPLIT", "INDEX")


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
    found = _parsed(task.id)
    if found is None:
        return ()
    name, level, split = found
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
    found = _parsed(name)
    if found is None:
        what, hint = _what_is_wrong(name)
        raise HoneError(Boundary.USER, f"no task {name!r}: {what}", hint)
    return found


def _parsed(name: str) -> tuple[str, int, Split] | None:
    try:
        family_name, level_text, split_text, index_text = name.split(":")
        level, split = int(level_text), Split(split_text)
    except ValueError:
        return None
    numbered = index_text.isascii() and index_text.isdigit()
    known = numbered and family_name in _BY_NAME and level in levels_of(family_name, split)
    return (family_name, level, split) if known else None


def _what_is_wrong(name: str) -> tuple[str, str]:
    """The first part of an id that names nothing, and what to write in its place."""
    parts = name.split(":")
    if len(parts) != len(_PARTS):
        hint = "such as lists.pipeline:2:train:17 (see hone suite list)"
        return f"generated tasks are {':'.join(_PARTS)}", hint
    family_name, level, split, index = parts
    if family_name not in _BY_NAME:
        near = difflib.get_close_matches(family_name, FAMILIES, n=1)
        return f"there is no family {family_name!r}", f"did you mean {near[0]}?" if near else "see hone suite list"
    if split not in list(Split):
        near = difflib.get_close_matches(split, list(Split), n=1)
        hint = f"did you mean {near[0]}?" if near else f"splits are {', '.join(Split)}"
        return f"there is no split {split!r}", hint
    levels = levels_of(family_name, Split(split))
    if level not in map(str, levels):
        hint = (
            f"its levels are {shown_levels(levels)}" if levels else f"it has no tasks in {split}; see hone suite list"
        )
        return f"{family_name} has no level {level!r} in {split}", hint
    return f"{index!r} is no index", "count from 0"


def shown_levels(levels: Sequence[int]) -> str:
    """Levels in a few characters: `1-3`, `2,4-5`."""
    runs: list[list[int]] = []
    for level in levels:
        if runs and level == runs[-1][-1] + 1:
            runs[-1].append(level)
        else:
            runs.append([level])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
