"""Integers and arithmetic: numbers taken apart, written down, counted with."""

from hone.tasks.families.family import Family
from hone.tasks.families.integers import bit_fields, change, check_digits, clocks, factors, numerals

FAMILIES: tuple[Family, ...] = (
    numerals.FAMILY,
    change.FAMILY,
    clocks.FAMILY,
    check_digits.FAMILY,
    factors.FAMILY,
    bit_fields.FAMILY,
)
