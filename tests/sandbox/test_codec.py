"""The wire keeps exact plain values, and no bytes can make it do anything but raise WireError."""

import datetime as dt
import math
import time
import tracemalloc
from array import array
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from decimal import Decimal
from enum import IntEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

import msgpack
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hone.sandbox.inside.codec import CHUNK, MAX_DEPTH, UnplainError, WireError, decode, encode

hashable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=-(2**80), max_value=2**80)
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters(codec=None, exclude_categories=[]))
    | st.binary()
    | st.decimals(allow_nan=False)
    | st.fractions()
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(dt.UTC) | st.just(ZoneInfo("Asia/Tokyo")))
    | st.times(timezones=st.none() | st.just(dt.UTC))
    | st.timedeltas(),
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.frozensets(inner, max_size=4),
    max_leaves=8,
)
plain = st.recursive(
    hashable,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(hashable, inner, max_size=5)
        | st.sets(hashable, max_size=5)
    ),
    max_leaves=20,
)


def identical(left, right):
    """Same types all the way down, same values, same order; NaN is NaN and -0.0 is not 0.0."""
    if type(left) is not type(right):
        return False
    if type(left) is float:
        return (math.isnan(left) and math.isnan(right)) or (left == right and str(left) == str(right))
    if type(left) is complex:
        return identical(left.real, right.real) and identical(left.imag, right.imag)
    if type(left) in (list, tuple):
        return len(left) == len(right) and all(map(identical, left, right))
    if type(left) is dict:
        return identical(list(left.items()), list(right.items()))
    if type(left) in (set, frozenset):
        return len(left) == len(right) and all(any(identical(a, b) for b in right) for a in left)
    if type(left) is Decimal:
        return left.as_tuple() == right.as_tuple()
    return left == right


@settings(max_examples=150, deadline=None)
@given(plain)
@example([2**63, 2**64 - 1, 2**64, -(2**63), -(2**63) - 1])
@example({True: 1, 2: False, (1, (2,)): {3.5}, None: b""})
@example([Decimal("NaN"), Decimal("-0.00"), Decimal("Infinity"), -0.0, complex(-0.0, math.nan)])
@example("\ud800 lone")
def test_every_plain_value_comes_back_identical(value):
    assert identical(decode(encode(value)), value)


def test_containers_longer_than_a_chunk_come_back_identical():
    for value in (list(range(2 * CHUNK + 1)), {n: str(n) for n in range(CHUNK + 1)}, tuple(range(3 * CHUNK))):
        assert identical(decode(encode(value)), value)
        assert identical(decode(encode([value, 2**70])), [value, 2**70])
    assert decode(encode(set(range(3 * CHUNK)))) == set(range(3 * CHUNK))


class Number(int):
    pass


class Level(IntEnum):
    ONE = 1


Point = namedtuple("Point", "x y")


@pytest.mark.parametrize(
    "value",
    [
        *(Number(1), Level.ONE, Point(1, 2), OrderedDict(a=1), Counter("a"), defaultdict(int), deque([1])),
        *(bytearray(b"x"), range(3), memoryview(b"x"), object(), len, iter([])),
        *(Decimal("1e999999"), Fraction(1, 3**20000)),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_subclass_or_anything_else_is_not_plain_however_deep_it_hides(value):
    for holder in (value, [value], {"k": (value,)}):
        with pytest.raises(UnplainError):
            encode(holder)


def test_the_first_offending_type_is_named():
    with pytest.raises(UnplainError, match="bytearray"):
        encode([1, {"a": bytearray()}])


@pytest.mark.parametrize(
    "value", [OrderedDict([(2, 1), (1, 2)]), Counter("abca"), deque([1, 2]), bytearray(b"x"), array("d", [0.5, 1e300])]
)
def test_the_referees_wire_keeps_the_standard_containers_as_their_own_type(value):
    back = decode(encode([value], extended=True), extended=True)[0]
    assert type(back) is type(value)
    assert back == value
    with pytest.raises(WireError):
        decode(encode([value], extended=True))


def test_cycles_and_bottomless_nesting_are_refused_quickly():
    single: list = []
    single.append(single)
    double: list = []
    double += [double, double]
    deep: list = []
    for _ in range(5000):
        deep = [deep]
    started = time.perf_counter()
    for value in (single, double, deep):
        with pytest.raises(UnplainError):
            encode(value)
    assert time.perf_counter() - started < 10


def test_an_encoding_over_the_limit_is_refused():
    with pytest.raises(UnplainError, match="more than 100 bytes"):
        encode("x" * 1000, limit=100)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200))
def test_hostile_bytes_give_a_plain_value_or_a_wire_error(data):
    for head in (b"", b"\x00", b"\x01"):
        try:
            value = decode(head + data)
        except WireError:
            continue
        assert identical(decode(encode(value)), value)


@settings(max_examples=150, deadline=None)
@given(plain, st.data())
def test_a_damaged_encoding_gives_a_plain_value_or_a_wire_error(value, data):
    damaged = bytearray(encode(value))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    try:
        encode(decode(bytes(damaged)))
    except WireError:
        return
    except UnplainError as error:
        pytest.fail(f"decoded to something that is not plain: {error}")


@pytest.mark.parametrize("head", [b"\x00", b"\x01"])
def test_lies_about_lengths_allocate_nothing(head):
    claims = b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"
    modest = b"\xdc\x0f\xff" * 1000  # a thousand nested arrays that each claim a length that is allowed
    tracemalloc.start()
    started = time.perf_counter()
    for data in (*claims, *(claim * 300 for claim in claims), modest):
        with pytest.raises(WireError):
            decode(head + data)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20
    assert time.perf_counter() - started < 5


def test_numbers_that_share_a_hash_cannot_stall_the_reader():
    colliding = [[6, hex(i * (2**61 - 1))] for i in range(1, CHUNK)]
    for tag in (2, 3):
        with pytest.raises(WireError, match="colliding"):
            decode(b"\x01" + msgpack.packb([tag, *colliding]))


@pytest.mark.parametrize(
    "tree",
    [
        [8, "1e999999999"],  # Decimal
        [9, "0x" + "f" * 10**6, "0x3"],  # Fraction
        [9, "1", "0"],
        [5, [5, [5, 0, 1], 1], 1],
        [7, 1, 2],
        [99],
        [],
        ["list"],
        [0, {"a": 1}],
        [2, [0]],
        [4, 1],
        [10, 2024, 13, 1],
        [13, 0],
    ],
)
def test_trees_that_no_encoder_wrote_are_wire_errors(tree):
    with pytest.raises(WireError):
        decode(b"\x01" + msgpack.packb(tree))


def test_a_tree_deeper_than_the_limit_is_a_wire_error():
    for opening in (b"\x91", b"\x92\x00"):
        for head in (b"\x00", b"\x01"):
            with pytest.raises(WireError):
                decode(head + opening * (MAX_DEPTH + 1) + b"\x90")


def test_extension_types_are_wire_errors_and_never_objects():
    for code in (0, 1, 127, -1, -2):
        try:
            value = decode(b"\x00" + msgpack.packb(msgpack.ExtType(code, b"\0" * 4) if code >= 0 else [0]))
        except WireError:
            continue
        assert value == [0]
    stamp = msgpack.packb(msgpack.Timestamp(1, 1))
    with pytest.raises(WireError):
        decode(b"\x00" + stamp)
