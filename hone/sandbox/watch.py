"""Talking to forked processes under a deadline: the host's clock, their CPU clocks, and SIGKILL."""

import select
import time
from collections.abc import Iterator, Sequence
from typing import Any

from hone.sandbox.inside.codec import WireError, decode
from hone.sandbox.inside.framing import SEALED, FrameReader
from hone.sandbox.jobs import Status
from hone.sandbox.tripwires import MOST_ATTEMPTS, Listener
from hone.sandbox.warm import Fork, WorkerDied

_SHORTEST_WAIT = 0.01
"""Before a case's CPU time is looked at: what it used until then is not charged."""
_MOST_AT_ONCE = 1 << 16
"""Bytes sent or received in one go. Larger buffers, made and let go with each job, leave holes in a thread's heap."""
_STARVED = 0.25
"""Share of its time that a process waits for a core before a time limit that it met is in doubt."""
FORGED = "bytes out of order on the answer channel"


class Talk:
    """One fork's side of a session: the job still to be sent, and the messages that come back."""

    def __init__(self, fork: Fork, job: bytes, nonce: bytes, cap: int) -> None:
        self.fork = fork
        self.outgoing = memoryview(job)
        self.sealed = False
        self.open = True
        self.gone = False
        self._reader = FrameReader(nonce, cap)
        self._base: float | None = 0.0
        fork.link.setblocking(False)

    def send(self) -> None:
        """Send what the socket takes."""
        try:
            sent = self.fork.link.send(self.outgoing[:_MOST_AT_ONCE])
        except BlockingIOError:
            return
        except OSError:  # it closed its end: whatever it is up to, the rest of the job is not wanted
            sent = len(self.outgoing)
        self.outgoing = self.outgoing[sent:]

    def receive(self) -> list[dict[str, Any]]:
        """The messages that have arrived.

        Raises:
            WireError: bytes that are no message.
            WorkerDied: the fork ended before it was shut in, so nothing of the candidate has run.
        """
        try:
            data = self.fork.link.recv(_MOST_AT_ONCE)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if not self.sealed:
            if data[:1] != SEALED:
                raise WorkerDied("a fork could not be shut in")
            self.sealed, data = True, data[1:]
            if not data:
                return []
        if not data:
            self.open = False
            return []
        messages = []
        for payload in self._reader.feed(data):
            message = decode(payload)
            if type(message) is not dict:
                raise WireError("a message is a dict")
            messages.append(message)
        return messages

    def next_case(self) -> None:
        """A case has ended: the next one's CPU time counts from the next look at it."""
        self._base = None

    def cpu_spent(self) -> float:
        """CPU time of the case in progress."""
        used = self.fork.cpu_seconds()
        if used is None:
            return 0.0
        if self._base is None:
            self._base = used
        return used - self._base


class Session:
    """Several forks watched together until the first of them, the one that reports, has ended."""

    def __init__(
        self, talks: list[Talk], deadline: float, cpu_seconds: float, tripwires: Sequence[Listener | None] = ()
    ) -> None:
        self._talks = talks
        self._listeners = {listener.fd: listener for listener in tripwires if listener is not None}
        self._deadline = deadline
        self._cpu_seconds = cpu_seconds
        self.ending: Status | None = None
        """TIMED_OUT or KILLED where the host had to step in; None where the reporting fork ended by itself."""
        self.reason = ""
        self.tripped: list[str] = []
        """What the forks tried and may not do."""
        self.starved = False
        """Whether, when a time limit was met, the forks had waited for a core for much of the time."""
        self.spent = 0.0
        """CPU time of the case in progress, of all forks, when the host had to step in."""
        self._began = time.monotonic()
        self._wait = cpu_seconds

    def next_case(self) -> None:
        """The caller has accepted a case (or the load of the module): CPU time counts anew from here."""
        for talk in self._talks:
            talk.next_case()
        self._wait = _SHORTEST_WAIT

    def messages(self) -> Iterator[tuple[Talk, dict[str, Any]]]:
        """What the forks say, as they say it. Leaves at their end or at a limit; never blocks past the deadline.

        Raises:
            WorkerDied: a fork ended before it was shut in.
        """
        first = self._talks[0]
        while not first.gone:
            now = time.monotonic()
            ready = self._poll(min(self._wait, self._deadline - now))
            now = time.monotonic()
            for talk, events in ready:
                if not talk.open:
                    talk.gone = True
                    continue
                if events & select.POLLOUT and talk.outgoing:
                    talk.send()
                if events & ~select.POLLOUT:
                    try:
                        heard = talk.receive()
                    except WireError as error:
                        self.tripped.append(FORGED)
                        self._stop(Status.KILLED, f"it sent what is no answer: {error}")
                        return
                    for message in heard:
                        yield talk, message
            if now >= self._deadline:
                self._stop(Status.TIMED_OUT, "the wall-clock limit")
                return
            if not ready:
                spent = max(talk.cpu_spent() for talk in self._talks)
                if spent >= self._cpu_seconds:
                    self._stop(Status.TIMED_OUT, f"{self._cpu_seconds:g} s of CPU time")
                    return
                self._wait = max(self._cpu_seconds - spent, _SHORTEST_WAIT)

    def _poll(self, seconds: float) -> list[tuple[Talk, int]]:
        poll = select.poll()
        waiting = {}
        for talk in self._talks:
            if talk.gone:
                continue
            fd = talk.fork.link.fileno() if talk.open else talk.fork.pidfd
            waiting[fd] = talk
            poll.register(fd, select.POLLIN | (select.POLLOUT if talk.open and talk.outgoing else 0))
        if len(self.tripped) < MOST_ATTEMPTS:
            for fd in self._listeners:
                poll.register(fd, select.POLLIN)
        ready = poll.poll(max(seconds, 0) * 1000)
        for fd, events in ready:
            if fd in self._listeners:
                self.tripped += self._listeners[fd].drain()
                if not events & select.POLLIN:  # its jail is gone
                    del self._listeners[fd]
        return [(waiting[fd], events) for fd, events in ready if fd in waiting]

    def _stop(self, ending: Status, reason: str) -> None:
        self.ending, self.reason = ending, reason
        if ending is Status.TIMED_OUT:
            waited = max(talk.fork.waited_seconds() for talk in self._talks)
            self.starved = waited > _STARVED * (time.monotonic() - self._began)
        self.spent = sum(talk.cpu_spent() for talk in self._talks)
        for talk in self._talks:
            talk.fork.kill()
