"""Static checks: milliseconds a candidate, in batches of 256: ruff and ty together, then the rules of Hone's own.

The candidates are references of generated tasks, each made different by a comment, every other one with an unused
import. The two tools run side by side, as in the judge. The peer is the same two tools, one run a candidate.

    python -m bench.static_checks
"""

import itertools
import statistics
import time
from collections.abc import Callable
from typing import Any

from hone.tasks.families import FAMILIES, Split, levels_of, task_from_id, task_id
from hone.verdict.checks.imports import with_disallowed
from hone.verdict.checks.signature import with_signature
from hone.verdict.checks.static import findings

BATCH, REPETITIONS, ALONE = 256, 7, 8


def candidates() -> list[tuple[str, str]]:
    """Entry point and source of each candidate, no two alike."""
    places = [(family, level) for family in FAMILIES for level in levels_of(family, Split.TRAIN)]
    tasks = [
        task_from_id(task_id(family, level, Split.TRAIN, number // len(places)))
        for number, (family, level) in zip(range(BATCH), itertools.cycle(places), strict=False)
    ]
    mistakes = itertools.cycle(("", "import colorsys\n"))
    return [
        (task.entry_point, f"# {number}\n{mistake}{task.reference}")
        for number, (task, mistake) in enumerate(zip(tasks, mistakes, strict=False))
    ]


def milliseconds(count: int, work: Callable[[], object]) -> float:
    """Milliseconds for each of `count`: the median of the repetitions."""
    work()
    taken = []
    for _ in range(REPETITIONS):
        started = time.perf_counter()
        work()
        taken.append((time.perf_counter() - started) * 1e3 / count)
    return statistics.median(taken)


def own_rules(programs: list[tuple[str, str]]) -> None:
    """Imports that the task does not allow, and the signature that it states."""
    for name, source in programs:
        with_signature(with_disallowed((), source, ()), source, f"def {name}(xs: list[int]) -> list[int]")


def measure() -> list[dict[str, Any]]:
    """Both figures; the tools' findings are looked at, so that a tool which fails is no fast one."""
    programs = candidates()
    sources = [source for _name, source in programs]
    found = findings(sources)
    assert all(any(finding.rule == "F401" for finding in group) for group in found[1::2])
    both = milliseconds(BATCH, lambda: findings(sources))
    alone = milliseconds(ALONE, lambda: [findings([source]) for source in sources[:ALONE]])
    own = milliseconds(BATCH, lambda: own_rules(programs))
    name = f"static checks, batches of {BATCH}"
    peer = f"one run a candidate: {alone:.1f} ms"
    return [
        {"name": f"{name}: ruff and ty", "value": both, "unit": "ms/candidate", "peer": peer, "ratio": alone / both},
        {"name": f"{name}: own rules", "value": own, "unit": "ms/candidate", "peer": "", "ratio": None},
    ]


if __name__ == "__main__":
    for entry in measure():
        print(f"{entry['name']}: {entry['value']:.2f} {entry['unit']} ({entry['peer']}, {entry['ratio']})")
