"""Real services: `hone serve judge` in a process of its own, asked over real sockets."""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

TASK = {
    "form": "call",
    "entry_point": "add",
    "visible": [{"args": [1, 2], "expected": 3}],
    "hidden": [{"args": [2, 2], "expected": 4}],
}
RIGHT = "def add(a, b):\n    return a + b\n"
WRONG = "def add(a, b):\n    return a - b\n"


def sleeping(seconds: float) -> str:
    """A right program that takes its time; each is a program of its own."""
    return f"import time\ntime.sleep({seconds})\n{RIGHT}"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return self.json["error"]["what"]


@dataclass
class Service:
    process: subprocess.Popen[str]
    port: int
    said: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            sent = json.dumps(body) if isinstance(body, dict | list) else body
            connection.request(method, path, sent, {"Content-Type": "application/json", **(headers or {})})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def grade(self, program: str, task: Any = TASK, **more: Any) -> Answer:
        return self.ask("POST", "/v1/grade", {"task": task, "program": program, **more})

    def metric(self, name: str) -> float:
        lines = self.get("/metrics").body.decode().splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))

    def end(self, sig: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(sig)
        return self.process.wait(30)

    def all_said(self) -> str:
        return "".join(self.said)


@contextlib.contextmanager
def serving(*options: str, env: dict[str, str] | None = None) -> Generator[Service]:
    """A service of one worker on a free port; it is ended, and what it said is in `said`."""
    fast = ("--workers", "1", "--no-static", "--no-reruns")
    process = subprocess.Popen(
        [sys.executable, "-m", "hone.cli", "serve", "judge", "--port", "0", *fast, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(env or {})},
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    assert first.startswith("hone: judging on http://127.0.0.1:"), first + process.stdout.read()
    service = Service(process, int(first.split(" with ")[0].rpartition(":")[2]))
    reader = threading.Thread(target=lambda: service.said.extend(process.stdout or ()), daemon=True)
    reader.start()
    try:
        yield service
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        reader.join(10)
