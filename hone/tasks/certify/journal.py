"""What is known already, kept in a file as it becomes known: a certification that was cut off goes on where it was."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hone.config import from_dict, to_dict
from hone.errors import Boundary, HoneError
from hone.tasks.certify.report import TaskReport
from hone.tasks.spelling import spelled
from hone.tasks.task import Task

_FORMAT = 2
"""Changes when certification asks for more: what an older one found is then found again."""


@dataclass(frozen=True)
class _Line:
    key: str
    report: TaskReport


class Journal:
    """One line of JSON for each task: `{"key", "report"}`. A last line that was cut short is dropped."""

    def __init__(self, path: Path | None = None) -> None:
        """Read what is there.

        Args:
            path: the file; None keeps nothing beyond this process.

        Raises:
            HoneError: the file cannot be read, or holds something else.
        """
        self._path = path
        self._known: dict[str, TaskReport] = {}
        if path is None or not path.exists():
            return
        try:
            data = path.read_bytes()
        except OSError as error:
            raise HoneError(Boundary.DISK, f"cannot read {path}: {error.strerror}", "name another file") from error
        whole, _, rest = data.rpartition(b"\n")
        for number, line in enumerate(whole.splitlines(), start=1):
            self._take(line, number)
        if rest:
            self._cut(len(data) - len(rest))

    def get(self, task: Task, asked: str) -> TaskReport | None:
        """What was found of exactly this task when exactly this was asked."""
        return self._known.get(_key(task, asked))

    def add(self, found: Iterable[tuple[Task, TaskReport]], asked: str) -> None:
        """Remember, and write it down before anything else is begun.

        Raises:
            HoneError: the disk is full, or the folder is not there or not writable.
        """
        lines = []
        for task, report in found:
            key = _key(task, asked)
            self._known[key] = report
            lines.append(json.dumps(to_dict(_Line(key, report))) + "\n")
        if self._path is not None and lines:
            try:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write("".join(lines))
            except OSError as error:
                what = f"cannot write {self._path}: {error.strerror}"
                raise HoneError(Boundary.DISK, what, "make room, or name another file") from error

    def _take(self, line: bytes, number: int) -> None:
        try:
            found = from_dict(json.loads(line), _Line)
        except (ValueError, HoneError, RecursionError) as error:
            what = f"{self._path}, line {number}: no line of a certification"
            raise HoneError(Boundary.USER, what, "name another file, or remove this one") from error
        self._known[found.key] = found.report

    def _cut(self, size: int) -> None:
        assert self._path is not None
        with self._path.open("r+b") as file:
            file.truncate(size)


def _key(task: Task, asked: str) -> str:
    """A name of what was asked about a task: its content, and what certification was to do."""
    content = (spelled(task), spelled(task.libraries), task.reference, task.tests, task.driver)
    text = "\0".join((str(_FORMAT), asked, *content))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
