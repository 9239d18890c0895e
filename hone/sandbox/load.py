"""A busy machine, for reruns that ask for one: the program is kept to one core, and shares it with a companion.

The companion is a process of the host's that computes nothing. It ends with the run, or by itself where the judge is
killed before.
"""

import os
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

from hone.sandbox.jobs import Variation
from hone.sandbox.warm import WorkerDied

_SPIN = (
    "import os, sys, time\nos.sched_setaffinity(0, {int(sys.argv[1])})\nend = time.monotonic() + float(sys.argv[2])\n"
)
_SPIN += "while time.monotonic() < end: pass\n"


def core_of(variation: Variation) -> int | None:
    """The core that the run is kept to; None where it may use all that the judge may use."""
    if variation.busy_core is None:
        return None
    cores = sorted(os.sched_getaffinity(0))
    return cores[variation.busy_core % len(cores)]


@contextmanager
def beside(variation: Variation, most_seconds: float) -> Generator[None]:
    """Keep the variation's core busy meanwhile, for at most so many seconds on the wall.

    Raises:
        WorkerDied: this machine starts no further process.
    """
    core = core_of(variation)
    if core is None:
        yield
        return
    command = [sys.executable, "-I", "-S", "-c", _SPIN, str(core), str(most_seconds)]
    try:
        companion = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603  # the text above
    except OSError as error:
        raise WorkerDied(f"no busy companion could be started: {error}") from error
    with companion:
        try:
            yield
        finally:
            companion.kill()
