"""The code of human-written tests: compiled in the referees' jail, by a fork that has nothing else, and kept.

Compiling takes as long as running a short test, and a group of candidates is judged by the same tests. The bytes are
never looked into here: they go to the referees as they came.
"""

import secrets
import signal
import time
from dataclasses import dataclass, replace

from hone.kept import Kept
from hone.sandbox.inside.framing import NONCE_BYTES, job_bytes
from hone.sandbox.jobs import SuiteJob
from hone.sandbox.tally import allowance_for, how_it_ended, text_of
from hone.sandbox.warm import WarmInterpreter, WorkerDied
from hone.sandbox.watch import Session, Talk

CPU_SECONDS = 10.0
WALL_SECONDS = 60.0
MEMORY_BYTES = 512 * 2**20
CODE_BYTES = 32 * 2**20
"""Most bytes of one suite's code."""
KEPT_BYTES = 64 * 2**20
"""Of all suites together."""


@dataclass(frozen=True)
class SuiteCode:
    """Tests compiled for the interpreter in the jail, or why they could not be: then the task is at fault."""

    code: bytes = b""
    fault: str = ""


_kept: Kept[SuiteCode] = Kept(KEPT_BYTES)


def code_of(referees: WarmInterpreter, job: SuiteJob, *, has_stars: bool) -> SuiteCode:
    """The code of the job's tests.

    Args:
        has_stars: they contain `from … import *`, which the referee has to rewrite.

    Raises:
        WorkerDied: the interpreter no longer answers, or the fork was kept from running, or killed by something else.
    """
    stars_of = job.module if has_stars else ""
    found = _kept.get(job.tests, stars_of)
    if found is None:
        found = _compiled(referees, job, stars_of)
        _kept.put(found, len(found.code) + len(found.fault), job.tests, stars_of)
    return found


def _compiled(referees: WarmInterpreter, job: SuiteJob, stars_of: str) -> SuiteCode:
    allowance = replace(allowance_for(job.limits, 1), cpu_seconds=int(CPU_SECONDS) + 2, memory_bytes=MEMORY_BYTES)
    nonce = secrets.token_bytes(NONCE_BYTES)
    request = {"nonce": nonce, "tests": job.tests, "stars_of": stars_of, "reply_bytes": CODE_BYTES}
    with referees.fork(b"comp", allowance) as fork:
        talk = Talk(fork, job_bytes(request), nonce, CODE_BYTES)
        session = Session([talk], time.monotonic() + WALL_SECONDS, CPU_SECONDS, [referees.tripwires])
        answer = next((message for _talk, message in session.messages()), {})
        ending = referees.finish(fork)
    code = answer.get("code")
    if type(code) is bytes and code:
        return SuiteCode(code)
    fault = text_of(answer, "fault")
    killed = not fault and session.ending is None and ending.exit_code == -signal.SIGKILL and not ending.out_of_memory
    if (session.starved or killed) and ending.cpu_seconds < CPU_SECONDS / 2:  # no limit of ours: the machine's doing
        raise WorkerDied("the machine was too busy to compile the tests, or something else ended that")
    told = fault or ": ".join(how_it_ended(session, ending, allowance))
    return SuiteCode(fault=f"the tests cannot be compiled: {told}")
