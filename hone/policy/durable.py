"""Making written files survive a power cut."""

import os
from pathlib import Path


def fsync_tree(directory: Path, *, deep: bool = True) -> None:
    """Flush the directory's entry list to the disk, and with `deep` every file and directory below it first."""
    if deep:
        for path in sorted(directory.rglob("*"), reverse=True):
            _fsync(path)
    _fsync(directory)


def _fsync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
