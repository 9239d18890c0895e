"""Threads: what several of them may do to one object at the same time."""

from hone.tasks.families.concurrency import bounded_queue, counter, rate_limiter
from hone.tasks.families.family import Family

FAMILIES: tuple[Family, ...] = (bounded_queue.FAMILY, counter.FAMILY, rate_limiter.FAMILY)
