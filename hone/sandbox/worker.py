"""One worker: a set of warm interpreters, and the running of jobs on them, one at a time."""

import re
from dataclasses import dataclass, field

from hone.sandbox.calls import run_calls
from hone.sandbox.inside.zygote import COMMANDS, SOCKETS
from hone.sandbox.jobs import CallJob, Job, RunResult, SpeedJob, StdioJob, SuiteJob
from hone.sandbox.load import beside
from hone.sandbox.programs import run_program
from hone.sandbox.speed import run_speed
from hone.sandbox.suite import plain_tests_suffice, run_suite
from hone.sandbox.warm import WarmInterpreter

RECYCLE_JOBS = 5_000
"""After so many jobs a warm interpreter is replaced, and so is one that has grown by `RECYCLE_BYTES`: none runs a
candidate's code, so neither should ever matter; should something leak, it does not leak for long."""
RECYCLE_BYTES = 64 * 2**20
HASH_SEEDS = tuple(range(32))
"""String-hash seeds of a worker's interpreters; all but the first are started when a job first asks for them."""

_HYPOTHESIS = ("hypothesis", "inside.suite.properties")
"""Modules whose import takes Hypothesis."""
_SLOW_TO_IMPORT = re.compile("pytest|mock|[aA]sync")
"""Words in tests that import what the smallest referee has not loaded. Where they import it all the same, they pay."""


@dataclass
class Worker:
    """Runs jobs on warm interpreters of its own. Used by one thread, which must outlive it."""

    mode: str
    packages: tuple[str, ...] = ()
    """Installed packages that programs may import, beyond the standard library; loaded once, before forking."""
    _interpreters: dict[tuple[str, int], WarmInterpreter] = field(default_factory=dict)

    def interpreter(self, role: str, hash_index: int = 0) -> WarmInterpreter:
        """The worker's warm interpreter for a role and hash seed, started at first use. Raises HoneError."""
        key = (role, HASH_SEEDS[hash_index % len(HASH_SEEDS)])
        if key not in self._interpreters:
            self._interpreters[key] = WarmInterpreter(role, self.mode, key[1], self.packages)
        return self._interpreters[key]

    def pids(self) -> list[int]:
        """Process numbers of the jails."""
        return [interpreter.pid for interpreter in list(self._interpreters.values())]

    def kill(self) -> None:
        """Kill the jails from another thread; the worker's own thread notices."""
        for interpreter in list(self._interpreters.values()):
            interpreter.kill()

    def close(self) -> None:
        """End every interpreter and all that runs in it."""
        while self._interpreters:
            self._interpreters.popitem()[1].close()

    def run(self, job: Job) -> RunResult:
        """Run one job.

        Raises:
            WorkerDied: an interpreter no longer answers: close this worker and try on another.
            HoneError: the jail cannot be started, or the job's arguments are not plain.
        """
        self._recycle()
        with beside(job.variation, job.limits.wall_seconds):
            return self._run(job)

    def _run(self, job: Job) -> RunResult:
        if isinstance(job, CallJob) and job.trusted:
            return run_calls(self.interpreter("referee"), job).result(self.mode)
        role = "module" if isinstance(job, SuiteJob) else "candidate"
        role += SOCKETS * job.limits.sockets + COMMANDS * job.limits.commands
        candidates = self.interpreter(role, job.variation.hash_seed)
        if isinstance(job, SpeedJob):
            return run_speed(candidates, job)
        if isinstance(job, SuiteJob):
            referees = self.interpreter(_referee_for(job) + COMMANDS * job.limits.commands)
            tally = run_suite(candidates, referees, job)
        elif isinstance(job, StdioJob):
            tally = run_program(candidates, job)
        else:
            tally = run_calls(candidates, job)
        return tally.result(self.mode)

    def _recycle(self) -> None:
        """Let go of interpreters that have served long enough; the next job starts new ones."""
        for key, interpreter in list(self._interpreters.items()):
            if interpreter.jobs >= RECYCLE_JOBS or interpreter.grown_bytes >= RECYCLE_BYTES:
                del self._interpreters[key]
                interpreter.close()


def _referee_for(job: SuiteJob) -> str:
    """The role of the interpreter that runs these tests: the smallest that has loaded what they use."""
    if any(name in job.tests for name in _HYPOTHESIS):
        return "properties"
    is_small = plain_tests_suffice(job.tests) and not _SLOW_TO_IMPORT.search(job.tests)
    return "referee" if is_small else "pytest"
