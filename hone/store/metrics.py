"""The metrics file: one JSON object a line, in the order in which things happened.

`{"stage": "rl", "step": 12, …, "time": {…}}`. Whatever depends on the clock or the machine's load is under `time`, so
two runs of one seed write the same bytes but for that key.
"""

import json
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hone.errors import Boundary, HoneError
from hone.store.atomic import atomic_write, disk_failures


class MetricsLog:
    """Appends to one metrics file. Lines reach the operating system at once and the disk upon `sync`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with disk_failures(path):
            self._file = path.open("ab", buffering=0)
            # A line cut by a crash must not run together with the next one.
            os.ftruncate(self._file.fileno(), sum(len(line) for line in _whole_lines(path)))

    def append(self, stage: str, step: int, values: Mapping[str, Any], time: Mapping[str, float] | None = None) -> None:
        """Write one line. Numbers that are not finite are written as null.

        Raises:
            HoneError: the disk is full; the file ends with the last whole line.
        """
        taken = {"stage", "step", "time"} & set(values)
        if taken:
            raise ValueError(f"metrics named {sorted(taken)} would hide the line's own fields")
        line = {"stage": stage, "step": step, **{name: _finite(value) for name, value in values.items()}}
        if time:
            line["time"] = _finite(dict(time))
        data = json.dumps(line, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        with disk_failures(self.path):
            size = os.fstat(self._file.fileno()).st_size
            written = self._file.write(data)
            if written != len(data):
                os.ftruncate(self._file.fileno(), size)
                raise HoneError(
                    Boundary.DISK, f"no space left to write {self.path}", "free some space, then resume the run"
                )

    def truncate_to(self, stage: str, step: int) -> None:
        """Forget everything after the last line of (`stage`, `step`); everything, where there is no such line.

        A resumed run calls it with its checkpoint's position, and then writes the rest again.
        """
        lines = _whole_lines(self.path)
        kept = 0
        for number, line in enumerate(lines, start=1):
            where = _parse(line, self.path)
            if (where.get("stage"), where.get("step")) == (stage, step):
                kept = number
        self._file.close()
        atomic_write(self.path, b"".join(lines[:kept]))
        with disk_failures(self.path):
            self._file = self.path.open("ab", buffering=0)

    def lines(self) -> list[dict[str, Any]]:
        """Every line written so far."""
        return read_metrics(self.path)

    def sync(self) -> None:
        """Make every line durable."""
        with disk_failures(self.path):
            os.fsync(self._file.fileno())

    def close(self) -> None:
        """Close the file; `append` fails from then on."""
        self._file.close()


def read_metrics(path: Path, *, time: bool = True) -> list[dict[str, Any]]:
    """The whole lines of a metrics file; a last line cut by a crash is left out.

    Args:
        path: `metrics.jsonl`.
        time: False leaves out what depends on the clock, so that runs of one seed compare equal.
    """
    lines = [_parse(line, path) for line in _whole_lines(path)]
    if not time:
        for line in lines:
            line.pop("time", None)
    return lines


def _whole_lines(path: Path) -> list[bytes]:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise HoneError(Boundary.DISK, f"cannot read {path}: {error.strerror}", "check the run directory") from error
    return [line for line in data.splitlines(keepends=True) if line.endswith(b"\n")]


def _parse(line: bytes, path: Path) -> dict[str, Any]:
    try:
        parsed = json.loads(line)
    except ValueError as error:
        raise HoneError(Boundary.DISK, f"{path} holds a line that is not JSON", "restore it from a copy") from error
    if not isinstance(parsed, dict):
        raise HoneError(Boundary.DISK, f"{path} holds a line that is not an object", "restore it from a copy")
    return parsed


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return value
