"""What a service allows: every limit in one frozen dataclass."""

import ipaddress
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated

import tyro

from hone.errors import Boundary, HoneError
from hone.tasks.task import Limits

TOKEN_VARIABLE = "HONE_SERVE_TOKEN"  # noqa: S105  # the variable's name, not a secret
_CEILINGS = Limits(
    cpu_seconds=60.0,
    wall_seconds=300.0,
    memory_bytes=4 * 2**30,
    processes=64,
    file_bytes=64 * 2**20,
    output_bytes=2**20,
    reply_bytes=16 * 2**20,
)


@dataclass(frozen=True)
class ServeConfig:
    """Settings of `hone serve judge`."""

    host: str = "127.0.0.1"
    """address to listen on; any but a loopback one should have a token"""
    port: int = 8731
    """0 picks a free one, which is printed"""
    workers: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))
    """jails that run programs side by side"""
    max_body: int = 8 * 2**20
    """bytes of a request's body"""
    max_batch: int = 1024
    """programs of one /v1/grade_many"""
    max_concurrency: int = 0
    """requests that are judged at the same time (0: two for each worker)"""
    queue: int = 64
    """requests that may wait; one more is answered 429"""
    max_connections: int = 512
    """open connections; one more is answered 503"""
    patience: float = 30.0
    """seconds that a client may take to send a request's head, its body, or to read an answer"""
    request_timeout: float = 600.0
    """seconds from a body's last byte to the verdict, waiting included; then 504"""
    drain_timeout: float = 600.0
    """seconds that SIGTERM leaves to the requests inside"""
    token_file: Annotated[Path | None, tyro.conf.arg(metavar="PATH", help_behavior_hint="")] = None
    """file of a bearer token that /v1 asks for (else: $HONE_SERVE_TOKEN, else none)"""
    static: bool = True
    """whether ruff and ty look at the programs, too"""
    packages: tuple[str, ...] = ()
    """installed packages that programs may import, with all that they need"""
    refuse: bool = False
    """whether a program that set off a tripwire is refused, whatever it answered"""
    reruns: bool = True
    """whether passing programs that may be flaky are run again"""
    ceilings: Limits = _CEILINGS
    """the most that a task's own limits may ask for"""

    def __post_init__(self) -> None:
        for name in ("workers", "max_body", "max_batch", "max_connections"):
            self._at_least(name, 1)
        for name in ("port", "max_concurrency", "queue", "drain_timeout"):
            self._at_least(name, 0)
        if self.port > 65535:
            raise HoneError(Boundary.USER, f"--port is {self.port}", "give at most 65535")
        for name in ("patience", "request_timeout"):
            if not getattr(self, name) > 0:
                raise HoneError(Boundary.USER, f"{_option(name)} is {getattr(self, name)}", "give more than 0 seconds")

    def _at_least(self, name: str, least: int) -> None:
        if not getattr(self, name) >= least:
            raise HoneError(Boundary.USER, f"{_option(name)} is {getattr(self, name)}", f"give at least {least}")

    @property
    def concurrency(self) -> int:
        """Requests that are judged at the same time."""
        return self.max_concurrency or 2 * self.workers

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the address."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:  # a name
            return self.host == "localhost"

    def check_limits(self, limits: Limits, at: str) -> None:
        """Refuse limits above the ceilings.

        Raises:
            HoneError: one is; the task's author is told which, and the most that is allowed.
        """
        for one in fields(limits):
            asked, most = getattr(limits, one.name), getattr(self.ceilings, one.name)
            if asked > most:
                allowed = "is not allowed here" if isinstance(most, bool) else f"is more than the {most:g} allowed here"
                raise HoneError(Boundary.TASK, f"{at}.limits.{one.name} {allowed}", "ask for less")

    def read_token(self) -> bytes | None:
        """The bearer token that /v1 asks for, or None where it asks for none.

        Raises:
            HoneError: the file cannot be read, or the token is empty or could not stand in a header.
        """
        if self.token_file is not None:
            try:
                text = self.token_file.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                what = f"cannot read the token in {self.token_file}: {getattr(error, 'strerror', None) or 'not text'}"
                raise HoneError(Boundary.USER, what, "check --token-file") from error
        elif TOKEN_VARIABLE in os.environ:
            text = os.environ[TOKEN_VARIABLE]
        else:
            return None
        token = text.strip()
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            where = self.token_file or f"${TOKEN_VARIABLE}"
            raise HoneError(Boundary.USER, f"{where} holds no bearer token", "give one word of printable ASCII")
        return token.encode()


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"
