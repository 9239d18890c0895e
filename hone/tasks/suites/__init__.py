"""Public suites as data: read out of a folder that the user names, never fetched and never run here.

A suite goes by the folder name of the collected data; its reader says how one row becomes a task.
"""

import contextlib
import difflib
import gc
import warnings
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hone.errors import Boundary, HoneError
from hone.tasks.suite import Suite
from hone.tasks.suites.checksums import verify
from hone.tasks.suites.entry import Entry, LeftOut
from hone.tasks.suites.folder import HINT, VARIABLE, likely_folder, suites_folder
from hone.tasks.suites.own import is_own, read_own
from hone.tasks.suites.readers import READERS

__all__ = ["NAMES", "VARIABLE", "Listing", "available", "is_own", "load_suite", "suites_folder", "unknown_suite"]

_LEFT_OUT_HINT = "do what it says, or take another suite"
NAMES: tuple[str, ...] = tuple(READERS)


@dataclass(frozen=True)
class Listing:
    """A suite that Hone can read, and where it is."""

    name: str
    tasks: int
    """Tasks of the published collection."""
    licence: str
    path: Path | None
    """Its folder, or None where it is absent."""


def load_suite(name: str, directory: Path | None = None) -> Suite:
    """Read a whole suite; `directory` as for `suites_folder`. A path (`mine.jsonl`, a folder) reads tasks of one's own.

    Raises:
        HoneError: the suite is unknown or absent, or one of its rows is broken.
    """
    if name not in READERS and is_own(name):
        return read_own(Path(name))
    if name not in READERS:
        raise unknown_suite(name)
    folder, reader = suites_folder(directory), READERS[name]
    missing = reader.missing(folder)
    if missing:
        raise HoneError(Boundary.USER, f"suite {name} is not there: no file {missing[0]}", HINT)
    where = folder / reader.folder
    verify(where, (*reader.files, *reader.optional))
    return read_suite(name, where)


def unknown_suite(name: str) -> HoneError:
    """The line for a name that no suite bears."""
    near = difflib.get_close_matches(name, NAMES, n=1)
    hint = f"did you mean {near[0]}?" if near else "hone suite list names them."
    return HoneError(Boundary.USER, f"there is no suite {name!r}", hint)


def read_suite(name: str, where: Path) -> Suite:
    """Read a known suite out of the folder that holds its files; raises as `load_suite`."""
    reader = READERS[name]
    entries: dict[str, Entry] = {}
    left_out: list[LeftOut] = []
    with warnings.catch_warnings(), _no_collection():
        warnings.simplefilter("ignore")  # of the compiler's, about other people's escape sequences
        for item in reader.read(where):
            if isinstance(item, LeftOut):
                left_out.append(item)
                continue
            entry = item if isinstance(item, Entry) else Entry(item)
            if entry.task.id in entries:
                what = f"{where}: two rows make the task {entry.task.id}"
                raise HoneError(Boundary.TASK, what, "take one of them out")
            entries[entry.task.id] = entry
    counted = _counted(left_out)
    if counted and not entries:
        told = "; ".join(f"{count} rows {why}" for why, count in counted.items())
        raise HoneError(Boundary.USER, f"{where}: no task of suite {name} can be judged here: {told}", _LEFT_OUT_HINT)
    if not entries:
        raise HoneError(Boundary.TASK, f"{where}: suite {name} holds no task", "fetch its files again")
    return Suite(
        name,
        tuple(entry.task for entry in entries.values()),
        reader.licence,
        reader.source,
        buggy={task_id: entry.buggy for task_id, entry in entries.items() if entry.buggy},
        faults={task_id: entry.fault for task_id, entry in entries.items() if entry.fault},
        left_out=counted,
    )


def _counted(left_out: Sequence[LeftOut]) -> dict[str, int]:
    """How many rows are left out for each reason; what to install is said once for all of them."""
    counts = Counter(item.why for item in left_out)
    install = {why: sorted({name for item in left_out if item.why == why for name in item.install}) for why in counts}
    return {
        f"{why} (pip install {' '.join(install[why])})" if install[why] else why: count for why, count in counts.items()
    }


@contextlib.contextmanager
def _no_collection() -> Generator[None]:
    """No garbage collection meanwhile: syntax trees are millions of objects, and looking them over doubles the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def available(directory: Path | None = None) -> list[Listing]:
    """Every suite that Hone can read; those that are absent have no path, and without any folder all are absent.

    Raises:
        HoneError: a folder was named, and is not there.
    """
    folder = likely_folder(directory)
    return [
        Listing(name, reader.tasks, reader.licence, None if reader.missing(folder) else folder / reader.folder)
        for name, reader in READERS.items()
    ]
