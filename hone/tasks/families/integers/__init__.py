"""Integers and arithmetic: numbers taken apart, written down, counted with."""

from hone.tasks.families.family import Family
from hone.tasks.families.integers import numerals

FAMILIES: tuple[Family, ...] = (numerals.FAMILY,)
