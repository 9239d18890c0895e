"""Comparison on exact plain types: nothing that a candidate can build equals what it is not."""

import copy
import datetime as dt
import random
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.sandbox.inside.codec import MAX_DEPTH
from hone.sandbox.jobs import CaseResult, NotPlain, Status
from hone.tasks.task import CallCheck, Compare
from hone.verdict.compare import answers, equal

LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.binary(max_size=5), st.decimals()
)
HASHABLE = st.one_of(st.integers(), st.text(max_size=3), st.booleans())
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
def test_every_plain_value_equals_its_copy(value: Any):
    assert equal(copy.deepcopy(value), value)
    assert equal(copy.deepcopy(value), value, unordered=True)
    assert equal(copy.deepcopy(value), value, tolerance=0.0)


@given(PLAIN, PLAIN)
def test_equality_is_symmetric_and_never_looser_than_pythons(a: Any, b: Any):
    assert equal(a, b) == equal(b, a)
    if equal(a, b) and "nan" not in repr(a).lower():
        assert a == b


@given(st.one_of(st.decimals(allow_nan=False), st.fractions(), st.datetimes(), st.timedeltas(), st.dates()), st.data())
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


def test_nan_is_itself_and_dicts_have_no_order():
    assert equal([float("nan")], [float("nan")])
    assert equal({"a": 1, "b": 2}, {"b": 2, "a": 1})


@given(st.lists(PLAIN, max_size=5), st.randoms(use_true_random=False))
def test_unordered_ignores_the_order_of_lists_and_nothing_else(items: list[Any], rng: random.Random):
    shuffled = copy.deepcopy(items)
    rng.shuffle(shuffled)
    assert equal([shuffled], [items], unordered=True)
    assert not equal([*shuffled, 1], items, unordered=True)


def test_close_allows_the_tolerance_at_every_depth_and_an_int_for_a_float():
    assert equal([1, {"a": 2.00001}], [1.0, {"a": 2.0}], tolerance=1e-4)
    assert not equal([2.001], [2.0], tolerance=1e-4)
    assert not equal(True, 1.0, tolerance=1e-4)
    assert not equal(10**400, 1.0, tolerance=1e-4)
    assert equal(float("inf"), float("inf"), tolerance=1e-4)
    assert not equal(float("inf"), float("nan"), tolerance=1e-4)


def test_close_numbers_of_a_set_find_their_partners():
    assert equal({1.0, 1.9, 2.8}, {1.8, 2.7, 0.9}, tolerance=0.2)
    assert not equal({1.0, 1.9, 2.8}, {1.8, 2.7, 0.7}, tolerance=0.2)
    assert equal({(1.0, "a"), (2.0, "b")}, {(2.00001, "b"), (1.00001, "a")}, tolerance=1e-3)
    assert equal({"x": 1.0, 2.0: [3.0]}, {2.00001: [3.00001], "x": 0.99999}, tolerance=1e-3)
    assert not equal({"x": 1.0}, {"y": 1.0}, tolerance=1e-3)


def test_a_signalling_nan_is_a_wrong_answer_and_no_trap():
    assert not equal(Decimal("sNaN"), Decimal(1))
    assert not equal({"a": [Decimal("sNaN")]}, {"a": [Decimal("NaN")]})


@pytest.mark.parametrize("options", [{}, {"unordered": True}, {"tolerance": 0.1}])
def test_no_answer_makes_the_comparison_long(options: dict[str, Any]):
    n = 20_000
    started = time.process_time()
    assert equal([{(i, "a") for i in range(n)}], [{(i, "a") for i in reversed(range(n))}], **options)
    assert equal({(i,): i for i in range(n)}, {(i,): i for i in reversed(range(n))}, **options)
    assert not equal({(i, 0.5) for i in range(n)}, {(i, 0.75) for i in range(n, 2 * n)}, **options)
    collisions = [[i * (2**61 - 1)] for i in range(n)]  # integers of one hash
    assert equal(collisions[::-1], collisions, **options) is ("unordered" in options)
    assert time.process_time() - started < 5.0


@pytest.mark.parametrize("wrap", [lambda v: [v], lambda v: (v,), lambda v: {"k": v}, lambda v: frozenset({v})])
@pytest.mark.parametrize("options", [{}, {"unordered": True}, {"tolerance": 0.1}])
def test_whatever_the_wire_carries_can_be_compared(wrap: Callable[[Any], Any], options: dict[str, Any]):
    a, b, c = 1, 1, 2
    for _ in range(MAX_DEPTH):
        a, b, c = wrap(a), wrap(b), wrap(c)
    assert equal(a, b, **options)
    assert not equal(a, c, **options)


def test_a_value_nested_deeper_than_the_bound_equals_nothing_and_breaks_nothing():
    deep: Any = 0
    for _ in range(5000):
        deep = [deep]
    assert not equal(deep, deep)


def test_raises_asks_for_the_named_exception_or_one_of_its_bases():
    raised = CaseResult(Status.RAISED, error="KeyError: 1", error_types=("KeyError", "LookupError", "Exception"))
    for name, right in (("KeyError", True), ("LookupError", True), ("", True), ("ValueError", False)):
        assert answers(CallCheck((), name, Compare.RAISES), raised) is right
    assert not answers(CallCheck((), "", Compare.RAISES), CaseResult(Status.DONE, value=None))
    assert not answers(CallCheck((), "", Compare.RAISES), CaseResult(Status.TIMED_OUT))
    assert not answers(CallCheck((), None), raised)
