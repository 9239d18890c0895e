"""How values of options are read from words, and named in the help, where tyro's own way reads like Python."""

from collections.abc import Callable
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args

from tyro.constructors import ConstructorRegistry, PrimitiveConstructorSpec, PrimitiveTypeInfo

from hone.config import describe

_NAMES = {int: "INT", float: "FLOAT", str: "STR", Path: "PATH"}
_NONE = "none"
"""What stands in the help for no value, and may be given for it."""


def option_types() -> ConstructorRegistry:
    """Tyro's rules, and before them ours: numbers, values that may be left out, and lists."""
    registry = ConstructorRegistry()
    for rule in (_number, _optional, _list):
        registry.primitive_rule(rule)
    return registry


def _number(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
    if info.type not in (int, float):
        return None
    read = _reader(info.type)
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=_NAMES[info.type],
        instance_from_str=lambda words: read(words[0]),
        # A default of 1 stands for 1.0.
        is_instance=lambda value: isinstance(value, int | float) and not isinstance(value, bool),
        str_from_instance=lambda value: [str(value)],
    )


def _optional(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
    """A number, text or path that may be left out: shown as just that."""
    choices = get_args(info.type) if info.type_origin in (Union, UnionType) else ()
    wanted = [choice for choice in choices if choice is not type(None)]
    if len(wanted) != 1 or len(choices) != 2 or wanted[0] not in _NAMES:
        return None
    read = _reader(wanted[0])
    return PrimitiveConstructorSpec(
        nargs=1,
        metavar=_NAMES[wanted[0]],
        instance_from_str=lambda words: None if words[0] in (_NONE, "None") else read(words[0]),
        is_instance=lambda value: value is None or isinstance(value, wanted[0]),
        str_from_instance=lambda value: [_NONE if value is None else str(value)],
    )


def _list(info: PrimitiveTypeInfo) -> PrimitiveConstructorSpec[Any] | None:
    """Any number of numbers, texts or paths."""
    inner = get_args(info.type)
    if info.type_origin is not tuple or len(inner) != 2 or inner[0] not in _NAMES or inner[1] is not Ellipsis:
        return None
    read, name = _reader(inner[0]), _NAMES[inner[0]]
    return PrimitiveConstructorSpec(
        nargs="*",
        metavar=f"[{name} [{name} ...]]",
        instance_from_str=lambda words: tuple(map(read, words)),
        is_instance=lambda value: isinstance(value, tuple) and all(isinstance(item, inner[0]) for item in value),
        str_from_instance=lambda value: list(map(str, value)) or [_NONE],
    )


def _reader(wanted: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(word: str) -> Any:
        try:
            return wanted(word)
        except ValueError:
            raise ValueError(f"{describe(wanted)} is wanted, not {word!r}") from None

    return read
