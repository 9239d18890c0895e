"""From a composition to a task: checks come from the meaning of its steps, and are refused where they prove nothing."""

import random
from dataclasses import dataclass
from typing import Any

from hone.errors import Boundary, HoneError
from hone.tasks.families.composed import surface, wording
from hone.tasks.families.composed.compose import (
    DOMAINS,
    LEVELS_IN,
    Apply,
    Branch,
    Composition,
    OversizedError,
    Repeat,
    Shape,
    draw,
    run,
    split_of,
)
from hone.tasks.families.composed.inputs import EDGES, random_input, shown_input
from hone.tasks.families.composed.pinning import pinning
from hone.tasks.families.composed.primitive import Kind
from hone.tasks.families.splits import Split
from hone.tasks.task import Task

Examples = list[tuple[Any, Any]]
"""Input and expected value."""

_HIDDEN = 11
_TRIES = 2000


@dataclass(frozen=True)
class ComposedFamily:
    """Tasks of one domain and one control flow, of any depth."""

    domain: str
    shape: Shape

    @property
    def name(self) -> str:
        """As `Family`."""
        return f"{self.domain}.{self.shape}"

    @property
    def about(self) -> str:
        """As `Family`."""
        what = {Shape.PIPELINE: "one after another", Shape.BRANCH: "one by a condition", Shape.REPEAT: "one repeated"}
        return f"operations on {self.domain}, {what[self.shape]}"

    def levels_of(self, split: Split) -> tuple[int, ...]:
        """As `Family`."""
        return tuple(level for level in LEVELS_IN.get(split, ()) if level >= 2 or self.shape is Shape.PIPELINE)

    def task(self, name: str, level: int, split: Split) -> Task:
        """As `Family`.

        Raises:
            HoneError: no fair task was found.
        """
        plan = self.blueprint(name, level, split)
        takes = DOMAINS[self.domain]
        gives = _gives(plan.composition, takes)
        return Task.from_examples(
            id=name,
            prompt=wording.prompt(plan.rng, plan.composition, takes, gives, plan.visible),
            entry_point="solve",
            visible=[((value,), expected) for value, expected in plan.visible],
            hidden=[((value,), expected) for value, expected in plan.hidden],
            domain=self.domain,
            level=level,
            family=self.name,
            skills=(self.domain, str(self.shape)),
            source=f"hone ({split})",
            licence="Apache-2.0",
            reference=surface.reference(plan.rng, plan.composition, takes, gives),
        )

    def blueprint(self, name: str, level: int, split: Split) -> "Blueprint":
        """The composition and the examples of a task; raises as `task`."""
        rng = random.Random(name)
        for _ in range(_TRIES):
            composition = draw(rng, self.domain, self.shape, level)
            if split_of(composition) is not split:
                continue
            try:
                checks = _checks(rng, composition, DOMAINS[self.domain])
            except OversizedError:
                continue
            if checks is not None:
                visible, hidden = checks
                more = pinning(random.Random(f"pinning {name}"), composition, DOMAINS[self.domain], visible, hidden)
                return Blueprint(composition, visible, [*hidden, *more], rng)
        raise HoneError(Boundary.TASK, f"no fair task found for {name} in {_TRIES} tries", "choose another index")


FAMILIES: tuple[ComposedFamily, ...] = tuple(ComposedFamily(domain, shape) for domain in DOMAINS for shape in Shape)


@dataclass(frozen=True)
class Blueprint:
    """What a task is made from: the composition, its examples, and the source of every further draw."""

    composition: Composition
    visible: Examples
    hidden: Examples
    rng: random.Random


def _gives(composition: Composition, takes: Kind) -> Kind:
    for step in composition:
        if isinstance(step, Apply):
            takes = step.primitive.gives
    return takes


def _checks(rng: random.Random, composition: Composition, takes: Kind) -> tuple[Examples, Examples] | None:
    """Visible and hidden examples, or None where they could not tell the composition from something simpler."""
    shown = [shown_input(rng, takes) for _ in range(6)]
    inputs = [*EDGES[takes], *(random_input(rng, takes) for _ in range(_HIDDEN - len(EDGES[takes])))]
    hidden = [(value, run(composition, value)) for value in inputs]
    if not _telling(composition, hidden):
        return None
    visible = [(value, run(composition, value)) for value in shown if value not in inputs]
    # Examples whose answers differ from each other and from the input say the most.
    visible.sort(key=lambda pair: (pair[0] == pair[1], not pair[1]))
    first = visible[0]
    second = next((pair for pair in visible[1:] if pair[1] != first[1]), None)
    if second is None:
        return None
    return [first, second], hidden


def _telling(composition: Composition, hidden: Examples) -> bool:
    """No constant and not the identity passes, and neither does the composition with any part of it left out."""
    answers = [repr(expected) for _, expected in hidden]
    if len(set(answers)) < 4 or max(answers.count(answer) for answer in answers) > len(answers) // 2:
        return False
    if all(value == expected for value, expected in hidden):
        return False
    return all(any(run(simpler, value) != expected for value, expected in hidden) for simpler in _simpler(composition))


def _simpler(composition: Composition) -> list[Composition]:
    """The composition with one part left out, where what is left still fits together."""
    found: list[Composition] = []
    for i, step in enumerate(composition):
        before, after = composition[:i], composition[i + 1 :]
        match step:
            case Apply(primitive):
                if primitive.takes is primitive.gives:
                    found.append(before + after)
            case Branch(_, _, then, other):
                found += [(*before, then, *after), (*before, other, *after)]
            case Repeat(_, body):
                found += [(*before, body, *after), before + after]
    return found
