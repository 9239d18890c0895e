"""Numerical stability: results that stay right where the textbook's formula does not."""

from hone.tasks.families.family import Family
from hone.tasks.families.numerics import expressions, log_sum_exp, ode_steps, quadratic_roots, sums

FAMILIES: tuple[Family, ...] = (
    expressions.FAMILY,
    log_sum_exp.FAMILY,
    ode_steps.FAMILY,
    quadratic_roots.FAMILY,
    sums.FAMILY,
)
