"""An evaluation that survives being killed: its verdicts in a store, some tasks a transaction, and what is missing.

A store holds one evaluation. What it measures (policy, tasks, settings) is on record in it, so that verdicts of two
evaluations are never counted as one.
"""

import dataclasses
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hone.errors import Boundary, HoneError
from hone.loop.evaluation.evaluate import Chunk, TaskScore
from hone.store.database import Store


class KeptEvaluation:
    """The chunks of one evaluation, stage by stage. Use it with `with`."""

    def __init__(self, path: Path, settings: Mapping[str, Any], *, version: str) -> None:
        """Args:
        path: the SQLite file, made if it is not there.
        settings: what is measured and how, as JSON values; whatever the verdicts depend on.
        version: Hone's.

        Raises:
            HoneError: the file is no store, holds an evaluation of something else, or cannot be written.
        """
        wanted = {**settings, "version": version}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            what = f"cannot make {path.parent}: {error.strerror}"
            raise HoneError(Boundary.DISK, what, "check the path and rights") from error
        self.path = path
        self._store = Store(path, run="evaluation")
        self._store.record_run(started=time.time(), version=version, seed=None, config=wanted)
        rows = self._store.query("SELECT config FROM runs WHERE run = 'evaluation'")
        kept = json.loads(rows[0][0])
        if kept != wanted:
            names = [name for name in {**kept, **wanted} if kept.get(name) != wanted.get(name)]
            self._store.close()
            what = f"{path} holds an evaluation with another {', '.join(names)}"
            raise HoneError(Boundary.USER, what, "give another --out, or remove the file")

    def chunks(self, stage: str) -> dict[int, Chunk]:
        """The chunks of a stage that were measured whole, by the place of their first task."""
        rows = self._store.query("SELECT step, metrics FROM steps WHERE stage = ? ORDER BY step", (stage,))
        found = {step: _chunk(json.loads(metrics)) for step, metrics in rows}
        return {step: chunk for step, chunk in found.items() if not chunk.not_graded}

    def keep(self, stage: str, start: int, chunk: Chunk) -> None:
        """Record a chunk whole: scores, programs and verdicts in one transaction.

        Raises:
            HoneError: the disk is full; then nothing of the chunk is in the store.
        """
        metrics = {
            "scores": [dataclasses.astuple(score) for score in chunk.scores],
            "outcomes": dict(chunk.outcomes),
            "not_graded": chunk.not_graded,
        }
        self._store.record_step(stage, start, metrics, episodes=chunk.episodes)

    def close(self) -> None:
        """Close the store."""
        self._store.close()

    def __enter__(self) -> "KeptEvaluation":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _chunk(metrics: Mapping[str, Any]) -> Chunk:
    scores = tuple(TaskScore(*score) for score in metrics["scores"])
    return Chunk(scores, metrics["outcomes"], metrics["not_graded"])
