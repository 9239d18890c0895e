"""The store of one run: every step, episode, verdict and reward component, in one SQLite file (WAL).

Rows are append-only and keyed by (run, stage, step, index). One step is one transaction that first clears that step's
own rows, so a step replayed after a crash leaves exactly the rows of a run that never crashed.
"""

import json
import sqlite3
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hone.errors import Boundary, HoneError
from hone.store.atomic import disk_failures
from hone.verdict.verdict import Verdict

SCHEMA_VERSION = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run TEXT PRIMARY KEY, started REAL NOT NULL, version TEXT NOT NULL, seed INTEGER, config TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS steps (
    run TEXT NOT NULL, stage TEXT NOT NULL, step INTEGER NOT NULL, metrics TEXT NOT NULL, time TEXT NOT NULL,
    PRIMARY KEY (run, stage, step)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS episodes (
    run TEXT NOT NULL, stage TEXT NOT NULL, step INTEGER NOT NULL, idx INTEGER NOT NULL,
    task TEXT NOT NULL, domain TEXT NOT NULL, level INTEGER NOT NULL, grp INTEGER NOT NULL,
    author TEXT NOT NULL, how TEXT NOT NULL, source TEXT NOT NULL,
    tokens INTEGER NOT NULL, truncated INTEGER NOT NULL, log_prob REAL, reward REAL, advantage REAL,
    PRIMARY KEY (run, stage, step, idx)
) STRICT;
CREATE TABLE IF NOT EXISTS verdicts (
    run TEXT NOT NULL, stage TEXT NOT NULL, step INTEGER NOT NULL, idx INTEGER NOT NULL,
    outcome TEXT NOT NULL, boundary TEXT,
    runs INTEGER NOT NULL, passes INTEGER NOT NULL, pass_probability REAL NOT NULL,
    visible_passed INTEGER NOT NULL, visible INTEGER NOT NULL, hidden_passed INTEGER NOT NULL, hidden INTEGER NOT NULL,
    cpu_seconds REAL NOT NULL, memory_bytes INTEGER NOT NULL, jail TEXT NOT NULL,
    detail TEXT NOT NULL, checks TEXT NOT NULL, findings TEXT NOT NULL,
    PRIMARY KEY (run, stage, step, idx)
) STRICT;
CREATE TABLE IF NOT EXISTS components (
    run TEXT NOT NULL, stage TEXT NOT NULL, step INTEGER NOT NULL, idx INTEGER NOT NULL,
    name TEXT NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (run, stage, step, idx, name)
) STRICT, WITHOUT ROWID;
"""
_EPISODE_TABLES = ("episodes", "verdicts", "components")


@dataclass(frozen=True)
class EpisodeRecord:
    """One episode as it is kept: what was asked, what was written, what came of it."""

    verdict: Verdict
    source: str
    """The program as it was judged."""
    domain: str = ""
    level: int = 0
    group: int = 0
    """Index of the task within its step: episodes of one group answer one prompt."""
    author: str = ""
    how: str = ""
    tokens: int = 0
    """Tokens the policy generated."""
    truncated: bool = False
    log_prob: float | None = None
    """Sum of the sampled tokens' log-probabilities."""
    reward: float | None = None
    """None where infrastructure failed: never a reward."""
    advantage: float | None = None
    components: Mapping[str, float] = field(default_factory=dict)
    """The reward's parts by name."""


class Store:
    """Writes and reads one run's database. One writer at a time; readers may look on meanwhile."""

    def __init__(self, path: Path, run: str) -> None:
        """Args:
        path: the SQLite file, made if it is not there.
        run: the run's id, part of every key, so that stores can be joined.

        Raises:
            HoneError: the file is not a store, or comes from a newer Hone.
        """
        self.path = path
        self.run = run
        with disk_failures(path):
            try:
                self._connection = sqlite3.connect(path, isolation_level=None, timeout=30)
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
                version = self._connection.execute("PRAGMA user_version").fetchone()[0]
                if version > SCHEMA_VERSION:
                    raise HoneError(Boundary.DISK, f"{path} was written by a newer Hone", "update Hone")
                self._connection.executescript(_SCHEMA)
                self._connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            except sqlite3.OperationalError:
                raise
            except sqlite3.DatabaseError as error:
                raise HoneError(Boundary.DISK, f"{path} is not a store: {error}", "restore it from a copy") from error

    def record_run(self, *, started: float, version: str, seed: int | None, config: Mapping[str, Any]) -> None:
        """Record what the run is; the first record stays."""
        with self._writing() as connection:
            connection.execute(
                "INSERT OR IGNORE INTO runs VALUES (?, ?, ?, ?, ?)",
                (self.run, started, version, seed, json.dumps(config)),
            )

    def record_step(
        self,
        stage: str,
        step: int,
        metrics: Mapping[str, Any],
        time: Mapping[str, float] | None = None,
        episodes: Sequence[EpisodeRecord] = (),
    ) -> None:
        """Record one step whole, or not at all; a step recorded before is replaced.

        Raises:
            HoneError: the disk is full; the step is not in the store.
        """
        key = (self.run, stage, step)
        with self._writing() as connection:
            for table in _EPISODE_TABLES:
                connection.execute(f"DELETE FROM {table} WHERE run = ? AND stage = ? AND step = ?", key)  # noqa: S608
            connection.execute(
                "INSERT OR REPLACE INTO steps VALUES (?, ?, ?, ?, ?)",
                (*key, json.dumps(dict(metrics)), json.dumps(dict(time or {}))),
            )
            connection.executemany(
                "INSERT INTO episodes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_episode_row(key, index, episode) for index, episode in enumerate(episodes)],
            )
            connection.executemany(
                "INSERT INTO verdicts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [_verdict_row(key, index, episode.verdict) for index, episode in enumerate(episodes)],
            )
            connection.executemany(
                "INSERT INTO components VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (*key, index, name, float(value))
                    for index, episode in enumerate(episodes)
                    for name, value in episode.components.items()
                ],
            )

    def sync(self) -> None:
        """Make every recorded step durable (a WAL checkpoint syncs the database file)."""
        with disk_failures(self.path):
            self._connection.execute("PRAGMA wal_checkpoint(FULL)")

    def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a read-only query over `runs`, `steps`, `episodes`, `verdicts`, `components`."""
        return rows_of(self.path, sql, parameters)

    def close(self) -> None:
        """Close the database; the WAL file is folded into it."""
        self._connection.close()

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        """All of a block's writes, or none of them."""
        with disk_failures(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                # A full disk may have ended the transaction by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise


def rows_of(path: Path, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Rows of a read-only query over the store at `path`, another run's too: whatever is asked, it is not changed."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)) as reader:
        return reader.execute(sql, tuple(parameters)).fetchall()


def _episode_row(key: tuple[str, str, int], index: int, episode: EpisodeRecord) -> tuple[Any, ...]:
    return (
        *key,
        index,
        episode.verdict.task_id,
        episode.domain,
        episode.level,
        episode.group,
        episode.author,
        episode.how,
        _text(episode.source),
        episode.tokens,
        int(episode.truncated),
        episode.log_prob,
        episode.reward,
        episode.advantage,
    )


def _verdict_row(key: tuple[str, str, int], index: int, verdict: Verdict) -> tuple[Any, ...]:
    passed = {
        side: [check.outcome == "passed" for check in verdict.checks if check.visible is side] for side in (True, False)
    }
    checks = [
        {"name": check.name, "visible": check.visible, "outcome": str(check.outcome)}
        | ({"detail": check.detail} if check.detail else {})
        for check in verdict.checks
    ]
    findings = [[finding.tool, finding.rule, finding.line, finding.message] for finding in verdict.findings]
    return (
        *key,
        index,
        str(verdict.outcome),
        str(verdict.boundary) if verdict.boundary else None,
        verdict.runs,
        verdict.passes,
        verdict.pass_probability,
        sum(passed[True]),
        len(passed[True]),
        sum(passed[False]),
        len(passed[False]),
        verdict.cpu_seconds,
        verdict.memory_bytes,
        verdict.jail,
        _text(verdict.detail),
        json.dumps(checks),
        json.dumps(findings),
    )


def _text(text: str) -> str:
    """A candidate's own words may hold lone surrogates, which SQLite's UTF-8 text cannot."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
