"""Programs with one mistake in them, to be mended."""

from collections.abc import Iterable, Sequence

from hone.tasks.families.family import Family
from hone.tasks.families.repair.repaired import RepairFamily
from hone.tasks.task import Task

_RUN = ("strings", "integers", "lists", "dictionaries", "collections", "numerics", "services")
"""Domains whose mutants can be run while a task is generated, by value or call by call."""
_KNOWN = ("concurrency", "kernels")
"""Domains whose drivers start threads or launch kernels, nowhere but in the jail: it is known which mistakes show."""
_WITHOUT_LOCKS = frozenset({"concurrency.async_pool"})
"""Coroutines, which take turns."""
_FENCE = "```python\n"
__all__ = ["RepairFamily", "families", "to_be_mended"]


def to_be_mended(tasks: Iterable[Task]) -> dict[str, str]:
    """For each task of these families, by its id, the program that it shows."""
    return {task.id: task.prompt.rpartition(_FENCE)[2].partition("```")[0] for task in tasks if task.domain == "repair"}


def families(bases: Sequence[Family]) -> tuple[Family, ...]:
    """`repair.<domain>` for each domain of the bases that can be repaired."""
    by_domain = {
        domain: tuple(base for base in bases if base.name.startswith(f"{domain}.") and base.name not in _WITHOUT_LOCKS)
        for domain in (*_RUN, *_KNOWN)
    }
    return tuple(RepairFamily(f"repair.{domain}", several) for domain, several in by_domain.items() if several)
