"""Comparison on exact plain types: nothing that a candidate can build equals what it is not."""

import copy
import random
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def is_decimal_nan(value: object) -> bool:
    return "Decimal('NaN')" in repr(value) or "Decimal('sNaN')" in repr(value) or "Decimal('-NaN')" in repr(value)


@given(PLAIN)
def test_every_plain_value_equals_its_copy(value: Any):
    if "NaN" not in repr(value):  # a Decimal NaN is equal to nothing, not even here
        assert equal(copy.deepcopy(value), value)


@given(PLAIN, PLAIN)
def test_equality_is_symmetric_and_never_looser_than_pythons(a: Any, b: Any):
    assert equal(a, b) == equal(b, a)
    if equal(a, b) and "nan" not in repr(a):
        assert a == b


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
    if "NaN" in repr(items):
        return
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
