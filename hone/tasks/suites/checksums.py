"""What a suite's files were when they were added: their checksums, kept beside them and looked at on every reading.

Files that somebody put into the folder by hand have no record, and are read as they are.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from hone.errors import Boundary, HoneError

RECORD = "checksums.json"
_LARGEST_RECORD = 2**20
_AGAIN = "add the suite again: hone suite add NAME --from PATH|URL"


@dataclass(frozen=True)
class Checksum:
    """One file as it was added."""

    sha256: str
    bytes: int
    origin: str
    """The path or address it was taken from."""


def checksum(path: Path, origin: str) -> Checksum:
    """The checksum of a file as it is now.

    Raises:
        HoneError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return Checksum(digest, file.tell(), origin)
    except OSError as error:
        raise HoneError(Boundary.DISK, f"cannot read {path}: {error.strerror}", "check the path and rights") from error


def recorded(folder: Path) -> dict[str, Checksum]:
    """What is on record for the files of a suite's folder; nothing where none of them was added.

    Raises:
        HoneError: the record is damaged.
    """
    path = folder / RECORD
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_RECORD + 1)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise HoneError(Boundary.DISK, f"cannot read {path}: {error.strerror}", "check the path and rights") from error
    try:
        if len(data) > _LARGEST_RECORD:
            raise ValueError("it is too large")
        return {name: _checked(fields) for name, fields in json.loads(data)["files"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise HoneError(Boundary.DISK, f"{path} is no record of checksums: {error!r}", _AGAIN) from error


def record_bytes(files: Mapping[str, Checksum]) -> bytes:
    """The text of a record."""
    return json.dumps({"files": {name: asdict(one) for name, one in sorted(files.items())}}, indent=1).encode() + b"\n"


def verify(folder: Path, names: Iterable[str]) -> None:
    """Compare files of a suite with what is on record for them.

    Raises:
        HoneError: one has changed since, or the record is damaged.
    """
    known = recorded(folder)
    for name in names:
        if name not in known:
            continue
        found = checksum(folder / name, known[name].origin)
        if found != known[name]:
            what = f"{folder / name} has changed since it was added: its SHA-256 begins with {found.sha256[:12]}"
            raise HoneError(Boundary.DISK, f"{what}, not {known[name].sha256[:12]}", _AGAIN)


def _checked(fields: object) -> Checksum:
    match fields:
        case {"sha256": str(digest), "bytes": int(size), "origin": str(origin)}:
            return Checksum(digest, size, origin)
    raise ValueError("an entry has other fields")
