"""What modules want done in a forked process is kept back: it took half of what a fork took.

`threading` puts its locks in order, `random` draws a new seed, and so on. A fork of the warm interpreter needs none of
it: the warm interpreter has one thread, and every job seeds for itself. What a program forks in turn does need it, so
each fork registers what was kept back.
"""

import os
from collections.abc import Callable
from typing import Any

_NAME = "register_at_fork"
_register: Callable[..., Any] = os.register_at_fork
_kept: list[dict[str, Any]] = []


def keep_back() -> None:
    """From now on; call it before anything is imported that registers."""

    def keep(**handlers: Any) -> None:
        _kept.append(handlers)

    setattr(os, _NAME, keep)


def register() -> None:
    """In a fork: register all that was kept back, for the processes that it forks."""
    setattr(os, _NAME, _register)
    for handlers in _kept:
        _register(**handlers)
