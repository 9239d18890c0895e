"""Files that are either whole or not there: written under a temporary name, synced, renamed."""

import errno
import os
import shutil
import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from hone.errors import Boundary, HoneError

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NEARLY_FULL_BYTES = 64 * 2**10
"""Libraries that write their own files report a full disk in their own words; free space tells it apart."""


def atomic_write(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: a reader, or a crash at any instant, sees the old file or the new one, never a part.

    Raises:
        HoneError: the disk is full, or the folder is not there or not writable.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with disk_failures(path):
        try:
            with temporary.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


@contextmanager
def whole_folder(path: Path) -> Generator[Path]:
    """An empty folder to fill, which takes the place of `path` at the end; on any failure what was there stays."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex[:8]}.tmp")
    retired = temporary.with_suffix(".old")
    try:
        temporary.mkdir(parents=True)
        yield temporary
        sync_tree(temporary)
        if path.exists():
            path.rename(retired)
        temporary.rename(path)
        sync_folder(path.parent)
    finally:
        if retired.exists() and not path.exists():
            retired.rename(path)
        shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(retired, ignore_errors=True)


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` durable: without this, a rename may be lost with the power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Make every file and every name under `folder` durable."""
    for root, _, names in os.walk(folder, topdown=False):
        for name in names:
            descriptor = os.open(Path(root, name), os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        sync_folder(Path(root))


@contextmanager
def disk_failures(path: Path) -> Generator[None]:
    """Turn a failure to write `path` into one clear line that names the disk.

    Raises:
        HoneError: for any `OSError`, a full SQLite database, and any exception raised while the disk is full
            (writers of tensors report that as their own error, not as an `OSError`).
    """
    try:
        yield
    except HoneError:
        raise
    except Exception as error:
        told = disk_error(path, error)
        if told is None:
            raise
        raise told from error


def disk_error(path: Path, error: Exception) -> HoneError | None:
    """The line for a failure to write `path`; None where the failure is not the disk's."""
    if _is_full(path, error):
        return HoneError(
            Boundary.DISK,
            f"no space left to write {path}",
            "free some space, then resume: everything written before is whole",
        )
    if isinstance(error, OSError):
        return HoneError(Boundary.DISK, f"cannot write {path}: {error.strerror or error}", "check the path and rights")
    if isinstance(error, sqlite3.OperationalError):
        return HoneError(Boundary.DISK, f"cannot write {path}: {error}", "check the path, its rights and free space")
    return None


def _is_full(path: Path, error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    text = str(error).lower()
    if "no space left" in text or "disk is full" in text or "disk quota" in text:
        return True
    existing = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    return shutil.disk_usage(existing).free < _NEARLY_FULL_BYTES
