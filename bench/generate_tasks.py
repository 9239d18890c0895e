"""Generated tasks: how many a second on one core, for each domain of small programs; 1,000 are asked for.

Every family of a domain takes its turn at each of its levels and splits, with indices that were not asked for before,
so that nothing comes from a cache. CPU time of this one process is counted: what else the machine does matters little.

    python -m bench.generate_tasks
"""

import statistics
import time
from typing import Any

from hone.tasks.families import FAMILIES, Split, family, levels_of, task_id

DOMAINS = ("strings", "integers", "lists", "dictionaries", "collections")
ASKED = 1000
"""Tasks a second."""
EACH, REPETITIONS = 6, 5
"""Tasks of each family, level and split in a repetition."""


def places(domain: str) -> list[tuple[str, int, Split]]:
    """Families of a domain with their levels and splits."""
    return [
        (name, level, split)
        for name in FAMILIES
        if name.startswith(f"{domain}.")
        for split in Split
        for level in levels_of(name, split)
    ]


def tasks_a_second(several: list[tuple[str, int, Split]]) -> float:
    """The median of the repetitions, each with tasks of its own."""
    rates = []
    for repetition in range(REPETITIONS + 1):
        started = time.process_time()
        for name, level, split in several:
            for index in range(repetition * EACH, (repetition + 1) * EACH):
                made = family(name).task(task_id(name, level, split, index), level, split)
                assert made.hidden
        rates.append(len(several) * EACH / (time.process_time() - started))
    return statistics.median(rates[1:])


def measure() -> list[dict[str, Any]]:
    """One figure a domain, and how many times what is asked for it is; the first repetition only warms up."""
    found = []
    for domain in DOMAINS:
        rate = tasks_a_second(places(domain))
        entry = {"name": f"generated tasks: {domain}, one core", "value": rate, "unit": "tasks/s"}
        found.append(entry | {"peer": f"asked for: {ASKED}/s", "ratio": rate / ASKED})
    return found


if __name__ == "__main__":
    for entry in measure():
        print(f"{entry['name']}: {entry['value']:.0f} {entry['unit']} ({entry['peer']}, {entry['ratio']:.2f})")
