"""Type annotations read off JSON values, so that a prompt can say what a function takes and gives."""

from collections.abc import Sequence
from typing import Any

_RANK = ("bool", "int", "float", "str")
_MOST = 4
"""Alternatives in one union; more would say nothing."""
_DEEPEST = 3
"""Lists in lists that are still written out."""


def annotation(values: Sequence[Any], *, optional: bool = False, depth: int = 0) -> str:
    """The narrowest annotation that fits all values: `list[int]`, `dict[str, int] | None`, `int | str`.

    Objects whose keys are the same throughout are records: they are annotated `dict`, for their values differ in kind.
    """
    names = {_scalar(value) for value in values} - {""}
    if "float" in names:
        names.discard("int")
    found = sorted(names - {"None"}, key=_RANK.index)
    lists = [value for value in values if type(value) is list]
    if lists:
        inner = [item for value in lists for item in value]
        written = inner and depth < _DEEPEST
        found.append(f"list[{annotation(inner, depth=depth + 1)}]" if written else "list")
    objects = [value for value in values if type(value) is dict]
    if objects:
        found.append(_object(objects))
    if len(found) > _MOST or not (found or names or optional):
        return "object"
    if optional or "None" in names:
        found.append("None")
    return " | ".join(found)


def _scalar(value: Any) -> str:
    if value is None:
        return "None"
    return type(value).__name__ if type(value) in (bool, int, float, str) else ""


def _object(objects: list[dict[str, Any]]) -> str:
    items = [item for value in objects for item in value.values()]
    kinds = {type(item) for item in items}
    if len(kinds) != 1 or (len(objects) > 1 and len({frozenset(value) for value in objects}) == 1):
        return "dict"
    return f"dict[str, {annotation(items)}]"
