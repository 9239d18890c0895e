"""The referee's end of the wire, fed with whatever a candidate's process could send."""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone.sandbox.inside.codec import encode
from hone.sandbox.inside.framing import Channel
from hone.sandbox.inside.suite.peer import DONE, RAISED, CrossingError, Gone
from hone.sandbox.inside.suite.standin import Handle, StandInClass
from hone.sandbox.inside.suite.wire import Wire

NONCE = bytes(16)
CLASS = {
    "name": "Thing",
    "qualname": "Thing",
    "module": "solution",
    "doc": None,
    "bases": [],
    "members": {"go": True, "value": False},
    "offered": ["__eq__", "__len__", "__sub__", "__lt__", "__abs__", "__float__", "__exit__"],
    "hashable": True,
    "kind": "",
}
MODULE = [[2, "class", CLASS], [0, "module", "solution", {"Thing": 2}], [3, "object", 2]]


def connected():
    """A wire whose candidate has described a class and one object of it, and the candidate's end."""
    ours, theirs = socket.socketpair()
    ours.settimeout(5)
    candidate = Channel(theirs, NONCE, 2**24)
    candidate.send(encode([DONE, 0, MODULE, encode(None), [], []]))
    wire = Wire(Channel(ours, NONCE, 2**24), 2**20)
    wire.wait_for_module()
    return wire, candidate


def answer(candidate, kind, value, news=()):
    """Send the answer to the first question before it is asked: the wire cannot tell."""
    body = encode(value, extended=True, reference=lambda handle: handle)
    candidate.send(encode([kind, 1, list(news), body, [], []]))


def test_a_handle_is_of_the_class_that_stands_in_and_equals_no_plain_value():
    wire, _candidate = connected()
    thing = wire.value(3)
    assert type(thing) is wire.value(2)
    assert isinstance(type(thing), StandInClass)
    assert isinstance(thing, Handle)
    for plain in (None, True, 0, 1.5, "", b"", (), [], {}, set(), frozenset(), 1j, range(3)):
        assert not thing == plain  # noqa: SIM201  # each operator is asked for by itself
        assert not plain == thing  # noqa: SIM201
        assert thing != plain
        assert plain != thing


def test_an_ordering_to_a_plain_value_is_never_the_candidates_to_decide():
    wire, candidate = connected()
    answer(candidate, DONE, True)
    with pytest.raises(CrossingError):
        assert wire.value(3) < 5
    assert "__lt__" in wire.take_fault()


def test_a_plain_difference_is_refused_and_none_is_made_of_a_handle():
    wire, candidate = connected()
    answer(candidate, DONE, 0.0)
    with pytest.raises(CrossingError):
        _ = wire.value(3) - 5.0
    assert wire.take_fault()
    wire.differences.add(3)
    for collapse in (abs, float):
        with pytest.raises(CrossingError):
            collapse(wire.value(3))


def test_an_answer_of_true_from_exit_suppresses_no_failed_assertion():
    wire, candidate = connected()
    answer(candidate, DONE, True)
    thing = wire.value(3)
    assert type(thing).__exit__(thing, AssertionError, AssertionError(), None) is False


json = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 2**40) | st.text(max_size=5) | st.binary(max_size=8),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
told = st.fixed_dictionaries(
    {
        "name": json,
        "qualname": json,
        "module": json,
        "doc": json,
        "bases": st.lists(st.integers(-2, 6), max_size=3) | json,
        "members": st.dictionaries(st.sampled_from(["go", "__init__", "_hone", "args", "__class__"]), json) | json,
        "offered": st.lists(st.sampled_from(["__eq__", "__hash__", "__call__", "__class__", "__new__"])) | json,
        "hashable": json,
        "kind": st.sampled_from(["", "function", "generator"]) | json,
    }
)
kinds = st.sampled_from(["class", "object", "error", "shared", "module", "value", "coroutine", "bound", "nothing"])
values = st.sampled_from([["path", ["x"]], ["uuid", [1]], ["slice", [1, 2]], ["time", [5]], ["path", [None]]])
news = st.lists(
    st.tuples(st.integers(-3, 7), st.just("class"), told).map(list)
    | st.tuples(st.integers(-3, 7), kinds, json).map(list)
    | st.tuples(st.integers(4, 7), st.just("value"), values).map(lambda item: [item[0], item[1], *item[2]])
    | st.tuples(st.integers(4, 7), st.just("error"), st.integers(0, 6), st.binary(max_size=9), json, json).map(list)
    | st.tuples(st.integers(4, 7), st.just("shared"), json, json, json).map(list)
    | json,
    max_size=4,
)
messages = st.tuples(st.integers(-1, 6) | json, st.integers(0, 2) | json, news | json, st.binary(), json, json)


@settings(max_examples=80, deadline=None)
@given(messages.map(list) | json)
def test_no_message_does_more_than_end_the_wire_or_raise_what_a_candidate_may(message):
    wire, candidate = connected()
    candidate.send(encode(message))
    candidate._link.close()
    try:
        wire.ask("get", 3, ("value",))
    except Gone:
        assert wire.gone
    except Exception:  # nothing but what the candidate says that it raised
        assert message[0] == RAISED


@settings(max_examples=50, deadline=None)
@given(news, st.integers(-4, 8), st.sampled_from([DONE, RAISED]))
def test_whatever_is_described_an_answer_by_number_is_no_plain_lie(described, number, kind):
    from hone.sandbox.inside.codec import _REFERENCE, _TAGGED, msgpack

    wire, candidate = connected()
    body = _TAGGED + msgpack.packb([_REFERENCE, number])
    candidate.send(encode([kind, 1, described, body, [], []]))
    candidate._link.close()
    try:
        value = wire.ask("get", 3, ("value",))
    except (Gone, Exception):
        return
    assert value != 5
    assert not value == "5"  # noqa: SIM201
    assert value not in (True, "", ())
