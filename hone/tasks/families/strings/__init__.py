"""Text: taking it apart, rewriting it, putting it together."""

from hone.tasks.families.family import Family
from hone.tasks.families.strings import ciphers, fields, identifiers, run_lengths, templates, wrapping

FAMILIES: tuple[Family, ...] = (
    run_lengths.FAMILY,
    templates.FAMILY,
    wrapping.FAMILY,
    fields.FAMILY,
    identifiers.FAMILY,
    ciphers.FAMILY,
)
