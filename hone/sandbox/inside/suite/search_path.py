"""`sys.path` as both ends see it: what one end adds to it or takes from it, the other finds added or gone.

In the tests' process nothing is ever imported from a place that the candidate has added: its files are there, too.
"""

import sys
from typing import Any

from ..codec import WireError

_MOST = 100
"""Places beyond those that each end began with."""


class SearchPath:
    """One end's view of the places beyond those that it began with."""

    def __init__(self) -> None:
        self._own = list(sys.path)
        self._known: list[str] = []

    def changed(self) -> list[str] | None:
        """The further places, where they are others than the other end knows of."""
        further = [place for place in sys.path if place not in self._own and _is_told(place)][:_MOST]
        if further == self._known:
            return None
        self._known = further
        return further

    def take(self, further: Any) -> None:
        """Have the places that the other end tells of. Raises WireError."""
        if type(further) is not list or len(further) > _MOST or not all(_is_told(place) for place in further):
            raise WireError("no places to import from")
        sys.path[:] = [place for place in sys.path if place in self._own or not _is_told(place)] + further
        self._known = further


class ClosedSearchPath(SearchPath):
    """The same, but what the other end has added is for show."""

    def __init__(self) -> None:
        super().__init__()
        self._closed: set[str] = set()
        sys.path_hooks.insert(0, self._hook)

    def take(self, further: Any) -> None:
        """Have the places, and nothing in them. Raises WireError."""
        known = set(sys.path)
        super().take(further)
        for place in further:
            if place not in known:
                self._closed.add(place)
                sys.path_importer_cache.pop(place, None)

    def _hook(self, place: str) -> "_Nothing":
        if place not in self._closed:
            raise ImportError("not closed: the next hook's")
        return _Nothing()


class _Nothing:
    """The finder of a closed place."""

    def find_spec(self, name: str, target: Any = None) -> None:
        """There is no module."""

    def invalidate_caches(self) -> None:
        """Nothing is kept."""


def _is_told(place: object) -> bool:
    """Absolute places only: any other means another one with every change of directory."""
    return type(place) is str and place.startswith("/")
