"""The JSON form of a task: exact both ways, strict, and silent about what hidden checks hold."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hone import Task
from hone.errors import Boundary, HoneError
from hone.tasks import task_json
from hone.tasks.array import Array
from hone.tasks.families import task_from_id
from hone.tasks.plain_json import MAX_DEPTH, from_plain_json, to_plain_json
from hone.tasks.task import CallCheck, Compare, Limits, SuiteCheck
from hone.tasks.task_json import from_data, from_json, parse_json, read_task, to_json
from hone.verdict.compare import equal

TESTS = "def test_a():\n    pass\n\ndef test_b():\n    pass\n"
CALL = {"form": "call", "prompt": "p", "entry_point": "f", "hidden": [{"args": [1], "expected": 2}]}
offsets = st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23)).map(dt.timezone)
hashable = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.complex_numbers()
    | st.text(st.characters())
    | st.binary()
    | st.fractions()
    | st.decimals(allow_nan=False)
    | st.dates()
    | st.timedeltas()
    | st.datetimes(timezones=st.none() | offsets)
    | st.builds(lambda moment: moment.replace(fold=1), st.datetimes()),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=6,
)
plain = st.recursive(
    hashable | st.integers(2**60, 2**70) | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(hashable, inner, max_size=4) | st.sets(hashable, max_size=3)
    ),
    max_leaves=10,
)
TAGS = ["$tuple", "$set", "$dict", "$int", "$float", "$bytes", "$decimal", "$fraction", "$date", "$array", "$x"]
json_data = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(TAGS) | st.text(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)


def fault_of(call: Callable[[], object]) -> HoneError | None:
    """The error that a person can mend, or None where there was none; whatever else is raised fails the test."""
    try:
        call()
    except HoneError as error:
        return error
    return None


@given(plain)
def test_a_plain_value_survives_json_exactly(value):
    back = from_plain_json(json.loads(json.dumps(to_plain_json(value), allow_nan=False)))
    assert equal(back, value)


@pytest.mark.parametrize(
    "value",
    [True, 1, 1.0, -0.0, Decimal("1.0"), Decimal("1"), Fraction(1), (1,), [1], {1}, frozenset({1}), b"1", 1 + 0j],
)
def test_values_that_are_equal_keep_their_own_types(value):
    back = from_plain_json(json.loads(json.dumps(to_plain_json(value))))
    assert (repr(back), type(back)) == (repr(value), type(value))


@given(json_data)
def test_hostile_json_is_a_value_or_one_error(data):
    error = fault_of(lambda: from_plain_json(data))
    assert error is None or (error.boundary is Boundary.TASK and "\n" not in str(error))


@pytest.mark.parametrize(
    "value",
    [
        dt.time(1, 2, 3, 4),
        dt.time(1, 2, fold=1, tzinfo=dt.timezone(dt.timedelta(hours=2))),
        dt.datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Paris"), fold=1),
        dt.datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("UTC")),
    ],
)
def test_times_and_named_zones_come_back(value):
    back = from_plain_json(json.loads(json.dumps(to_plain_json(value))))
    assert (repr(back), back.fold) == (repr(value), value.fold)


@pytest.mark.parametrize("zone", ["../../etc/passwd", "/etc/localtime", "No/Where", "", "a" * 1000, 3])
def test_a_zone_is_a_name_and_no_path(zone):
    with pytest.raises(HoneError, match=r"holds no \$datetime"):
        from_plain_json({"$datetime": ["2026-10-25T02:30:00", 0, zone]})


@pytest.mark.parametrize("array", [Array("f8", (2, 1), bytes(16)), Array("i4", (0,), b""), Array("b1", (), b"1", True)])
def test_arrays_come_back(array):
    back = from_plain_json(json.loads(json.dumps(to_plain_json([array]))))
    assert (back, type(back[0])) == ([array], Array)


@pytest.mark.parametrize(
    "held",
    [
        ["O8", [1], "AAAAAAAAAAA=", False],
        ["f8", [2], "AAAAAAAAAAA=", False],
        ["f8", [-1, -1], "AAAAAAAAAAA=", False],
        ["f8", [10**30] * 9, "", False],
        ["f8", [1] * 99, "AAAAAAAAAAA=", False],
        ["f8", [1], "AAAAAAAAAAA=", 0],
        ["f8", [True], "AAAAAAAAAAA=", False],
        [["f8"], [1], "AAAAAAAAAAA=", False],
        "f8",
    ],
)
def test_an_array_that_cannot_be_is_refused(held):
    with pytest.raises(HoneError, match=r"holds no \$array"):
        from_plain_json({"$array": held})


def test_a_subclass_has_no_plain_form():
    class Sly(int):
        pass

    with pytest.raises(HoneError, match=r"hidden\[0\] is a Sly"):
        to_plain_json([Sly(1)], "hidden")


def test_keys_that_collide_are_refused_before_they_cost_anything():
    period = 2**61 - 1
    keys = [{"$int": hex(period * n)} for n in range(1, 5000)]
    for tag, held in (("$set", keys), ("$dict", [[key, 0] for key in keys])):
        with pytest.raises(HoneError, match="holds no"):
            from_plain_json({tag: held})


@pytest.mark.parametrize(("open_", "close"), [("[", "]"), ('{"$tuple":[', "]}")])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 5, 100_000])
def test_deep_nesting_is_one_line(open_, close, depth):
    text = json.dumps(CALL).replace("[1]", "[" + open_ * depth + close * depth + "]")
    with pytest.raises(HoneError, match="nested too deep"):
        from_json(text)


@pytest.mark.parametrize(
    "task",
    [
        task_from_id("lists.pipeline:2:train:17"),
        Task.from_examples(
            prompt="é\n",
            entry_point="f",
            visible=[((1, (2, {3})), {b"k": 1.0})],
            hidden=[((), float("inf"))],
            id="mine",
        ),
        Task.from_stdio(prompt="p", visible=[("1\n", "2\n")], hidden=[("", "")], limits=Limits(cpu_seconds=1)),
        Task.from_suite(prompt="p", module="solution", tests=TESTS, visible=("test_b",), allowed_imports=("numpy",)),
    ],
    ids=lambda task: str(task.form),
)
def test_every_form_of_task_comes_back_equal(task):
    assert from_json(to_json(task)) == task


def test_every_field_of_a_check_comes_back():
    check = CallCheck(([1.5],), 2, Compare.CLOSE, 1e-6)
    task = replace(from_data(CALL), hidden=(check, CallCheck((0,), "ValueError", Compare.RAISES)))
    assert from_json(to_json(task)) == task


@dataclass(frozen=True)
class Extra:
    """Fields of the shapes that tasks and checks may come to have."""

    inputs: tuple[tuple[Any, ...], ...]
    given: Mapping[str, str] = field(default_factory=dict)
    after: tuple[Any, ...] | None = None
    inner: CallCheck | None = None
    example: Any = None


@pytest.mark.parametrize(
    "extra",
    [
        Extra(()),
        Extra(((1, (2,)), ())),
        Extra((), {"x": "st.integers()"}, (), CallCheck((1,), (2,)), (3,)),
        Extra((), after=((1,), {2}), example=b"4"),
    ],
)
def test_fields_of_every_shape_come_back(extra):
    data = json.loads(json.dumps(task_json._written_fields(extra, "extra")))
    assert task_json._dataclass(data, Extra, "extra") == extra


def test_a_task_without_id_is_named_by_its_content():
    first, again, other = from_data(CALL), from_data(dict(reversed(CALL.items()))), from_data(CALL | {"prompt": "q"})
    assert first.id == again.id != other.id


def test_a_suite_hides_every_test_that_is_not_visible():
    task = from_data({"form": "suite", "entry_point": "m", "tests": TESTS, "visible": [{"name": "test_b"}]})
    assert (task.visible, task.hidden) == ((SuiteCheck("test_b"),), (SuiteCheck("test_a"),))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"form": "cal"}, 'task.form must be one of "call", "stdio", "suite", got a string'),
        ({"entrypoint": "f"}, "task has no field 'entrypoint': did you mean entry_point?"),
        ({"entry_point": "f()"}, "task.entry_point is not a Python name"),
        ({"entry_point": 3}, "task.entry_point must be a string, got a number"),
        ({"hidden": []}, "task has no check"),
        ({"hidden": {}}, "task.hidden must be a list, got a object"),
        ({"hidden": [[1, 2]]}, "task.hidden[0] must be an object"),
        ({"hidden": [{"args": [1]}]}, "task.hidden[0] lacks the field expected"),
        ({"hidden": [{"args": [1], "compare": "close"}]}, "task.hidden[0] lacks the field expected"),
        ({"form": "stdio", "hidden": [{"stdin": ""}]}, "task.hidden[0] lacks the field stdout"),
        ({"hidden": [{"args": 1, "expected": 2}]}, "task.hidden[0].args must be a list, got a number"),
        ({"hidden": [{"args": [], "expected": 1, "compare": "near"}]}, "task.hidden[0].compare must be one of"),
        ({"hidden": [{"args": [{"$set": 1}], "expected": 1}]}, "task.hidden[0].args[0] holds no $set but a int"),
        ({"hidden": [{"args": [{"$gone": 1}], "expected": 1}]}, "starts with $ and is no known tag"),
        ({"limits": {"cpu_seconds": 0}}, "task.limits.cpu_seconds is not above 0"),
        ({"limits": {"cpu_seconds": True}}, "task.limits.cpu_seconds must be a number, got a boolean"),
        ({"limits": {"memory_bytes": 10**40}}, "task.limits.memory_bytes is not above 0, or beyond every machine"),
        ({"limits": {"cpu": 1}}, "task.limits has no field 'cpu'"),
        ({"id": "a\nb"}, "task.id must be 1 to 200 printable characters"),
        ({"tests": TESTS}, "task.tests belongs to the form suite"),
        ({"form": "suite", "hidden": [{"name": "test_c"}], "tests": TESTS}, "task names a test that its suite lacks"),
        ({"form": "suite", "tests": "-" * 10**6 + "1"}, "task.tests does not parse"),
        ({"form": "suite", "tests": "(" * 10**5}, "task.tests does not parse"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_wrong_is_one_clear_line(change, said):
    data = CALL | change
    if data["form"] == "suite" and "hidden" not in change:
        data.pop("hidden")
    with pytest.raises(HoneError) as caught:
        from_data(data)
    assert said in str(caught.value)
    assert caught.value.boundary is Boundary.TASK


@pytest.mark.parametrize("place", ["args", "expected", "compare", "tolerance"])
@pytest.mark.parametrize("value", ["SECRET", {"$decimal": "SECRET"}, [{"$bytes": "SECRET"}], {"SECRET": {"$no": 1}}])
def test_no_error_quotes_what_a_hidden_check_holds(place, value):
    check = {"args": [], "expected": 0} | {place: value}
    assert "SECRET" not in str(fault_of(lambda: from_data(CALL | {"hidden": [check]})))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON: Expecting value at line 1, column 1"),
        ("{", "is not JSON"),
        (b"\xff", "is not UTF-8 text"),
        ("[NaN]", "NaN is no JSON number"),
        ('{"a": 1, "a": 2}', "an object holds one key twice"),
        ("9" * 5000, "a number of too many digits"),
    ],
)
def test_what_is_not_json_is_one_clear_line(text, said):
    with pytest.raises(HoneError) as caught:
        parse_json(text, "it")
    assert said in str(caught.value)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from([*CALL, "id", "limits", "tests", "visible", "level"]), json_data))
def test_any_object_is_a_task_or_one_error(data):
    error = fault_of(lambda: to_json(from_data(CALL | data)))
    assert error is None or error.boundary is Boundary.TASK
    if error is None:
        text = to_json(from_data(CALL | data))
        assert to_json(from_json(text)) == text


def test_a_file_is_named_in_its_errors(tmp_path):
    file = tmp_path / "task.json"
    with pytest.raises(HoneError, match="cannot read"):
        read_task(file)
    file.write_text('{"form": "call"}')
    with pytest.raises(HoneError, match=r"task.json: task.entry_point is not a Python name"):
        read_task(file)
    file.write_text(json.dumps(CALL))
    assert read_task(file) == from_data(CALL)
