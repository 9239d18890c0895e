"""Splits: which generated tasks a policy learns from, and which it is only measured on. A hash decides, for good."""

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

Rules = tuple[str, ...]
"""Names of the rules that a task combines: its composition."""

_FAMILIES_HELD_OUT = 12
_COMPOSITIONS_HELD_OUT = 20
_PARAMETERS_HELD_OUT = 15
_VALIDATION = 8
"""Per cent."""


class Split(StrEnum):
    """Disjoint by construction."""

    TRAIN = "train"
    VALIDATION = "validation"
    """For choosing settings, so that the held-out splits stay untouched."""
    HELD_OUT_PARAMETERS = "held_out_parameters"
    """Rules that are trained on, with numbers, words or names that are not."""
    HELD_OUT_COMPOSITIONS = "held_out_compositions"
    """Combinations of rules that are not trained on."""
    HELD_OUT_DEPTH = "held_out_depth"
    """Compositions deeper than any that is trained on."""
    HELD_OUT_FAMILIES = "held_out_families"
    """Families of which nothing is trained on."""


HELD_OUT = (
    Split.HELD_OUT_PARAMETERS,
    Split.HELD_OUT_COMPOSITIONS,
    Split.HELD_OUT_DEPTH,
    Split.HELD_OUT_FAMILIES,
)
"""The splits that a policy is measured on, as far as a family has them."""


def family_is_held_out(family: str) -> bool:
    """Whether a hash of its name keeps a family away from training."""
    return bucket(family) < _FAMILIES_HELD_OUT


def held_out(family: str, compositions: Mapping[int, Sequence[Rules]]) -> frozenset[tuple[int, Rules]]:
    """Compositions of a family that are not trained on, with their levels; of no level all.

    A composition that several levels have is held out at all of them or at none.
    """
    chosen = {
        rules
        for several in compositions.values()
        if len(several) > 1
        for rules in several
        if bucket(family, *rules) < _COMPOSITIONS_HELD_OUT
    }
    for several in compositions.values():
        if chosen.issuperset(several):
            chosen.discard(several[0])
    return frozenset((level, rules) for level, several in compositions.items() for rules in several if rules in chosen)


def split_of_parameters(family: str, rules: Rules, parameters: Sequence[Any]) -> Split:
    """The split of a task whose composition is trained on, by its parameters."""
    number = bucket(family, *rules, repr(tuple(parameters)))
    if number < _PARAMETERS_HELD_OUT:
        return Split.HELD_OUT_PARAMETERS
    return Split.VALIDATION if number < _PARAMETERS_HELD_OUT + _VALIDATION else Split.TRAIN


def bucket(*names: str) -> int:
    """A number from 0 to 99 that the names decide, on every machine alike."""
    return int(hashlib.sha256("\0".join(names).encode()).hexdigest()[:8], 16) % 100
