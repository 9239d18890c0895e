"""Small operations on strings, integers, lists and dictionaries, composed to any depth."""

from hone.tasks.families.composed.build import FAMILIES

__all__ = ["FAMILIES"]
