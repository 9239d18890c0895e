"""Programs with one mistake in them, to be mended."""

from collections.abc import Sequence

from hone.tasks.families.family import Family
from hone.tasks.families.repair.repaired import RepairFamily

_DOMAINS = ("strings", "integers", "lists", "dictionaries", "collections")
"""Domains whose tasks are judged by value without a driver. Those with drivers or suites need another way to run a
mutant while a task is generated."""


def families(bases: Sequence[Family]) -> tuple[Family, ...]:
    """`repair.<domain>` for each domain of the bases that can be repaired."""
    by_domain = {domain: tuple(base for base in bases if base.name.startswith(f"{domain}.")) for domain in _DOMAINS}
    return tuple(RepairFamily(f"repair.{domain}", several) for domain, several in by_domain.items() if several)
