"""HTTP/1.1 for clients that may be slow on purpose: every stage of a request has a deadline, and connections a number.

uvicorn drops connections that stay idle between requests. This adds: a head, a body and a reader that never come to an
end are cut off, and a connection above the number is told so at once.
"""

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nRetry-After: 1\r\nConnection: close\r\n"
    b"Content-Length: 82\r\n\r\n"
    b'{"error": {"boundary": "sandbox", "what": "too many connections", "hint": "wait"}}'
)
_GRACE = 1.0
"""Seconds that the service has to answer a slow body itself, before the connection is cut."""


class Connection(H11Protocol):
    """One client. `timeout_keep_alive` is the patience at every stage, `limit_concurrency` the number of clients."""

    _stage: object = None
    _deadline: asyncio.TimerHandle | None = None
    _reading: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        """A client has come."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # so that an answer that is not read is noticed at once
        if self.limit_concurrency is not None and len(self.connections) >= self.limit_concurrency:
            transport.write(_FULL)
            transport.close()
            return
        self._watch_stage()

    def data_received(self, data: bytes) -> None:
        """The client has sent something."""
        super().data_received(data)
        self._watch_stage()

    def on_response_complete(self) -> None:
        """The answer is sent; the client may ask again."""
        super().on_response_complete()
        self._watch_stage()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stage = None
        self._stop(self._deadline)
        self._stop(self._reading)
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client does not read."""
        super().pause_writing()
        self._stop(self._reading)
        self._reading = self.loop.call_later(self.timeout_keep_alive, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        super().resume_writing()
        self._stop(self._reading)

    def _watch_stage(self) -> None:
        """Each head and each body has one deadline, which bytes that trickle in do not move."""
        stage = (self.cycle, self.conn.their_state)
        if stage == self._stage:
            return
        self._stage = stage
        self._stop(self._deadline)
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY):
            self._deadline = self.loop.call_later(self.timeout_keep_alive + _GRACE, self.transport.abort)

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
