"""A gate that many jobs pass side by side, and one job alone."""

import threading
from collections.abc import Generator
from contextlib import contextmanager


class Gate:
    """Shared and exclusive passage. Whoever wants to be alone keeps newcomers out, so that its turn comes."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._alone = 0
        """Those who want to be alone, or are."""
        self._exclusive = threading.Lock()

    @contextmanager
    def shared(self) -> Generator[None]:
        """Pass beside others, once nobody wants to be alone."""
        with self._changed:
            self._changed.wait_for(lambda: self._alone == 0)
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                self._changed.notify_all()

    @contextmanager
    def alone(self) -> Generator[None]:
        """Pass once everyone else has left."""
        with self._changed:
            self._alone += 1
        try:
            with self._exclusive:
                with self._changed:
                    self._changed.wait_for(lambda: self._inside == 0)
                yield
        finally:
            with self._changed:
                self._alone -= 1
                self._changed.notify_all()
