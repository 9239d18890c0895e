"""A policy behind an endpoint: what is sent, what is read, and every way in which a server can fail."""

import contextlib
import json
import socket
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.errors import HoneError
from hone.policy.completions import Answer, Reply, Request, Route, read_reply, server_says
from hone.policy.remote import KEY_VARIABLE, RemotePolicy
from hone.policy.sampling import Sampling
from tests.policy.endpoint import Said, chat, completion, serving

PLAIN = Sampling()
QUICK: dict[str, Any] = {"first_pause": 0.001, "longest_pause": 0.02, "tries": 3, "time_limit": 20}


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv(KEY_VARIABLE, raising=False)


def ask(endpoint, prompts=("Say yes.",), samples=1, sampling=PLAIN, route=Route.COMPLETION, settings=QUICK, **more):
    policy = RemotePolicy(endpoint.url, "some/model", route, **settings)
    return policy.complete(prompts, samples, max_new_tokens=9, sampling=sampling, seed=0, **more)


def test_what_is_asked_for_is_what_the_interface_documents():
    with serving(lambda number, body: completion("a", "b")) as endpoint:
        ask(endpoint, samples=2, sampling=Sampling(0.7, top_p=0.9), stop=["\n\n"])
        ask(endpoint, samples=2, sampling=Sampling(top_k=5, min_p=0.1))
    first, second = (dict(request.body) for request in endpoint.seen)
    assert isinstance(first.pop("seed"), int)
    assert first == {
        "model": "some/model",
        "prompt": "Say yes.",
        "n": 2,
        "max_tokens": 9,
        "temperature": 0.7,
        "top_p": 0.9,
        "stream": False,
        "stop": ["\n\n"],
    }
    assert (second["top_k"], second["min_p"]) == (5, 0.1)
    assert {request.path for request in endpoint.seen} == {"/v1/completions"}


def test_a_chat_goes_as_a_users_message():
    with serving(lambda number, body: chat("yes")) as endpoint:
        assert ask(endpoint, route=Route.CHAT) == [[Answer("yes", True)]]
    assert endpoint.seen[0].path == "/v1/chat/completions"
    assert endpoint.seen[0].body["messages"] == [{"role": "user", "content": "Say yes."}]
    assert "prompt" not in endpoint.seen[0].body


@pytest.mark.parametrize(("route", "say"), [(Route.COMPLETION, completion), (Route.CHAT, chat)])
def test_answers_come_with_their_end_and_their_logprobs(route, say):
    def answer(number, body):
        assert body["logprobs"] == (True if route is Route.CHAT else 0)
        return say("x", "y", logprobs=[-0.5, -1.25], reason="length" if number else "stop")

    with serving(answer) as endpoint:
        expected = [[Answer(text, end, (-0.5, -1.25)) for text in "xy"] for end in (True, False)]
        found = ask(endpoint, ["a", "b"], 2, route=route, logprobs=True, settings={**QUICK, "concurrency": 1})
        assert found == expected


@pytest.mark.parametrize("reason", ["length", "content_filter", "abort", None, 7])
def test_only_an_end_is_an_end(reason):
    with serving(lambda number, body: completion("x", reason=reason)) as endpoint:
        assert ask(endpoint) == [[Answer("x", False)]]


def test_a_server_that_gives_one_sample_at_a_time_is_asked_for_the_rest_with_other_seeds():
    replies = []
    with serving(lambda number, body: completion(str(number))) as endpoint:
        (answers,) = ask(endpoint, samples=3, on_reply=lambda place, reply: replies.append((place, reply.tokens)))
    assert [answer.text for answer in answers] == ["0", "1", "2"]
    assert [request.body["n"] for request in endpoint.seen] == [3, 2, 1]
    assert len({request.body["seed"] for request in endpoint.seen}) == 3
    assert replies == [(0, 6)] * 3


def test_prompts_have_seeds_of_their_own_that_the_seed_fixes():
    with serving(lambda number, body: completion("x")) as endpoint:
        for _ in range(2):
            ask(endpoint, ["a", "b"], settings={**QUICK, "concurrency": 1})
    seeds = [request.body["seed"] for request in endpoint.seen]
    assert seeds[:2] == seeds[2:]
    assert seeds[0] != seeds[1]


def test_answers_come_in_the_prompts_order_however_late_they_are():
    def answer(number, body):
        time.sleep(0.05 if body["prompt"] == "a" else 0)
        return completion(body["prompt"])

    handed = []
    with serving(answer) as endpoint:
        found = ask(endpoint, ["a", "b", "c"], on_reply=lambda place, reply: handed.append(place))
    assert [group[0].text for group in found] == ["a", "b", "c"]
    assert sorted(handed) == [0, 1, 2]
    assert handed[-1] == 0


def test_no_more_requests_are_under_way_than_allowed():
    def answer(number, body):
        time.sleep(0.03)
        return completion("x")

    with serving(answer) as endpoint:
        ask(endpoint, [str(n) for n in range(12)], settings={**QUICK, "concurrency": 3})
    assert endpoint.most_at_once == 3


def test_waiting_for_ones_turn_is_not_counted_as_time():
    def answer(number, body):
        time.sleep(0.2)
        return completion("x")

    with serving(answer) as endpoint:
        started = time.monotonic()
        ask(endpoint, [str(n) for n in range(12)], settings={**QUICK, "concurrency": 1, "time_limit": 1.5})
        assert time.monotonic() - started > 1.5


@pytest.mark.parametrize("failure", [Said(429), Said(500), Said(502), Said(503, b"busy"), Said(hang_up=True)])
def test_what_may_pass_is_tried_again(failure):
    with serving(lambda number, body: failure if number < 2 else completion("x")) as endpoint:
        assert ask(endpoint) == [[Answer("x", True)]]
    assert len(endpoint.seen) == 3


def test_the_wait_that_the_server_asks_for_is_kept_up_to_the_longest():
    def answer(number, body):
        return Said(429, headers={"Retry-After": "1000"}) if number == 0 else completion("x")

    with serving(answer) as endpoint:
        started = time.monotonic()
        ask(endpoint, settings={**QUICK, "longest_pause": 0.3})
        assert 0.3 <= time.monotonic() - started < 5


ERRORS = {
    400: ({"error": {"message": "max_tokens is too large"}}, r"answered 400 \(max_tokens is too large\)"),
    401: ({"error": {"message": "bad key"}}, "answered 401.*HONE_API_KEY"),
    403: ({}, "answered 403.*HONE_API_KEY"),
    404: ({"detail": "no such model"}, "answered 404.*--model"),
    429: ({"error": "slow down"}, "answered 429.*limits"),
    500: ({}, "answered 500.*server's log"),
}


@pytest.mark.parametrize("status", ERRORS)
def test_a_refusal_is_one_clear_line(status):
    body, line = ERRORS[status]
    with serving(lambda number, request: Said(status, json.dumps(body).encode())) as endpoint:
        with pytest.raises(HoneError, match=line):
            ask(endpoint)
        assert len(endpoint.seen) == (3 if status in (429, 500) else 1)


def test_a_redirect_is_not_followed():
    with serving(lambda number, body: completion("x")) as elsewhere:
        said = Said(307, headers={"Location": f"{elsewhere.url}/completions"})
        with serving(lambda number, body: said) as endpoint, pytest.raises(HoneError, match="answered 307"):
            ask(endpoint)
    assert not elsewhere.seen


def test_nobody_there_is_one_clear_line():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        policy = RemotePolicy(f"http://127.0.0.1:{held.getsockname()[1]}/v1", "m", **QUICK)
        with pytest.raises(HoneError, match=r"cannot connect to http://127.0.0.1.*is the server up"):
            policy.complete(["x"], 1, max_new_tokens=1, sampling=Sampling(), seed=0)


CHOICE = {"text": "x", "finish_reason": "stop"}
MALFORMED = {
    "no JSON": b"<html>",
    "no UTF-8": b'{"choices": "\xff"}',
    "deep": b"[" * 200_000,
    "long number": b'{"choices": ' + b"9" * 10_000 + b"}",
    "list": b"[]",
    "empty": b"",
    "nothing": b"{}",
    "no list": b'{"choices": {}}',
    "no choices": b'{"choices": []}',
    "too many": json.dumps({"choices": [CHOICE, CHOICE]}).encode(),
    "no object": b'{"choices": [3]}',
    "no text": b'{"choices": [{"finish_reason": "stop"}]}',
    "text of another kind": b'{"choices": [{"text": ["x"]}]}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_reply_of_another_form_is_one_clear_line(body):
    with serving(lambda number, request: Said(body=body)) as endpoint:
        with pytest.raises(HoneError, match=r"malformed reply: .*OpenAI-compatible"):
            ask(endpoint)
        assert len(endpoint.seen) == 1


NAMES = st.sampled_from(
    [
        "choices",
        "text",
        "message",
        "content",
        "logprobs",
        "token_logprobs",
        "logprob",
        "usage",
        "completion_tokens",
        "error",
    ]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(NAMES, ANYTHING) | ANYTHING, st.sampled_from(Route), st.booleans())
def test_no_reply_does_more_than_be_read_or_refused(data, route, logprobs):
    reply = json.dumps(data).encode()
    request = Request(route, "m", "p", 2, PLAIN, 9, 0, logprobs=logprobs)
    with contextlib.suppress(HoneError):  # a refusal is as good as a reply; anything else is neither
        assert isinstance(read_reply(reply, request, "the server"), Reply)
    assert server_says(reply, "").isprintable()


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "0.5", '"x"', "null", "true", "1e400", "9" * 400])
def test_a_logprob_that_is_none_is_one_clear_line(value):
    body = f'{{"choices": [{{"text": "x", "logprobs": {{"token_logprobs": [-1.0, {value}]}}}}]}}'.encode()
    with (
        serving(lambda number, request: Said(body=body)) as endpoint,
        pytest.raises(HoneError, match="malformed reply"),
    ):
        ask(endpoint, logprobs=True)


def test_a_server_without_logprobs_says_so_only_where_they_are_wanted():
    with serving(lambda number, body: completion("x")) as endpoint:
        assert ask(endpoint) == [[Answer("x", True)]]
        with pytest.raises(HoneError, match="gives no log-probabilities"):
            ask(endpoint, logprobs=True)


@pytest.mark.parametrize("count", [-1, 10**9, True, "6", None])
def test_a_token_count_that_cannot_be_is_not_believed(count):
    body = json.dumps({"choices": [CHOICE], "usage": {"completion_tokens": count}}).encode()
    told = []
    with serving(lambda number, request: Said(body=body)) as endpoint:
        ask(endpoint, on_reply=lambda place, reply: told.append(reply.tokens))
    assert told == [None]


def test_text_that_cannot_be_kept_is_made_fit():
    with serving(lambda number, body: Said(body=b'{"choices": [{"text": "a\\ud800b"}]}')) as endpoint:
        assert ask(endpoint)[0][0].text == "a?b"


def test_a_reply_that_never_ends_is_cut_off_by_size_and_by_time():
    endless = Said(body=b" " * 300_000)
    with serving(lambda number, body: endless) as endpoint, pytest.raises(HoneError, match="more than 100000 bytes"):
        ask(endpoint, settings={**QUICK, "reply_bytes": 100_000})
    slow = Said(body=completion("x").body, drip=0.05)
    with serving(lambda number, body: slow) as endpoint:
        started = time.monotonic()
        with pytest.raises(HoneError, match=r"took more than 0.3 s"):
            ask(endpoint, settings={**QUICK, "time_limit": 0.3})
        assert time.monotonic() - started < 3


def test_the_first_failure_calls_all_other_requests_off():
    def answer(number, body):
        if body["prompt"] == "bad":
            return Said(400)
        time.sleep(0.1)
        return completion("x")

    with serving(answer) as endpoint:
        with pytest.raises(HoneError, match="answered 400"):
            ask(endpoint, ["bad", *(str(n) for n in range(30))], settings={**QUICK, "concurrency": 2})
        time.sleep(0.2)
        assert len(endpoint.seen) < 6


def test_the_key_goes_to_the_server_and_into_no_message(monkeypatch):
    key = "sk-very.secret_0123456789"
    monkeypatch.setenv(KEY_VARIABLE, key)
    echo = json.dumps({"error": {"message": "x" * 180 + f" wrong key {key}"}}).encode()
    with serving(lambda number, body: Said(401, echo)) as endpoint, pytest.raises(HoneError) as raised:
        ask(endpoint)
    assert endpoint.seen[0].headers["authorization"] == f"Bearer {key}"
    assert key[:6] not in str(raised.value)
    assert key not in repr(RemotePolicy(endpoint.url, "m"))


@pytest.mark.parametrize("key", ["two words", "line\nend", "schlüssel"])
def test_a_key_that_cannot_be_sent_is_refused_without_being_shown(monkeypatch, key):
    monkeypatch.setenv(KEY_VARIABLE, key)
    with serving(lambda number, body: completion("x")) as endpoint, pytest.raises(HoneError) as raised:
        ask(endpoint)
    assert key not in str(raised.value)
    assert not endpoint.seen


def test_without_a_key_none_is_sent():
    with serving(lambda number, body: completion("x")) as endpoint:
        ask(endpoint)
    assert "authorization" not in endpoint.seen[0].headers


def test_a_servers_words_cannot_move_the_cursor_or_fill_the_screen():
    loud = Said(400, json.dumps({"error": {"message": "\x1b[2J\n" + "x" * 5000}}).encode())
    with serving(lambda number, body: loud) as endpoint, pytest.raises(HoneError) as raised:
        ask(endpoint)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    ("url", "model", "what"),
    [
        ("127.0.0.1:8000", "m", "no web address"),
        ("ftp://host/v1", "m", "no web address"),
        ("http:///v1", "m", "no web address"),
        ("http://host:99999/v1", "m", "no web address"),
        ("http://[::1/v1", "m", "no web address"),
        ("http://host/v1?key=x", "m", "no web address"),
        ("http://user:word@host/v1", "m", "user or password"),
        ("http://host/v1", "", "no model named"),
    ],
)
def test_an_address_that_is_none_is_one_clear_line(url, model, what):
    with pytest.raises(HoneError, match=what) as raised:
        RemotePolicy(url, model)
    assert "word" not in raised.value.what.replace("password", "")


def test_more_stop_strings_than_the_interface_takes_are_refused():
    with serving(lambda number, body: completion("x")) as endpoint, pytest.raises(HoneError, match="5 stop strings"):
        ask(endpoint, stop=list("abcde"))
