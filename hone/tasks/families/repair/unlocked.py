"""A class that threads share, with one of its locks dropped.

Threads run nowhere while a task is generated, so that the mistake shows is known from the past: for the methods named
here the checks found every dropped lock that was tried. `hone suite check` proves it anew for each task.
"""

import ast
import random
from collections.abc import Collection, Mapping
from dataclasses import replace

from hone.syntax import parse
from hone.tasks.mutation import mutants
from hone.tasks.task import Task

MATTERS: Mapping[str, Collection[str]] = {
    "concurrency.accounts": ("balance", "balances", "peek"),
    "concurrency.barrier": ("waiting",),
    "concurrency.bounded_queue": ("size",),
    "concurrency.counter": (),
    "concurrency.memo": ("known", "peek", "forget"),
    "concurrency.rate_limiter": ("left",),
    "concurrency.sequencer": ("held", "close"),
}
"""Families, and those of their methods in which a dropped lock goes unnoticed, as far as was seen, or does no harm."""
_SEEN = "With it, threads that share one object get something wrong, now and then or always."


def broken(task: Task, rng: random.Random, told: str) -> Task | None:
    """The task of mending a program without one of its locks; None where it has none that matters.

    Args:
        told: a sentence that says what to do with the program shown.
    """
    methods = [node for node in ast.walk(parse(task.reference)) if isinstance(node, ast.FunctionDef)]
    spared = MATTERS[task.family]
    several = [
        mutant
        for mutant in mutants(task.reference)
        if mutant.operator == "dropped lock"
        and not any(one.name in spared and one.lineno <= mutant.line <= (one.end_lineno or 0) for one in methods)
    ]
    if not several:
        return None
    source = rng.choice(several).source.rstrip()
    return replace(task, prompt=f"{task.prompt}\n{told}\n\n```python\n{source}\n```\n\n{_SEEN}\n")
