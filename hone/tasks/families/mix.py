"""Mixes of tasks: families and their levels, as `--tasks strings:1-3,services:1` names them."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass

from hone.errors import Boundary, HoneError
from hone.tasks.families import composed
from hone.tasks.families.catalogue import (
    DOMAINS,
    FAMILIES,
    LEVELS,
    levels_of,
    packages_of,
    task_from_id,
    task_id,
)
from hone.tasks.families.splits import Split
from hone.tasks.task import Task

COMPOSED = "composed"
"""Names all composed families together: small operations, one after another, by a condition or repeated."""
_LEVELS = re.compile(r"([1-5])(?:-([1-5]))?")


@dataclass(frozen=True)
class TaskMix:
    """Families, each with the levels that are wanted of it."""

    cells: tuple[tuple[str, int], ...]
    """Family and level, in the catalogue's order."""

    @classmethod
    def parse(cls, text: str) -> "TaskMix":
        """The mix that text such as `strings:1-3,services:1,numerics.variance` names.

        Each part is a domain, a family or `composed`, and its levels: one, a range, or all of them by default.

        Raises:
            HoneError: a part names nothing.
        """
        wanted: set[tuple[str, int]] = set()
        for part in text.split(","):
            name, colon, levels = part.strip().partition(":")
            found = _LEVELS.fullmatch(levels)
            if colon and not found:
                raise HoneError(Boundary.USER, f"tasks: {part.strip()!r} has no levels", "write NAME:1 or NAME:1-3")
            first, last = (int(found[1]), int(found[2] or found[1])) if found else (LEVELS[0], LEVELS[-1])
            wanted |= {(family, level) for family in _named(name) for level in range(first, last + 1)}
        if not wanted:
            raise HoneError(Boundary.USER, f"tasks: {text!r} names no level", "write the lower level first, as in 1-3")
        return cls(tuple((family, level) for family in FAMILIES for level in LEVELS if (family, level) in wanted))

    @property
    def domains(self) -> tuple[str, ...]:
        """Domains that it has families of."""
        return tuple(dict.fromkeys(family.partition(".")[0] for family, _ in self.cells))

    @property
    def packages(self) -> tuple[str, ...]:
        """Installed packages that programs of its tasks import, beyond the standard library."""
        return tuple(dict.fromkeys(name for family, _ in self.cells for name in packages_of(family)))

    def trained(self) -> tuple[tuple[str, int], ...]:
        """The cells that a policy may learn from."""
        return tuple((family, level) for family, level in self.cells if level in levels_of(family, Split.TRAIN))

    def families_at(self, split: Split, level: int) -> tuple[str, ...]:
        """The families that have tasks of a level in a split. Depth is held out at levels that nobody asked for."""
        families = dict.fromkeys(
            family for family, wanted in self.cells if wanted == level or split is Split.HELD_OUT_DEPTH
        )
        return tuple(family for family in families if level in levels_of(family, split))

    def levels_in(self, split: Split) -> tuple[int, ...]:
        """The levels at which it has tasks in a split."""
        return tuple(level for level in LEVELS if self.families_at(split, level))

    def some_tasks(self, split: Split, level: int, count: int) -> list[Task]:
        """The first `count` tasks of a level in a split, families taking turns; none where there is no family."""
        families = self.families_at(split, level)
        turns = range(count if families else 0)
        return [
            task_from_id(task_id(families[turn % len(families)], level, split, turn // len(families))) for turn in turns
        ]


def _named(name: str) -> Sequence[str]:
    if name == COMPOSED:
        return [family.name for family in composed.FAMILIES]
    found = [family for family in FAMILIES if name in (family, family.partition(".")[0])]
    if not found:
        known = (COMPOSED, *DOMAINS, *FAMILIES)
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose among {', '.join((COMPOSED, *DOMAINS))}, or a family"
        raise HoneError(Boundary.USER, f"tasks: there is no domain or family {name!r}", hint)
    return found
