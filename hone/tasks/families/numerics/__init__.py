"""Numerical stability: results that stay right where the textbook's formula does not."""

from hone.tasks.families.family import Family
from hone.tasks.families.numerics import (
    expressions,
    linear_systems,
    log_sum_exp,
    ode_steps,
    polynomials,
    quadratic_roots,
    sums,
    variance,
    vector_norms,
)

FAMILIES: tuple[Family, ...] = (
    expressions.FAMILY,
    linear_systems.FAMILY,
    log_sum_exp.FAMILY,
    ode_steps.FAMILY,
    polynomials.FAMILY,
    quadratic_roots.FAMILY,
    sums.FAMILY,
    variance.FAMILY,
    vector_norms.FAMILY,
)
