"""A GPU kernel with one fault, of the kinds that a launch on a small size or a lucky order hides.

Nothing is launched while a task is generated, so what is seen is told in words, by the kind of fault; which faults are
found, and where they are faults at all, is known from the past (`python -m bench.long.kernels`). `hone suite check`
proves it anew for each task.
"""

import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from hone.tasks.families.kernels.faults import FAULTS
from hone.tasks.task import Task

_SEEN: Mapping[str, str] = {
    "mask": "In some launches it touches what is no element of a buffer, leaves elements out, or counts what it masks.",
    "stride": "In some launches it loads or stores the wrong elements, or what is no element of a buffer.",
    "race": "In some launches programs touch the same element with nothing that orders them, or do each other's work.",
    "dtype": "In some launches its results are off by more than they may be: digits are lost on the way.",
    "stale buffer": "In some launches what an output holds at the end depends on what was there at the start.",
    "missing barrier": "In some launches an element is touched by two lanes or programs with nothing that orders them.",
}
_MOST_LINES = 2
"""One mistake changes, adds or drops no more lines than these; lines may also move."""


def broken(task: Task, rng: random.Random, told: str) -> Task | None:
    """The task of mending a kernel with one fault; None where no fault fits it.

    Args:
        told: a sentence that says what to do with the program shown.
    """
    found: dict[str, list[str]] = {}
    for fault in FAULTS:
        source = fault.of(task)
        if source is not None and _is_one_place(source, task.reference):
            found.setdefault(fault.kind, []).append(source)
    if not found:
        return None
    kind = rng.choice(list(found))  # first the kind: those of masks are many, and barriers few
    source = rng.choice(found[kind]).rstrip()
    return replace(task, prompt=f"{task.prompt}\n{told}\n\n```python\n{source}\n```\n\n{_SEEN[kind]}\n")


def _is_one_place(source: str, reference: str) -> bool:
    lines, right = Counter(source.splitlines()), Counter(reference.splitlines())
    return max((lines - right).total(), (right - lines).total()) <= _MOST_LINES
