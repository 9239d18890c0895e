"""Numerical stability: results that stay right where the textbook's formula does not."""

from hone.tasks.families.family import Family
from hone.tasks.families.numerics import log_sum_exp

FAMILIES: tuple[Family, ...] = (log_sum_exp.FAMILY,)
