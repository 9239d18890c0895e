"""Configuration: frozen dataclasses, filled from TOML files and written back as plain data.

Types are strict: a bool is no int, `"3"` is no number; an int may stand for a float. A misspelt field is named together
with the nearest one that exists.
"""

import dataclasses
import difflib
import json
import tomllib
import types
import typing
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, Literal, TypeVar, Union

from hone.errors import Boundary, HoneError

Config = TypeVar("Config")


def from_toml(path: Path, cls: type[Config]) -> Config:
    """Fill the dataclass `cls` from a TOML file; fields that it leaves out keep their defaults.

    Raises:
        HoneError: the file cannot be read or parsed; a field is unknown, of a wrong type, missing or impossible.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HoneError(Boundary.USER, f"cannot read {path}: {error.strerror}", "check the path") from error
    except ValueError as error:  # covers TOML syntax and text that is not UTF-8
        raise HoneError(Boundary.USER, f"{path} is not TOML: {error}", "mend the file") from error
    return from_dict(data, cls, where=str(path))


def from_dict(data: Mapping[str, Any], cls: type[Config], where: str = "config") -> Config:
    """Fill the dataclass `cls` from plain data, as `to_dict` gives it.

    Args:
        data: nested mappings; fields that are left out keep their defaults.
        cls: a dataclass of bools, ints, floats, strings, paths, enums, literals, tuples, optionals and dataclasses.
        where: named in every error: the file, for instance.

    Raises:
        HoneError: a field is unknown, of a wrong type, missing or impossible.
    """
    return _build(data, cls, where, "")


def to_dict(config: object) -> dict[str, Any]:
    """Plain data for JSON: `from_dict(to_dict(config), type(config)) == config`."""
    if not dataclasses.is_dataclass(config) or isinstance(config, type):
        raise TypeError(f"{config!r} is no dataclass instance")
    return {field.name: _plain(getattr(config, field.name)) for field in dataclasses.fields(config)}


def to_json(config: object) -> str:
    """The configuration as JSON text."""
    return json.dumps(to_dict(config), indent=2, ensure_ascii=False)


def to_toml(config: object) -> str:
    """The configuration as TOML text, one table for each nested dataclass; fields that are None are left out."""
    return "\n".join(_table(to_dict(config), ())).strip() + "\n"


def _build(data: object, cls: type[Config], where: str, prefix: str) -> Config:
    assert dataclasses.is_dataclass(cls), cls
    at = f"{where}: {prefix}" if prefix else where
    if not isinstance(data, Mapping):
        raise HoneError(Boundary.USER, f"{at} must be a table, got {_shown(data)}", f"write [{prefix}] and its fields")
    hints = typing.get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls) if field.init}
    values = {}
    for key, value in data.items():
        name = f"{prefix}.{key}" if prefix else str(key)
        if key not in fields:
            raise HoneError(
                Boundary.USER, f"{where}: there is no field {name}", _nearest(str(key), prefix, list(fields))
            )
        values[key] = _convert(value, hints[key], where, name)
    for key, field in fields.items():
        required = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
        if required and key not in values:
            raise HoneError(Boundary.USER, f"{at} lacks the field {key}", "give it a value")
    try:
        return cls(**values)
    except HoneError as error:
        raise HoneError(error.boundary, f"{at}: {error.what}", error.hint) from error
    except ValueError as error:
        raise HoneError(Boundary.USER, f"{at}: {error}", "choose a possible value") from error


def _nearest(key: str, prefix: str, fields: list[str]) -> str:
    dot = f"{prefix}." if prefix else ""
    near = difflib.get_close_matches(key.replace("-", "_"), fields, n=1)
    return f"did you mean {dot}{near[0]}?" if near else f"known: {', '.join(dot + name for name in fields)}"


def _convert(value: object, hint: Any, where: str, name: str) -> Any:
    """`value` as the type `hint`, or a HoneError that says what was expected."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _build(value, hint, where, name)
    if origin in (Union, types.UnionType):
        return _convert_union(value, hint, where, name)
    if origin is Literal:
        if any(value == choice and type(value) is type(choice) for choice in arguments):
            return value
    elif origin in (tuple, list):
        if isinstance(value, list | tuple):
            return _convert_items(value, hint, where, name)
    elif origin is dict:
        if isinstance(value, Mapping):
            return {str(key): _convert(item, arguments[1], where, f"{name}.{key}") for key, item in value.items()}
    elif isinstance(hint, type) and issubclass(hint, Enum):
        found = [member for member in hint if member.value == value and type(value) is not bool]
        if found:
            return found[0]
    elif hint is float and type(value) is int:
        return float(value)
    elif hint is Path and type(value) is str:
        return Path(value)
    elif hint in (bool, int, float, str, type(None)) and type(value) is hint:
        return value
    raise HoneError(Boundary.USER, f"{where}: {name} must be {describe(hint)}, got {_shown(value)}", "mend the value")


def _convert_union(value: object, hint: Any, where: str, name: str) -> Any:
    choices = typing.get_args(hint)
    if value is None and type(None) in choices:
        return None
    wanted = [choice for choice in choices if choice is not type(None)]
    if len(wanted) == 1:
        return _convert(value, wanted[0], where, name)
    for choice in wanted:
        try:
            return _convert(value, choice, where, name)
        except HoneError:
            continue  # another member of the union may fit; if none does, the error below names them all
    raise HoneError(Boundary.USER, f"{where}: {name} must be {describe(hint)}, got {_shown(value)}", "mend the value")


def _convert_items(value: list[object] | tuple[object, ...], hint: Any, where: str, name: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is list or arguments[-1] is Ellipsis:
        items = [_convert(item, arguments[0], where, f"{name}[{index}]") for index, item in enumerate(value)]
        return items if origin is list else tuple(items)
    if len(value) != len(arguments):
        what = f"{where}: {name} must hold {len(arguments)} values, got {len(value)}"
        raise HoneError(Boundary.USER, what, "mend the list")
    return tuple(
        _convert(item, wanted, where, f"{name}[{index}]")
        for index, (item, wanted) in enumerate(zip(value, arguments, strict=True))
    )


def describe(hint: Any) -> str:
    """A type in words: `an integer`, `one of "a", "b"`, `a list of numbers`."""
    names = {bool: "true or false", int: "an integer", float: "a number", str: "a string", Path: "a path (a string)"}
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint in names:
        return names[hint]
    if origin is Literal:
        return f"one of {', '.join(json.dumps(choice) for choice in arguments)}"
    if origin in (Union, types.UnionType):
        return " or ".join(describe(choice) for choice in arguments if choice is not type(None))
    if origin in (tuple, list):
        return (
            f"a list (each item {describe(arguments[0])})" if arguments[-1] is Ellipsis or origin is list else "a list"
        )
    if isinstance(hint, type) and issubclass(hint, Enum):
        return f"one of {', '.join(json.dumps(member.value) for member in hint)}"
    return "a table"


def _shown(value: object) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", list: "list", dict: "table"}
    kind = kinds.get(type(value), type(value).__name__)
    text = json.dumps(value, default=str, ensure_ascii=False)
    return f"the {kind} {text if len(text) <= 60 else text[:57] + '…'}"


def _plain(value: object) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return to_dict(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value


def _table(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    scalars = {name: value for name, value in table.items() if value is not None and not isinstance(value, dict)}
    lines = [f"{_key(name)} = {_toml(value)}" for name, value in scalars.items()]
    if path and (lines or not table):
        lines = ["", f"[{'.'.join(_key(part) for part in path)}]", *lines]
    for name, value in table.items():
        if isinstance(value, dict):
            lines += _table(value, (*path, name))
    return lines


def _key(name: str) -> str:
    return name if name.isascii() and name.isidentifier() else _toml(name)


def _toml(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml(item) for item in value)}]"
    if isinstance(value, float):
        return repr(value)  # `inf`, `nan` and exponents are the same in TOML
    # A JSON string is a TOML basic string, but for DEL, which TOML wants escaped.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
