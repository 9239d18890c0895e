"""Threads and coroutines: what several of them may do to one object at the same time."""

from hone.tasks.families.concurrency import (
    accounts,
    async_pool,
    barrier,
    bounded_queue,
    cancellation,
    counter,
    memo,
    rate_limiter,
    sequencer,
    worker_pool,
)
from hone.tasks.families.family import Family

FAMILIES: tuple[Family, ...] = (
    accounts.FAMILY,
    async_pool.FAMILY,
    barrier.FAMILY,
    bounded_queue.FAMILY,
    cancellation.FAMILY,
    counter.FAMILY,
    memo.FAMILY,
    rate_limiter.FAMILY,
    sequencer.FAMILY,
    worker_pool.FAMILY,
)
