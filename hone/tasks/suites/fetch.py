"""One file over http or https, into a file: bounded, whole or not at all, and never by another protocol."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hone.errors import Boundary, HoneError

SCHEMES = ("http", "https")
_SECONDS = 60.0
"""Of silence after which a server counts as gone."""
_CHUNK = 2**20
_LONGEST = 200
"""Of what a server said, in characters."""
_HINT = "check the address and the network, or fetch it yourself and give --from PATH"


class _SameSafety(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but not from https to http."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """As the base class, less the redirects that give up encryption."""
        if req.type == "https" and urlsplit(newurl).scheme != "https":
            raise urllib.error.URLError("it redirects from https to an address without it")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def is_address(text: str) -> bool:
    """Whether a text names a file on a server."""
    return "://" in text


def download(address: str, path: Path, most_bytes: int, on_bytes: Callable[[int, int], None] | None = None) -> None:
    """Write what an address answers to `path`.

    Args:
        most_bytes: a longer answer is refused.
        on_bytes: called with (bytes so far, bytes in all, or 0 where the server does not say).

    Raises:
        HoneError: another protocol than http and https; the server cannot be reached, refuses, breaks off or sends
            too much; the disk is full.
    """
    if urlsplit(address).scheme not in SCHEMES:
        raise HoneError(Boundary.USER, f"cannot fetch {address}: only http and https are spoken", _HINT)
    request = urllib.request.Request(address, headers={"User-Agent": "hone"})  # noqa: S310  # scheme checked above
    try:
        with _opener().open(request, timeout=_SECONDS) as answer:
            length = answer.headers.get("Content-Length", "")
            promised = int(length) if length.isdecimal() else 0
            if promised > most_bytes:
                raise _too_large(address, most_bytes)
            got = _copy(answer, address, path, promised, most_bytes, on_bytes)
    except urllib.error.HTTPError as error:
        told = _plain(f"status {error.code} {error.reason}")
        raise HoneError(Boundary.USER, f"cannot fetch {address}: {told}", _HINT) from error
    except (urllib.error.URLError, http.client.HTTPException, ValueError, TimeoutError, ConnectionError) as error:
        told = _plain(str(getattr(error, "reason", None) or error)) or type(error).__name__
        raise HoneError(Boundary.USER, f"cannot fetch {address}: {told}", _HINT) from error
    if got < promised:
        what = f"cannot fetch {address}: it broke off after {got} of {promised} bytes"
        raise HoneError(Boundary.USER, what, _HINT)


def _copy(
    answer: Any,
    address: str,
    path: Path,
    promised: int,
    most_bytes: int,
    on_bytes: Callable[[int, int], None] | None,
) -> int:
    got = 0
    with path.open("wb") as file:
        while chunk := answer.read(_CHUNK):
            got += len(chunk)
            if got > most_bytes:
                raise _too_large(address, most_bytes)
            file.write(chunk)
            if on_bytes:
                on_bytes(got, promised)
    return got


def _opener() -> urllib.request.OpenerDirector:
    """Only what http and https need: without the other handlers no redirect leads to a file or to ftp."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _SameSafety(),
    ):
        opener.add_handler(handler)
    return opener


def _plain(text: str) -> str:
    """A stranger's words on one short line, without what would steer a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:_LONGEST]


def _too_large(address: str, most_bytes: int) -> HoneError:
    return HoneError(Boundary.USER, f"{address} answers with more than {most_bytes >> 20} MiB", _HINT)
