"""Tests patch the standard library (`patch("time.time")`): the candidate's process must see it, too.

What `unittest.mock.patch` and pytest's `monkeypatch` set on a module or class of the standard library is set over there
for as long as it is set here. Standard output and error are not: what the candidate prints comes
back and is written to wherever the tests' own streams lead.
"""

import types
from collections.abc import Callable
from typing import Any

from . import describe
from .peer import MODULE
from .wire import Wire

_STAYS = frozenset({("sys", "stdout"), ("sys", "stderr"), ("sys", "modules")})


def install(wire: Wire) -> None:
    """Have everything that is patched from now on mirrored."""
    mock, monkeypatch = describe.loaded("unittest.mock"), describe.loaded("_pytest.monkeypatch")
    if mock is not None:
        _mirror_patch(wire, mock._patch)  # there is no public name for it
    if monkeypatch is not None:
        _mirror_monkeypatch(wire, monkeypatch.MonkeyPatch)


def _mirror_patch(wire: Wire, patch: Any) -> None:
    enter, leave = patch.__enter__, patch.__exit__

    def entering(self: Any) -> Any:
        entered = enter(self)
        _patch(wire, self.target, self.attribute)
        return entered

    def leaving(self: Any, *exc_info: Any) -> Any:
        if getattr(self, "is_started", True):
            _unpatch(wire, self.target, self.attribute)
        return leave(self, *exc_info)

    patch.__enter__, patch.__exit__ = entering, leaving


def _mirror_monkeypatch(wire: Wire, kind: Any) -> None:
    setattr_there: Callable[..., None] = kind.setattr
    undo_there: Callable[[Any], None] = kind.undo

    def setting(self: Any, *args: Any, **kwargs: Any) -> None:
        setattr_there(self, *args, **kwargs)
        target, name, _old = self._setattr[-1]
        _patch(wire, target, name)

    def undoing(self: Any) -> None:
        for target, name, _old in reversed(self._setattr):
            _unpatch(wire, target, name)
        undo_there(self)

    kind.setattr, kind.undo = setting, undoing


def _place(target: Any, name: str) -> tuple[str, str, str] | None:
    """Module, class and attribute, if they are the standard library's."""
    if type(target) is types.ModuleType:
        own = describe.is_own(target.__name__) and (target.__name__, name) not in _STAYS
        return (target.__name__, "", name) if own else None
    if isinstance(target, type):
        found = describe.global_name(target)
        return None if found is None else (*found, name)
    return None


def _patch(wire: Wire, target: Any, name: str) -> None:
    place = _place(target, name)
    if place is not None:
        wire.ask("patch", MODULE, (*place, getattr(target, name)))


def _unpatch(wire: Wire, target: Any, name: str) -> None:
    place = _place(target, name)
    if place is not None:
        wire.ask("unpatch", MODULE, place)
