"""The folder of public suites: the one place that knows where it is."""

import os
from pathlib import Path

from hone.errors import Boundary, HoneError

VARIABLE = "HONE_SUITES"
HINT = f"give --suites DIR or set {VARIABLE}; hone suite add NAME --from PATH|URL puts a suite there"
_CACHE = "~/.cache/hone/suites"


def suites_folder(directory: Path | None) -> Path:
    """The folder of suites: as given, or else from `HONE_SUITES`, or else the user's cache.

    Raises:
        HoneError: none of them is there.
    """
    folder = likely_folder(directory)
    if not folder.is_dir() and _named(directory) is None:
        raise HoneError(Boundary.USER, "public suites are read from a folder of yours, and none was named", HINT)
    return folder


def likely_folder(directory: Path | None) -> Path:
    """As `suites_folder`, but the user's cache may be absent: then no suite is there.

    Raises:
        HoneError: a folder was named, and is not there.
    """
    named = _named(directory)
    if named is not None and not named.is_dir():
        raise HoneError(Boundary.USER, f"there is no folder of suites at {named}", HINT)
    return named or Path(_CACHE).expanduser()


def folder_to_make(directory: Path | None) -> Path:
    """As `suites_folder`, for one who is about to put a suite there: it need not exist."""
    return _named(directory) or Path(_CACHE).expanduser()


def _named(directory: Path | None) -> Path | None:
    variable = os.environ.get(VARIABLE)
    return directory or (Path(variable) if variable else None)
