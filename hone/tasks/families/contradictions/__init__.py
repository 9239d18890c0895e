"""Tasks that may contradict themselves: half of them do, and are to be declined."""

from collections.abc import Sequence

from hone.tasks.families.contradictions.contradicted import ContradictionFamily
from hone.tasks.families.family import Family

_DOMAINS = ("strings", "integers", "lists", "dictionaries", "collections")
"""Domains whose tasks are judged by value, with examples in the prompt."""


def families(bases: Sequence[Family]) -> tuple[Family, ...]:
    """`contradictions.<domain>` for each domain of the bases."""
    by_domain = {domain: tuple(base for base in bases if base.name.startswith(f"{domain}.")) for domain in _DOMAINS}
    return tuple(
        ContradictionFamily(f"contradictions.{domain}", several) for domain, several in by_domain.items() if several
    )
