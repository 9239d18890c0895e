"""Tolerances agree with `math.isclose`, units in the last place with `math.nextafter`, sets with a full search."""

import math
import struct
from itertools import permutations, product
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hone.tasks.array import Array
from hone.verdict.closeness import Tolerance, Ulps
from hone.verdict.compare import near

FINITE = st.floats(allow_nan=False, allow_infinity=False)
SMALL = st.integers(-20, 20).map(lambda tenths: tenths / 10)


@given(FINITE, FINITE, st.floats(0, 1e300), st.floats(0, 1, exclude_max=True))
@example(1.0, 1.1, 0.0, 0.1)
@example(0.0, -0.0, 0.0, 0.0)
@example(1e308, -1e308, 1e300, 0.5)
@example(5e-324, 0.0, 5e-324, 0.0)
def test_a_tolerance_is_math_isclose_on_finite_floats(a: float, b: float, absolute: float, relative: float):
    expected = math.isclose(a, b, abs_tol=absolute, rel_tol=relative)
    assert near(a, b, Tolerance(absolute, relative)) is expected
    assert near({"k": [(a,)]}, {"k": [(b,)]}, Tolerance(absolute, relative)) is expected


@given(FINITE, st.integers(0, 20), st.floats(0.0, 2.0), st.floats(0, 1e-9))
def test_a_tolerance_is_math_isclose_at_its_edge(a: float, steps: int, factor: float, relative: float):
    b = a * (1 + factor * relative)
    for _ in range(steps):
        b = math.nextafter(b, math.inf)
    if math.isfinite(b):
        assert near(b, a, Tolerance(relative=relative)) is math.isclose(b, a, rel_tol=relative)


@given(st.integers(-(2**50), 2**50), st.integers(-(2**50), 2**50), st.integers(0, 2**50))
def test_a_tolerance_is_math_isclose_on_integers_that_floats_hold(a: int, b: int, absolute: int):
    for left, right in ((a, b), (a, float(b)), (float(a), b)):
        assert near(left, right, Tolerance(absolute, 1e-3)) is math.isclose(a, b, abs_tol=absolute, rel_tol=1e-3)


def test_integers_too_large_for_floats_are_compared_without_rounding():
    large = 10**400
    assert near(large + 1, large, Tolerance(1))
    assert not near(large + 2, large, Tolerance(1))
    assert near(large + large // 1000, large, Tolerance(relative=1e-2))
    assert not near(large + large // 10, large, Tolerance(relative=1e-2))
    assert not near(large, 1.0, Tolerance(1e300, 0.9))
    assert not near(large, math.inf, Tolerance(1e300, 0.9))


@pytest.mark.parametrize("nearness", [Tolerance(1e300, 0.9), Ulps(2**62)])
def test_infinity_and_nan_are_near_themselves_only(nearness: Tolerance | Ulps):
    special = (math.inf, -math.inf, math.nan, 0.0)
    for a, b in product(special, repeat=2):
        assert near(a, b, nearness) is (a is b)


@pytest.mark.parametrize("nearness", [Tolerance(5.0), Ulps(2**62)])
@pytest.mark.parametrize(("got", "expected"), [(True, 1), (1, True), (True, False), ("1", 1), ([1], (1,)), (None, 0)])
def test_only_numbers_are_near_each_other(got: Any, expected: Any, nearness: Tolerance | Ulps):
    assert not near(got, expected, nearness)


def test_an_integer_answers_for_a_float_within_a_tolerance_and_not_within_ulps():
    assert near([1, 2.0], [1.0, 2], Tolerance())
    assert not near(1, 1.0, Ulps(3))
    assert not near({1}, {1.0}, Ulps(3))
    assert not near(3, 4, Ulps(3))


@given(FINITE, st.integers(0, 6), st.integers(0, 6), st.booleans())
@example(0.0, 3, 3, True)
@example(-5e-324, 3, 2, True)
@example(1.0, 3, 2, False)
def test_units_in_the_last_place_are_counted_as_nextafter_steps(a: float, steps: int, most: int, up: bool):
    b = a
    for _ in range(steps):
        b = math.nextafter(b, math.inf if up else -math.inf)
    if math.isfinite(b):
        assert near(b, a, Ulps(most)) is (steps <= most)
        assert near(complex(b, a), complex(a, b), Ulps(most)) is (steps <= most)


@given(st.floats(1e-300, 1e300), st.integers(1, 5))
def test_units_in_the_last_place_agree_with_math_ulp(a: float, most: int):
    b = a + most * math.ulp(a)
    if math.ulp(b) == math.ulp(a):
        assert near(b, a, Ulps(most))
        assert not near(b, a, Ulps(most - 1))


@pytest.mark.parametrize(("dtype", "one", "step"), [("f8", "d", 2**-52), ("f4", "f", 2**-23), ("f2", "e", 2**-10)])
def test_each_width_of_an_array_has_its_own_last_place(dtype: str, one: str, step: float):
    ones = Array(dtype, (2,), struct.pack(f"<2{one}", 1.0, 1.0))
    other = Array(dtype, (2,), struct.pack(f"<2{one}", 1.0, 1.0 + 3 * step))
    assert near(other, ones, Ulps(3))
    assert not near(other, ones, Ulps(2))
    assert near(other, ones, Tolerance(3 * step))
    assert not near(other, ones, Tolerance(2 * step))


@given(st.sets(SMALL, max_size=5), st.sets(SMALL, max_size=5), st.integers(0, 12).map(lambda tenths: tenths / 10))
@example({1.0, 2.0}, {2.0, 3.0}, 1.0)
def test_sets_of_numbers_are_near_where_some_pairing_of_them_is(got: set[float], expected: set[float], most: float):
    paired = len(got) == len(expected) and any(
        all(math.isclose(a, b, abs_tol=most, rel_tol=0) for a, b in zip(order, expected, strict=True))
        for order in permutations(got)
    )
    assert near(got, expected, Tolerance(most)) is paired


def test_what_has_no_order_finds_its_partners():
    assert near({(1.0, "a"), (2.0, "b")}, {(2.00001, "b"), (1.00001, "a")}, Tolerance(1e-3))
    assert not near({(1.0, "a"), (2.0, "b")}, {(2.00001, "a"), (1.00001, "b")}, Tolerance(1e-3))
    assert near({"x": 1.0, 2.0: [3.0]}, {2.00001: [3.00001], "x": 0.99999}, Tolerance(1e-3))
    assert not near({"x": 1.0}, {"y": 1.0}, Tolerance(1e-3))
    assert near({"a", 1.0, math.nan}, {1.01, math.nan, "a"}, Tolerance(0.1))
