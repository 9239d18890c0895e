"""Stateful services: small classes that must behave over any sequence of calls."""

from hone.tasks.families.family import Family
from hone.tasks.families.services import (
    expiring_store,
    job_queue,
    ledger,
    lru_cache,
    session_store,
    undo_buffer,
    versioned_store,
    web_service,
    workflow,
)

FAMILIES: tuple[Family, ...] = (
    expiring_store.FAMILY,
    job_queue.FAMILY,
    ledger.FAMILY,
    lru_cache.FAMILY,
    session_store.FAMILY,
    undo_buffer.FAMILY,
    versioned_store.FAMILY,
    web_service.FAMILY,
    workflow.FAMILY,
)
