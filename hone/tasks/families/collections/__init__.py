"""Collections: records, intervals and what else comes in numbers."""

from hone.tasks.families.collections import (
    duplicates,
    grouping,
    intervals,
    inventory,
    joins,
    nesting,
    ordering,
    ranking,
    windows,
)
from hone.tasks.families.family import Family

FAMILIES: tuple[Family, ...] = (
    intervals.FAMILY,
    grouping.FAMILY,
    ranking.FAMILY,
    windows.FAMILY,
    joins.FAMILY,
    ordering.FAMILY,
    inventory.FAMILY,
    nesting.FAMILY,
    duplicates.FAMILY,
)
