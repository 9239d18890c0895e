"""From a composition to a task: checks come from the meaning of its steps, and are refused where they prove nothing."""

import random
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from hone.errors import Boundary, HoneError
from hone.tasks.families import surface, wording
from hone.tasks.families.compose import (
    DOMAINS,
    Apply,
    Branch,
    Composition,
    OversizedError,
    Repeat,
    Shape,
    Split,
    draw,
    run,
    split_of,
)
from hone.tasks.families.inputs import EDGES, random_input, shown_input
from hone.tasks.families.primitive import Kind
from hone.tasks.task import Task

FAMILIES: tuple[str, ...] = tuple(f"{domain}.{shape}" for domain in DOMAINS for shape in Shape)
"""`domain.shape`: the unit by which the curriculum counts competence."""

Examples = list[tuple[Any, Any]]
"""Input and expected value."""

_HIDDEN = 11
_TRIES = 2000


def levels_of(family: str, split: Split) -> tuple[int, ...]:
    """The levels at which a family has tasks in a split."""
    shape = _parts(family)[1]
    return tuple(level for level in split.levels if level >= 2 or shape is Shape.PIPELINE)


def task_id(family: str, level: int, split: Split, index: int) -> str:
    """`lists.pipeline:2:train:17`; a task is determined by its id alone."""
    return f"{family}:{level}:{split}:{index}"


@dataclass(frozen=True)
class Blueprint:
    """What a task is made from: the composition, its examples, and the source of every further draw."""

    composition: Composition
    visible: Examples
    hidden: Examples
    rng: random.Random


@lru_cache(maxsize=65536)
def task_from_id(name: str) -> Task:
    """Generate the task that the id names.

    Raises:
        HoneError: the id does not name a family, a level or a split.
    """
    family, level, split = _parsed(name)
    plan = blueprint(name)
    takes = DOMAINS[_parts(family)[0]]
    gives = _gives(plan.composition, takes)
    return Task.from_examples(
        id=name,
        prompt=wording.prompt(plan.rng, plan.composition, takes, gives, plan.visible),
        entry_point="solve",
        visible=[((value,), expected) for value, expected in plan.visible],
        hidden=[((value,), expected) for value, expected in plan.hidden],
        domain=_parts(family)[0],
        level=level,
        family=family,
        source=f"hone ({split})",
        licence="Apache-2.0",
        reference=surface.reference(plan.rng, plan.composition, takes, gives),
    )


def blueprint(name: str) -> Blueprint:
    """The composition and the examples of the task that the id names.

    Raises:
        HoneError: as `task_from_id`.
    """
    family, level, split = _parsed(name)
    domain, shape = _parts(family)
    rng = random.Random(name)
    for _ in range(_TRIES):
        composition = draw(rng, domain, shape, level)
        if split_of(composition) is not split:
            continue
        try:
            checks = _checks(rng, composition, DOMAINS[domain])
        except OversizedError:
            continue
        if checks is not None:
            return Blueprint(composition, *checks, rng)
    raise HoneError(Boundary.TASK, f"no fair task found for {name} in {_TRIES} tries", "choose another index")


def _parsed(name: str) -> tuple[str, int, Split]:
    try:
        family, level_text, split_text, index_text = name.split(":")
        level, split = int(level_text), Split(split_text)
        known = (
            family in FAMILIES and index_text.isascii() and index_text.isdigit() and level in levels_of(family, split)
        )
    except ValueError:
        known = False
    if not known:
        raise HoneError(
            Boundary.USER,
            f"no task {name!r}",
            "generated tasks are FAMILY:LEVEL:SPLIT:INDEX, such as lists.pipeline:2:train:17 (see `hone suite list`)",
        )
    return family, level, split


def _parts(family: str) -> tuple[str, Shape]:
    domain, _, shape = family.partition(".")
    return domain, Shape(shape)


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
    visible = [(value, run(composition, value)) for value in shown if value not in inputs]
    # Examples whose answers differ from each other and from the input say the most.
    visible.sort(key=lambda pair: (pair[0] == pair[1], not pair[1]))
    first = visible[0]
    second = next((pair for pair in visible[1:] if pair[1] != first[1]), None)
    if second is None or not _telling(composition, hidden):
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
