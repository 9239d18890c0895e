"""Public suites as data: read out of a folder that the user names, never fetched and never run here.

A suite goes by the folder name of the collected data; its readers say how one row becomes a task.
"""

import difflib
import os
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.tasks.suite import Suite
from hone.tasks.suites import exercism, humaneval, mbpp
from hone.tasks.task import Task

VARIABLE = "HONE_SUITES"
_HINT = f"give --suites DIR or set {VARIABLE}; DIR holds one folder a suite, such as DIR/humaneval/{humaneval.FILE}"


@dataclass(frozen=True)
class _Reader:
    """How one suite is found and read."""

    folder: str
    files: tuple[str, ...]
    read: Callable[[Path], Iterator[Task]]
    licence: str
    source: str
    tasks: int
    """How many tasks the published collection has."""


_READERS = {
    "humaneval": _Reader("humaneval", (humaneval.FILE,), humaneval.read, humaneval.LICENCE, humaneval.SOURCE, 164),
    "mbpp": _Reader("mbpp", (mbpp.FILE,), mbpp.read, mbpp.LICENCE, mbpp.SOURCE, 974),
    "mbpp_sanitized": _Reader("mbpp", (mbpp.SANITIZED_FILE,), mbpp.read_sanitized, mbpp.LICENCE, mbpp.SOURCE, 427),
    "exercism": _Reader(
        "exercism", (exercism.FILE, exercism.GRADING_FILE), exercism.read, exercism.LICENCE, exercism.SOURCE, 131
    ),
}
NAMES: tuple[str, ...] = tuple(_READERS)


@dataclass(frozen=True)
class Listing:
    """A suite that Hone can read, and where it is."""

    name: str
    tasks: int
    """Tasks of the published collection."""
    licence: str
    path: Path | None
    """Its folder, or None where it is absent."""


def suites_folder(directory: Path | None) -> Path:
    """The folder of suites: as given, or else from `HONE_SUITES`, or else the user's cache.

    Raises:
        HoneError: none of them is there.
    """
    named = directory or (Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None)
    if named is not None and not named.is_dir():
        raise HoneError(Boundary.USER, f"there is no folder of suites at {named}", _HINT)
    cache = Path("~/.cache/hone/suites").expanduser()
    if named is None and not cache.is_dir():
        raise HoneError(Boundary.USER, "public suites are read from a folder of yours, and none was named", _HINT)
    return named or cache


def load_suite(name: str, directory: Path | None = None) -> Suite:
    """Read a whole suite; `directory` as for `suites_folder`.

    Raises:
        HoneError: the suite is unknown or absent, or one of its rows is broken.
    """
    if name not in _READERS:
        near = difflib.get_close_matches(name, NAMES, n=1)
        known = f"known suites are {', '.join(NAMES)}"
        raise HoneError(
            Boundary.USER, f"there is no suite {name!r}", f"did you mean {near[0]}? {known}" if near else known
        )
    folder, reader = suites_folder(directory), _READERS[name]
    missing = _missing(folder, reader)
    if missing:
        raise HoneError(Boundary.USER, f"suite {name} is not there: no file {missing[0]}", _HINT)
    where = folder / reader.folder
    tasks: dict[str, Task] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the compiler's, about other people's escape sequences
        for task in reader.read(where):
            if task.id in tasks:
                raise HoneError(Boundary.TASK, f"{where}: two rows make the task {task.id}", "take one of them out")
            tasks[task.id] = task
    if not tasks:
        raise HoneError(Boundary.TASK, f"{where}: suite {name} holds no task", "fetch its files again")
    return Suite(name, tuple(tasks.values()), reader.licence, reader.source)


def available(directory: Path | None = None) -> list[Listing]:
    """Every suite that Hone can read; those that are absent have no path, and without any folder all are absent.

    Raises:
        HoneError: a folder was named, and is not there.
    """
    named = directory or os.environ.get(VARIABLE)
    folder = suites_folder(directory) if named else Path("~/.cache/hone/suites").expanduser()
    return [
        Listing(name, reader.tasks, reader.licence, None if _missing(folder, reader) else folder / reader.folder)
        for name, reader in _READERS.items()
    ]


def _missing(folder: Path, reader: _Reader) -> list[Path]:
    paths = [folder / reader.folder / file for file in reader.files]
    return [path for path in paths if not path.is_file()]
