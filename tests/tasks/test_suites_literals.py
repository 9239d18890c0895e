"""Literals of collections: what is read the quick way is what Python reads."""

import ast
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hone.tasks.suites.literals import quick

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary()
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.text() | st.integers(), inner)
        | st.sets(st.integers())
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(VALUES))
@example([("a",), (), (1, (2.5, None)), {"b": (True,)}, "\\\n\t", float("nan"), -float("inf")])
@example(["\x01", {"\x01": [1, 2]}, "\x02", "(", ",)", "nan", "it's"])
def test_what_is_read_the_quick_way_is_what_python_wrote(value: list[Any]) -> None:
    found = quick(repr(value))
    assert found is None or repr(found) == repr(value)


@pytest.mark.parametrize(
    "value", [[1, -2.5], ["a", "b\\n"], [(1, "x"), (2,)], [[None, True]], [{"a": (1,)}], [float("inf"), float("nan")]]
)
def test_the_quick_way_takes_what_there_is_much_of(value: list[Any]) -> None:
    assert repr(quick(repr(value))) == repr(value)


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet="()[]{}',\\ :0123-.eTrueFalsonif\"", max_size=12).map("[{}]".format))
@example("[(1)]")
@example("[(1), (2,)]")
@example("['a' 'b']")
@example("[01]")
@example("[(1,) ]")
@example("[('\\x02',)]")
def test_the_quick_way_reads_no_text_otherwise_than_python(text: str) -> None:
    found = quick(text)
    if found is not None:
        assert repr(found) == repr(eval(text, {"nan": float("nan"), "inf": float("inf")}))  # ours: a few signs
        ast.parse(text)
