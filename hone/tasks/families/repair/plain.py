"""Values that can be told of in a prompt."""

from typing import Any

_PLAIN = (bool, int, float, str, bytes, type(None))


def is_plain(value: Any) -> bool:
    """Whether its text is the same in every process: no sets, no objects."""
    if type(value) is dict:
        return all(is_plain(part) for pair in value.items() for part in pair)
    return all(map(is_plain, value)) if type(value) in (list, tuple) else type(value) in _PLAIN
