"""A busy core: the program is kept to it, has to share it, and the companion goes with the run."""

import os
from pathlib import Path

from hone.sandbox.jobs import CallJob, StdioJob, Variation
from hone.sandbox.pool import Pool

SOURCE = """
import os, time
def f(seconds):
    wall, cpu = time.monotonic(), time.process_time()
    while time.monotonic() < wall + seconds: pass
    return len(os.sched_getaffinity(0)), (time.process_time() - cpu) / seconds
"""


def children() -> set[str]:
    """Processes of this one, but for zombies, by the command line."""
    found = set()
    for place in Path("/proc").glob("[0-9]*/status"):
        try:
            status = place.read_text()
            if f"PPid:\t{os.getpid()}\n" in status and "State:\tZ" not in status:
                found.add((place.parent / "cmdline").read_text())
        except OSError:  # it ended meanwhile
            continue
    return found


def test_a_program_shares_one_core_with_a_companion_that_ends_with_it(pool: Pool):
    job = CallJob(SOURCE, "f", ((0.3,),), variation=Variation(busy_core=5))
    before = children()
    (case,) = pool.run(job).cases
    cores, share = case.value
    assert cores == 1
    assert share < 0.85
    assert not any("sched_setaffinity" in command for command in children() - before)


def test_a_program_has_all_cores_where_no_load_is_asked_for(pool: Pool):
    (case,) = pool.run(CallJob(SOURCE, "f", ((0.01,),))).cases
    assert case.value[0] == len(os.sched_getaffinity(0))


def test_whole_programs_are_kept_to_one_core_too(pool: Pool):
    source = "import os\nprint(len(os.sched_getaffinity(0)))"
    (case,) = pool.run(StdioJob(source, ("",), variation=Variation(busy_core=1))).cases
    assert case.value == "1\n"
