"""Whatever bytes come in, the answer is below 500 and the service lives."""

import contextlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_service import RIGHT, TASK, serving

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["$tuple", "$set", "$dict", "$int", "$float", "$fraction", "$x", "x"]), inner)
    ),
    max_leaves=6,
)
forms = st.sampled_from(["call", "stdio", "suite"]) | values
check = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("args", "expected", "compare", "tolerance", "stdin", "stdout", "name"), values)
)
checks = st.lists(check, max_size=2) | values
limit = st.sampled_from(["cpu_seconds", "wall_seconds", "memory_bytes", "processes", "output_bytes", "reply_bytes"])
limits = st.dictionaries(limit, st.floats(0, 1) | st.integers(0, 2**40) | values, max_size=2)
names = st.sampled_from(["add", "m", "m.n", "", "class"]) | values
tests = st.sampled_from(["def test_a():\n    pass\n", "def test_a(:", "-" * 20_000 + "1", ""]) | values
task = st.fixed_dictionaries(
    {"form": forms, "hidden": checks},
    optional={"visible": checks, "entry_point": names, "limits": limits, "tests": tests, "id": values, "level": values},
)
programs = st.sampled_from([RIGHT, "add = lambda *a: a", "", "\ud800", "\0", "("])
program = programs | values
single = st.fixed_dictionaries(
    {"task": task | values | st.just(TASK), "program": program}, optional={"explain": values}
)
odd = st.fixed_dictionaries({"args": st.lists(values, max_size=2), "expected": values})
likely = st.fixed_dictionaries(
    {"form": st.just("call"), "entry_point": st.just("add"), "hidden": st.lists(odd, min_size=1, max_size=2)},
    optional={"limits": st.dictionaries(limit, st.floats(1e-9, 2) | st.integers(1, 2**20), max_size=2)},
)
item = st.fixed_dictionaries({"task": st.integers(-2, 2) | task | values, "program": program})
batch = st.fixed_dictionaries(
    {"items": st.lists(item, max_size=3) | values}, optional={"tasks": st.lists(task, max_size=2)}
)
quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
LINES = [
    b"POST /v1/grade HTTP/1.1\r\n",
    b"GET / HTTP/9.9\r\n",
    b"Host: x\r\n",
    b"Content-Type: application/json\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: -1\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"Expect: 100-continue\r\n",
    b"Upgrade: websocket\r\nConnection: Upgrade\r\n",
    b"\r\n",
    b"ffffffffffff\r\n",
    b"\0",
    b"{}",
]


@pytest.fixture(scope="module")
def short(jail):
    """A service whose programs have a second at most: a hostile limit costs little."""
    with serving("--ceilings.wall-seconds", "10", "--ceilings.memory-bytes", str(2**30)) as service:
        yield service


@quick
@given(
    single | batch | values | st.fixed_dictionaries({"task": likely, "program": programs}),
    st.sampled_from(["/v1/grade", "/v1/grade_many"]),
)
def test_no_json_is_answered_with_a_server_error(short, body, path):
    answer = short.ask("POST", path, json.dumps(body))
    assert answer.status in (200, 400), (answer.status, answer.body)
    if answer.status == 400:
        assert set(answer.json["error"]) == {"boundary", "what", "hint"}
        assert "\n" not in answer.error


@quick
@given(st.binary(max_size=200), st.sampled_from(["/v1/grade", "/v1/grade_many"]))
def test_no_bytes_are_answered_with_a_server_error(short, body, path):
    assert short.ask("POST", path, body).status == 400


@quick
@given(st.data())
def test_no_damaged_body_is_answered_with_a_server_error(short, data):
    whole = json.dumps({"task": TASK, "program": RIGHT}).encode()
    at = data.draw(st.integers(0, len(whole)))
    cut = data.draw(st.integers(0, 5))
    damaged = whole[:at] + data.draw(st.binary(max_size=5)) + whole[at + cut :]
    assert short.ask("POST", "/v1/grade", damaged).status in (200, 400)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(LINES) | st.binary(max_size=20), max_size=12))
def test_no_http_is_answered_with_a_server_error(short, parts):
    with socket.create_connection(("127.0.0.1", short.port), timeout=10) as client:
        with contextlib.suppress(ConnectionError):
            client.sendall(b"".join(parts))
            client.shutdown(socket.SHUT_WR)
        received = b""
        with contextlib.suppress(ConnectionError):
            while part := client.recv(65536):
                received += part
    assert not received.startswith(b"HTTP/1.1 5"), received
    assert short.process.poll() is None


def test_tests_that_no_compiler_takes_are_not_graded_and_hold_up_nobody(short):
    """Each level doubles the code: on the host that was 800 MB and half a minute in which nothing was answered."""
    lines = ["def test_a():"]
    for level in range(1, 19):
        lines += [" " * level + "try: a()", " " * level + "finally:"]
    suite = {"form": "suite", "entry_point": "solution", "tests": "\n".join([*lines, " " * 19 + "b()\n"])}
    with ThreadPoolExecutor(1) as beside:
        graded = beside.submit(short.grade, RIGHT, suite)
        while not graded.done():
            assert short.get("/healthz").status == 200
            time.sleep(0.2)
    verdict = graded.result().json
    assert (verdict["outcome"], verdict["boundary"]) == ("not graded", "task author")
    assert "cannot be compiled" in verdict["detail"]


def test_the_service_is_as_it_was_after_all_of_that(short):
    assert short.grade(RIGHT).json["passed"]
    assert short.metric("hone_judge_running") == short.metric("hone_judge_waiting") == 0
    assert "Traceback" not in short.all_said()
    assert "bug" not in short.all_said()
