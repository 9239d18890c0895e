"""A class or function that threads share, with one of its locks dropped.

Threads run nowhere while a task is generated, so that the mistake shows is known from the past: the checks found every
dropped lock that was tried (`python -m bench.long.concurrency --locks 1`), but for those named here, which do no harm.
`hone suite check` proves it anew for each task.
"""

import ast
import random
import re
from dataclasses import dataclass, replace

from hone.syntax import parse
from hone.tasks.mutation import Mutant, mutants
from hone.tasks.task import Task


@dataclass(frozen=True)
class Harmless:
    """A lock without which the reference is as right as with it."""

    family: str
    alone: str
    """A pattern of what the lock holds together."""
    why: str
    unless: str = ""
    """A pattern of references in which the lock matters after all."""

    def is_dropped_in(self, task: Task, mutant: Mutant) -> bool:
        """Whether the mutant is the task's reference without this lock."""
        if task.family != self.family or (self.unless and re.search(self.unless, task.reference)):
            return False
        return re.search(rf"if True:\n +{self.alone}\n", mutant.source) is not None


_LENGTH = "a length is read in one step"
_AT_MOST = r"del self\.values\[next"
HARMLESS = (
    Harmless("concurrency.bounded_queue", r"return len\(self\.items\)", _LENGTH),
    Harmless("concurrency.cancellation", r"return self\.given", "a reason is read in one step, and never changes"),
    Harmless("concurrency.memo", r"return sorted\(self\.values\)", "keys are copied in one step", _AT_MOST),
    Harmless("concurrency.memo", r"return self\.values\.get\(key\)", "a value is read in one step", _AT_MOST),
    Harmless("concurrency.sequencer", r"return len\(self\.kept\)", _LENGTH),
)
"""Locks that are never dropped. A step is one of CPython's, which no other thread cuts short."""
_SEEN = "With it, threads get something wrong, now and then or always."


def unlocked(task: Task) -> list[Mutant]:
    """The reference without one of its locks, for each that matters."""
    return [
        mutant
        for mutant in mutants(task.reference, is_ours=True)
        if mutant.operator == "dropped lock" and not any(one.is_dropped_in(task, mutant) for one in HARMLESS)
    ]


def locked_in(task: Task, mutant: Mutant) -> str:
    """The name of the function that held the lock."""
    functions = [node for node in ast.walk(parse(task.reference)) if isinstance(node, ast.FunctionDef)]
    return [node.name for node in functions if node.lineno <= mutant.line <= (node.end_lineno or 0)][-1]


def broken(task: Task, rng: random.Random, told: str) -> Task | None:
    """The task of mending a program without one of its locks; None where it has none that matters.

    Args:
        told: a sentence that says what to do with the program shown.
    """
    several = unlocked(task)
    if not several:
        return None
    source = rng.choice(several).source.rstrip()
    return replace(task, prompt=f"{task.prompt}\n{told}\n\n```python\n{source}\n```\n\n{_SEEN}\n")
