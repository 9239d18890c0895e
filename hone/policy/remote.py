"""A policy behind an OpenAI-compatible endpoint: vLLM, SGLang or any other server, here or elsewhere.

One client sends a bounded number of requests at a time, tries again with growing pauses where trying again may help,
and gives every prompt a time limit that no slow reply outlives. A server that gives fewer samples than were asked for
(some know only one) is asked again for the rest.

The key, where the server wants one, is read from the environment variable HONE_API_KEY and is in no message.
"""

import asyncio
import ipaddress
import os
import random
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from hone.errors import Boundary, HoneError, install
from hone.policy.completions import Answer, Reply, Request, Route, read_reply, server_says, stops_of
from hone.policy.sampling import Sampling

if TYPE_CHECKING:
    import httpx2

KEY_VARIABLE = "HONE_API_KEY"
_KEY = re.compile(r"[A-Za-z0-9._~+/=-]+")
"""What may follow `Bearer` (RFC 6750, §2.1)."""
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
"""Statuses that may be otherwise in a moment."""


@dataclass(frozen=True)
class RemotePolicy:
    """Who writes programs, somewhere else.

    Raises:
        HoneError: the address is none, or a number cannot be.
    """

    url: str
    """The server's base address, such as http://127.0.0.1:8000/v1."""
    model: str
    """What the server calls the model."""
    route: Route = Route.CHAT
    concurrency: int = 16
    """Requests under way at once."""
    time_limit: float = 600.0
    """Seconds for all samples of one prompt, repetitions included."""
    tries: int = 5
    """How often a request is sent before its failure is final."""
    first_pause: float = 0.5
    """Seconds before the second try; each further pause is twice as long, up to `longest_pause`."""
    longest_pause: float = 30.0
    reply_bytes: int = 64 * 2**20
    """Bytes from which on a reply is refused."""

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            parts, good = urlsplit(""), False
        if not good or parts.query or parts.fragment:
            hint = "give the server's base address, such as http://127.0.0.1:8000/v1"
            raise HoneError(Boundary.USER, "the policy's address is no web address", hint)
        if parts.username is not None or parts.password is not None:
            hint = f"put the key into the environment variable {KEY_VARIABLE}"
            raise HoneError(Boundary.USER, "the policy's address holds a user or password", hint)
        if not self.model:
            raise HoneError(Boundary.USER, f"no model named at {self.url}", "say which: --model NAME")
        for name in ("concurrency", "tries", "reply_bytes", "time_limit"):
            if not getattr(self, name) > 0:
                raise HoneError(Boundary.USER, f"{name} is {getattr(self, name)}", "give more than 0")

    @property
    def name(self) -> str:
        """What programs and reports call it."""
        return f"{self.model} at {self.url}"

    def complete(
        self,
        prompts: Sequence[str],
        samples: int,
        *,
        max_new_tokens: int,
        sampling: Sampling,
        seed: int,
        stop: Sequence[str] = (),
        logprobs: bool = False,
        on_reply: Callable[[int, Reply], None] | None = None,
    ) -> list[list[Answer]]:
        """`samples` continuations of each prompt, in the prompts' order. Not for use inside a running event loop.

        Args:
            seed: sent with every request, another for each; whether it fixes the samples is the server's matter.
            stop: texts that end an answer, not part of it.
            logprobs: whether each token's log-probability is wanted.
            on_reply: handed each reply as it comes, with its prompt's place.

        Raises:
            HoneError: the server cannot be reached, refuses, is too slow, or answers what is no answer; all other
                requests are then called off.
        """
        asks = [
            Request(
                self.route,
                self.model,
                prompt,
                samples,
                sampling,
                max_new_tokens,
                random.Random(f"remote:{seed}:{place}").getrandbits(31),
                stops_of(stop),
                logprobs,
            )
            for place, prompt in enumerate(prompts)
        ]
        return asyncio.run(self._all(asks, on_reply or (lambda place, reply: None)))

    async def _all(self, asks: Sequence[Request], on_reply: Callable[[int, Reply], None]) -> list[list[Answer]]:
        async with _client(self) as client:
            gate = asyncio.Semaphore(self.concurrency)
            under_way = [
                asyncio.create_task(self._one(client, gate, ask, lambda reply, place=place: on_reply(place, reply)))
                for place, ask in enumerate(asks)
            ]
            try:
                return list(await asyncio.gather(*under_way))
            finally:
                for task in under_way:
                    task.cancel()
                await asyncio.gather(*under_way, return_exceptions=True)

    async def _one(
        self, client: "httpx2.AsyncClient", gate: asyncio.Semaphore, ask: Request, on_reply: Callable[[Reply], None]
    ) -> list[Answer]:
        """All samples of one prompt."""
        answers: list[Answer] = []
        async with gate:
            try:
                async with asyncio.timeout(self.time_limit):
                    while len(answers) < ask.samples:
                        rest = replace(ask, samples=ask.samples - len(answers), seed=(ask.seed + len(answers)) % 2**31)
                        reply = await self._insist(lambda rest=rest: self._send(client, rest))
                        answers += reply.answers
                        on_reply(reply)
            except TimeoutError as error:
                what = f"{self.name} took more than {self.time_limit:g} s over one prompt"
                raise HoneError(Boundary.POLICY, what, "ask for less at once, or give it more time") from error
        return answers

    async def _insist(self, send: Callable[[], Awaitable[Reply]]) -> Reply:
        """What `send` brings, sent again where that may help."""
        for number in range(self.tries - 1):
            try:
                return await send()
            except _TryAgain as failure:
                pause = min(self.longest_pause, self.first_pause * 2**number)
                # Many that were refused at once should not come back at once.
                await asyncio.sleep(max(min(failure.wait, self.longest_pause), pause * random.uniform(0.5, 1)))
        try:
            return await send()
        except _TryAgain as failure:
            raise failure.final from failure

    async def _send(self, client: "httpx2.AsyncClient", ask: Request) -> Reply:
        import httpx2

        try:
            async with client.stream("POST", f"{self.url.rstrip('/')}/{ask.route.path}", json=ask.body()) as response:
                reply = bytearray()
                async for part in response.aiter_bytes():
                    reply += part
                    if len(reply) > self.reply_bytes:
                        what = f"{self.name} sent more than {self.reply_bytes} bytes"
                        raise HoneError(Boundary.POLICY, what, "ask for fewer samples or tokens at once")
        except httpx2.ConnectError as error:
            what = f"cannot connect to {self.url}"
            raise _TryAgain(HoneError(Boundary.POLICY, what, "is the server up, and the address right?")) from error
        except (httpx2.TransportError, httpx2.StreamError, httpx2.DecodingError) as error:
            what = f"the connection to {self.url} broke: {type(error).__name__}"
            raise _TryAgain(HoneError(Boundary.POLICY, what, "look at the server's log")) from error
        if response.status_code == 200:
            return read_reply(bytes(reply), ask, self.name)
        raise self._refusal(response, bytes(reply))

    def _refusal(self, response: "httpx2.Response", reply: bytes) -> Exception:
        status = response.status_code
        hints = {
            401: f"put the server's key into the environment variable {KEY_VARIABLE}",
            403: f"the key in {KEY_VARIABLE} may not do this",
            404: "are the base address (it often ends with /v1) and --model right?",
            429: "the server's limits are reached; ask for less at once, or later",
        }
        said = server_says(reply, os.environ.get(KEY_VARIABLE, ""))
        error = HoneError(
            Boundary.POLICY,
            f"{self.name} answered {status}" + (f" ({said})" if said else ""),
            hints.get(status, "look at the server's log"),
        )
        return _TryAgain(error, _seconds(response.headers.get("retry-after"))) if status in _AGAIN else error


class _TryAgain(Exception):
    """A failure that may pass."""

    def __init__(self, final: HoneError, wait: float = 0.0) -> None:
        super().__init__(str(final))
        self.final = final
        """What is said where it does not."""
        self.wait = wait
        """Seconds that the server asks for."""


def _client(policy: RemotePolicy) -> "httpx2.AsyncClient":
    try:
        import httpx2
    except ImportError as error:
        raise HoneError(Boundary.USER, "a remote policy needs httpx2", install("remote")) from error
    headers = {"Accept-Encoding": "identity"}
    key = os.environ.get(KEY_VARIABLE)
    if key:
        if not _KEY.fullmatch(key):
            hint = "a key is letters, digits and -._~+/=, without spaces or line ends"
            raise HoneError(Boundary.USER, f"the key in {KEY_VARIABLE} cannot be sent", hint)
        headers["Authorization"] = f"Bearer {key}"
    return httpx2.AsyncClient(
        headers=headers,
        timeout=httpx2.Timeout(None, connect=10.0),  # the limit is on the whole, not on each read
        limits=httpx2.Limits(max_connections=policy.concurrency),
        follow_redirects=False,  # the key goes nowhere else
        trust_env=not _is_here(urlsplit(policy.url).hostname or ""),
    )


def _is_here(host: str) -> bool:
    """Whether the host is this machine, which no proxy stands before."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _seconds(header: str | None) -> float:
    """Retry-After in seconds; 0 where it is missing, a date, or no number."""
    try:
        return max(0.0, float(header or 0))
    except ValueError:
        return 0.0
