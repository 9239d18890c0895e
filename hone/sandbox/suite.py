"""Suite jobs: the candidate's module in one jail, the human-written tests in another, a wire between the two."""

import ast
import re
import secrets
import socket
import time
from dataclasses import replace

from hone.kept import Kept
from hone.sandbox import jail
from hone.sandbox.inside.framing import NONCE_BYTES, job_bytes
from hone.sandbox.inside.suite import plain_tests
from hone.sandbox.jobs import CaseResult, Status, SuiteJob
from hone.sandbox.suite_code import code_of
from hone.sandbox.tally import (
    Tally,
    allowance_for,
    case_from,
    common_request,
    how_it_ended,
    noticed_in,
    permutation,
    reply_cap,
    stop_from,
)
from hone.sandbox.warm import Fork, WarmInterpreter
from hone.sandbox.watch import Session, Talk
from hone.syntax import parse

REFEREE_MEMORY_BYTES = 512 * 2**20
WIRE_REPLIES = 16
"""Most bytes on the wire between the two, each way, as a multiple of what a candidate may answer by value."""


_MOST_ARE_DONE = 0.008
"""Seconds after which most suites have been run: the host then wakes once, not once for each test."""
_FILES = re.compile(r"\b(open|os|pathlib|Path|tempfile|tmp_path|tmpdir|shutil|glob|io|sqlite3|zipfile|tarfile|gzip)\b")
"""Words in tests that use files: for the others, nobody looks what has changed in the scratch."""
_natures: Kept[dict[str, bool]] = Kept(4 * 2**20)

_PLACES = re.compile(r"\bsys\.path\b|\bfrom sys import\b[^\n]*\bpath\b|\bsyspath_prepend\b|\baddsitedir\b")
"""Words in tests that say where modules are imported from."""


def run_suite(candidates: WarmInterpreter, referees: WarmInterpreter, job: SuiteJob) -> Tally:
    """Run the named tests; both processes are forked anew for what remains when one of them ends early.

    Raises:
        WorkerDied: an interpreter no longer answers.
    """
    tally = Tally([None] * len(job.names), permutation(job.variation.order, len(job.names)))
    made = code_of(referees, job, has_stars=_nature(job.tests)["has_stars"])
    if made.fault:
        tally.blame_task(made.fault)
    deadline = time.monotonic() + job.limits.wall_seconds
    while tally.pending:
        _run_pending(candidates, referees, job, made.code, tally, deadline)
    return tally


def _run_pending(
    candidates: WarmInterpreter, referees: WarmInterpreter, job: SuiteJob, code: bytes, tally: Tally, deadline: float
) -> None:
    allowance = allowance_for(job.limits, len(tally.pending))
    patient = replace(allowance, memory_bytes=max(allowance.memory_bytes, REFEREE_MEMORY_BYTES))
    ours, theirs = socket.socketpair()
    with (
        ours,
        theirs,
        jail.scratch(candidates.mode) as scratch,
        jail.scratch(referees.mode) as referee_scratch,
        candidates.fork(b"serv", allowance, theirs.fileno()) as candidate,
        referees.fork(b"test", patient, ours.fileno()) as referee,
    ):
        ours.close()
        theirs.close()
        talks = _open_talks(job, code, tally, (candidate, scratch), (referee, referee_scratch))
        for talk in talks:
            talk.send()
        if not any(talk.outgoing for talk in talks):
            referees.wait_for_end(_MOST_ARE_DONE)
        session = Session(talks, deadline, job.limits.cpu_seconds, [candidates.tripwires, referees.tripwires])
        ready = _hear(session, talks, tally)
        referee_ending, ending = referees.finish(referee), candidates.finish(candidate)
    tally.count(ending, session)
    if not tally.pending:
        return
    if session.ending is None and referee_ending.exit_code != 0:
        status, error = Status.KILLED, f"the test's process ended with {referee_ending.exit_code}"
    else:
        status, error = how_it_ended(session, ending, allowance)
    if ready:
        tally.set_back(CaseResult(status, error=error, cpu_seconds=session.spent), deadline)
    else:
        tally.stop(CaseResult(status, error=error))


def _open_talks(
    job: SuiteJob, code: bytes, tally: Tally, candidate: tuple[Fork, str], referee: tuple[Fork, str]
) -> list[Talk]:
    """The referee's link first: it is the one that reports. Neither process learns the nonce of the other's link."""
    of_candidate, of_referee, of_wire = (secrets.token_bytes(NONCE_BYTES) for _ in range(3))
    wire = {
        "wire_nonce": of_wire,
        "module": job.module,
        "wire_bytes": WIRE_REPLIES * job.limits.reply_bytes,
    } | _nature(job.tests)
    tests = [[index, job.names[index]] for index in tally.pending]
    to_candidate = common_request(job, of_candidate, candidate[1]) | wire
    to_referee = common_request(job, of_referee, referee[1]) | wire
    # To nobody else: what the tests expect is in their source and in their code.
    to_referee |= {"source": "", "tests": job.tests, "code": code, "names": tests}
    return [
        Talk(referee[0], job_bytes(to_referee), of_referee, reply_cap(job.limits, len(tests))),
        Talk(candidate[0], job_bytes(to_candidate), of_candidate, reply_cap(job.limits, 1)),
    ]


def plain_tests_suffice(tests: str) -> bool:
    """Whether the tests can be run without pytest."""
    return _nature(tests)["is_plain"]


def _nature(tests: str) -> dict[str, bool]:
    """What each process would have to find out anew about the tests."""
    nature = _natures.get(tests)
    if nature is None:
        nature = _look(tests)
        _natures.put(nature, 0, tests)
    return nature


def _look(tests: str) -> dict[str, bool]:
    try:
        nodes = list(ast.walk(parse(tests)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the compiler will say what is wrong with them
        nodes = []
    return {
        "share_files": _FILES.search(tests) is not None,
        "share_search_path": _PLACES.search(tests) is not None,
        "has_stars": any(isinstance(node, ast.ImportFrom) and node.names[0].name == "*" for node in nodes),
        "is_plain": plain_tests.suffice(nodes),
    }


def _hear(session: Session, talks: list[Talk], tally: Tally) -> bool:
    """Take in the referee's reports; returns whether the tests could begin."""
    ready, before = False, 0.0
    candidate = talks[1]
    for talk, message in session.messages():
        if talk is candidate:
            tally.tripwires.update(noticed_in(message))
            if not ready and "stop" in message:
                tally.stop(stop_from(message))
        elif "ready" in message and not ready:
            ready, before = True, _cpu_seconds(talks) or 0.0
            session.next_case()
        elif "s" in message and tally.pending and message.get("i") == tally.pending[0]:
            case = case_from(message, with_value=False)
            used = _cpu_seconds(talks)
            if used is not None:
                case, before = replace(case, cpu_seconds=max(used - before, 0.0)), used
            tally.settle(tally.pending[0], case)
            session.next_case()
        if not tally.pending:
            break
    return ready


def _cpu_seconds(talks: list[Talk]) -> float | None:
    """What the tests and the candidate have used so far, by the kernel's clocks; None where one of them has ended."""
    used = [talk.fork.cpu_seconds() for talk in talks]
    return None if None in used else sum(seconds for seconds in used if seconds is not None)
