"""Time limits: how many CPU seconds a case gets, and whether a timeout counts.

Limits are in CPU seconds, so that a busy machine does not turn a correct program into a timeout; wall-clock time is a
backstop. Where a task has a reference solution it is run once, and a case then gets `FACTOR` times the CPU time of the
reference's slowest case, at least `FLOOR` and at most what the task's author allows (more only where the reference
itself comes near that on this machine). A limit that was met while the process stood waiting for a core is in doubt:
the program is then run again with nothing else on the pool, and that run counts.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace

from hone.sandbox.jobs import Job, RunResult, Status
from hone.sandbox.pool import Pool
from hone.tasks.task import Limits, Task

FACTOR = 20.0
"""A program that takes so many times as long as the reference has not found the way that was asked for."""
FLOOR = 0.5
"""CPU seconds of a case, however fast the reference is."""
NEAR = 4.0
"""The reference may use so small a part of the author's limit before the limit is raised."""
PATIENCE = 5.0
"""Times the wall-clock limit, for a run that is in doubt."""
_MOST_KNOWN = 20_000


def limits_for(limits: Limits, reference_seconds: float | None) -> Limits:
    """The limits on this machine.

    Args:
        limits: the author's.
        reference_seconds: CPU time of the reference's slowest case; None where there is no reference that passes.
    """
    if reference_seconds is None:
        return limits
    most = max(limits.cpu_seconds, NEAR * reference_seconds)
    return replace(limits, cpu_seconds=min(most, max(FACTOR * reference_seconds, FLOOR)))


def is_in_doubt(result: RunResult) -> bool:
    """Whether a time limit was met by a process that was kept from running."""
    return result.starved and any(case.status is Status.TIMED_OUT for case in result.cases)


class Timing:
    """Knows how long references take, and runs in solitude what is in doubt. Thread-safe as far as its pool is."""

    def __init__(self, pool: Pool, *, calibrate: bool) -> None:
        self._pool = pool
        self._calibrate = calibrate
        self._known: OrderedDict[str, float | None] = OrderedDict()

    def run(self, tasks: Sequence[Task], jobs: Sequence[Job], references: Sequence[Job | None]) -> list[RunResult]:
        """Results of the jobs, in order.

        Args:
            tasks: each job's task.
            jobs: under their authors' limits.
            references: the same jobs with the reference's source; None where a task has none.
        """
        seconds = self._reference_seconds(tasks, references)
        limited = [replace(job, limits=limits_for(job.limits, s)) for job, s in zip(jobs, seconds, strict=True)]
        results = self._pool.run_many(limited)
        doubtful = [index for index, result in enumerate(results) if is_in_doubt(result)]
        patient = [_patient(limited[index]) for index in doubtful]
        for index, again in zip(doubtful, self._pool.run_alone(patient), strict=True):
            if again.status is not Status.NOT_GRADED:
                results[index] = again
        return results

    def _reference_seconds(self, tasks: Sequence[Task], references: Sequence[Job | None]) -> list[float | None]:
        if not self._calibrate:
            return [None] * len(tasks)
        with_reference = {id(task): task for task, job in zip(tasks, references, strict=True) if job is not None}
        names = {number: _content(task) for number, task in with_reference.items()}
        asked = {
            names[id(task)]: job
            for task, job in zip(tasks, references, strict=True)
            if job is not None and names[id(task)] not in self._known
        }
        for name, result in zip(asked, self._pool.run_many(list(asked.values())), strict=True):
            done = all(case.status in (Status.DONE, Status.RAISED) for case in result.cases)
            self._known[name] = max((case.cpu_seconds for case in result.cases), default=0.0) if done else None
        found = [self._known.get(names.get(id(task), "")) for task in tasks]
        while len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return found


def _patient(job: Job) -> Job:
    """The job with a longer wall-clock backstop: other programs may want the cores, whose CPU time is not its own."""
    return replace(job, limits=replace(job.limits, wall_seconds=PATIENCE * job.limits.wall_seconds))


def _content(task: Task) -> str:
    """A name of what the task asks: ids are whoever's choice who sends a task."""
    parts = (task.reference, task.entry_point, task.tests, task.driver, repr(task.checks))
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()
