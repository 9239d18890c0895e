"""Values in one spelling, the same in every process."""

import dataclasses
from typing import Any


def spelled(value: Any) -> str:
    """As `repr`, but with the items of sets in order: `repr` gives them in that of their hashes, which differ.

    Raises:
        RecursionError: it nests too deep.
    """
    text = repr(value)
    return _spelled(value) if "{" in text else text  # no set has any other spelling without a brace


def _spelled(value: Any) -> str:
    kind = type(value)
    if kind in (set, frozenset) and value:
        items = "{" + ", ".join(sorted(map(_spelled, value))) + "}"
        return items if kind is set else f"frozenset({items})"
    if kind is list:
        return f"[{', '.join(map(_spelled, value))}]"
    if kind is tuple:
        return f"({', '.join(map(_spelled, value))}{',' if len(value) == 1 else ''})"
    if kind is dict:
        return f"{{{', '.join(f'{_spelled(key)}: {_spelled(item)}' for key, item in value.items())}}}"
    if dataclasses.is_dataclass(kind):
        shown = (field.name for field in dataclasses.fields(kind) if field.repr)
        return f"{kind.__qualname__}({', '.join(f'{name}={_spelled(getattr(value, name))}' for name in shown)})"
    return repr(value)
