"""Speed jobs: a program and the reference run on the same calls, in alternation, each time in a fresh process.

One process runs at a time on this worker, so neither can disturb the other, and no answer is remembered from one round
to the next. The CPU time is the kernel's account of the process and of all that it started, from the moment when the
inputs are sent. Of a child whose end the program ignores (SIGCHLD), the kernel keeps no account; its work still shows
on the clock on the wall, which is measured as well, unless several such children share it on several cores.
"""

import secrets
import time

from hone.sandbox import jail
from hone.sandbox.calls import encoded_arguments
from hone.sandbox.inside.framing import NONCE_BYTES, job_bytes
from hone.sandbox.jobs import CaseResult, RunResult, SpeedJob, Status, Timing
from hone.sandbox.tally import Tally, allowance_for, case_from, common_request, how_it_ended, reply_cap, stop_from
from hone.sandbox.warm import Fork, WarmInterpreter
from hone.sandbox.watch import Session, Talk


def run_speed(interpreter: WarmInterpreter, job: SpeedJob) -> RunResult:
    """Measure both, `rounds` times; fewer where a run does not answer every call.

    Raises:
        WorkerDied: the interpreter no longer answers.
        HoneError: the arguments are not plain.
    """
    rounds: list[tuple[Timing, Timing]] = []
    for number in range(job.rounds):
        reference_first = number % 2 == 1
        sources = (job.reference, job.source) if reference_first else (job.source, job.reference)
        first, second = (_measured(interpreter, job, source) for source in sources)
        rounds.append((second, first) if reference_first else (first, second))
        if not (first.complete and second.complete):
            break
    cases = rounds[0][0].cases
    return RunResult(Status.DONE, cases, jail=interpreter.mode, rounds=tuple(rounds))


def _measured(interpreter: WarmInterpreter, job: SpeedJob, source: str) -> Timing:
    """One process: load the module, then send it the calls, and count from there."""
    count = len(job.calls)
    tally = Tally([None] * count, list(range(count)))
    allowance = allowance_for(job.limits, count)
    nonce = secrets.token_bytes(NONCE_BYTES)
    with jail.scratch(interpreter.mode) as scratch, interpreter.fork(b"time", allowance) as fork:
        request = common_request(job, nonce, scratch) | {"source": source, "entry_point": job.entry_point}
        talk = Talk(fork, job_bytes(request), nonce, reply_cap(job.limits, count))
        session = Session([talk], time.monotonic() + job.limits.wall_seconds, job.limits.cpu_seconds)
        calls = [[index, encoded_arguments(arguments)] for index, arguments in enumerate(job.calls)]
        cpu_before, wall_before = _hear(session, talk, fork, tally, job_bytes({"calls": calls}))
        wall = time.monotonic() - wall_before
        ending = interpreter.finish(fork)
    if tally.pending:
        status, error = how_it_ended(session, ending, allowance)
        tally.stop(CaseResult(status, error=error))
    return Timing(tally.result(interpreter.mode).cases, max(ending.cpu_seconds - cpu_before, 0.0), wall)


def _hear(session: Session, talk: Talk, fork: Fork, tally: Tally, calls: bytes) -> tuple[float, float]:
    """Send the calls once the module is loaded, and take in the answers.

    Returns:
        The process's CPU time and the clock's time when the calls were sent.
    """
    before = 0.0, time.monotonic()
    sent = False
    for _talk, message in session.messages():
        if "stop" in message:
            tally.stop(stop_from(message))
        elif "ready" in message and not sent:
            sent = True
            before = fork.cpu_seconds() or 0.0, time.monotonic()
            talk.outgoing = memoryview(calls)
            session.next_case()
        elif sent and tally.pending and message.get("i") == tally.pending[0]:
            tally.settle(tally.pending[0], case_from(message, with_value=True))
            session.next_case()
        if not tally.pending:
            break
    return before
