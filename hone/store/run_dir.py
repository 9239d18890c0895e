"""The run directory: everything a run leaves on disk, in one place.

RUN/config.json        what was asked for, written once
RUN/metrics.jsonl      one line a step
RUN/results.json       the evaluation, stage by stage
RUN/store.sqlite       steps, episodes, verdicts, components
RUN/checkpoints/NAME/  weights, optimizer, random state, curriculum and position; `latest` is a link
RUN/tensorboard/       event files
RUN/policy/            the final policy and its model card, once the run is done
RUN/.lock              held by the one process that writes the run
"""

import fcntl
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from hone.errors import Boundary, HoneError
from hone.store.atomic import atomic_write, disk_failures
from hone.store.checkpoints import Checkpoint, Checkpoints
from hone.store.database import EpisodeRecord, Store
from hone.store.metrics import MetricsLog
from hone.store.tracking import TensorBoardLog

CONFIG, METRICS, RESULTS = "config.json", "metrics.jsonl", "results.json"


class RunDir:
    """One run, open for writing by this process alone. Use `create` or `open`, and `with`."""

    def __init__(self, path: Path, lock: BinaryIO, config: Mapping[str, Any], keep_last: int) -> None:
        self.path = path
        self.config = config
        self._lock = lock
        self._tensorboard: TensorBoardLog | None = None
        self.metrics = MetricsLog(path / METRICS)
        self.store = Store(path / "store.sqlite", run=str(config["run"]))
        self.checkpoints = Checkpoints(path / "checkpoints", keep_last=keep_last)

    @classmethod
    def create(
        cls, path: Path, settings: Mapping[str, Any], *, version: str, seed: int, keep_last: int = 2
    ) -> "RunDir":
        """Start a run in a new or empty folder.

        Args:
            path: the run directory; its name becomes the run's id in the store.
            settings: the whole configuration as plain data (see `hone.config.to_dict`).

        Raises:
            HoneError: the folder holds something already, another process writes it, or the disk is full.
        """
        with disk_failures(path):
            path.mkdir(parents=True, exist_ok=True)
            # Dotfiles are a lock, or the leftovers of a run that was killed before its configuration was on disk.
            held = sorted(item.name for item in path.iterdir() if not item.name.startswith("."))
        if held:
            raise HoneError(
                Boundary.USER,
                f"{path} already holds {'a run' if CONFIG in held else held[0]}",
                f"choose another --out{f', or continue it with --resume {path}' if CONFIG in held else ''}",
            )
        lock = _lock(path)
        started = time.time()
        config = {"run": path.absolute().name, "version": version, "seed": seed, "settings": dict(settings)}
        atomic_write(path / CONFIG, json.dumps(config, indent=2, ensure_ascii=False).encode() + b"\n")
        run = cls(path, lock, config, keep_last)
        run.store.record_run(started=started, version=version, seed=seed, config=config["settings"])
        return run

    @classmethod
    def open(cls, path: Path, *, keep_last: int = 2) -> "RunDir":
        """Open a run to continue it.

        Raises:
            HoneError: there is no run at `path`, or another process writes it.
        """
        config = read_config(path)
        run = cls(path, _lock(path), config, keep_last)
        run.store.record_run(
            started=time.time(), version=config["version"], seed=config["seed"], config=config["settings"]
        )
        return run

    @property
    def settings(self) -> Mapping[str, Any]:
        """The configuration the run was started with, as plain data."""
        return self.config["settings"]

    def record_step(
        self,
        stage: str,
        step: int,
        values: Mapping[str, Any],
        time: Mapping[str, float] | None = None,
        episodes: Sequence[EpisodeRecord] = (),
    ) -> None:
        """Record one step in the store, the metrics file and TensorBoard.

        Args:
            stage: `warm_start`, `rl` …
            step: position within the stage, from 1.
            values: what the seed fixes (loss, reward, pass rates, entropy); nested mappings are fine.
            time: what the clock and the machine's load decide (seconds, tokens/s).
            episodes: the step's episodes, in order.
        """
        self.store.record_step(stage, step, values, time, episodes)
        self.metrics.append(stage, step, values, time)
        self.tensorboard.step(stage, step, {**values, **({"time": time} if time else {})})

    def save_checkpoint(self, name: str, writer: Callable[[Path], None], *, keep: bool = False) -> Checkpoint:
        """Write a checkpoint, after everything recorded so far is durable (see `Checkpoints.save`)."""
        self.metrics.sync()
        self.store.sync()
        return self.checkpoints.save(name, writer, keep=keep)

    def latest_checkpoint(self, say: Callable[[str], None] | None = None) -> Checkpoint | None:
        """The newest whole checkpoint (see `Checkpoints.latest`)."""
        return self.checkpoints.latest(say)

    def write_results(self, results: Mapping[str, Any]) -> None:
        """Replace `results.json`."""
        data = json.dumps(results, indent=2, ensure_ascii=False, allow_nan=False).encode() + b"\n"
        atomic_write(self.path / RESULTS, data)

    @property
    def tensorboard(self) -> TensorBoardLog:
        """The run's `TensorBoardLog`; its library is imported at first use."""
        if self._tensorboard is None:
            self._tensorboard = TensorBoardLog(self.path / "tensorboard")
        return self._tensorboard

    def close(self) -> None:
        """Close every file and let other processes write the run."""
        if self._tensorboard is not None:
            self._tensorboard.close()
        self.metrics.close()
        self.store.close()
        self._lock.close()

    def __enter__(self) -> "RunDir":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_config(path: Path) -> Mapping[str, Any]:
    """`config.json` of the run at `path`.

    Raises:
        HoneError: there is no run at `path`, or its configuration cannot be read.
    """
    try:
        config = json.loads((path / CONFIG).read_text(encoding="utf-8"))
        if not {"run", "version", "seed", "settings"} <= set(config):
            raise ValueError("fields are missing")
    except (FileNotFoundError, NotADirectoryError):
        raise HoneError(Boundary.USER, f"there is no run at {path}", f"a run directory holds {CONFIG}") from None
    except (OSError, ValueError, TypeError) as error:
        raise HoneError(Boundary.DISK, f"{path / CONFIG} cannot be read: {error}", "restore it from a copy") from error
    return config


def check_checkpoint(run: Path, name: str = "") -> None:
    """See by the names in it that the run has a checkpoint, or the one that is named. Whether it is whole is not asked.

    Raises:
        HoneError: it has not.
    """
    folders = (run / "checkpoints").iterdir() if (run / "checkpoints").is_dir() else ()
    found = sorted(path.name for path in folders if path.is_dir() and not path.is_symlink() and path.name[0] != ".")
    if not found:
        raise HoneError(Boundary.USER, f"{run} has no checkpoint yet", f"let it go on: hone train --resume {run}")
    if name and name not in found:
        raise HoneError(Boundary.USER, f"{run} has no checkpoint {name!r}", f"it has {', '.join(found)}")


def read_results(path: Path) -> Mapping[str, Any]:
    """`results.json` of the run at `path`.

    Raises:
        HoneError: the run was not evaluated yet, or the file cannot be read.
    """
    try:
        return json.loads((path / RESULTS).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        raise HoneError(Boundary.USER, f"{path} has no results.json", f"finish it with --resume {path}") from None
    except (OSError, ValueError) as error:
        raise HoneError(Boundary.DISK, f"{path / RESULTS} cannot be read: {error}", "evaluate again") from error


def _lock(path: Path) -> BinaryIO:
    """Take the run's lock for this process; the system lets go of it when the process ends, however it ends."""
    file = path / ".lock"
    with disk_failures(file):
        lock = file.open("a+b")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read(20).decode(errors="replace").strip() or "unknown"
        lock.close()
        raise HoneError(Boundary.USER, f"process {holder} is writing {path}", "wait for it to end, or end it") from None
    lock.truncate(0)
    lock.write(str(os.getpid()).encode())
    lock.flush()
    return lock
