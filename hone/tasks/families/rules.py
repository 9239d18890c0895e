"""What rules say: each has sentences to choose from, and the names of the values that are drawn for it."""

import random
import string
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from hone.tasks.families.splits import Rules

Sentences = Mapping[str, Sequence[str]]
"""For each rule, ways to say it, all with the same `{values}`."""


def worded(rng: random.Random, asked: Sentences, rules: Rules, /, **drawn: Any) -> str:
    """One sentence for each rule, in order, with the drawn values filled in."""
    return " ".join([rng.choice(asked[rule]).format_map(drawn) for rule in rules])


def parameters(asked: Sentences, rules: Rules, drawn: Mapping[str, Any]) -> tuple[Any, ...]:
    """The drawn values that the rules name, in the order in which they name them."""
    return tuple([drawn[field] for rule in rules for field in fields_of(asked[rule][0])])


@lru_cache(maxsize=4096)
def fields_of(sentence: str) -> tuple[str, ...]:
    """Names of the values that a sentence has a place for."""
    return tuple(dict.fromkeys(field for _, field, _, _ in string.Formatter().parse(sentence) if field))
