"""A library that comes with a task: an unpacked wheel, read-only and on the path of every program for the task.

Its files are those that an installer puts into `site-packages`: the package, and its `.dist-info` folder. They are the
task author's text, and run nowhere but in the program's process, in the jail. Nothing is ever unpacked or built there.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from hone.errors import Boundary, HoneError

MOST_FILES = 64
MOST_BYTES = 512 * 2**10
"""Of all files of one library."""
MOST_LIBRARIES = 8
"""Of one task."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_VERSION = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6}){0,3}")
_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")
_DEEPEST = 6
_TAKEN = frozenset({"solution", "driver", "reference", "inside", "hone", "msgpack"})
"""Modules that a program's process has, or that Hone's own processes do."""


@dataclass(frozen=True)
class Library:
    """One library, as it lies in `site-packages` once installed."""

    name: str
    """Of the package: what programs import."""
    version: str
    files: Mapping[str, str]
    """Path below `site-packages` and text; every path begins with the package's folder or its `.dist-info`."""

    def __post_init__(self) -> None:
        """Raises HoneError for a name that is taken or none, and for files that no such library would have."""
        if not _NAME.fullmatch(self.name) or self.name in sys.stdlib_module_names or self.name in _TAKEN:
            raise _fault("bears a name that is taken, or none", "give a lower-case name of its own")
        if not _VERSION.fullmatch(self.version):
            raise _fault("has a version that is none", "write it as 1.2.0")
        if len(self.files) > MOST_FILES or sum(map(_size, self.files.values())) > MOST_BYTES:
            raise _fault("is too large", f"give at most {MOST_FILES} files with {MOST_BYTES >> 10} KiB in all")
        roots = {self.name, f"{self.name}-{self.version}.dist-info"}
        for path in self.files:
            parts = path.split("/")
            possible = 2 <= len(parts) <= _DEEPEST and parts[0] in roots and all(map(_PART.fullmatch, parts))
            if not possible:
                raise _fault("has a file in no place of its own", f"begin each path with {self.name}/ or its dist-info")
        folders = {path[:at] for path in self.files for at, char in enumerate(path) if char == "/"}
        if folders & set(self.files):
            raise _fault("has a file that is also a folder", "give each path once")
        if f"{self.name}/__init__.py" not in self.files:
            raise _fault("holds no package", f"give it {self.name}/__init__.py")


def check_libraries(libraries: tuple[Library, ...], file_bytes: int) -> None:
    """Raises HoneError where there are too many, two have one name, or the task's limit on files leaves no room."""
    if len(libraries) > MOST_LIBRARIES:
        raise _fault("is one of too many", f"give a task at most {MOST_LIBRARIES}")
    if len({library.name for library in libraries}) != len(libraries):
        raise _fault("bears the name of another", "give each library once")
    if sum(_size(text) for library in libraries for text in library.files.values()) > file_bytes:
        raise _fault("is larger than the files that the task allows", "raise limits.file_bytes")


def site_files(libraries: tuple[Library, ...]) -> list[tuple[str, bytes]]:
    """All files of the libraries, as a program's process is to find them."""
    return [(path, text.encode()) for library in libraries for path, text in library.files.items()]


def _size(text: str) -> int:
    try:
        return len(text.encode())
    except UnicodeEncodeError as error:
        raise _fault("has a file that is no text", "leave lone surrogates out") from error


def _fault(what: str, hint: str) -> HoneError:
    return HoneError(Boundary.TASK, f"a library {what}", hint)
