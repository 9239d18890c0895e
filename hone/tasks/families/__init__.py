"""Generated tasks: small operations on strings, integers, lists and dictionaries, composed to any depth."""

from hone.tasks.families.build import FAMILIES, levels_of, task_from_id, task_id
from hone.tasks.families.compose import DOMAINS, LEVELS, Shape, Split

__all__ = ["DOMAINS", "FAMILIES", "LEVELS", "Shape", "Split", "levels_of", "task_from_id", "task_id"]
