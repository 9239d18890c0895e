"""Mistakes put into programs on purpose: to see whether checks notice them, and to have them repaired."""

from hone.tasks.mutation.mutants import Mutant, mutants
from hone.tasks.mutation.operators import OPERATORS

__all__ = ["OPERATORS", "Mutant", "mutants"]
