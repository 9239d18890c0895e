"""What is told of a check: values in a few words, and a program's own words in a form that every reader takes."""

import reprlib

from hone.printable import printable as spelled_out
from hone.tasks.array import Array
from hone.tasks.checks import CallCheck, Compare
from hone.verdict import equality

_DETAIL = 300
_OUTPUT = 4000


class _Short(reprlib.Repr):
    """`repr`, built from the first parts only."""

    def __init__(self) -> None:
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxfrozenset = 12
        self.maxstring = self.maxother = 120

    def repr_Array(self, value: Array, level: int) -> str:  # reprlib's way of naming the method for a type
        kind = "scalar" if value.scalar else f"array of shape {value.shape}"
        return f"a numpy {value.dtype} {kind}: {self.repr1(list(equality.first_items(value, self.maxlist)), level)}"


_SHORT = _Short()


def expectation(check: CallCheck) -> str:
    """What should have come of a call, in a few words."""
    match check.compare:
        case Compare.RAISES:
            expected = f"expected {check.expected or 'an exception'} to be raised"
        case Compare.CHECKER:
            expected = "expected what the checker accepts"
        case Compare.ONE_OF:
            expected = f"expected one of {shown(check.expected)}"
        case _:
            expected = f"expected {shown(check.expected)}"
    if check.arguments_after is not None:
        expected = f"{expected} and the arguments to be {shown(list(check.arguments_after))} afterwards"
    return expected


def shown(value: object) -> str:
    """A value in a few words, built from its first parts only: an answer may be megabytes."""
    try:
        return _SHORT.repr(value)
    except ValueError:  # an integer of more digits than Python writes out
        return f"a {type(value).__name__} too large to show"


def printable(text: str) -> str:
    """One line that every file, terminal and JSON reader takes: a program's words may hold surrogates and escapes."""
    return spelled_out(text[:_DETAIL])[:_DETAIL]


def printable_lines(text: str) -> str:
    """As `printable`, line by line; at most a few thousand characters in all."""
    return "\n".join(map(printable, text[:_OUTPUT].split("\n")))[:_OUTPUT]
