"""A small OpenAI-compatible server whose every answer a test writes."""

import json
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Seen:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class Endpoint:
    """The server's address, what it was asked, and how many requests were under way at once."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    under_way: int = 0
    most_at_once: int = 0


@dataclass
class Said:
    """An answer: status, body and headers; or, drop by drop, `drip` seconds a byte; or a connection that just ends."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0.0
    hang_up: bool = False


def completion(*texts: str, reason: str | None = "stop", logprobs: list[float] | None = None) -> Said:
    """A well-formed answer of /completions."""
    choices = [
        {
            "index": i,
            "text": text,
            "finish_reason": reason,
            **({"logprobs": {"token_logprobs": logprobs}} if logprobs else {}),
        }
        for i, text in enumerate(texts)
    ]
    return Said(body=json.dumps({"choices": choices, "usage": {"completion_tokens": 6 * len(texts)}}).encode())


def chat(*texts: str | None, reason: str | None = "stop", logprobs: list[float] | None = None) -> Said:
    """A well-formed answer of /chat/completions."""
    told = {"logprobs": {"content": [{"token": "t", "logprob": value} for value in logprobs]}} if logprobs else {}
    choices = [
        {"index": i, "message": {"role": "assistant", "content": text}, "finish_reason": reason, **told}
        for i, text in enumerate(texts)
    ]
    return Said(body=json.dumps({"choices": choices, "usage": {"completion_tokens": 6 * len(texts)}}).encode())


@contextmanager
def serving(answer: Callable[[int, dict[str, Any]], Said]) -> Generator[Endpoint]:
    """Serve until the block ends; `answer` gets the request's number, from 0, and its body."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            with lock:
                number = len(endpoint.seen)
                endpoint.seen.append(Seen(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                endpoint.under_way += 1
                endpoint.most_at_once = max(endpoint.most_at_once, endpoint.under_way)
            try:
                said = answer(number, body)
            finally:
                with lock:
                    endpoint.under_way -= 1
            if said.hang_up:
                self.close_connection = True
                return
            self.send_response(said.status)
            for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                for byte in said.body if said.drip else ():
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(said.drip)
                self.wfile.write(b"" if said.drip else said.body)
            except OSError:
                self.close_connection = True  # the client would not wait

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is printed."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    endpoint = Endpoint(f"http://127.0.0.1:{server.server_address[1]}/v1")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
