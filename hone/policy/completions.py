"""The wire of OpenAI-compatible servers (vLLM, SGLang, llama.cpp, `transformers serve`): requests, and replies read as
hostile data.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hone.errors import Boundary, HoneError
from hone.policy.sampling import Sampling

_QUOTED = 200
"""Characters of a server's own words that an error repeats."""


class Route(StrEnum):
    """How a task is put to the server."""

    CHAT = "chat"
    """As a user's message: the server applies the model's chat template."""
    COMPLETION = "completion"
    """As text to be continued, which ends with an open code block: for base models."""
    PLAIN = "plain"
    """As the embedded model's own form, its marks spelled out: the server's tokenizer must read them as tokens."""

    @property
    def path(self) -> str:
        """Below the server's base address."""
        return "chat/completions" if self is Route.CHAT else "completions"


@dataclass(frozen=True)
class Answer:
    """One continuation, as the server tells it."""

    text: str
    finished: bool
    """False where it was cut off, or ended for a reason that is no end of a program."""
    logprobs: tuple[float, ...] = ()
    """Of each token, where asked for. Servers differ in whether temperature and filters are in them."""


@dataclass(frozen=True)
class Reply:
    """What one request brought."""

    answers: tuple[Answer, ...]
    tokens: int | None
    """Tokens written for all answers together, where the server counts them."""


@dataclass(frozen=True)
class Request:
    """What is asked for."""

    route: Route
    model: str
    prompt: str
    samples: int
    sampling: Sampling
    max_new_tokens: int
    seed: int
    stop: tuple[str, ...] = ()
    logprobs: bool = False
    """Whether each token's log-probability is wanted; a server that gives none is then an error."""

    def body(self) -> dict[str, Any]:
        """The JSON object to send. `top_k` and `min_p`, which OpenAI's own service does not know, only where set."""
        sampling = self.sampling
        ask = {"messages": [{"role": "user", "content": self.prompt}]} if self.route is Route.CHAT else None
        wanted = {"logprobs": True} if self.route is Route.CHAT else {"logprobs": 0}
        return {
            "model": self.model,
            **(ask or {"prompt": self.prompt}),
            "n": self.samples,
            "max_tokens": self.max_new_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": self.seed,
            "stream": False,
            **({"stop": list(self.stop)} if self.stop else {}),
            **({"top_k": sampling.top_k} if sampling.top_k else {}),
            **({"min_p": sampling.min_p} if sampling.min_p else {}),
            **(wanted if self.logprobs else {}),
        }


def read_reply(reply: bytes, request: Request, server: str) -> Reply:
    """What a reply with status 200 says.

    Args:
        server: what errors call it.

    Raises:
        HoneError: it is no JSON, not of the documented form, or lacks log-probabilities that were asked for.
    """
    data = _json(reply, server)
    choices = data.get("choices")
    if not isinstance(choices, list) or not 1 <= len(choices) <= request.samples:
        shown = f"{len(choices)} choices" if isinstance(choices, list) else "no choices"
        raise _malformed(server, f"{shown} for {request.samples} asked for")
    answers = tuple(_answer(choice, request, server) for choice in choices)
    usage = data.get("usage")
    tokens = usage.get("completion_tokens") if isinstance(usage, dict) else None
    counted = isinstance(tokens, int) and 0 <= tokens <= request.samples * request.max_new_tokens
    return Reply(answers, tokens if counted else None)


def server_says(reply: bytes, secret: str) -> str:
    """An error reply's own words, short and printable; empty where there are none. The secret is struck out of them."""
    try:
        data = json.loads(reply)
    except (ValueError, RecursionError):
        data = reply.decode("utf-8", "replace")
    for key in ("error", "detail", "message"):
        if isinstance(data, dict) and key in data:
            data = data[key]
    words = data if isinstance(data, str) else json.dumps(data)
    words = words.replace(secret, "…") if secret else words
    return "".join(c if c.isprintable() else " " for c in words[:_QUOTED]).strip()


def _json(reply: bytes, server: str) -> Mapping[str, Any]:
    try:
        data = json.loads(reply)
    except (ValueError, RecursionError) as error:
        raise _malformed(server, "it is not JSON") from error
    if not isinstance(data, dict):
        raise _malformed(server, "it is not an object")
    return data


def _answer(choice: object, request: Request, server: str) -> Answer:
    if not isinstance(choice, dict):
        raise _malformed(server, "a choice is not an object")
    holder = choice.get("message") if request.route is Route.CHAT else choice
    if not isinstance(holder, dict):
        raise _malformed(server, "a choice has no message")
    text = holder.get("content" if request.route is Route.CHAT else "text")
    if text is None and request.route is Route.CHAT:
        text = ""  # a refusal, or thoughts that came to no answer
    if not isinstance(text, str):
        raise _malformed(server, "a choice has no text")
    text = text.encode("utf-8", "replace").decode("utf-8")  # a lone surrogate is no text that can be kept
    logprobs = _logprobs(choice.get("logprobs"), request.route, server) if request.logprobs else ()
    return Answer(text, choice.get("finish_reason") == "stop", logprobs)


def _logprobs(found: object, route: Route, server: str) -> tuple[float, ...]:
    if not isinstance(found, dict):
        hint = "serve the model with a server that gives them (vLLM and SGLang do)"
        raise HoneError(Boundary.POLICY, f"{server} gives no log-probabilities", hint)
    items = found.get("content") if route is Route.CHAT else found.get("token_logprobs")
    if not isinstance(items, list):
        raise _malformed(server, "its log-probabilities are no list")
    if route is Route.CHAT:
        items = [item.get("logprob") if isinstance(item, dict) else None for item in items]
    return tuple(_logprob(item, server) for item in items)


def _logprob(value: object, server: str) -> float:
    # A server rounds, so that a probability of 1 may pass 0 by a little.
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e6 < value <= 1e-4:
        raise _malformed(server, "a log-probability is no number up to 0")
    return float(value)


def _malformed(server: str, why: str) -> HoneError:
    return HoneError(Boundary.POLICY, f"{server} sent a malformed reply: {why}", "is it OpenAI-compatible?")


def stops_of(stop: Sequence[str]) -> tuple[str, ...]:
    """Stop strings as they are sent; at most four, which is what the interface allows.

    Raises:
        HoneError: there are more, or one is empty.
    """
    if len(stop) > 4 or not all(stop):
        raise HoneError(Boundary.USER, f"{len(stop)} stop strings", "a server takes up to 4, none empty")
    return tuple(stop)
