"""Put a public suite's files into the folder of suites, out of a file, a folder, an archive or an address.

Nothing is put there before its reader has read all of it. The files come under their own names in one rename each, and
their record before them: cut off at any instant, the old files are there, or the new ones, or a reading refuses in one
line to take what is neither.
"""

import contextlib
import gzip
import os
import tempfile
import zlib
from collections.abc import Callable, Generator
from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.tasks.suite import Suite
from hone.tasks.suites import NAMES, read_suite, unknown_suite
from hone.tasks.suites.archive import is_archive, unpack
from hone.tasks.suites.checksums import RECORD, Checksum, checksum, record_bytes, recorded
from hone.tasks.suites.fetch import download, is_address
from hone.tasks.suites.folder import folder_to_make
from hone.tasks.suites.readers import READERS, Reader

_CHUNK = 2**20
_GZIP = b"\x1f\x8b"


def add_suite(
    name: str,
    origin: str,
    directory: Path | None = None,
    sha256: str = "",
    on_bytes: Callable[[int, int], None] | None = None,
) -> tuple[Suite, Path]:
    """Add the suite, or replace its files; the suite as read, and the folder it is in now.

    Args:
        origin: a path or an http(s) address: the file itself where the suite has one, gzipped or not, or else a folder
            or an archive (zip, tar, tar.gz) that holds its files under their names.
        directory: the folder of suites, as for `suites_folder`; made if it is not there.
        sha256: what the file or archive must have.
        on_bytes: as for `download`.

    Raises:
        HoneError: the suite is unknown; a file is not to be had, is too large, is not what `sha256` says, or cannot be
            read as this suite; the disk is full.
    """
    if name not in NAMES:
        raise unknown_suite(name)
    reader = READERS[name]
    suites = folder_to_make(directory)
    with _disk(suites):
        suites.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{name}.", dir=suites) as temporary:
            given, staged = Path(temporary, "given"), Path(temporary, "staged")
            staged.mkdir()
            source = Path(origin)
            if is_address(origin):
                download(origin, given, reader.largest_bytes, on_bytes)
                source = given
            try:
                _check_sum(source, origin, sha256)
                _gather(source, reader, staged, name)
                suite = read_suite(name, staged)
            except HoneError as error:  # the paths are of a moment: name what the user knows
                only = staged / reader.files[0] if len(reader.files) == 1 else staged
                what = error.what.replace(str(only), origin).replace(str(staged), origin).replace(str(given), origin)
                raise HoneError(error.boundary, what, error.hint) from error
            files = {path.name: checksum(path, origin) for path in sorted(staged.iterdir())}
            _put(staged, suites / reader.folder, files)
    return suite, suites / reader.folder


def _check_sum(source: Path, origin: str, sha256: str) -> None:
    if not source.exists():
        raise HoneError(Boundary.USER, f"there is no {origin}", "give the path of a file or folder, or an address")
    if not sha256:
        return
    if source.is_dir():
        raise HoneError(Boundary.USER, f"--sha256 is given, and {origin} is a folder", "give a file or an archive")
    found = checksum(source, origin).sha256
    if found != sha256.strip().lower():
        what = f"the SHA-256 of {origin} is {found}, not {sha256}"
        raise HoneError(Boundary.USER, what, "do not trust this file; compare the address and the checksum")


def _gather(source: Path, reader: Reader, staged: Path, name: str) -> None:
    """The suite's files, under their names and packed as their names say, in `staged`."""
    wanted = (*reader.files, *reader.optional)
    other = {_other_name(file): file for file in wanted}
    if source.is_dir():
        for file in (*wanted, *other):
            if (source / file).is_file() and not (staged / other.get(file, file)).exists():
                _copy(source / file, staged / other.get(file, file), reader.largest_bytes)
    elif is_archive(source):
        for file in unpack(source, (*wanted, *other), staged, reader.largest_bytes):
            if file in other and not (staged / other[file]).exists():
                _copy(staged / file, staged / other[file], reader.largest_bytes)
                (staged / file).unlink()
    elif len(reader.files) == 1:
        _copy(source, staged / reader.files[0], reader.largest_bytes)
    missing = [file for file in reader.files if not (staged / file).is_file()]
    if missing:
        what = f"{source} holds no {' and no '.join(missing)}, which suite {name} needs"
        raise HoneError(Boundary.USER, what, "give a folder or an archive (zip, tar, tar.gz) that holds them")


def _other_name(file: str) -> str:
    """A file's name with `.gz` taken off or put on."""
    return file.removesuffix(".gz") if file.endswith(".gz") else f"{file}.gz"


def _copy(source: Path, target: Path, most_bytes: int) -> None:
    """Copy a file, gzipped if the target's name says so, whatever the source is."""
    with source.open("rb") as file:
        packed = file.read(2) == _GZIP
    to_pack = target.suffix == ".gz"
    with contextlib.ExitStack() as stack:
        opened = stack.enter_context(source.open("rb"))
        reading = stack.enter_context(gzip.GzipFile(fileobj=opened)) if packed and not to_pack else opened
        out = stack.enter_context(target.open("wb"))
        if to_pack and not packed:
            # No name and no time in it: the same data gives the same bytes.
            out = stack.enter_context(gzip.GzipFile("", "wb", fileobj=out, mtime=0))
        left = most_bytes
        try:
            while chunk := reading.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    what = f"{source} holds more than {most_bytes >> 20} MiB"
                    raise HoneError(Boundary.USER, what, "take the suite's published file")
                out.write(chunk)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise HoneError(Boundary.USER, f"{source} is no whole gzip file: {error}", "fetch it again") from error


def _put(staged: Path, folder: Path, files: dict[str, Checksum]) -> None:
    """Move whole files to their place: in one rename where the folder is new, else the record first."""
    other = recorded(folder)
    (staged / RECORD).write_bytes(record_bytes({**other, **files}))
    for path in staged.iterdir():
        _sync(path)
    _sync(staged)
    if folder.is_dir():
        for name in (RECORD, *files):
            (staged / name).replace(folder / name)
        _sync(folder)
    else:
        staged.rename(folder)
    _sync(folder.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _disk(folder: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        what = f"cannot write {error.filename or folder}: {error.strerror or error}"
        raise HoneError(Boundary.DISK, what, "check the path, its rights and free space") from error
