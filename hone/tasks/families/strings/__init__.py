"""Text: taking it apart, rewriting it, putting it together."""

from hone.tasks.families.family import Family
from hone.tasks.families.strings import run_lengths, templates

FAMILIES: tuple[Family, ...] = (run_lengths.FAMILY, templates.FAMILY)
