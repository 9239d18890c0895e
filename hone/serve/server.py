"""The process around the service: a socket, signals, and an end that loses no verdict.

On SIGTERM or SIGINT new work is refused with 503, `/readyz` answers 503, and health and metrics go on, until all that
is inside has been answered; then the process ends with 0. A second signal ends it at once.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import uvicorn

from hone.errors import Boundary, HoneError
from hone.serve.config import ServeConfig
from hone.serve.connection import Connection
from hone.serve.service import Service
from hone.verdict.async_judge import AsyncJudge

_BACKLOG = 1024
_LAST_WORDS_SECONDS = 5
"""For answers that are being written, and idle connections, once everything is judged."""


def serve(config: ServeConfig) -> None:
    """Serve until a signal ends it.

    Raises:
        HoneError: the address cannot be listened on, the jail does not work here, the token cannot be read, or requests
            were cut off when the drain took too long.
        KeyboardInterrupt: a second signal asked to end at once.
    """
    token = config.read_token()
    with listen(config.host, config.port) as listener:
        asyncio.run(_serve(config, token, listener))


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        HoneError: the address is not this machine's, or the port is taken or not to be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address, family=family, backlog=_BACKLOG)
    except (OSError, UnicodeError) as error:
        code = getattr(error, "errno", None) or 0
        why = os.strerror(code) if code > 0 else "no such address"
        raise HoneError(Boundary.USER, f"cannot listen on {host}:{port}: {why}", "choose --host and --port") from error


async def _serve(config: ServeConfig, token: bytes | None, listener: socket.socket) -> None:
    options: dict[str, Any] = {"static": config.static, "packages": config.packages, "refuse": config.refuse}
    options |= {} if config.reruns else {"flakiness": None}
    async with AsyncJudge(config.workers, max_concurrency=config.concurrency, **options) as judge:
        service = Service(judge, config, token)
        server = Server(service, config, lambda: _greet(config, listener, has_token=token is not None))
        logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s: %(message)s", level=logging.WARNING)
        await server.serve(sockets=[listener])
        cut_off = server.cut_off
    if server.force_exit:
        raise KeyboardInterrupt
    if cut_off:
        what = f"{cut_off} requests were cut off after draining for {config.drain_timeout:g} s"
        raise HoneError(Boundary.USER, what, "raise --drain-timeout")


def _greet(config: ServeConfig, listener: socket.socket, *, has_token: bool) -> None:
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(
        f"hone: judging on http://{shown}:{port} with {_counted(config.workers, 'worker')}, see /openapi.json",
        flush=True,
    )
    if not config.is_loopback and not has_token:
        print(f"hone: {host} is open to others, and no token is asked for: give --token-file", file=sys.stderr)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


class Server(uvicorn.Server):
    """uvicorn, with an end in two parts: first everything inside is judged, then the listening stops."""

    def __init__(self, service: Service, config: ServeConfig, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                service.app,
                http=Connection,
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=config.max_connections + 1,
                timeout_keep_alive=max(round(config.patience), 1),
                timeout_graceful_shutdown=_LAST_WORDS_SECONDS,
            )
        )
        self._gate = service.gate
        self._on_ready = on_ready
        self._drain_timeout = config.drain_timeout
        self._loop = asyncio.get_running_loop()
        self._draining: asyncio.Task[None] | None = None
        self.cut_off = 0
        """Requests that the drain did not wait for."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen; then, with signals in hand, say so."""
        await super().startup(sockets)
        self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal asks to end. Runs between any two instructions, so it only passes the word on."""
        self._loop.call_soon_threadsafe(self._asked_to_end, signal.Signals(sig))

    def _asked_to_end(self, sig: signal.Signals) -> None:
        if self._draining is not None:
            self._gate.cut_off.set()
            self.should_exit = self.force_exit = True
            return
        inside = self._gate.inside
        told = f"letting {_counted(inside, 'request')} finish" if inside else "nothing is inside, ending"
        print(f"hone: {sig.name}: {told}", file=sys.stderr, flush=True)
        self._draining = asyncio.create_task(self._drain())

    async def _drain(self) -> None:
        self.cut_off = await self._gate.drain(self._drain_timeout)
        self.should_exit = True
