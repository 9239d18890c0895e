"""Ctrl-C that tells what is kept and how to go on."""

from collections.abc import Callable, Generator
from contextlib import contextmanager


class Interrupted(KeyboardInterrupt):
    """Ctrl-C; its text says what is kept, and how to go on."""


@contextmanager
def telling(kept: Callable[[], str]) -> Generator[None]:
    """Within it, Ctrl-C says what `kept` returns, which is asked only then; what was said further inside stands.

    Raises:
        Interrupted: upon Ctrl-C.
    """
    try:
        yield
    except Interrupted:
        raise
    except KeyboardInterrupt:
        raise Interrupted(kept()) from None
