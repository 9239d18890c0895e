"""numpy values are compared by dtype, shape and content, and the comparison needs no numpy."""

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.sandbox.inside import arrays
from hone.sandbox.inside.codec import UnplainError, WireError, decode, encode
from hone.tasks import array as plain_arrays
from hone.tasks.array import Array
from hone.tasks.task import CallCheck, Task
from hone.verdict.closeness import Tolerance
from hone.verdict.compare import equal, near

np = pytest.importorskip("numpy")

NUMPY_VALUES = [
    np.arange(6).reshape(2, 3).T,
    np.arange(10, dtype=">f4")[::2],
    np.zeros((0, 3)),
    np.array(1.5),
    np.float64(1.5),
    np.float16(-0.0),
    np.bool_(True),
    np.array([[True, False]]),
    np.array([1 + 2j], dtype="c8"),
    np.array([np.nan, np.inf, -0.0]),
    np.uint64(2**64 - 1),
    np.int64(-3),
]


@pytest.mark.parametrize("value", NUMPY_VALUES, ids=repr)
def test_every_numpy_value_comes_back_as_itself_and_as_plain_data(value: Any):
    data = encode([{"k": (value,)}])
    back = decode(data, array=arrays.rebuilt)[0]["k"][0]
    assert (type(back), back.dtype, back.shape) == (type(value), value.dtype.newbyteorder("="), value.shape)
    np.testing.assert_array_equal(back, value)
    plain = decode(data, array=Array)[0]["k"][0]
    assert plain == Array.of(value)
    assert encode(plain, array=Array) == encode(value)
    assert equal(plain, Array.of(value))
    assert CallCheck((value,), [value]).args == (plain,)


def test_an_array_that_came_back_can_be_written_to():
    back = decode(encode(np.arange(3)), array=arrays.rebuilt)
    back[0] = 7
    assert back.tolist() == [7, 1, 2]


class Half(np.float64):
    pass


@pytest.mark.parametrize(
    "value",
    [
        np.array(["a"]),
        np.array([None]),
        np.longdouble(1),
        np.datetime64("2020"),
        np.ma.array([1]),
        Half(1),
        np.dtype("f8"),
    ],
    ids=repr,
)
def test_other_dtypes_and_subclasses_have_no_plain_form(value: Any):
    with pytest.raises(UnplainError):
        encode([value])


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        (np.float64(1), 1.0),
        (np.array(1.0), np.float64(1)),
        (np.float32(1), np.float64(1)),
        (np.arange(3), np.arange(3.0)),
        (np.arange(3), [0, 1, 2]),
        (np.arange(4), np.arange(4).reshape(2, 2)),
        (np.array([0.0]), np.array([-0.0])),
        (np.bool_(True), True),
        (np.array([True]), np.array([1], "i1")),
    ],
    ids=repr,
)
def test_another_dtype_shape_or_content_is_not_equal(got: Any, expected: Any):
    got, expected = map(plain_arrays.without_numpy, (got, expected))
    assert not equal(got, expected)
    assert not equal([{1: got}], [{1: expected}])


def test_nan_is_itself_in_every_spelling():
    other = np.array([0x7FF8000000000001], "u8").view("f8")
    assert np.isnan(other).all()
    one, two = Array.of(np.array([np.nan])), Array.of(other)
    assert one.data != two.data
    assert equal(one, two)
    assert equal({one}, {two})


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=4), st.floats(0, 1), st.floats(0, 0.5), st.data())
def test_tolerances_on_arrays_agree_with_isclose(items: list[float], absolute: float, relative: float, data: Any):
    got = [item + data.draw(st.floats(-1, 1)) for item in items]
    ours = near(Array.of(np.array(got)), Array.of(np.array(items)), Tolerance(absolute, relative))
    apart, largest = np.abs(np.subtract(got, items)), np.maximum(np.abs(got), np.abs(items))
    assert ours is bool((apart <= np.maximum(absolute, relative * largest)).all())
    assert not near(Array.of(np.array(got, "f4")), Array.of(np.array(items)), Tolerance(1000.0))


@pytest.mark.parametrize(
    "parts",
    [
        ("O8", [1], b"\0" * 8, False),
        ("f16", [1], b"\0" * 16, False),
        (["f8"], [1], b"\0" * 8, False),
        ("f8", [2], b"\0" * 8, False),
        ("f8", [-1], b"", False),
        ("f8", [True], b"\0" * 8, False),
        ("f8", [1.0], b"\0" * 8, False),
        ("f8", [2**63, 0], b"", False),
        ("f8", [0] * 33, b"", False),
        ("f8", [1], b"\0" * 8, True),
        ("f8", [], b"\0" * 8, 1),
        ("f8", [1], "\0" * 8, False),
        ("f8", (1,), [0.0], False),
        ("f8", [1], b"\0" * 8),
    ],
    ids=repr,
)
def test_claims_that_make_no_array_are_wire_errors(parts: tuple[Any, ...]):
    import msgpack

    tagged = msgpack.packb([21, *parts])
    assert decode(b"\x01" + msgpack.packb([21, "f8", [1], b"\0" * 8, False]), array=Array) == Array(
        "f8", (1,), b"\0" * 8
    )
    with pytest.raises(WireError):
        decode(b"\x01" + tagged, array=Array)


def test_an_array_where_none_may_come_is_a_wire_error():
    with pytest.raises(WireError):
        decode(encode(np.arange(3)))


def test_tasks_hold_plain_data_and_equal_tasks_are_equal():
    def made() -> Task:
        return Task.from_examples(
            prompt="", entry_point="f", visible=[((np.arange(2000),), {"a": np.float64(2)})], hidden=[]
        )

    first, second = made(), made()
    assert first == second
    assert first.id == second.id
    assert first.checks[0] == CallCheck((Array.of(np.arange(2000)),), {"a": Array.of(np.float64(2))})
    other = Task.from_examples(prompt="", entry_point="f", visible=[((np.arange(2000) * 2,), {"a": 2.0})], hidden=[])
    assert other.id != first.id


def test_the_lists_of_dtypes_are_one():
    assert set(arrays.FORMATS) == plain_arrays.DTYPES


def test_arrays_are_read_and_compared_without_numpy():
    code = (
        "import sys\nfrom hone.sandbox.inside.codec import decode\nfrom hone.tasks.array import Array\n"
        "from hone.verdict.compare import equal, near\nfrom hone.verdict.closeness import Tolerance, Ulps\n"
        f"got = decode({encode(np.array([1.0, 2.0]))!r}, array=Array)\n"
        f"wanted = decode({encode(np.array([1.0, 2.0 + 1e-15]))!r}, array=Array)\n"
        "print(equal(got, got), equal(got, wanted), near(got, wanted, Tolerance(1e-9)), near(got, wanted, Ulps(1)))\n"
        "print('numpy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True False True False\nFalse\n"
