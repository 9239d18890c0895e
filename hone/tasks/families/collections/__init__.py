"""Collections: records, intervals and what else comes in numbers."""

from hone.tasks.families.collections import intervals
from hone.tasks.families.family import Family

FAMILIES: tuple[Family, ...] = (intervals.FAMILY,)
