"""What a job has come to so far, and what a jailed process claims: nothing in a message is believed beyond its type."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from math import ceil
from typing import Any

from hone.errors import Boundary, HoneError
from hone.sandbox.inside import audit
from hone.sandbox.inside.codec import Plain, WireError, decode
from hone.sandbox.inside.seal import Allowance
from hone.sandbox.jobs import CaseResult, Job, NotPlain, RunResult, Status
from hone.sandbox.load import core_of
from hone.sandbox.warm import Ending
from hone.sandbox.watch import Session
from hone.tasks.array import Array
from hone.tasks.library import site_files
from hone.tasks.task import Limits

MOST_TIMEOUTS = 2
"""After so many cases ran out of time the others are not tried: the candidate has failed, and each costs seconds."""
MOST_RESTARTS = 8
"""How often a candidate that ended early is started again for its remaining cases."""
CASE_OVERHEAD = 16 * 2**10
"""Bytes of error text and framing around one case's reply."""
CASE_STATUSES = {str(status): status for status in (Status.DONE, Status.RAISED, Status.OUT_OF_MEMORY)}
TEST_STATUSES = CASE_STATUSES | {str(status): status for status in (Status.FAILED, Status.MISSING_ENTRY_POINT)}
"""What the referee may say of a test."""
STOP_STATUSES = {
    str(status): status
    for status in (Status.RAISED, Status.OUT_OF_MEMORY, Status.DOES_NOT_COMPILE, Status.MISSING_ENTRY_POINT)
}


@dataclass
class Tally:
    """What a job has come to so far: one slot for each case, and what the processes used."""

    cases: list[CaseResult | None]
    pending: list[int]
    timeouts: int = 0
    restarts: int = 0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    whole: Status = Status.DONE
    error: str = ""
    tripwires: set[str] = field(default_factory=set)
    starved: bool = False
    task_fault: str = ""

    def count(self, ending: Ending, session: Session) -> None:
        """Add one process's use, what it tried and may not do, and whether it was kept from running."""
        self.tripwires.update(session.tripped)
        self.starved |= session.starved
        self.cpu_seconds += ending.cpu_seconds
        self.memory_bytes = max(self.memory_bytes, ending.memory_bytes)

    def settle(self, index: int, case: CaseResult) -> None:
        """Fix one case's result."""
        self.pending.remove(index)
        self.cases[index] = case

    def cpu_seconds_of(self, indices: Iterable[int]) -> float:
        """What the cases with a result among these have used."""
        found = (self.cases[index] for index in indices)
        return sum(case.cpu_seconds for case in found if case is not None)

    def stop(self, ended: CaseResult) -> None:
        """The candidate as a whole has ended so: every case still open ends so too, without having been reached."""
        self.whole, self.error = ended.status, ended.error
        unreached = replace(ended, cpu_seconds=0.0, output="", reached=False)
        for index in list(self.pending):
            self.settle(index, unreached)

    def blame_task(self, fault: str) -> None:
        """The task itself cannot be run: that says nothing of the candidate."""
        self.task_fault = fault
        self.stop(CaseResult(Status.NOT_GRADED, error=fault))

    def set_back(self, ended: CaseResult, deadline: float) -> None:
        """The case in progress ended the process; go on with the others only within the bounds."""
        self.settle(self.pending[0], ended)
        self.timeouts += ended.status is Status.TIMED_OUT
        self.restarts += 1
        spent = self.timeouts >= MOST_TIMEOUTS or self.restarts > MOST_RESTARTS or time.monotonic() >= deadline
        if self.pending and spent:
            self.stop(ended)

    def result(self, jail: str) -> RunResult:
        """The job's result, a case for every slot."""
        cases = tuple(case if case is not None else CaseResult(Status.NOT_GRADED) for case in self.cases)
        return RunResult(
            self.whole,
            cases,
            self.error,
            self.cpu_seconds,
            self.memory_bytes,
            jail,
            self.starved,
            self.task_fault,
            tuple(sorted(self.tripwires)),
        )


def permutation(order: tuple[int, ...] | None, count: int) -> list[int]:
    """The order to run the cases in. Raises HoneError for one that is not a permutation."""
    chosen = tuple(range(count)) if order is None else order
    if sorted(chosen) != list(range(count)):
        raise HoneError(Boundary.USER, f"order {order} is no permutation of {count} cases", "give each index once")
    return list(chosen)


def common_request(job: Job, nonce: bytes, scratch: str) -> dict[str, Any]:
    """The part of a request that every kind of job has."""
    return {
        "nonce": nonce,
        "scratch": scratch,
        "site": site_files(job.libraries),
        "source": job.source,
        "random_seed": job.variation.random_seed,
        "clock_seconds": job.variation.clock_seconds,
        "switch_seconds": job.variation.switch_seconds,
        "core": core_of(job.variation),
        "output_bytes": job.limits.output_bytes,
        "reply_bytes": job.limits.reply_bytes,
    }


def allowance_for(limits: Limits, cases: int, extra_file_bytes: int = 0) -> Allowance:
    """The kernel's limits for one process that runs so many cases: a backstop behind the host's own watch."""
    return Allowance(
        cpu_seconds=ceil(limits.cpu_seconds * max(cases, 1)) + 2,
        memory_bytes=limits.memory_bytes,
        processes=limits.processes,
        file_bytes=limits.file_bytes + extra_file_bytes,
    )


def reply_cap(limits: Limits, cases: int) -> int:
    """Most bytes that one process may say in all."""
    return limits.reply_bytes + (cases + 1) * (2 * limits.output_bytes + CASE_OVERHEAD)


def how_it_ended(session: Session, ending: Ending, allowance: Allowance) -> tuple[Status, str]:
    """Why a process ended before it had answered everything."""
    if session.ending is not None:
        return session.ending, session.reason
    if ending.exit_code < 0 and ending.cpu_seconds >= allowance.cpu_seconds - 0.5:
        return Status.TIMED_OUT, f"{allowance.cpu_seconds} s of CPU time in all"
    if ending.out_of_memory:
        return Status.OUT_OF_MEMORY, "all its processes together held more than its limit of memory"
    if ending.exit_code < 0:
        return Status.KILLED, f"the process ended by signal {-ending.exit_code}"
    return Status.KILLED, f"the process left with exit status {ending.exit_code} in the middle of its work"


def case_from(message: dict[str, Any], *, with_value: bool) -> CaseResult:
    """One case as a process reports it."""
    status = (CASE_STATUSES if with_value else TEST_STATUSES).get(text_of(message, "s"), Status.KILLED)
    value, arguments = None, None
    try:
        if with_value and status is Status.DONE:
            value = _value_of(message, "v") if "v" in message else NotPlain(text_of(message, "u") or "unknown")
        if with_value and "a" in message:
            arguments = _value_of(message, "a")
    except WireError as error:
        return CaseResult(Status.KILLED, error=f"it sent what is no value: {error}")
    cpu = message.get("c")
    return CaseResult(
        status=status,
        value=value,
        error=text_of(message, "e"),
        error_types=types_of(message),
        output=text_of(message, "o"),
        cpu_seconds=cpu if type(cpu) is float and 0 <= cpu < 1e6 else 0.0,
        arguments_after=arguments if type(arguments) is list else None,
    )


def _value_of(message: dict[str, Any], key: str) -> Plain:
    data = message[key]
    if type(data) is not bytes:
        raise WireError("a value that is not encoded")
    return decode(data, array=Array)


def stop_from(message: dict[str, Any]) -> CaseResult:
    """How the candidate as a whole ended, as its process reports it."""
    status = STOP_STATUSES.get(text_of(message, "stop"), Status.KILLED)
    return CaseResult(status, error=text_of(message, "e"), error_types=types_of(message))


def text_of(message: dict[str, Any], key: str) -> str:
    """A text field, or nothing."""
    value = message.get(key)
    return value if type(value) is str else ""


def types_of(message: dict[str, Any]) -> tuple[str, ...]:
    """Names of exception classes."""
    value = message.get("t")
    return tuple(name for name in value[:20] if type(name) is str) if type(value) is list else ()


def noticed_in(message: dict[str, Any]) -> frozenset[str]:
    """Tripwires that the program's own process noticed: of a fixed list, whatever the process says."""
    value = message.get("w")
    return audit.NAMES.intersection(name for name in value[:20] if type(name) is str) if type(value) is list else _NONE


_NONE: frozenset[str] = frozenset()
