"""A request's body: bounded in bytes and in time, whatever the client says of it."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from hone.errors import Boundary
from hone.serve.gate import Refusal

_DISCARDED = 64 * 2**20
"""Bytes of a body that is too large that are read and dropped: only then does its sender listen to the answer."""
_CLOSE = {"Connection": "close"}


async def read_json_body(request: Request, limit: int, patience: float) -> bytes:
    """The body, not parsed.

    Args:
        limit: most bytes that are kept.
        patience: seconds for all of it.

    Raises:
        Refusal: 415 for a body that is not plain JSON by its header, 413 for one that is too large, 408 for a sender
            that is too slow, 400 for one that hung up.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json" or "content-encoding" in request.headers:
        # A browser cannot send this type across sites without asking first, so no web page reaches a local service.
        raise Refusal(
            415, Boundary.USER, "the body is not plain JSON", "send Content-Type: application/json, not encoded"
        )
    too_large = Refusal(413, Boundary.USER, f"the body is larger than {limit} bytes", "send less at once", _CLOSE)
    if int(request.headers.get("content-length", "0")) > limit + _DISCARDED:
        raise too_large
    body, size = bytearray(), 0
    try:
        async with asyncio.timeout(patience):
            async for part in request.stream():
                size += len(part)
                if size <= limit:
                    body += part
                elif size > limit + _DISCARDED:
                    break
    except TimeoutError:
        raise Refusal(
            408, Boundary.USER, f"the body took longer than {patience:g} s", "send it faster", _CLOSE
        ) from None
    except ClientDisconnect:
        raise Refusal(400, Boundary.USER, "the body ended early", "send all of it", _CLOSE) from None
    if size > limit:
        raise too_large
    return bytes(body)
