"""Files out of a zip or tar archive that a stranger made: only those asked for, each bounded, nothing by its path.

An archive with a link, a device or a path that leads out of it is refused whole, also where that member is not asked
for: whoever makes one of those is not to be trusted with the rest.
"""

import contextlib
import gzip
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Generator, Sequence
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from hone.errors import Boundary, HoneError

_MOST_MEMBERS = 100_000
_CHUNK = 2**20
_BLOCK = 512
"""Bytes of a tar header; `ustar` stands at 257 in it."""
_GZIP = b"\x1f\x8b"
_ZIP = b"PK\x03\x04"
_HINT = "give an archive of plain files, or unpack it yourself and give its folder"
_ZIP_KIND_SHIFT, _ZIP_KIND_MASK, _ZIP_PLAIN = 16, 0o170000, (0, 0o100000, 0o040000)
"""A member's Unix file type in a zip; 0 where the maker was no Unix."""


_Stream = IO[bytes] | gzip.GzipFile
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    NotImplementedError,  # a compression that this Python does not know
    RuntimeError,  # a password is needed
)


class _Bounded:
    """A stream that refuses to give more than so many bytes: what unpacks to more than it weighs ends here."""

    def __init__(self, stream: _Stream, most_bytes: int) -> None:
        self._stream, self._left = stream, most_bytes

    def read(self, size: int = -1) -> bytes:
        data = self._stream.read(min(size, _CHUNK) if size > 0 else _CHUNK)
        self._left -= len(data)
        if self._left < 0:
            raise _TooLargeError
        return data


class _TooLargeError(Exception):
    pass


def is_archive(path: Path) -> bool:
    """Whether a file is a zip, a tar or a gzipped tar, by its first bytes."""
    with path.open("rb") as file:
        head = file.read(_BLOCK)
    if head[:2] == _GZIP:
        with contextlib.suppress(OSError, EOFError, zlib.error), gzip.open(path) as unpacked:
            head = unpacked.read(_BLOCK)
    return head[:4] == _ZIP or head[257:262] == b"ustar"


def unpack(path: Path, wanted: Sequence[str], folder: Path, most_bytes: int) -> list[str]:
    """Write the members whose last name is one of `wanted` to `folder` under that name; which were found.

    Args:
        most_bytes: of a tar as a whole, and of the wanted members of a zip together.

    Raises:
        HoneError: it is damaged, holds a link, a device or a path out of itself, holds a wanted file twice, or unpacks
            to too much.
    """
    found: list[str] = []
    with path.open("rb") as file, _failures(path, most_bytes):
        for name, stream in _members(path, file, wanted, most_bytes):
            if name in found:
                raise HoneError(Boundary.USER, f"{path} holds two files {name}", _HINT)
            found.append(name)
            with (folder / name).open("wb") as out:
                shutil.copyfileobj(stream, out, _CHUNK)
    return found


def _members(
    path: Path, file: BinaryIO, wanted: Sequence[str], most_bytes: int
) -> Generator[tuple[str, IO[bytes] | _Bounded]]:
    start = file.read(4)
    file.seek(0)
    if start == _ZIP:
        yield from _zip_members(path, file, wanted, most_bytes)
        return
    stream = gzip.GzipFile(fileobj=file) if start[:2] == _GZIP else file
    # "r|": read once from the front, so that what is skipped is counted, too. Nothing but `read` is called.
    bounded: Any = _Bounded(stream, most_bytes)
    with tarfile.open(fileobj=bounded, mode="r|") as archive:
        for number, member in enumerate(archive):
            _check(path, number, member.name, plain=member.isreg() or member.isdir())
            stream = archive.extractfile(member) if member.isreg() and _last(member.name) in wanted else None
            if stream:
                yield _last(member.name), stream


def _zip_members(path: Path, file: BinaryIO, wanted: Sequence[str], most_bytes: int) -> Generator[tuple[str, _Bounded]]:
    with zipfile.ZipFile(file) as archive:
        for number, member in enumerate(archive.infolist()):
            kind = (member.external_attr >> _ZIP_KIND_SHIFT) & _ZIP_KIND_MASK
            _check(path, number, member.filename, plain=kind in _ZIP_PLAIN)
        for member in archive.infolist():
            if not member.is_dir() and _last(member.filename) in wanted:
                with archive.open(member) as stream:
                    bounded = _Bounded(stream, most_bytes)
                    yield _last(member.filename), bounded


def _check(path: Path, number: int, name: str, *, plain: bool) -> None:
    parts = PurePosixPath(name.replace("\\", "/"))
    if not plain:
        raise HoneError(Boundary.USER, f"{path} holds {name!r}, which is a link or a device", _HINT)
    if parts.is_absolute() or ".." in parts.parts or ":" in name.split("/")[0] or "\0" in name:
        raise HoneError(Boundary.USER, f"{path} holds {name!r}, a path that leads out of it", _HINT)
    if number >= _MOST_MEMBERS:
        raise HoneError(Boundary.USER, f"{path} holds more than {_MOST_MEMBERS} files", _HINT)


def _last(name: str) -> str:
    return PurePosixPath(name).name


@contextlib.contextmanager
def _failures(path: Path, most_bytes: int) -> Generator[None]:
    try:
        yield
    except _TooLargeError:
        raise HoneError(Boundary.USER, f"{path} unpacks to more than {most_bytes >> 20} MiB", _HINT) from None
    except _DAMAGED as error:
        raise HoneError(Boundary.USER, f"{path} is no whole archive: {error}", _HINT) from error
