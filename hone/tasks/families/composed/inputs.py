"""Inputs for checks: edge cases first, then random ones of the sizes that a person would try."""

import random
from typing import Any

from hone.tasks.families.composed.primitive import Kind

_WORDS = (
    "red",
    "Blue",
    "tree",
    "Sky",
    "river",
    "stone",
    "note",
    "Lamp",
    "apple",
    "bread",
    "seven",
    "Otto",
    "level",
    "data",
    "Moon",
    "ice",
    "tea",
    "sun",
    "area",
    "north",
    "idea",
    "queen",
    "zero",
    "x",
    "Ann",
    "echo",
    "noon",
    "eye",
    "Radio",
    "tent",
)
_KEYS = ("a", "b", "c", "ab", "key", "total", "Max", "noon", "x", "item")

EDGES: dict[Kind, tuple[Any, ...]] = {
    Kind.INTS: ([], [5], [-3, -8, -1], [4, 4, 2, 2, 4], [0, 0], [3, 1, 2, 9, 8, 7, 6, 5]),
    Kind.INT: (0, 1, -1, -37, 100, 10),
    Kind.STR: ("", "e", "Größe ñandú", "aaBBaa  e", "x1 y22 z333", " Noon tea "),
    Kind.DICT: (
        {},
        {"a": 5},
        {"b": -4, "a": -9},
        {"x": 3, "ab": 3, "c": 8},
        {"É": 2, "straße": 7},
        {"noon": 0, "b": 6},
    ),
}


def shown_input(rng: random.Random, kind: Kind) -> Any:
    """A short, plain input for a visible check."""
    match kind:
        case Kind.INTS:
            return [rng.randint(-5, 12) for _ in range(rng.randint(3, 5))]
        case Kind.INT:
            return rng.randint(2, 60)
        case Kind.STR:
            return " ".join(rng.choice(_WORDS) for _ in range(rng.randint(1, 3)))
        case Kind.DICT:
            return {key: rng.randint(-5, 12) for key in rng.sample(_KEYS, rng.randint(2, 3))}
        case Kind.WORDS:
            raise ValueError("no domain is given a list of words")


def random_input(rng: random.Random, kind: Kind) -> Any:
    """An input for a hidden check: longer, with more negatives, repeats and odd characters."""
    match kind:
        case Kind.INTS:
            return [rng.randint(-20, 30) for _ in range(rng.randint(4, 9))]
        case Kind.INT:
            return rng.choice((rng.randint(-60, -2), rng.randint(2, 30), rng.randint(31, 150)))
        case Kind.STR:
            words = [rng.choice(_WORDS) for _ in range(rng.randint(2, 5))]
            words[rng.randrange(len(words))] += rng.choice(("!", "7", "-", "42", ""))
            return " ".join(words)
        case Kind.DICT:
            return {key: rng.randint(-12, 25) for key in rng.sample(_KEYS, rng.randint(3, 6))}
        case Kind.WORDS:
            raise ValueError("no domain is given a list of words")
