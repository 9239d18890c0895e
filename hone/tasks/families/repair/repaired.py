"""Repair: a task of another family, a program for it with one mistake, and one call on which the mistake shows."""

import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from hone.errors import Boundary, HoneError
from hone.tasks.checks import CallCheck, Check, Compare
from hone.tasks.families.family import DraftedFamily, Family
from hone.tasks.families.repair import faulty_kernel, numeric, scripted, unlocked
from hone.tasks.families.repair.plain import is_plain
from hone.tasks.families.splits import Split
from hone.tasks.mutation import Mutant, mutants
from hone.tasks.mutation.bounded import OutOfSteps, bounded
from hone.tasks.task import Form, Task

_TRIES = 60
_INDICES = 10**6
_NEAR = (Compare.ULPS, Compare.CLOSE)
_UNSTABLE = 0.5
"""How often a textbook's formula comes before other mistakes, where numbers are computed."""
_TOLD = (
    "The program below was written for this and has one mistake. Write the program without it.",
    "Somebody wrote the program below for this; one thing in it is wrong. Give the whole program, mended.",
)


@dataclass(frozen=True)
class RepairFamily:
    """Tasks of one domain, each with a mutant of its reference to mend; level and split are those of the base task.

    So no split of repairs shares a base with another. A mutant must fail a check that stays hidden; one that does not
    end within a budget of steps is not used.
    """

    name: str
    bases: tuple[Family, ...]

    @property
    def about(self) -> str:
        """As `Family`."""
        return f"a program about {self.name.partition('.')[2]} with one mistake, to be mended"

    def levels_of(self, split: Split) -> tuple[int, ...]:
        """As `Family`."""
        return tuple(sorted({level for base in self.bases for level in base.levels_of(split)}))

    def task(self, name: str, level: int, split: Split) -> Task:
        """As `Family`.

        Raises:
            HoneError: no base task with a mistake that shows was found.
        """
        _, task, made = self._found(name, level, split)
        skills = tuple(dict.fromkeys((*task.skills, "debugging")))
        return replace(made, id=name, family=self.name, domain="repair", level=level, skills=skills)

    @property
    def packages(self) -> tuple[str, ...]:
        """As `DraftedFamily`."""
        several = [base.packages for base in self.bases if isinstance(base, DraftedFamily)]
        return tuple(dict.fromkeys(name for packages in several for name in packages))

    def further_checks(self, name: str, level: int, split: Split, rng: random.Random, most: int) -> tuple[Check, ...]:
        """As `DraftedFamily`: those of the base task."""
        base, task, _ = self._found(name, level, split)
        return base.further_checks(task.id, level, split, rng, most) if isinstance(base, DraftedFamily) else ()

    def _found(self, name: str, level: int, split: Split) -> tuple[Family, Task, Task]:
        """The base, its task, and that task with something to mend."""
        rng = random.Random(name)
        bases = [base for base in self.bases if level in base.levels_of(split)]
        for _ in range(_TRIES):
            base = rng.choice(bases)
            task = base.task(f"{base.name}:{level}:{split}:{rng.randrange(_INDICES)}", level, split)
            made = _broken(task, rng)
            if made is not None:
                return base, task, made
        raise HoneError(Boundary.TASK, f"nothing to repair found for {name} in {_TRIES} tries", "choose another index")


def _broken(task: Task, rng: random.Random) -> Task | None:
    """The task of mending one mutant of this task's reference; None where none is seen to fail."""
    if task.form is Form.SUITE and task.reference:
        return scripted.broken(task, rng, rng.choice(_TOLD))
    if task.domain == "concurrency":
        return unlocked.broken(task, rng, rng.choice(_TOLD))
    if task.domain == "kernels":
        return faulty_kernel.broken(task, rng, rng.choice(_TOLD))
    if task.form is not Form.CALL or task.driver or not task.reference:
        return None
    several = mutants(task.reference, is_ours=True)
    several = rng.sample(several, len(several))
    if task.domain == "numerics" and rng.random() < _UNSTABLE:
        several.sort(key=lambda mutant: mutant.operator != "unstable formula")
    for mutant in several:
        seen = dict(_failures(task, mutant))
        hidden = [index for index in seen if index >= len(task.visible)]
        if not hidden:
            continue
        shown = next(iter(seen))
        visible, kept = task.visible, task.hidden
        if shown >= len(visible):
            check = task.checks[shown]
            visible, kept = (*visible, check), tuple(other for other in kept if not _same_call(other, check))
            if not any(task.checks[index] in kept for index in hidden):
                continue
        prompt = f"{task.prompt}\n{rng.choice(_TOLD)}\n\n```python\n{mutant.source.rstrip()}\n```\n\n{seen[shown]}\n"
        return replace(task, prompt=prompt, visible=visible, hidden=kept)
    return None


def _failures(task: Task, mutant: Mutant) -> Iterator[tuple[int, str]]:
    """Checks that the mutant fails for certain, by their index, and what is seen there; none if it may not end."""
    found = []
    for index, check in enumerate(task.checks):
        if not isinstance(check, CallCheck) or check.compare not in (Compare.EXACT, Compare.RAISES, *_NEAR):
            continue
        try:
            told = _failure(task.entry_point, check, mutant)
        except (OutOfSteps, RecursionError, MemoryError):
            return
        if told:
            found.append((index, told))
    yield from found


def _failure(entry_point: str, check: CallCheck, mutant: Mutant) -> str:
    """What is seen when the mutant fails a check; empty if it passes, or what it answers has no plain text."""
    call = f"`{entry_point}({', '.join(map(repr, check.args))})`"
    raises = check.compare is Compare.RAISES
    wanted = f"must raise {check.expected or 'an exception'}" if raises else f"must return `{check.expected!r}`"
    try:
        answer = bounded(mutant.source, entry_point)(*copy.deepcopy(check.args))
    except (RecursionError, MemoryError):
        raise
    except Exception as error:  # a mistake's own doing, and what the task is about
        if raises and check.expected in ("", None, *(kind.__name__ for kind in type(error).__mro__)):
            return ""
        return f"With it {call} raises {type(error).__name__}; it {wanted}."
    if check.compare in _NEAR:
        return numeric.seen(call, check, answer) if is_plain(answer) else ""
    if not is_plain(answer) or (not raises and (not is_plain(check.expected) or _equal(answer, check.expected))):
        return ""
    return f"With it {call} returns `{answer!r}`; it {wanted}."


def _equal(left: Any, right: Any) -> bool:
    """Equal in value and type at every depth; NaN equals NaN."""
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_equal(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple):
        return len(left) == len(right) and all(map(_equal, left, right))
    return left == right or (left != left and right != right)


def _same_call(check: Check, other: Check) -> bool:
    return isinstance(check, CallCheck) and isinstance(other, CallCheck) and repr(check.args) == repr(other.args)
