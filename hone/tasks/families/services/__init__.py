"""Stateful services: small classes that must behave over any sequence of calls."""

from hone.tasks.families.family import Family
from hone.tasks.families.services import (
    expiring_store,
    ledger,
    lru_cache,
    session_store,
    undo_buffer,
    workflow,
)

FAMILIES: tuple[Family, ...] = (
    expiring_store.FAMILY,
    ledger.FAMILY,
    lru_cache.FAMILY,
    session_store.FAMILY,
    undo_buffer.FAMILY,
    workflow.FAMILY,
)
