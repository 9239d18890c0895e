"""Many clients, slow ones, ones that hang up, and the end: what is inside is answered, the others are told to wait."""

import contextlib
import json
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from live_service import RIGHT, TASK, serving, sleeping


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def head(body: bytes) -> bytes:
    lines = ("POST /v1/grade HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def request(program: str) -> bytes:
    body = json.dumps({"task": TASK, "program": program}).encode()
    return head(body) + body


def connect(service) -> socket.socket:
    return socket.create_connection(("127.0.0.1", service.port), timeout=20)


def test_a_full_queue_is_429_and_those_inside_are_all_answered():
    with serving("--max-concurrency", "1", "--queue", "2") as service, ThreadPoolExecutor(4) as clients:
        inside = []
        for count in (1, 2, 3):
            inside.append(clients.submit(service.grade, sleeping(1 + count / 100)))
            wait_for(lambda: service.metric("hone_judge_running") + service.metric("hone_judge_waiting") == len(inside))
        assert service.metric("hone_judge_waiting") == 2
        refused = service.grade(RIGHT)
        assert (refused.status, refused.headers["Retry-After"], refused.error) == (429, "1", "the queue is full")
        assert service.get("/healthz").status == service.get("/readyz").status == 200
        assert [client.result().json["outcome"] for client in inside] == ["passed"] * 3
        assert service.grade(RIGHT).status == 200


def test_a_client_that_hangs_up_leaves_the_queue():
    with serving("--max-concurrency", "1", "--queue", "1") as service, ThreadPoolExecutor(1) as clients:
        first = clients.submit(service.grade, sleeping(3))
        wait_for(lambda: service.metric("hone_judge_running") == 1)
        with connect(service) as gone:
            gone.sendall(request(sleeping(2)))
            wait_for(lambda: service.metric("hone_judge_waiting") == 1)
        wait_for(lambda: service.metric("hone_judge_waiting") == 0)
        assert not first.done()
        assert service.grade(RIGHT).json["passed"]
        assert first.result().json["passed"]


def test_a_verdict_that_takes_too_long_is_504_and_the_service_goes_on():
    with serving("--request-timeout", "1", "--max-concurrency", "1") as service:
        late = service.grade(sleeping(2))
        assert (late.status, late.error) == (504, "no verdict within 1 s")
        wait_for(lambda: service.metric("hone_judge_running") == 0)
        assert service.grade(RIGHT).status == 200


@pytest.fixture(scope="module")
def impatient(jail):
    """A service that waits a second for its clients."""
    with serving("--patience", "1", "--max-connections", "40") as service:
        yield service


def test_slow_clients_are_cut_off_and_hold_up_nobody(impatient):
    slow = [connect(impatient) for _ in range(30)]
    for index, client in enumerate(slow):
        client.sendall((b"", b"POST /v1/gra", request(RIGHT)[:-40])[index % 3])
    began = time.monotonic()
    assert impatient.grade(RIGHT).status == 200
    assert time.monotonic() - began < 5
    answers = [everything(client) for client in slow]
    assert time.monotonic() - began < 15
    assert all(answer == b"" for index, answer in enumerate(answers) if index % 3 < 2)
    assert all(answer.startswith(b"HTTP/1.1 408 ") for answer in answers[2::3])
    assert impatient.grade(RIGHT).status == 200


@pytest.mark.parametrize("text", [request(RIGHT)[:80], request(RIGHT)[:-10]], ids=["head", "body"])
def test_what_trickles_in_is_cut_off(impatient, text):
    with connect(impatient) as client:
        began = time.monotonic()
        client.sendall(text[:-30])
        with pytest.raises(OSError):  # noqa: PT011  # however the kernel words that it was cut off
            trickle(client, text[-30:] * 20)
        assert time.monotonic() - began < 10


def trickle(client: socket.socket, text: bytes) -> None:
    for byte in text:
        client.sendall(bytes([byte]))
        time.sleep(0.05)


def everything(client: socket.socket) -> bytes:
    received = b""
    with client, contextlib.suppress(ConnectionResetError):
        while part := client.recv(65536):
            received += part
    return received


def test_a_client_that_does_not_read_is_cut_off(impatient):
    with connect(impatient) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        ask = b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"
        client.settimeout(0.5)
        with contextlib.suppress(OSError):  # a time-out: the service reads no more, since it cannot answer
            while True:
                client.sendall(ask * 20)
        assert established(impatient) == 1
        wait_for(lambda: established(impatient) == 0)
        assert impatient.get("/healthz").status == 200


def established(service) -> int:
    """Connections that the service holds."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{service.port:04X}") and row[3] == "01" for row in rows)


def test_one_connection_too_many_is_told_so():
    with serving("--max-connections", "3") as service:
        held = [connect(service) for _ in range(3)]
        for client in held:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert client.recv(65536).startswith(b"HTTP/1.1 200 ")
        assert service.get("/healthz").status == 503
        held.pop().close()
        wait_for(lambda: service.get("/healthz").status == 200)
        for client in held:
            client.close()


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_the_end_waits_for_those_inside_and_takes_nobody_new(sig):
    with serving("--max-concurrency", "1") as service, ThreadPoolExecutor(2) as clients:
        pids = jails_of(service)
        inside = [clients.submit(service.grade, sleeping(2 + n / 100)) for n in range(2)]
        # The first one waits for an instant, too, before it runs.
        wait_for(lambda: service.metric("hone_judge_running") == 1 and service.metric("hone_judge_waiting") == 1)
        service.process.send_signal(sig)
        wait_for(lambda: service.get("/readyz").status == 503)
        assert service.get("/healthz").status == 200
        assert service.metric("hone_judge_draining") == 1
        refused = service.grade(RIGHT)
        assert (refused.status, refused.error) == (503, "the service is shutting down")
        assert int(refused.headers["Retry-After"]) > 0
        assert [client.result().json["outcome"] for client in inside] == ["passed"] * 2
        assert service.process.wait(20) == 0
        assert pids
        assert [pid for pid in pids if Path(f"/proc/{pid}").exists()] == []
    assert f"{sig.name}: letting 2 requests finish" in service.all_said()


def jails_of(service) -> list[int]:
    tasks = Path(f"/proc/{service.process.pid}/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


def test_an_idle_service_ends_at_once_with_0():
    with serving() as service, connect(service) as idle:
        idle.sendall(b"GET /hea")
        began = time.monotonic()
        assert service.end() == 0
        assert time.monotonic() - began < 8


def test_a_second_signal_ends_it_at_once():
    with serving() as service, ThreadPoolExecutor(1) as clients:
        client = clients.submit(service.grade, sleeping(8))
        wait_for(lambda: service.metric("hone_judge_running") == 1)
        began = time.monotonic()
        service.process.send_signal(signal.SIGTERM)
        wait_for(lambda: service.get("/readyz").status == 503)
        assert service.end(signal.SIGINT) == 130
        assert time.monotonic() - began < 6
        # Cut off, or told why: nobody gets a verdict of a program that was not run to its end.
        assert client.exception() is not None or client.result().status == 503


def test_a_drain_that_takes_too_long_says_how_many_it_cut_off():
    with serving("--drain-timeout", "0.2") as service, ThreadPoolExecutor(1) as clients:
        client = clients.submit(service.grade, sleeping(9))
        wait_for(lambda: service.metric("hone_judge_running") == 1)
        assert service.end() == 2
        assert (client.result().status, client.result().error) == (503, "the service ended before the verdict")
    assert "hone: user: 1 requests were cut off after draining for 0.2 s: raise --drain-timeout" in service.all_said()
