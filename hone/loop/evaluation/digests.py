"""Names of what an evaluation measures: of a policy's files and of tasks, by their content."""

import dataclasses
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hone.errors import Boundary, HoneError
from hone.tasks.task import Task


def folder_digest(folder: Path) -> str:
    """SHA-256 over the files of a policy's folder: names and contents, whatever their dates.

    Raises:
        HoneError: it is no policy's folder, or a file cannot be read.
    """
    whole = hashlib.sha256()
    try:
        for path in sorted(path for path in folder.iterdir() if path.is_file()):
            with path.open("rb") as file:
                whole.update(f"{path.name}\0{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    except OSError as error:
        what = f"cannot read the policy in {folder}: {error.strerror}"
        raise HoneError(Boundary.USER, what, "check the path and its rights") from error
    return whole.hexdigest()


def tasks_digest(tasks: Sequence[Task]) -> str:
    """SHA-256 over all that tasks say, the same in every process."""
    whole = hashlib.sha256()
    for task in tasks:
        whole.update(_spelled(task).encode("utf-8", "surrogatepass"))
    return whole.hexdigest()


def _spelled(value: Any) -> str:
    """A value in one spelling, with all of its fields: `hone.tasks.spelling` leaves out those that no `repr` shows."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = ", ".join(_spelled(getattr(value, field.name)) for field in dataclasses.fields(value))
        return f"{type(value).__name__}({fields})"
    if isinstance(value, set | frozenset):
        return f"{type(value).__name__}({', '.join(sorted(map(_spelled, value)))})"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__}({', '.join(map(_spelled, value))})"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_spelled(key)}: {_spelled(item)}' for key, item in value.items())}}}"
    return repr(value)
