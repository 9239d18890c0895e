"""Compositions: how primitives become a program, how deep it is, and which split it belongs to.

The level of a composition is the number of primitives in it, a branch counting both of its arms and a repetition
counting one more than what it repeats.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hone.tasks.families.composed import dictionaries, integers, lists, strings
from hone.tasks.families.composed.primitive import Condition, Kind, Primitive
from hone.tasks.families.splits import Split, bucket

DOMAINS: dict[str, Kind] = {
    "strings": Kind.STR,
    "integers": Kind.INT,
    "lists": Kind.INTS,
    "dictionaries": Kind.DICT,
}
"""Domain and the kind of value that its tasks are given."""

DEEPEST_TRAINED = 3
_TRAINED = tuple(range(1, DEEPEST_TRAINED + 1))
LEVELS_IN: dict[Split, tuple[int, ...]] = {
    Split.TRAIN: _TRAINED,
    Split.VALIDATION: _TRAINED,
    Split.HELD_OUT_COMPOSITIONS: _TRAINED,
    Split.HELD_OUT_DEPTH: (4, 5),
}
"""The levels at which a split has compositions."""
_LARGEST = 20_000
_LONGEST = 80

_MODULES = (strings, integers, lists, dictionaries)
PRIMITIVES: tuple[Primitive, ...] = tuple(p for module in _MODULES for p in module.PRIMITIVES)
CONDITIONS: tuple[Condition, ...] = tuple(c for module in _MODULES for c in module.CONDITIONS)
_TAKING = {kind: tuple(p for p in PRIMITIVES if p.takes is kind) for kind in Kind}
_KEEPING = {kind: tuple(p for p in PRIMITIVES if p.takes is kind and p.gives is kind) for kind in Kind}
_ASKING = {kind: tuple(c for c in CONDITIONS if c.takes is kind) for kind in Kind}
"""By kind: primitives that take it, those that also give it, and conditions on it."""


class Shape(StrEnum):
    """The control flow that a family practises."""

    PIPELINE = "pipeline"
    BRANCH = "branch"
    REPEAT = "repeat"


@dataclass(frozen=True)
class Apply:
    """One primitive with its parameter."""

    primitive: Primitive
    k: Any = None

    def __call__(self, value: Any) -> Any:
        """The primitive's value; `OversizedError` where it is too large for a check."""
        return _bounded(self.primitive.apply(value) if self.k is None else self.primitive.apply(value, self.k))


@dataclass(frozen=True)
class Branch:
    """One of two primitives, by a condition."""

    condition: Condition
    k: Any
    then: Apply
    other: Apply

    def __call__(self, value: Any) -> Any:
        """The chosen arm's value."""
        return self.then(value) if self.condition.holds(value, self.k) else self.other(value)


@dataclass(frozen=True)
class Repeat:
    """One primitive, several times over."""

    times: int
    body: Apply

    def __call__(self, value: Any) -> Any:
        """The value after the last time."""
        for _ in range(self.times):
            value = self.body(value)
        return value


Step = Apply | Branch | Repeat
Composition = tuple[Step, ...]


class OversizedError(Exception):
    """A value grew past what a check should hold; the composition is drawn again."""


def run(composition: Composition, value: Any) -> Any:
    """What the composition makes of a value.

    Raises:
        OversizedError: a value on the way is larger than a check should hold.
    """
    for step in composition:
        value = step(value)
    return value


def _bounded(value: Any) -> Any:
    """The value itself, if it is of a size that a person could still read."""
    kind = type(value)
    if kind is int:
        if not -_LARGEST <= value <= _LARGEST:
            raise OversizedError
        return value
    if len(value) > _LONGEST:
        raise OversizedError
    if kind is not str:
        for number in value.values() if kind is dict else value:
            if type(number) is int and not -_LARGEST <= number <= _LARGEST:
                raise OversizedError
    return value


def split_of(composition: Composition) -> Split:
    """The split of a composition, by a hash of its primitives in order; of a single step, also of its parameter.

    A single primitive without parameter is a known primitive by definition and always belongs to training.
    """
    if depth(composition) > DEEPEST_TRAINED:
        return Split.HELD_OUT_DEPTH
    name = ">".join(_name(step) for step in composition)
    match composition:
        case (Apply(_, k),) if k is None:
            return Split.TRAIN
        case (Apply(_, k),) | (Repeat(_, Apply(_, k)),):
            name += f":{k}"
    number = bucket(name)
    if number < 65:
        return Split.TRAIN
    return Split.VALIDATION if number < 75 else Split.HELD_OUT_COMPOSITIONS


def depth(composition: Composition) -> int:
    """The composition's level."""
    return sum(1 if isinstance(step, Apply) else 2 for step in composition)


def draw(rng: random.Random, domain: str, shape: Shape, level: int) -> Composition:
    """A random composition of the domain with the shape, exactly `level` deep.

    Raises:
        ValueError: the shape needs more depth than the level has.
    """
    kind = DOMAINS[domain]
    special = 0 if shape is Shape.PIPELINE else 2
    if level < max(special, 1):
        raise ValueError(f"a {shape} needs level 2 or more, not {level}")
    plain = level - special
    place = rng.randint(0, plain) if special else -1
    steps: list[Step] = []
    for position in range(plain + (1 if special else 0)):
        if position == place:
            steps.append(_branch(rng, kind) if shape is Shape.BRANCH else _repeat(rng, kind))
        else:
            step = _apply(rng, _TAKING[kind])
            steps.append(step)
            kind = step.primitive.gives
    return tuple(steps)


def _apply(rng: random.Random, primitives: Sequence[Primitive]) -> Apply:
    primitive = rng.choice(primitives)
    return Apply(primitive, rng.choice(primitive.ks) if primitive.ks else None)


def _branch(rng: random.Random, kind: Kind) -> Branch:
    condition, arms = rng.choice(_ASKING[kind]), _KEEPING[kind]
    return Branch(condition, rng.choice(condition.ks), _apply(rng, arms), _apply(rng, arms))


def _repeat(rng: random.Random, kind: Kind) -> Repeat:
    return Repeat(rng.choice((2, 3, 4)), _apply(rng, _KEEPING[kind]))


def _name(step: Step) -> str:
    match step:
        case Apply(primitive):
            return primitive.name
        case Branch(condition, _, then, other):
            return f"if {condition.name}: {then.primitive.name} else {other.primitive.name}"
        case Repeat(times, body):
            return f"{times} times {body.primitive.name}"
