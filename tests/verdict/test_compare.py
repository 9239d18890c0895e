"""Comparison on exact plain types: nothing that a candidate can build equals what it is not."""

import copy
import datetime as dt
import random
import struct
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.sandbox.inside.codec import MAX_DEPTH, decode, encode
from hone.sandbox.jobs import CaseResult, NotPlain, Status
from hone.tasks.array import Array
from hone.tasks.task import CallCheck, Compare
from hone.verdict.closeness import Tolerance, Ulps
from hone.verdict.compare import answers, equal, near

AGREE: dict[str, Callable[[Any, Any], bool]] = {
    "exact": equal,
    "unordered": partial(equal, unordered=True),
    "ordered": partial(equal, ordered=True),
    "tolerance": partial(near, nearness=Tolerance(0.1)),
    "relative": partial(near, nearness=Tolerance(relative=0.1)),
    "ulps": partial(near, nearness=Ulps(3)),
}
ZONES = st.none() | st.just(dt.UTC) | st.sampled_from(["Europe/Paris", "Pacific/Apia"]).map(ZoneInfo)
ARRAYS = st.one_of(
    st.lists(st.floats(), max_size=3).map(
        lambda floats: Array("f8", (len(floats),), struct.pack(f"{len(floats)}d", *floats))
    ),
    st.binary(max_size=4).map(lambda data: Array("u1", (len(data),), data)),
    st.floats(width=32).map(lambda value: Array("f4", (), struct.pack("f", value), scalar=True)),
)
LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.complex_numbers(),
    st.text(max_size=5),
    st.binary(max_size=5),
    st.decimals(),
    st.fractions(),
    st.dates(),
    st.times(timezones=st.none() | st.just(dt.UTC)),
    st.datetimes(timezones=ZONES),
    st.timedeltas(),
    ARRAYS,
)
HASHABLE = st.one_of(st.integers(), st.text(max_size=3), st.booleans(), st.floats(), ARRAYS)
PLAIN = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=3),
        st.sets(HASHABLE, max_size=3),
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_every_plain_value_equals_its_copy_and_what_crossed_the_wire(value: Any):
    crossed = decode(encode(value, array=Array), array=Array)
    for how, agree in AGREE.items():
        assert agree(copy.deepcopy(value), value), how
        assert agree(crossed, value), how


@given(PLAIN, PLAIN)
def test_any_two_values_are_compared_without_an_error_and_equality_is_symmetric(a: Any, b: Any):
    for how, agree in AGREE.items():
        there, back = agree(a, b), agree(b, a)
        assert there is back or how in ("tolerance", "relative", "ulps")


@given(PLAIN, PLAIN)
def test_equality_is_never_looser_than_pythons(a: Any, b: Any):
    if equal(a, b) and "nan" not in repr(a).lower():
        assert a == b


MOMENTS = st.one_of(
    st.datetimes(), st.datetimes(timezones=st.timezones()), st.times(), st.times(timezones=st.just(dt.UTC)), st.dates()
)


@given(st.one_of(st.decimals(allow_nan=False), st.fractions(), st.timedeltas(), MOMENTS), st.data())
def test_rare_scalars_are_equal_as_python_says(a: Any, data: st.DataObject):
    b = data.draw(st.one_of(st.just(copy.copy(a)), st.from_type(type(a)).filter(lambda b: "NaN" not in str(b))))
    assert equal(a, b) == (a == b)
    assert equal({"k": a}, {"k": b}) == (a == b)


def test_equal_decimals_and_instants_need_not_be_written_alike():
    assert equal({Decimal("1.50")}, {Decimal("1.5")})
    assert equal(Decimal("-0"), Decimal("0.00"))
    assert not equal(Decimal("1.5"), Decimal("15"))
    noon = dt.datetime(2020, 1, 1, 12, tzinfo=dt.UTC)
    assert equal(noon, noon.astimezone(dt.timezone(dt.timedelta(hours=9))))
    assert not equal(noon, noon.replace(tzinfo=None))


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (True, 1),
        (1, True),
        (1.0, 1),
        (0.0, -0.0),
        ((1, 2), [1, 2]),
        ([1, True], [1, 1]),
        ({1: "a"}, {True: "a"}),
        ({1}, {True}),
        (frozenset({1}), {1}),
        (b"a", "a"),
        (Decimal(1), 1),
        ([1, 2], [1, 2, 3]),
        (NotPlain("Anything"), 1),
        ([NotPlain("list")], [[]]),
    ],
)
def test_what_is_not_the_same_is_not_equal(got: Any, expected: Any):
    assert not equal(got, expected)
    assert not equal(got, expected, unordered=True)


def test_nan_is_itself_and_dicts_have_an_order_on_request_only():
    assert equal([float("nan")], [float("nan")])
    assert equal({"a": 1, "b": [{1: 2, 3: 4}]}, {"b": [{3: 4, 1: 2}], "a": 1})
    assert not equal({"a": 1, "b": 2}, {"b": 2, "a": 1}, ordered=True)
    assert not equal([{1: 2, 3: 4}], [{3: 4, 1: 2}], ordered=True)
    assert equal({"a": {1, 2}}, {"a": {2, 1}}, ordered=True)


@given(st.lists(PLAIN, max_size=5), st.randoms(use_true_random=False))
def test_unordered_ignores_the_order_of_lists_and_nothing_else(items: list[Any], rng: random.Random):
    shuffled = copy.deepcopy(items)
    rng.shuffle(shuffled)
    assert equal([shuffled], [items], unordered=True)
    assert not equal([*shuffled, 1], items, unordered=True)


def test_a_signalling_nan_is_a_wrong_answer_and_no_trap():
    assert not equal(Decimal("sNaN"), Decimal(1))
    assert not equal({"a": [Decimal("sNaN")]}, {"a": [Decimal("NaN")]})


@pytest.mark.parametrize("how", AGREE)
def test_no_answer_makes_the_comparison_long(how: str):
    agree, n = AGREE[how], 5_000
    started = time.process_time()
    assert agree([{(i, "a") for i in range(n)}], [{(i, "a") for i in reversed(range(n))}])
    backwards = agree({(i,): i for i in range(n)}, {(i,): i for i in reversed(range(n))})
    assert backwards is (how != "ordered")
    assert not agree({(i, 0.5) for i in range(n)}, {(i, 0.75) for i in range(n, 2 * n)})
    assert not agree({(i, 0.5): 1 for i in range(n)}, {(i, 0.75): 1 for i in range(n, 2 * n)})
    collisions = [[i * (2**61 - 1)] for i in range(n)]  # integers of one hash
    assert agree(collisions[::-1], collisions) is (how == "unordered")
    huge = 1 << (1 << 22)
    assert not agree([huge], [huge + 1]) or how == "relative"
    assert time.process_time() - started < 4.0


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {"k": v}, lambda v: frozenset({v})])
@pytest.mark.parametrize("agree", AGREE.values(), ids=AGREE)
def test_whatever_the_wire_carries_can_be_compared(wrap: Callable[[Any], Any], agree: Callable[[Any, Any], bool]):
    a, b, c = 1, 1, 2
    for _ in range(MAX_DEPTH):
        a, b, c = wrap(a), wrap(b), wrap(c)
    assert agree(a, b)
    assert not agree(a, c)


def test_a_value_nested_deeper_than_the_bound_equals_nothing_and_breaks_nothing():
    deep: Any = 0
    for _ in range(5000):
        deep = [deep]
    for agree in AGREE.values():
        assert not agree(deep, deep)


def test_raises_asks_for_the_named_exception_or_one_of_its_bases():
    raised = CaseResult(Status.RAISED, error="KeyError: 1", error_types=("KeyError", "LookupError", "Exception"))
    for name, right in (("KeyError", True), ("LookupError", True), ("", True), ("ValueError", False)):
        assert answers(CallCheck((), name, Compare.RAISES), raised) is right
    assert not answers(CallCheck((), "", Compare.RAISES), CaseResult(Status.DONE, value=None))
    assert not answers(CallCheck((), "", Compare.RAISES), CaseResult(Status.TIMED_OUT))
    assert not answers(CallCheck((), None), raised)
