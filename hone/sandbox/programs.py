"""Stdio jobs: the whole program run once for each standard input. What it prints decides nothing here."""

import os
import secrets
import time
from typing import Any

from hone.sandbox import jail
from hone.sandbox.inside.framing import NONCE_BYTES, job_bytes
from hone.sandbox.jobs import CaseResult, Status, StdioJob
from hone.sandbox.tally import (
    MOST_TIMEOUTS,
    Tally,
    allowance_for,
    common_request,
    how_it_ended,
    noticed_in,
    permutation,
    reply_cap,
    stop_from,
)
from hone.sandbox.warm import WarmInterpreter
from hone.sandbox.watch import Session, Talk


def run_program(interpreter: WarmInterpreter, job: StdioJob) -> Tally:
    """Run every case in a process of its own. The wall-clock limit is for each run. Raises WorkerDied."""
    tally = Tally([None] * len(job.stdins), permutation(job.variation.order, len(job.stdins)))
    while tally.pending:
        index = tally.pending[0]
        case = _run_once(interpreter, job, job.stdins[index], tally)
        if case.status is Status.DOES_NOT_COMPILE:
            tally.stop(case)
            break
        tally.settle(index, case)
        tally.timeouts += case.status is Status.TIMED_OUT
        if tally.pending and tally.timeouts >= MOST_TIMEOUTS:
            tally.stop(case)
    return tally


def _run_once(interpreter: WarmInterpreter, job: StdioJob, stdin: str, tally: Tally) -> CaseResult:
    limits, nonce = job.limits, secrets.token_bytes(NONCE_BYTES)
    data = stdin.encode("utf-8", "surrogatepass")
    allowance = allowance_for(limits, 1, extra_file_bytes=len(data))
    stdout, stderr = os.memfd_create("stdout"), os.memfd_create("stderr")
    try:
        with (
            jail.scratch(interpreter.mode) as scratch,
            interpreter.fork(b"stdi", allowance, stdout, stderr) as fork,
        ):
            request = common_request(job, nonce, scratch) | {"stdin": data}
            talk = Talk(fork, job_bytes(request), nonce, reply_cap(limits, 1))
            session = Session(
                [talk], time.monotonic() + limits.wall_seconds, limits.cpu_seconds, [interpreter.tripwires]
            )
            said: dict[str, Any] = {}
            for _talk, message in session.messages():
                tally.tripwires.update(noticed_in(message))
                said = message if "stop" in message else said
            ending = interpreter.finish(fork)
        printed = os.pread(stdout, limits.output_bytes + 1, 0)
        complained = os.pread(stderr, limits.output_bytes, 0).decode("utf-8", "replace")
    finally:
        os.close(stdout)
        os.close(stderr)
    tally.count(ending, session)
    text = printed[: limits.output_bytes].decode("utf-8", "replace")
    claimed = stop_from(said)
    status, error = Status.DONE, ""
    if session.ending is not None or ending.exit_code < 0:
        status, error = how_it_ended(session, ending, allowance)
    elif len(printed) > limits.output_bytes:
        status, error = Status.KILLED, f"more than {limits.output_bytes} bytes of output"
    elif said:
        status, error = claimed.status, claimed.error
    elif ending.exit_code:
        status, error = Status.RAISED, f"exit status {ending.exit_code}"
    left = ending.exit_code if status is Status.DONE or (status is Status.RAISED and ending.exit_code) else None
    return CaseResult(
        status=status,
        value=text if left is not None else None,
        error=error,
        error_types=claimed.error_types,
        output=(text + complained)[: limits.output_bytes],
        cpu_seconds=ending.cpu_seconds,
        exit_status=left,
    )
