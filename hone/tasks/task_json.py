"""The one JSON form of a task: in files (`hone grade --task FILE.json`), HTTP bodies and columns of data sets.

    {"form": "call", "prompt": "Add two numbers.", "entry_point": "add",
     "visible": [{"args": [1, 2], "expected": 3}], "hidden": [{"args": [0, 0], "expected": 0}]}
    {"form": "stdio", "prompt": "…", "visible": [{"stdin": "1 2\\n", "stdout": "3\\n"}], "hidden": []}
    {"form": "suite", "prompt": "…", "entry_point": "solution", "tests": "import unittest …", "visible": []}

Fields are those of `Task`, `Limits` and the checks, and those left out keep their defaults. The prompt may be left out,
too: a judge does not read it. Without `id` a task is named by its content; a suite without `hidden` hides every test
that `visible` does not name. Values of checks are written as
`plain_json` says. Reading is strict, runs nothing, and never quotes a value in an error.
"""

import dataclasses
import difflib
import hashlib
import json
import math
import types
import typing
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn, Union

from hone.config import describe
from hone.errors import Boundary, HoneError
from hone.tasks.plain_json import from_plain_json, to_plain_json
from hone.tasks.task import CallCheck, Form, Limits, StdioCheck, SuiteCheck, Task, test_names

CHECKS: dict[Form, type] = {Form.CALL: CallCheck, Form.STDIO: StdioCheck, Form.SUITE: SuiteCheck}
_ANSWERS: dict[type, str] = {CallCheck: "expected", StdioCheck: "stdout"}
"""What a check must say, whatever its default: one that forgot it would expect None, or no output."""
_WITHOUT_ANSWER = ("raises", "checker")
"""Comparisons with no value."""
LARGEST_FILE = 64 * 2**20
"""Bytes of a task's file."""
_LARGEST_NUMBER = 2**48
_LONGEST_ID = 200


def to_json(task: Task) -> str:
    """The task as JSON text; fields that have their defaults are left out.

    Raises:
        HoneError: a check holds a value that is not plain.
    """
    return json.dumps(to_data(task), ensure_ascii=False, allow_nan=False)


def to_data(task: Task) -> dict[str, Any]:
    """The task as JSON data; raises as `to_json`."""
    return _written_fields(task, "task")


def from_json(text: str | bytes) -> Task:
    """The task that `to_json` wrote, or that a person did.

    Raises:
        HoneError: the text is not JSON, or not a task; one line says where and why.
    """
    return from_data(parse_json(text, "the task"))


def from_data(data: object, at: str = "task") -> Task:
    """The task that JSON data describes.

    Args:
        at: its place in what surrounds it, named in errors.

    Raises:
        HoneError: a field is unknown, missing, of a wrong type or impossible.
    """
    fields = _object(data, at)
    form = _read(fields.get("form"), Form, f"{at}.form")
    visible, hidden = (_checks(fields.get(name, []), CHECKS[form], f"{at}.{name}") for name in ("visible", "hidden"))
    rest = {name: value for name, value in fields.items() if name not in ("id", "form", "visible", "hidden")}
    values: dict[str, Any] = {"prompt": ""} | _fields(rest, Task, at)
    task_id = _task_id(fields, at)
    try:
        task = Task(id=task_id, form=form, visible=visible, hidden=hidden, **values)
    except HoneError as error:
        raise _fault(at, "holds values that do not go together", error.hint) from error
    if form is Form.SUITE:
        task = _with_tests(task, at, hide_the_rest="hidden" not in fields)
    _check_whole(task, at)
    return task


def read_task(path: Path) -> Task:
    """The task in a JSON file.

    Raises:
        HoneError: the file cannot be read, is larger than `LARGEST_FILE`, or holds no task.
    """
    try:
        with path.open("rb") as opened:
            text = opened.read(LARGEST_FILE + 1)
    except OSError as error:
        raise HoneError(Boundary.USER, f"cannot read {path}: {error.strerror}", "check the path") from error
    if len(text) > LARGEST_FILE:
        raise HoneError(Boundary.USER, f"{path} is larger than {LARGEST_FILE >> 20} MiB", "give one task")
    try:
        return from_json(text)
    except HoneError as error:
        raise HoneError(error.boundary, f"{path}: {error.what}", error.hint) from error


def parse_json(text: str | bytes, what: str) -> Any:
    """JSON data, strictly: UTF-8, no NaN, no key twice in one object.

    Args:
        what: what the text should be, named in errors.

    Raises:
        HoneError: the text is not that.
    """
    try:
        decoded = text.decode() if isinstance(text, bytes) else text
        return json.loads(decoded, object_pairs_hook=_once, parse_constant=_no_constant)
    except RecursionError as error:
        raise HoneError(Boundary.TASK, f"{what} is nested too deep", "flatten it") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise HoneError(Boundary.TASK, f"{what} is not JSON: {error.msg} at {where}", "mend it") from error
    except UnicodeDecodeError as error:
        raise HoneError(Boundary.TASK, f"{what} is not UTF-8 text", "encode it as UTF-8") from error
    except ValueError as error:  # an integer of thousands of digits, or one of ours
        raise HoneError(Boundary.TASK, f"{what} is not JSON: {_reason(error)}", "mend it") from error


class _BadJson(ValueError):
    """One of our own reasons, which quotes nothing."""


def _reason(error: ValueError) -> str:
    return str(error) if isinstance(error, _BadJson) else "a number of too many digits"


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        raise _BadJson("an object holds one key twice")
    return data


def _no_constant(name: str) -> NoReturn:
    raise _BadJson(f'{name} is no JSON number (write {{"$float": …}})')


def _written(value: Any, hint: Any, at: str) -> Any:
    """A field of type `hint` as JSON data; the reverse of `_read`."""
    shapes = typing.get_args(hint) if typing.get_origin(hint) in (Union, types.UnionType) else (hint,)
    if Any in shapes:
        return to_plain_json(value, at)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _written_fields(value, at)
    if isinstance(value, Enum):
        return value.value
    for shape in shapes:
        inner = typing.get_args(shape)
        if isinstance(value, tuple) and typing.get_origin(shape) is tuple:
            return [_written(item, inner[0], f"{at}[{index}]") for index, item in enumerate(value)]
        if isinstance(value, Mapping) and typing.get_origin(shape) in (dict, Mapping):
            return {key: _written(item, inner[1], f"{at}.{key}") for key, item in value.items()}
    return to_plain_json(value, at)


def _written_fields(value: Any, at: str) -> dict[str, Any]:
    """The fields of a dataclass, without those that have their defaults."""
    hints = typing.get_type_hints(type(value))
    data = {}
    for field in dataclasses.fields(value):
        held = getattr(value, field.name)
        said_anyhow = field.name == _ANSWERS.get(type(value))
        if said_anyhow or type(held) is not type(field.default) or held != field.default:
            data[field.name] = _written(held, hints[field.name], f"{at}.{field.name}")
    return data


def _checks(data: object, kind: type, at: str) -> tuple[Any, ...]:
    if type(data) is not list:
        raise _fault(at, f"must be a list, got a {_kind(data)}", "give a list of checks")
    for index, item in enumerate(data):
        answer = _ANSWERS.get(kind)
        if answer and type(item) is dict and answer not in item and item.get("compare") not in _WITHOUT_ANSWER:
            raise _fault(f"{at}[{index}]", f"lacks the field {answer}", "say what must come back")
    return tuple(_dataclass(item, kind, f"{at}[{index}]") for index, item in enumerate(data))


def _dataclass(data: object, cls: type, at: str) -> Any:
    assert dataclasses.is_dataclass(cls), cls
    values = _fields(_object(data, at), cls, at)
    required = [
        field.name
        for field in dataclasses.fields(cls)
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    for name in required:
        if name not in values:
            raise _fault(at, f"lacks the field {name}", "give it a value")
    try:
        made = cls(**values)
    except HoneError as error:  # its words may quote a value, its hint does not
        raise _fault(at, "holds values that do not go together", error.hint) from error
    if isinstance(made, Limits):
        _check_limits(made, at)
    return made


def _fields(data: dict[str, Any], cls: type, at: str) -> dict[str, Any]:
    assert dataclasses.is_dataclass(cls), cls
    known = [field.name for field in dataclasses.fields(cls)]
    hints = typing.get_type_hints(cls)
    for key in data:
        if key not in known:
            near = difflib.get_close_matches(key[:40], known, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise _fault(at, f"has no field {key[:40]!r}", hint)
    return {key: _read(value, hints[key], f"{at}.{key}") for key, value in data.items()}


def _read(value: Any, hint: Any, at: str) -> Any:
    """JSON data as a field of type `hint`."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return from_plain_json(value, at)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _dataclass(value, hint, at)
    if origin is tuple and type(value) is list and arguments[-1] is Ellipsis:
        return tuple(_read(item, arguments[0], f"{at}[{index}]") for index, item in enumerate(value))
    if origin in (dict, Mapping) and type(value) is dict:
        return {key: _read(item, arguments[1], f"{at}.{key[:40]}") for key, item in value.items()}
    if origin in (Union, types.UnionType):
        return _read_member(value, arguments, at)
    if isinstance(hint, type) and issubclass(hint, Enum) and type(value) is str:
        found = [member for member in hint if member.value == value]
        if found:
            return found[0]
    if hint is float and type(value) in (int, float) and abs(value) <= _LARGEST_NUMBER:
        return float(value)
    if hint in (bool, int, str) and type(value) is hint:
        return value
    wanted = {tuple: "a list", dict: "an object", Mapping: "an object"}.get(origin) or describe(hint)
    raise _fault(at, f"must be {wanted}, got a {_kind(value)}", "mend it")


def _read_member(value: Any, members: tuple[Any, ...], at: str) -> Any:
    if value is None and type(None) in members:
        return None
    *others, last = [member for member in members if member is not type(None)]
    for member in others:
        try:
            return _read(value, member, at)
        except HoneError:
            continue  # the next member may fit; the last one's error is the one that is told
    return _read(value, last, at)


def _check_limits(limits: Limits, at: str) -> None:
    for field in dataclasses.fields(limits):
        number = getattr(limits, field.name)
        possible = isinstance(number, bool) or (math.isfinite(number) and 0 < number <= _LARGEST_NUMBER)
        if not possible:
            raise _fault(f"{at}.{field.name}", "is not above 0, or beyond every machine", "give a possible limit")


def _task_id(fields: dict[str, Any], at: str) -> str:
    given = fields.get("id")
    if given is None:
        canonical = json.dumps(fields, sort_keys=True)
        return "task:" + hashlib.sha256(canonical.encode()).hexdigest()[:12]
    if type(given) is not str or not 0 < len(given) <= _LONGEST_ID or not given.isprintable():
        raise _fault(f"{at}.id", f"must be 1 to {_LONGEST_ID} printable characters", "give another, or none")
    return given


def _with_tests(task: Task, at: str, *, hide_the_rest: bool) -> Task:
    try:
        names = test_names(task.tests)
    except HoneError as error:
        raise _fault(f"{at}.tests", "does not parse as Python", "mend the suite") from error
    shown = {check.name for check in task.visible if isinstance(check, SuiteCheck)}
    if hide_the_rest:
        hidden = tuple(SuiteCheck(name) for name in names if name not in shown)
        task = dataclasses.replace(task, hidden=hidden)
    if not {check.name for check in task.checks if isinstance(check, SuiteCheck)} <= set(names):
        raise _fault(at, "names a test that its suite lacks", "name functions test_* or methods of a TestCase class")
    return task


def _check_whole(task: Task, at: str) -> None:
    if task.form is Form.STDIO:
        if task.entry_point:
            raise _fault(f"{at}.entry_point", "is set, and a stdio task runs the whole program", "leave it out")
    elif not all(part.isidentifier() for part in task.entry_point.split(".")):
        raise _fault(f"{at}.entry_point", "is not a Python name", "name the function, or the module of a suite")
    if not task.checks:
        raise _fault(at, "has no check", "a program cannot pass nothing")
    if task.tests and task.form is not Form.SUITE:
        raise _fault(f"{at}.tests", "belongs to the form suite", "leave it out")


def _object(data: object, at: str) -> dict[str, Any]:
    if type(data) is not dict:
        raise _fault(at, f"must be an object, got a {_kind(data)}", "give its fields")
    return typing.cast("dict[str, Any]", data)


def _kind(value: object) -> str:
    return _KINDS.get(type(value), type(value).__name__)


_KINDS: dict[type, str] = {
    type(None): "null",
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    dict: "object",
}


def _fault(at: str, what: str, hint: str) -> HoneError:
    return HoneError(Boundary.TASK, f"{at} {what}", hint)
