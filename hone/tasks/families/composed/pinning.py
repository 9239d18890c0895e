"""Further hidden inputs for the numbers in a composition: where one that is one off would go unnoticed.

`v < 8` and `v <= 8` differ on an 8 alone, and few random inputs hold it. The search is short: so many draws for each
number, and whatever they do not tell apart stays so.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from hone.tasks.families.composed.compose import Apply, Branch, Composition, OversizedError, Repeat, Step, run
from hone.tasks.families.composed.inputs import random_input
from hone.tasks.families.composed.primitive import Kind

_DRAWS = 60
"""Inputs that are tried for each number one off."""
_RAISES = object()


def pinning(
    rng: random.Random,
    composition: Composition,
    takes: Kind,
    visible: Sequence[tuple[Any, Any]],
    hidden: Sequence[tuple[Any, Any]],
) -> list[tuple[Any, Any]]:
    """Inputs with their expected values, at most one for each number and direction.

    Args:
        rng: of its own, so that everything else about the task is as it would be without.
        visible, hidden: the inputs that there are already.
    """
    found: list[tuple[Any, Any]] = []
    shown = [value for value, _ in visible]
    for number, other in _one_off(composition):
        if any(_answer(other, value) != expected for value, expected in (*hidden, *found)):
            continue
        for _ in range(_DRAWS):
            value = _with(rng, random_input(rng, takes), number)
            if value in shown:
                continue
            expected = _answer(composition, value)
            if expected is not _RAISES and _answer(other, value) not in (expected, _RAISES):
                found.append((value, expected))
                break
    return found


def _one_off(composition: Composition) -> Iterator[tuple[int, Composition]]:
    """A number of the composition, and the composition with that one more or one less."""
    for at, step in enumerate(composition):
        for number, other in _steps_one_off(step):
            yield number, (*composition[:at], other, *composition[at + 1 :])


def _steps_one_off(step: Step) -> Iterator[tuple[int, Step]]:
    match step:
        case Apply(k=k) if type(k) is int:
            yield from ((k, replace(step, k=k + more)) for more in (1, -1))
        case Branch(k=k, then=then, other=other):
            if type(k) is int:
                yield from ((k, replace(step, k=k + more)) for more in (1, -1))
            yield from ((number, replace(step, then=arm)) for number, arm in _steps_one_off(then))
            yield from ((number, replace(step, other=arm)) for number, arm in _steps_one_off(other))
        case Repeat(body=body):
            yield from ((number, replace(step, body=one)) for number, one in _steps_one_off(body))


def _answer(composition: Composition, value: Any) -> Any:
    try:
        return run(composition, value)
    except (OversizedError, ArithmeticError, ValueError, LookupError):  # of a number that no draw would have given
        return _RAISES


def _with(rng: random.Random, value: Any, number: int) -> Any:
    """The input with the number, or one beside it, as an item, as its sum or as its length."""
    number += rng.choice((0, 0, 1, -1))
    match value:
        case int():
            return rng.choice((value, number))
        case list() if value:
            if rng.random() < 0.3:
                return (value * 2)[: max(number, 0)]
            at = rng.randrange(len(value))
            return [*value[:at], _item(rng, sum(value) - value[at], number), *value[at + 1 :]]
        case dict() if value:
            if rng.random() < 0.3:
                return dict(list(value.items())[: max(number, 0)])
            at = rng.choice(list(value))
            return value | {at: _item(rng, sum(value.values()) - value[at], number)}
        case str():
            return value[: max(number, 0)] if rng.random() < 0.3 else value
    return value


def _item(rng: random.Random, others: int, number: int) -> int:
    return number - others if rng.random() < 0.5 else number
