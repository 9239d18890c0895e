"""Properties: what must hold of a function's answers for every input that a strategy draws (Hypothesis).

The task author writes two kinds of Python expressions. They are evaluated in the referee, a jailed process beside the
candidate's; the candidate sees the drawn arguments and nothing of the property.
"""

import keyword
from collections.abc import Mapping
from dataclasses import dataclass, field

from hone.errors import Boundary, HoneError
from hone.syntax import parse

ANSWER = "answer"
"""What an invariant calls the function's answer."""
_MOST_EXAMPLES = 10_000


@dataclass(frozen=True)
class Property:
    """An invariant of the entry point's answers.

        Property("sorted", given={"xs": "st.lists(st.integers())"}, invariant="answer == sorted(xs)")

    Raises:
        HoneError: a part of it is no Python expression, or a name cannot be used.
    """

    name: str
    given: Mapping[str, str] = field(hash=False)
    """For each argument, in the order of the call: its name in the invariant, and the strategy that draws it, an
    expression in which `st` is `hypothesis.strategies`."""
    invariant: str
    """An expression that must be true; it sees the arguments, `answer`, the entry point itself (to call it again) and
    the names that `helpers` defines."""
    helpers: str = ""
    """Python source, executed before the strategies: imports, functions."""
    examples: int = 100
    """Inputs drawn."""
    visible: bool = False
    """Whether the policy may be told the input that refutes it."""

    def __post_init__(self) -> None:
        if not (self.name and self.name.isprintable()):
            raise HoneError(Boundary.TASK, f"property {self.name!r} has no name", "name it in one line")
        if not self.given:
            raise HoneError(Boundary.TASK, f"property {self.name!r} draws no argument", "give {'x': 'st.integers()'}")
        for argument, strategy in self.given.items():
            if not argument.isidentifier() or keyword.iskeyword(argument) or argument in (ANSWER, "st"):
                what = f"property {self.name!r}: an argument cannot be called {argument!r}"
                raise HoneError(Boundary.TASK, what, f"use a Python name other than {ANSWER!r} and 'st'")
            self._parse(f"the strategy of {argument!r}", strategy, "eval")
        self._parse("the invariant", self.invariant, "eval")
        self._parse("helpers", self.helpers, "exec")
        if not 1 <= self.examples <= _MOST_EXAMPLES:
            what = f"property {self.name!r} draws {self.examples} examples"
            raise HoneError(Boundary.TASK, what, f"give a number from 1 to {_MOST_EXAMPLES}")

    def _parse(self, part: str, source: str, mode: str) -> None:
        try:
            parse(source.strip() if mode == "eval" else source, mode=mode)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            what = f"property {self.name!r}: {part} does not parse ({error})"
            raise HoneError(Boundary.TASK, what, "write it as Python") from error
