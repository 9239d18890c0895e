"""Public suites: seconds of CPU to read all of them that are in the folder; less than 5 are asked for.

Each repetition is a process of its own, so that nothing is left over from the one before; its start and its imports
count, too. The folder is that of `hone suite`: the variable `HONE_SUITES`, or else `~/.cache/hone/suites`.

    HONE_SUITES=DIR python -m bench.load_suites
"""

import statistics
import subprocess
import sys
import time
from typing import Any

from hone.tasks.suites import available, load_suite

ASKED = 5.0
"""Seconds."""
REPETITIONS = 3
_ONCE = "from bench.load_suites import seconds; print(sum(seconds().values()))"


def seconds() -> dict[str, float]:
    """CPU time of this process for each suite; what has been spent before counts towards the first."""
    found, before = {}, 0.0
    for listing in available():
        if listing.path is not None:
            assert load_suite(listing.name).tasks
            found[listing.name] = time.process_time() - before
            before = time.process_time()
    return found


def measure() -> list[dict[str, Any]]:
    """The median of the repetitions; nothing where no suite is in the folder."""
    present = [listing for listing in available() if listing.path is not None]
    if not present:
        print("hone: no public suite is in the folder, so none is timed: set HONE_SUITES", file=sys.stderr)
        return []
    taken = [
        float(subprocess.run([sys.executable, "-c", _ONCE], check=True, capture_output=True, text=True).stdout)  # noqa: S603
        for _ in range(REPETITIONS)
    ]
    value = statistics.median(taken)
    entry = {"name": f"public suites: all {len(present)} loaded", "value": value, "unit": "s of CPU"}
    return [entry | {"peer": f"asked for: {ASKED:g} s", "ratio": ASKED / value}]


if __name__ == "__main__":
    for suite, taken in sorted(seconds().items(), key=lambda pair: -pair[1]):
        print(f"{suite}: {taken:.2f} s")
    for entry in measure():
        print(f"{entry['name']}: {entry['value']:.2f} {entry['unit']} ({entry['peer']}, {entry['ratio']:.2f})")
