"""The family: one kind of task, in unlimited number, each made from its id alone.

A drafted family names the rules that it can combine, by level, and draws the rest: numbers, words, the wording, the
surface of the reference. What it draws is a draft; a draft becomes a task once it is known to be of the split that was
asked for, and to be fair as far as that can be told without running anything (certification runs it all).
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

from hone.errors import Boundary, HoneError
from hone.tasks.checks import Check
from hone.tasks.families.splits import Rules, Split, family_is_held_out, held_out, split_of_parameters
from hone.tasks.task import Task

Facts = Mapping[str, Any]
"""Fields of the task that its family and its place decide: id, domain, level, family, skills, source, licence."""

_TRIES = 2000


class Family(Protocol):
    """What the catalogue needs of a family."""

    @property
    def name(self) -> str:
        """`domain.kind`: the unit by which the curriculum counts competence."""
        ...

    @property
    def about(self) -> str:
        """What its tasks ask, in a line."""
        ...

    def levels_of(self, split: Split) -> tuple[int, ...]:
        """The levels at which it has tasks in a split."""
        ...

    def task(self, name: str, level: int, split: Split) -> Task:
        """The task of this id, of a level and a split that it has."""
        ...


class Draft(Protocol):
    """A task in the making."""

    @property
    def parameters(self) -> tuple[Any, ...]:
        """All that was drawn and decides what a right program does; wording and surface are left out."""
        ...

    def task(self, rng: random.Random, facts: Facts) -> Task | None:
        """The task, or None where its checks would prove nothing, and another is to be drawn."""
        ...


@runtime_checkable
class Further(Protocol):
    """A draft that can draw more checks than its task has."""

    def further_checks(self, rng: random.Random, most: int) -> tuple[Check, ...]:
        """So many of them, or none where inputs can be made up without it."""
        ...


@dataclass(frozen=True)
class DraftedFamily:
    """A family whose tasks combine named rules."""

    name: str
    about: str
    skills: tuple[str, ...]
    """What solving its tasks takes, in the field's words: `parsing`, `recursion`, `locks`."""
    compositions: Mapping[int, tuple[Rules, ...]] = field(hash=False)
    """For each level (1 to 5), the combinations of rules that tasks may have. Each needs parameters with a few dozen
    values, or some of its splits stay empty."""
    draw: Callable[[random.Random, Rules], Draft]
    """Draws a task with exactly these rules."""
    packages: tuple[str, ...] = ()
    """Installed packages that its programs import, beyond the standard library: `allowed_imports` of its tasks."""

    @cached_property
    def _held_out(self) -> frozenset[tuple[int, Rules]]:
        return held_out(self.name, self.compositions)

    def levels_of(self, split: Split) -> tuple[int, ...]:
        """As `Family`."""
        if family_is_held_out(self.name) or split is Split.HELD_OUT_FAMILIES:
            both = family_is_held_out(self.name) and split is Split.HELD_OUT_FAMILIES
            return tuple(self.compositions) if both else ()
        return tuple(level for level in self.compositions if self._rules(level, split))

    def task(self, name: str, level: int, split: Split) -> Task:
        """As `Family`.

        Raises:
            HoneError: no fair task was found.
        """
        return self._drawn(name, level, split)[1]

    def further_checks(self, name: str, level: int, split: Split, rng: random.Random, most: int) -> tuple[Check, ...]:
        """Checks that the task of this id could have had, too; none where the family draws none."""
        draft, _ = self._drawn(name, level, split)
        return draft.further_checks(rng, most) if isinstance(draft, Further) else ()

    def _drawn(self, name: str, level: int, split: Split) -> tuple[Draft, Task]:
        rng = random.Random(name)
        several = self._rules(level, split)
        facts = {
            "id": name,
            "domain": self.name.partition(".")[0],
            "level": level,
            "family": self.name,
            "skills": self.skills,
            "source": f"hone ({split})",
            "licence": "Apache-2.0",
        }
        for _ in range(_TRIES):
            rules = rng.choice(several)
            draft = self.draw(rng, rules)
            if split in _BY_PARAMETERS and split_of_parameters(self.name, rules, draft.parameters) is not split:
                continue
            task = draft.task(rng, facts)
            if task is not None:
                return draft, task
        raise HoneError(Boundary.TASK, f"no fair task found for {name} in {_TRIES} tries", "choose another index")

    def _rules(self, level: int, split: Split) -> tuple[Rules, ...]:
        """The combinations that a level has in a split."""
        several = self.compositions[level]
        if split is Split.HELD_OUT_FAMILIES:
            return several
        if split is Split.HELD_OUT_COMPOSITIONS:
            return tuple(rules for rules in several if (level, rules) in self._held_out)
        return tuple(rules for rules in several if (level, rules) not in self._held_out and split in _BY_PARAMETERS)


_BY_PARAMETERS = (Split.TRAIN, Split.VALIDATION, Split.HELD_OUT_PARAMETERS)
"""Splits that share compositions and differ in parameters."""
