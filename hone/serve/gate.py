"""Who may come in: a fixed number of requests, and nobody once the service drains."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

from hone.errors import Boundary

FULL_RETRY_SECONDS = 1
DRAINING_RETRY_SECONDS = 5
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Refusal(Exception):
    """An answer other than a verdict: a status and one clear line."""

    def __init__(
        self, status: int, boundary: Boundary, what: str, hint: str, headers: Mapping[str, str] = _NO_HEADERS
    ) -> None:
        super().__init__(what)
        self.status, self.boundary, self.what, self.hint, self.headers = status, boundary, what, hint, headers


class Gate:
    """Counts the requests inside, those that are judged and those that wait. For one event loop."""

    def __init__(self, capacity: int) -> None:
        """Open.

        Args:
            capacity: requests that may be inside at once.
        """
        self.capacity = capacity
        self.inside = 0
        self.draining = False
        self.cut_off = asyncio.Event()
        """Set when those inside can wait no longer for their verdicts."""
        self._empty = asyncio.Event()
        self._empty.set()

    def check(self) -> None:
        """Refuse whoever could not come in now, before its body is read.

        Raises:
            Refusal: 503 while the service drains; 429 when there is no room.
        """
        if self.draining:
            again = {"Retry-After": str(DRAINING_RETRY_SECONDS)}
            raise Refusal(503, Boundary.SANDBOX, "the service is shutting down", "ask another instance", again)
        if self.inside >= self.capacity:
            again = {"Retry-After": str(FULL_RETRY_SECONDS)}
            raise Refusal(429, Boundary.SANDBOX, "the queue is full", "wait as long as Retry-After says", again)

    def enter(self) -> None:
        """Come in; `leave` must follow. Raises as `check`."""
        self.check()
        self.inside += 1
        self._empty.clear()

    def leave(self) -> None:
        """Go out."""
        self.inside -= 1
        if not self.inside:
            self._empty.set()

    async def drain(self, seconds: float) -> int:
        """Let nobody in any more, and wait until everybody is out; after `seconds`, cut off and count the rest."""
        self.draining = True
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            self.cut_off.set()
            return self.inside
        return 0
