"""Speed: inputs of growing size, on which a passing program is measured against the task's reference."""

import ast
from dataclasses import dataclass
from typing import Any

from hone.errors import Boundary, HoneError
from hone.syntax import parse

GENERATOR = "inputs"
"""The function that a generator's source defines."""
FEWEST_ROUNDS = 6
"""With fewer, no interval of the median ratio has 95 % (see verdict/checks/speed.py)."""
_MOST_ROUNDS = 101


@dataclass(frozen=True)
class SpeedCheck:
    """What to call the program and the reference with; either `inputs`, or a `generator` and its `sizes`.

    All inputs together should keep the reference busy for 10 ms or more: starting and ending a process is measured too.
    They are hidden, as hidden checks are.

    Raises:
        HoneError: it has no inputs, or two kinds of them, or too few rounds.
    """

    inputs: tuple[tuple[Any, ...], ...] = ()
    """Arguments of each call, the sizes growing."""
    generator: str = ""
    """Python source, run in the jail, that defines `inputs(size)`: the arguments of one call, as a tuple."""
    sizes: tuple[int, ...] = ()
    """What the generator is called with."""
    rounds: int = 9
    """How often each of the two is measured, in alternation."""

    def __post_init__(self) -> None:
        if bool(self.inputs) == bool(self.generator) or bool(self.generator) != bool(self.sizes):
            raise HoneError(Boundary.TASK, "a speed check without inputs", "give `inputs`, or `generator` and `sizes`")
        if not all(isinstance(arguments, tuple | list) for arguments in self.inputs):
            raise HoneError(Boundary.TASK, "a speed check's input is no tuple", "give ((argument, …), …)")
        if not FEWEST_ROUNDS <= self.rounds <= _MOST_ROUNDS:
            what = f"a speed check of {self.rounds} rounds"
            raise HoneError(Boundary.TASK, what, f"give from {FEWEST_ROUNDS} to {_MOST_ROUNDS}")
        if self.generator:
            self._check_generator()

    def _check_generator(self) -> None:
        try:
            tree = parse(self.generator)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise HoneError(Boundary.TASK, f"a speed check's generator: {error}", "mend its source") from error
        if not any(isinstance(node, ast.FunctionDef) and node.name == GENERATOR for node in tree.body):
            raise HoneError(Boundary.TASK, f"a generator without `{GENERATOR}(size)`", "define that function")
