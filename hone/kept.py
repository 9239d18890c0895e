"""What is kept for the next time, bounded in bytes: where strangers send the texts, a number of entries is no bound."""

import hashlib
import threading
from collections import OrderedDict
from typing import Generic, TypeVar

ENTRY_BYTES = 1024
"""What an entry costs beside its value."""
Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by what they were made of; those not asked for longest are let go of first. For any thread."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._held = 0
        self._entries: OrderedDict[bytes, tuple[Value, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, *parts: str) -> Value | None:
        """What was made of these texts, if it is still there."""
        with self._lock:
            name = _name(parts)
            if name not in self._entries:
                return None
            self._entries.move_to_end(name)
            return self._entries[name][0]

    def put(self, value: Value, size: int, *parts: str) -> None:
        """Keep a value of so many bytes, unless it alone is too large."""
        cost = size + ENTRY_BYTES
        if cost > self._most_bytes:
            return
        with self._lock:
            name = _name(parts)
            self._held -= self._entries.pop(name, (value, 0))[1]
            self._entries[name] = value, cost
            self._held += cost
            while self._held > self._most_bytes:
                self._held -= self._entries.popitem(last=False)[1][1]


def _name(parts: tuple[str, ...]) -> bytes:
    whole = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        whole.update(len(data).to_bytes(8))
        whole.update(data)
    return whole.digest()
