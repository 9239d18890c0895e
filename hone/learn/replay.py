"""Elites: verified programs of earlier batches, kept to be learned from again. Bounded; nothing is left to chance."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hone.errors import Boundary, HoneError
from hone.learn.batch import Judged
from hone.learn.objective import Choice, ReplayConfig

_FILE = "replay.json"


@dataclass
class Elite:
    """One verified program, as tokens."""

    prompt: list[int]
    action: list[int]
    acted: list[bool]
    """For each token of the action whether the policy wrote it."""
    learned: int = 0
    """How often it was learned from."""


class Replay:
    """The elites of a run, oldest first."""

    def __init__(self, config: ReplayConfig) -> None:
        self.config = config
        self.elites: list[Elite] = []

    def add(self, prompts: Sequence[Sequence[int]], groups: Sequence[Sequence[Judged]]) -> None:
        """Keep the best of each group that passed and ended, each program once; the oldest make room."""
        held = {(tuple(elite.prompt), tuple(elite.action)) for elite in self.elites}
        for prompt, group in zip(prompts, groups, strict=True):
            passed = {tuple(sample.action): sample for sample in group if sample.passed and sample.finished}
            unique = sorted(passed.values(), key=_length) if self.config.choose is Choice.SHORTEST else passed.values()
            for sample in list(unique)[: self.config.of_group]:
                key = (tuple(prompt), tuple(sample.action))
                if key not in held:
                    held.add(key)
                    turns = sample.turns or [0] * len(sample.action)
                    self.elites.append(Elite(list(prompt), list(sample.action), [turn >= 0 for turn in turns]))
        del self.elites[: max(0, len(self.elites) - self.config.size)]

    def draw(self) -> list[Elite]:
        """The elites to learn from now: those that were learned from least often, the oldest of them first."""
        drawn = sorted(self.elites, key=lambda elite: elite.learned)[: self.config.batch]
        for elite in drawn:
            elite.learned += 1
        return drawn

    def save(self, folder: Path) -> None:
        """Write all elites."""
        rows = [[elite.prompt, elite.action, elite.acted, elite.learned] for elite in self.elites]
        (folder / _FILE).write_text(json.dumps(rows))

    def load(self, folder: Path) -> None:
        """Continue from what `save` wrote.

        Raises:
            HoneError: the file is missing or damaged.
        """
        try:
            self.elites = [_elite(*row) for row in json.loads((folder / _FILE).read_text())]
        except (OSError, ValueError, TypeError) as error:
            what = f"{folder / _FILE} cannot be read: {error}"
            raise HoneError(Boundary.DISK, what, "resume an older checkpoint") from error


def _elite(prompt: Any, action: Any, acted: Any, learned: Any) -> Elite:
    whole = all(type(token) is int for token in [*prompt, *action, learned]) and len(acted) == len(action) > 0
    if not whole or not prompt or not all(type(flag) is bool for flag in acted):
        raise ValueError("a program is not whole")
    return Elite(prompt, action, acted, learned)


def _length(sample: Judged) -> int:
    return len(sample.action)
