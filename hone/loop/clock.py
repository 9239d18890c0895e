"""Seconds that the parts of a step took."""

import time
from collections.abc import Generator
from contextlib import contextmanager

KINDS = ("write", "wait", "run", "learn")


class Clock:
    """Seconds of each kind of work; `run` goes on beside the others. Each kind is measured by one thread."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = dict.fromkeys(KINDS, 0.0)

    @contextmanager
    def measure(self, kind: str) -> Generator[None]:
        """Add what happens inside to a kind."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.seconds[kind] += time.monotonic() - started
