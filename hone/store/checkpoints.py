"""Checkpoints that survive a crash at any instant.

A checkpoint is a folder written under a temporary name, described by a manifest of sizes and hashes, synced, then
renamed. So a folder that bears a checkpoint's name is whole unless the disk lost something afterwards, and the manifest
tells that.
"""

import hashlib
import json
import os
import shutil
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.printable import printable
from hone.store.atomic import disk_failures, sync_folder, sync_tree

MANIFEST = "manifest.json"
LATEST = "latest"
_BLOCK_BYTES = 2**20


@dataclass(frozen=True)
class Checkpoint:
    """One whole checkpoint on disk."""

    path: Path
    name: str
    number: int
    """Rises by one with every checkpoint of the run."""
    keep: bool
    """The end of a stage: never pruned."""
    files: tuple[str, ...] = field(default=(), repr=False)
    """All that its manifest lists, as paths below it."""


class Checkpoints:
    """The checkpoints of one run: `folder/NAME/…`, and `folder/latest`, a link to the newest."""

    def __init__(self, folder: Path, keep_last: int = 2) -> None:
        """Args:
        folder: made if it is not there; leftovers of a crash in it are cleared away.
        keep_last: how many checkpoints stay besides the ends of stages; 2 lets a damaged newest one be survived.
        """
        if keep_last < 1:
            raise HoneError(Boundary.USER, f"keep_last is {keep_last}", "keep at least 1 checkpoint")
        self.folder = folder
        self.keep_last = keep_last
        with disk_failures(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._recover()

    def save(self, name: str, writer: Callable[[Path], None], *, keep: bool = False) -> Checkpoint:
        """Write a checkpoint: `writer` fills the folder it is given; `name` appears once everything in it is synced.

        A checkpoint of the same name is replaced (a step replayed after a crash writes its checkpoint again).

        Raises:
            HoneError: the disk is full or not writable; every earlier checkpoint is as it was.
        """
        if not name or name == LATEST or name.startswith(".") or "/" in name:
            raise HoneError(Boundary.USER, f"{name!r} cannot name a checkpoint", "use a plain word")
        final = self.folder / name
        temporary = self.folder / f".tmp-{name}"
        number = max((found.number for found in self._described()), default=0) + 1
        with disk_failures(final):
            try:
                _remove(temporary)
                temporary.mkdir()
                # Tensor libraries raise errors of their own: tell them apart while the disk is still full.
                with disk_failures(final):
                    writer(temporary)
                    _write_manifest(temporary, name, number, keep)
                    sync_tree(temporary)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
            if final.exists():
                final.rename(self.folder / f".old-{name}")
            temporary.rename(final)
            _remove(self.folder / f".old-{name}")
            self._point_latest(name)
            sync_folder(self.folder)
        self._prune()
        return _read_manifest(final)[0]

    def latest(self, say: Callable[[str], None] | None = None) -> Checkpoint | None:
        """The newest whole checkpoint (see `latest_checkpoint`)."""
        return latest_checkpoint(self.folder, say)

    def _described(self) -> list[Checkpoint]:
        """Every checkpoint whose manifest can be read; the files themselves are not read."""
        found = []
        for folder in _folders(self.folder):
            try:
                found.append(_read_manifest(folder)[0])
            except HoneError:
                continue  # damaged: `latest` tells of it, and it is never counted or pruned
        return sorted(found, key=lambda checkpoint: checkpoint.number)

    def _prune(self) -> None:
        passing = [checkpoint for checkpoint in self._described() if not checkpoint.keep]
        for checkpoint in passing[: -self.keep_last]:
            # Renamed first: a crash inside rmtree must not leave half a checkpoint under a checkpoint's name.
            doomed = self.folder / f".tmp-{checkpoint.name}"
            with disk_failures(checkpoint.path):
                checkpoint.path.rename(doomed)
                shutil.rmtree(doomed)

    def _point_latest(self, name: str) -> None:
        link = self.folder / f".{LATEST}.tmp"
        link.unlink(missing_ok=True)
        link.symlink_to(name)
        link.replace(self.folder / LATEST)

    def _recover(self) -> None:
        for path in self.folder.iterdir():
            if path.name.startswith(".old-"):
                final = self.folder / path.name.removeprefix(".old-")
                if final.exists():
                    _remove(path)
                else:
                    path.rename(final)
            elif path.name.startswith(".tmp-"):
                _remove(path)


def latest_checkpoint(folder: Path, say: Callable[[str], None] | None = None) -> Checkpoint | None:
    """The newest whole checkpoint in `folder`, or None where none was ever written. Only reads.

    Args:
        folder: a run's `checkpoints`.
        say: told one line for each newer checkpoint that is damaged; standard error by default.

    Raises:
        HoneError: there are checkpoints and every one of them is damaged.
    """
    say = say or (lambda line: print(printable(line), file=sys.stderr))
    damaged = []
    # A folder whose manifest is gone has no number: it comes first, so that the damage is told.
    for candidate in sorted(_folders(folder), key=_number, reverse=True):
        try:
            found = verify_checkpoint(candidate)
        except HoneError as error:
            damaged.append(error)
            continue
        for error in damaged:
            say(f"hone: {error.boundary}: {error.what}: going back to checkpoint {found.name}")
        return found
    if damaged:
        raise HoneError(
            Boundary.DISK,
            f"no checkpoint in {folder} is whole ({damaged[0].what})",
            "restore the folder from a copy, or start a new run",
        )
    return None


def verify_checkpoint(folder: Path) -> Checkpoint:
    """Read every file of a checkpoint against its manifest. There is nothing in it beside these, and no link.

    Raises:
        HoneError: the folder is no checkpoint, or a file is missing, cut short, altered or one too many.
    """
    found, files = _read_manifest(folder)
    there = _files_in(folder)
    for name in sorted(there - {MANIFEST, *files}):
        raise _damage(folder, f"{name} is not in its manifest")
    for name, expected in sorted(files.items()):
        path = folder / name
        if name not in there:  # so no name leads out of the folder
            raise _damage(folder, f"{name} is missing")
        try:
            size = path.stat().st_size
            if size != expected["size"]:
                raise _damage(folder, f"{name} has {size} bytes of {expected['size']}")
            if _sha256(path) != expected["sha256"]:
                raise _damage(folder, f"{name} was altered")
        except OSError as error:
            raise _damage(folder, f"{name} cannot be read: {error.strerror}") from error
    return found


def _files_in(folder: Path) -> set[str]:
    """Paths below a folder of all its files. Raises HoneError for what is neither a file of its own nor a folder."""
    found = set()
    for place, folders, names in os.walk(folder):
        for name in (*folders, *names):
            path = Path(place, name)
            kind = path.lstat().st_mode
            if not (stat.S_ISDIR(kind) or stat.S_ISREG(kind)):
                raise _damage(folder, f"{path.relative_to(folder)} is a link, or no file")
            if stat.S_ISREG(kind):
                found.add(path.relative_to(folder).as_posix())
    return found


def _folders(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [
        path
        for path in sorted(folder.iterdir())
        if path.is_dir() and not path.is_symlink() and not path.name.startswith(".")
    ]


def _damage(folder: Path, what: str) -> HoneError:
    return HoneError(Boundary.DISK, f"checkpoint {folder} is damaged: {what}", "use an older one of the same run")


def _number(folder: Path) -> float:
    try:
        return _read_manifest(folder)[0].number
    except HoneError:
        return float("inf")


def _write_manifest(folder: Path, name: str, number: int, keep: bool) -> None:
    files = {
        str(path.relative_to(folder)): {"size": path.stat().st_size, "sha256": _sha256(path)}
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
    manifest = {"format": 1, "name": name, "number": number, "keep": keep, "files": files}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=1) + "\n", encoding="utf-8")


def _read_manifest(folder: Path) -> tuple[Checkpoint, dict[str, dict[str, int | str]]]:
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        files = {
            str(name): {"size": file["size"], "sha256": file["sha256"]} for name, file in manifest["files"].items()
        }
        found = Checkpoint(folder, folder.name, int(manifest["number"]), bool(manifest["keep"]), tuple(sorted(files)))
    except FileNotFoundError:
        if folder.is_dir():
            raise _damage(folder, f"{MANIFEST} is missing") from None
        raise HoneError(Boundary.USER, f"there is no checkpoint at {folder}", "check the path") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damage(folder, f"{MANIFEST} cannot be read") from error
    return found, files


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _remove(folder: Path) -> None:
    if folder.is_symlink() or folder.is_file():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
