"""Stateful services: small classes that must behave over any sequence of calls."""

from hone.tasks.families.family import Family
from hone.tasks.families.services import expiring_store

FAMILIES: tuple[Family, ...] = (expiring_store.FAMILY,)
