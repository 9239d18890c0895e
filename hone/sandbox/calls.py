"""Call jobs: the entry point called by value, every answer a claim that is rebuilt from plain types."""

import secrets
import time
from dataclasses import replace
from typing import Any

from hone.errors import Boundary, HoneError
from hone.sandbox import jail
from hone.sandbox.inside.codec import UnplainError, encode
from hone.sandbox.inside.framing import DRIVER_FAILED, NONCE_BYTES, job_bytes
from hone.sandbox.jobs import CallJob, CaseResult, Status
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
    text_of,
)
from hone.sandbox.warm import WarmInterpreter
from hone.sandbox.watch import Session, Talk
from hone.tasks.array import Array

_MOST_ARE_DONE = 0.004
"""Seconds after which most candidates have answered everything: the host then wakes once, not once for each case."""


def run_calls(interpreter: WarmInterpreter, job: CallJob) -> Tally:
    """Run all cases in one process; in another for those that remain when a case ends the first.

    Raises:
        WorkerDied: the interpreter no longer answers.
        HoneError: the arguments are not plain.
    """
    tally = Tally([None] * len(job.calls), permutation(job.variation.order, len(job.calls)))
    encoded = [encoded_arguments(arguments) for arguments in job.calls]
    allowance = allowance_for(job.limits, len(job.calls))
    deadline = time.monotonic() + job.limits.wall_seconds
    kind = b"driv" if job.driver else b"call"
    while tally.pending:
        nonce = secrets.token_bytes(NONCE_BYTES)
        with jail.scratch(interpreter.mode) as scratch, interpreter.fork(kind, allowance) as fork:
            request = common_request(job, nonce, scratch) | {
                "entry_point": job.entry_point,
                "driver": job.driver,
                "walls": job.walls,
                "calls": [[index, encoded[index]] for index in tally.pending],
                "after": list(job.arguments_after),
            }
            talk = Talk(fork, job_bytes(request), nonce, reply_cap(job.limits, len(job.calls)))
            session = Session([talk], deadline, job.limits.cpu_seconds, [interpreter.tripwires])
            talk.send()
            if not talk.outgoing:
                interpreter.wait_for_end(_MOST_ARE_DONE)
            begun = list(tally.pending)
            loaded, failed = _hear(session, tally)
            ending = interpreter.finish(fork)
        tally.count(ending, session)
        if failed:
            tally.stop(_not_the_program(interpreter, job, failed))
        elif tally.pending:
            status, error = how_it_ended(session, ending, allowance)
            left = ending.exit_code if session.ending is None and ending.exit_code >= 0 else None
            cpu_seconds = session.spent
            if session.ending is None:
                cpu_seconds = max(ending.cpu_seconds - tally.cpu_seconds_of(begun), 0.0)
            ended = CaseResult(status, error=error, cpu_seconds=cpu_seconds, exit_status=left)
            if loaded:
                tally.set_back(ended, deadline)
            else:
                tally.stop(ended)
    return tally


def _not_the_program(interpreter: WarmInterpreter, job: CallJob, said: str) -> CaseResult:
    """What comes of it that a process says that the driver does not load: a program may have said so, but an empty one
    cannot."""
    if job.source:
        again = run_calls(interpreter, replace(job, source=""))
        if again.whole is not Status.NOT_GRADED:
            return CaseResult(Status.KILLED, error="it said what a driver that loads does not say")
    return CaseResult(Status.NOT_GRADED, error=f"the task's driver does not load here: {said}")


def _hear(session: Session, tally: Tally) -> tuple[bool, str]:
    """Take in what the process says; returns whether the module was loaded, and why the driver was not."""
    loaded = False
    for _talk, message in session.messages():
        tally.tripwires.update(noticed_in(message))
        if text_of(message, "stop") == DRIVER_FAILED and not loaded:
            return False, text_of(message, "e") or DRIVER_FAILED
        if "stop" in message:
            tally.stop(stop_from(message))
        elif "ready" in message and not loaded:
            loaded = True
            session.next_case()
        elif loaded and tally.pending and message.get("i") == tally.pending[0]:
            tally.settle(tally.pending[0], case_from(message, with_value=True))
            session.next_case()
        if not tally.pending:
            break
    return loaded, ""


def encoded_arguments(arguments: tuple[Any, ...]) -> bytes:
    """Arguments as they cross the wire. Raises HoneError for what is not plain."""
    try:
        return encode(list(arguments), array=Array)
    except UnplainError as error:
        what = f"an argument of type {error.type_name} has no plain form"
        raise HoneError(Boundary.TASK, what, "use plain built-in types") from error
