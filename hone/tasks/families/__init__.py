"""Generated tasks: families of a domain, each with levels and splits (docs/tasks.md says what they mean).

`catalogue` knows all of them; a new family is a file in its domain's folder and a line in that folder's `FAMILIES`.
"""

from hone.tasks.families.catalogue import (
    DOMAINS,
    FAMILIES,
    LEVELS,
    family,
    further_checks,
    levels_of,
    packages_of,
    shown_levels,
    task_from_id,
    task_id,
)
from hone.tasks.families.mix import TaskMix
from hone.tasks.families.splits import HELD_OUT, Split

__all__ = [
    "DOMAINS",
    "FAMILIES",
    "HELD_OUT",
    "LEVELS",
    "Split",
    "TaskMix",
    "family",
    "further_checks",
    "levels_of",
    "packages_of",
    "shown_levels",
    "task_from_id",
    "task_id",
]
