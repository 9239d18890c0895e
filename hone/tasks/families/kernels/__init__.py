"""GPU kernels in Triton: interpreted, on a memory that sees races, strays and garbage."""

from hone.tasks.families.family import Family
from hone.tasks.families.kernels import (
    elementwise,
    histogram,
    layer_norm,
    matmul,
    reductions,
    scan,
    softmax,
    transpose,
)

FAMILIES: tuple[Family, ...] = (
    elementwise.FAMILY,
    reductions.FAMILY,
    softmax.FAMILY,
    layer_norm.FAMILY,
    matmul.FAMILY,
    scan.FAMILY,
    transpose.FAMILY,
    histogram.FAMILY,
)
