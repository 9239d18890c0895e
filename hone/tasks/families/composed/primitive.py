"""The vocabulary of the families: a primitive is one small operation with its wordings and its surface forms."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The plain type that flows between steps; the value is its annotation in a signature."""

    INT = "int"
    INTS = "list[int]"
    STR = "str"
    WORDS = "list[str]"
    DICT = "dict[str, int]"


VARIABLE = {Kind.INT: "n", Kind.INTS: "xs", Kind.STR: "s", Kind.WORDS: "words", Kind.DICT: "d"}
"""The name that a value of each kind bears in references and prompts."""


@dataclass(frozen=True)
class Primitive:
    """One operation.

    A wording is an imperative phrase. A surface is either one expression over `{x}`, or a block of lines that reads
    `{x}` and assigns `{y}`. `{k}` is the parameter in both. Every surface computes what `apply` computes: the
    differential test runs each of them against it.
    """

    name: str
    takes: Kind
    gives: Kind
    apply: Callable[..., Any]
    """`apply(value)` or `apply(value, k)`."""
    wordings: tuple[str, ...]
    surfaces: tuple[str, ...]
    ks: tuple[Any, ...] = ()
    """Parameter values to draw from; empty for an operation without one."""


@dataclass(frozen=True)
class Condition:
    """A yes-or-no question about a value: the test of a branch."""

    name: str
    takes: Kind
    holds: Callable[[Any, Any], bool]
    wording: str
    surface: str
    ks: tuple[Any, ...]


def literal(k: object) -> str:
    """`k` as Python source, with the double quotes that the formatter prefers."""
    return f'"{k}"' if isinstance(k, str) else repr(k)
