"""A sample of generated tasks for a reader: first what is asked, then what the hidden checks want.

The reader solves each task from the prompt alone, and then asks of every hidden check whether the prompt decides it. A
hash draws the tasks, so many of each domain, over levels and splits. Concurrency and kernels are left out. Families
that `--after` drew come only when there are no others.

    python -m bench.long.read_sample --seed 1 --hidden
    python -m bench.long.read_sample --seed 2 --after 1
"""

import hashlib

import tyro

from hone.tasks.families import FAMILIES, Split, levels_of, task_from_id, task_id
from hone.tasks.task import CallCheck, Task

DRAWN = {
    "strings": 4,
    "integers": 4,
    "lists": 1,
    "dictionaries": 1,
    "collections": 4,
    "files": 4,
    "numerics": 4,
    "services": 4,
    "libraries": 1,
    "repair": 2,
    "contradictions": 1,
}
"""How many tasks of each domain; 30 in all."""


def sample(seed: int, last: frozenset[str] = frozenset()) -> list[str]:
    """The ids of 30 tasks; families in `last` come after all others of their domain."""
    names: list[str] = []
    for domain, count in DRAWN.items():
        known = [name for name in FAMILIES if name.startswith(f"{domain}.") and not name.endswith(".concurrency")]
        names += sorted(known, key=lambda name: (name in last, _number(seed, name)))[:count]
    return [_drawn(seed, name, (2 * place + seed) % 5 + 1) for place, name in enumerate(names)]


def _drawn(seed: int, name: str, wanted: int) -> str:
    """A task of the level that is wanted, or of the nearest one that the family has."""
    levels = {level for split in Split for level in levels_of(name, split)}
    level = min(levels, key=lambda level: (abs(level - wanted), -level))
    splits = sorted(split for split in Split if level in levels_of(name, split))
    return task_id(name, level, splits[_number(seed, name, "s") % len(splits)], _number(seed, name, "i") % 1000)


def _number(*parts: int | str) -> int:
    return int(hashlib.sha256(":".join(map(str, parts)).encode()).hexdigest()[:12], 16)


def told(task: Task, *, hidden: bool) -> str:
    """What is asked; and each hidden call with what must come of it, or the tests."""
    lines = [f"== {task.id}", task.prompt]
    if hidden:
        calls = [check for check in task.hidden if isinstance(check, CallCheck)]
        lines += [f"{check.args!r} -> {check.expected!r} ({check.compare})" for check in calls] or [task.tests]
    return "\n".join(lines)


def main(seed: int = 1, after: int | None = None, hidden: bool = False) -> None:
    """Print a sample.

    Args:
        seed: of the draw.
        after: seed of an earlier sample, whose families come last.
        hidden: tell what the hidden checks want, too.
    """
    last = frozenset(name.partition(":")[0] for name in sample(after)) if after is not None else frozenset()
    for name in sample(seed, last):
        print(told(task_from_id(name), hidden=hidden), end="\n\n")


if __name__ == "__main__":
    tyro.cli(main)
