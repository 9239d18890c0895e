"""What the tests and the candidate would have in common in one process, and have here too: files and where they are.

Each has a scratch of its own. With every message goes what has changed in the sender's since the last: regular files
and directories, as data. No link, device or pipe crosses, and nothing outside the scratch, so what one end makes cannot
lead the other astray. The task's libraries, which lie in the scratch to be imported, are each end's own. What a test
writes to a file, though, the candidate can read.
"""

import os
import stat
import time
import types
from typing import Any

from .. import runner
from ..codec import WireError

GONE, FOLDER, FILE, OTHER = range(4)
_os = types.SimpleNamespace(**vars(os))
_now_ns = time.time_ns
"""As they are before tests patch them: both ends follow such patches."""
_DOUBTFUL_NS = 50_000_000
"""A file changed so recently may change again without a trace in its times, which the kernel counts in ticks."""
_MODES = 0o777
_NOT_SHARED = frozenset({runner.SITE})

Change = list[Any]
"""`[path, GONE]`, `[path, FOLDER, mode]`, or `[path, FILE, mode, ns of its last change (0: just now), contents]`."""


class SharedFiles:
    """One end's scratch as the other end knows it."""

    def __init__(self, root: str, limit: int) -> None:
        """What is there now is taken to be there at the other end. Files of more than `limit` bytes do not cross."""
        self._root = root
        self._limit = limit
        self._place = _os.getcwd()  # pathlib would cost each fork an import
        self._known: dict[str, tuple[Any, ...]] = {}
        self._contents: dict[str, int] = {}
        self.changes()

    def changes(self) -> list[Change]:
        """What the other end has not been told, in the order in which it can be done."""
        seen_at = _now_ns()
        found = self._looked()
        gone = [[path, GONE] for path in sorted(self._known.keys() - found.keys(), reverse=True)]
        changed: list[Change] = []
        for path, seen in sorted(found.items()):
            if self._known.get(path) != seen or path in self._contents:
                changed += self._told(path, seen, seen_at)
        for path, _gone in gone:
            self._contents.pop(path, None)
        self._known = found
        return gone + changed

    def take(self, changes: list[Change]) -> None:
        """Do here what was done there.

        Raises:
            WireError: a change that leads out of the scratch or into the libraries, or is none.
            OSError: it cannot be done here.
        """
        for path, kind, *told in changes:
            whole = self._inside(path)
            if kind == GONE:
                self._remove(path, whole)
                continue
            if kind == FOLDER:
                (mode,) = told
                if _kind_of(whole) != FOLDER:
                    self._remove(path, whole)
                    _os.mkdir(whole)
                _os.chmod(whole, mode & _MODES)
                self._known[path] = _seen(_os.lstat(whole))
            elif kind == FILE:
                if _kind_of(whole) != FILE:
                    self._remove(path, whole)
                _write(whole, *told)
                self._known[path] = _seen(_os.lstat(whole))
                self._contents[path] = hash(told[-1])
            else:
                raise WireError(f"a change of kind {kind!r}")

    def moved(self) -> str | None:
        """The working directory, where it is another than the other end knows of."""
        try:
            place = _os.getcwd()
        except OSError:  # it was removed
            return None
        if place == self._place:
            return None
        self._place = place
        if place == self._root:
            return "."
        below = place[len(self._root) + 1 :] if place.startswith(f"{self._root}/") else ""
        return None if below.partition("/")[0] in ("", *_NOT_SHARED) else below

    def move(self, place: str) -> None:
        """Go where the other end has gone. Raises as `take`."""
        self._place = self._root if place == "." else self._inside(place)
        _os.chdir(self._place)

    def _inside(self, path: object) -> str:
        if type(path) is not str or "\0" in path or any(part in ("", ".", "..") for part in path.split("/")):
            raise WireError("a path that leads elsewhere")
        if path.partition("/")[0] in _NOT_SHARED:
            raise WireError("a path among the libraries")
        return f"{self._root}/{path}"

    def _looked(self) -> dict[str, tuple[Any, ...]]:
        found: dict[str, tuple[Any, ...]] = {}
        folders = [self._root]
        while folders:
            folder = folders.pop()
            prefix = len(self._root) + 1
            try:
                with _os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.path[prefix:] in _NOT_SHARED:
                            continue
                        seen = _seen(entry.stat(follow_symlinks=False))
                        if seen[0] in (FILE, FOLDER):
                            found[entry.path[prefix:]] = seen
                        if seen[0] == FOLDER:
                            folders.append(entry.path)
            except OSError:  # closed to us, or gone meanwhile: as far as we know nothing has changed in there
                inside = f"{folder[prefix:]}/"
                found |= {path: seen for path, seen in self._known.items() if path.startswith(inside)}
        return found

    def _told(self, path: str, seen: tuple[Any, ...], seen_at: int) -> list[Change]:
        kind, mode, *_rest = seen
        if kind == FOLDER:
            self._contents.pop(path, None)
            return [[path, FOLDER, mode]]
        changed_at = 0 if abs(seen_at - seen[2]) < _DOUBTFUL_NS else seen[2]
        try:
            data = _read(f"{self._root}/{path}", self._limit + 1)
        except OSError:
            return []
        known, now = self._contents.pop(path, None), hash(data)
        if abs(seen_at - seen[3]) < _DOUBTFUL_NS:
            self._contents[path] = now
        if len(data) > self._limit or (known == now and self._known.get(path) == seen):
            return []
        return [[path, FILE, mode, changed_at, data]]

    def _remove(self, path: str, whole: str) -> None:
        kind = _kind_of(whole)
        if kind == FOLDER:
            _os.rmdir(whole)
        elif kind != GONE:
            _os.unlink(whole)
        self._known.pop(path, None)
        self._contents.pop(path, None)


def _seen(status: os.stat_result) -> tuple[Any, ...]:
    """What tells whether something has changed: of a file, its mode, times, size and place on the disk."""
    mode = stat.S_IMODE(status.st_mode) & _MODES
    if stat.S_ISDIR(status.st_mode):
        return FOLDER, mode
    kind = FILE if stat.S_ISREG(status.st_mode) else OTHER
    return kind, mode, status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def _kind_of(whole: str) -> int:
    try:
        return _seen(_os.lstat(whole))[0]
    except FileNotFoundError:
        return GONE


def _read(whole: str, most: int) -> bytes:
    opened = _os.open(whole, _os.O_RDONLY | _os.O_NOFOLLOW | _os.O_NONBLOCK)
    try:
        parts = []
        while most > 0 and (part := _os.read(opened, min(most, 2**20))):
            parts.append(part)
            most -= len(part)
        return b"".join(parts)
    finally:
        _os.close(opened)


def _write(whole: str, mode: int, changed_at: int, data: bytes) -> None:
    """Over what is there, so that whoever has the file open sees it."""
    if type(data) is not bytes or type(changed_at) is not int:
        raise WireError("a file without contents")
    opened = _os.open(whole, _os.O_WRONLY | _os.O_CREAT | _os.O_TRUNC | _os.O_NOFOLLOW, 0o600)
    try:
        _os.fchmod(opened, mode & _MODES)  # before the rest: a file's status does not change after its contents
        view = memoryview(data)
        while view:
            view = view[_os.write(opened, view) :]
        if changed_at:
            _os.utime(opened, ns=(changed_at, changed_at))
    finally:
        _os.close(opened)
