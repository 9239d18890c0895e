"""The host's handle on one warm interpreter, and on the processes forked from it."""

import os
import select
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from hone.errors import HoneError
from hone.sandbox import jail
from hone.sandbox.cgroup import OVERHEAD_BYTES, Group
from hone.sandbox.inside.framing import REPORT, SCRATCH
from hone.sandbox.inside.seal import SCRATCHES, Allowance
from hone.sandbox.tripwires import Listener

START_SECONDS = 60.0
ANSWER_SECONDS = 15.0
"""How long the warm interpreter may take over a fork or a report: it runs none of the candidate's code."""


class WorkerDied(Exception):
    """The warm interpreter is gone or no longer answers. Start another and try again."""


@dataclass(frozen=True)
class Ending:
    """How a forked process ended, as its parent in the jail saw it."""

    wait_status: int
    cpu_seconds: float
    memory_bytes: int
    out_of_memory: bool = False
    """The kernel ended a process of its jail because all of them together held too much."""

    @property
    def exit_code(self) -> int:
        """Exit status, or minus the signal."""
        return os.waitstatus_to_exitcode(self.wait_status)


class Fork:
    """One forked process: a link to talk over, its CPU clock, and a handle to kill it by."""

    def __init__(self, link: socket.socket, pidfd: int) -> None:
        self.link = link
        self.pidfd = pidfd
        self._clock: int | None = None
        self._gone = False

    def cpu_seconds(self) -> float | None:
        """CPU time used so far by the process with all its threads; None once it is gone."""
        if self._gone:
            return None
        if self._clock is None:
            pid = self._pid()
            if pid <= 0:
                return None
            self._clock = (~pid << 3) | 2  # the kernel's name for "CPU clock of that process"
        try:
            used = time.clock_gettime(self._clock)
        except OSError:
            return None
        return None if self.gone() else used  # a number that was given to another process meanwhile is not ours

    def waited_seconds(self) -> float:
        """How long its first thread was ready to run and had no core; 0 where the kernel does not say."""
        try:
            waited = Path(f"/proc/{self._pid()}/schedstat").read_text().split()[1]
        except (OSError, IndexError):
            return 0.0
        return 0.0 if self.gone() else int(waited) / 1e9

    def _pid(self) -> int:
        """Its number on the host; not positive once it is gone."""
        descriptor = os.open(f"/proc/self/fdinfo/{self.pidfd}", os.O_RDONLY)  # a file object takes twice as long
        try:
            return int(os.read(descriptor, 4096).partition(b"\nPid:")[2].split()[0])
        finally:
            os.close(descriptor)

    def gone(self) -> bool:
        """Whether the process has ended."""
        self._gone = self._gone or bool(select.select([self.pidfd], [], [], 0)[0])
        return self._gone

    def __enter__(self) -> "Fork":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill it if it still runs, and let go of it."""
        self.close()

    def close(self) -> None:
        """Kill it if it still runs, and let go of it."""
        self.kill()
        self.link.close()
        os.close(self.pidfd)

    def kill(self) -> None:
        """End it, and with it (in the jail) everything that it started."""
        try:
            signal.pidfd_send_signal(self.pidfd, signal.SIGKILL)
        except ProcessLookupError:
            return


class WarmInterpreter:
    """A warm interpreter in its jail. Used by one thread, the one that made it (it dies with that thread).

    It holds one fork ready at any time, so that a job need not wait for a process to be shut in.
    """

    def __init__(self, role: str, mode: str, hash_seed: int = 0, packages: Sequence[str] = ()) -> None:
        """Start it and wait until it is warm.

        Raises:
            HoneError: the machine cannot give the jail.
        """
        self.mode = mode
        self.jobs = 0
        """Forks that were given a job."""
        self._memory_at_first = self._memory = 0
        self.tripwires: Listener | None = None
        self._file_bytes = 0
        self._group: Group | None = None
        self._killed = 0
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        self._poll = select.poll()
        self._poll.register(ours, select.POLLIN)
        with theirs, tempfile.TemporaryFile() as errors:
            try:
                self._process = jail.start(role, mode, hash_seed, theirs.fileno(), errors, packages)
                theirs.close()
                greeting, fds = self._receive(START_SECONDS, 1)
                if greeting != b"ready":
                    raise WorkerDied("an unexpected greeting")
                self.tripwires = Listener(fds[0]) if fds else None
                self._bound_memory()
            except (WorkerDied, HoneError) as error:
                self.close()
                errors.seek(0)
                if isinstance(error, HoneError):
                    raise
                raise jail.explain(errors.read().decode(errors="replace")) from error

    @property
    def pid(self) -> int:
        """Process number of the jail (bubblewrap's own)."""
        return self._process.pid

    @property
    def grown_bytes(self) -> int:
        """By how much its own peak resident memory has grown since its first job."""
        return self._memory - self._memory_at_first

    def _bound_memory(self) -> None:
        """Put the jail into a control group of its own, where one can be had. It has forked nothing yet."""
        self._group = Group.make() if self.mode == jail.FULL else None
        if self._group is not None:
            try:
                self._group.add(self.pid)
            except OSError:  # groups may be made here, and not filled
                self._group.remove()
                self._group = None

    def fork(self, kind: bytes, allowance: Allowance, *descriptors: int) -> Fork:
        """Give the fork that is ready its kind of job and its limits; `descriptors` become its 4, 5 …

        Raises:
            WorkerDied: the warm interpreter did not answer, or the fork is gone.
        """
        try:
            if self._group is not None:
                self._group.limit(allowance.memory_bytes + SCRATCHES * allowance.file_bytes + OVERHEAD_BYTES)
            if allowance.file_bytes != self._file_bytes:
                self._resize(allowance.file_bytes)
            fork = self._ready()
        except (OSError, HoneError) as error:  # a group that takes no limit is the jail's fault: the next has another
            raise WorkerDied(str(error)) from error
        try:
            socket.send_fds(fork.link, [kind + allowance.pack()], descriptors)
        except OSError as error:
            fork.close()
            raise WorkerDied(str(error)) from error
        self.jobs += 1
        return fork

    def finish(self, fork: Fork) -> Ending:
        """Kill what may still run of `fork`, and say how it ended.

        Raises:
            WorkerDied: the warm interpreter did not answer.
        """
        fork.kill()
        said, _fds = self._receive(ANSWER_SECONDS, 0)
        if len(said) != REPORT.size:
            raise WorkerDied(f"answered {said!r} to the end of a fork")
        status, user, system, peak, own = REPORT.unpack(said)
        self._memory = own * 1024
        self._memory_at_first = self._memory_at_first or self._memory
        return Ending(status, user + system, peak * 1024, self._ran_out_of_memory(status))

    def _ran_out_of_memory(self, status: int) -> bool:
        """Whether that was why a fork was killed."""
        if self._group is None or status != signal.SIGKILL:
            return False
        before, self._killed = self._killed, self._group.killed()
        return self._killed > before

    def wait_for_end(self, seconds: float) -> None:
        """Wait until the fork at work has ended, at most so long."""
        self._poll.poll(seconds * 1000)

    def _ready(self) -> Fork:
        said, fds = self._receive(ANSWER_SECONDS, 2)
        if said != b"forked" or len(fds) != 2:
            for fd in fds:
                os.close(fd)
            raise WorkerDied(f"answered {said!r} where a fork should be")
        return Fork(socket.socket(fileno=fds[0]), fds[1])

    def _resize(self, file_bytes: int) -> None:
        """Have forks with another size of scratch from now on; the one that is ready is of no use."""
        self._control.send(SCRATCH.pack(file_bytes))
        if self._file_bytes:
            with self._ready() as unused:
                self.finish(unused)
        self._file_bytes = file_bytes

    def kill(self) -> None:
        """End the jail at once; may be called from any thread."""
        self._process.kill()

    def close(self) -> None:
        """End it and everything in its jail. Safe to call twice."""
        self._control.close()
        if self.tripwires is not None:
            self.tripwires.close()
            self.tripwires = None
        process: subprocess.Popen[bytes] | None = getattr(self, "_process", None)
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        if self._group is not None:
            self._group.remove()

    def _receive(self, seconds: float, descriptors: int) -> tuple[bytes, list[int]]:
        if not self._poll.poll(seconds * 1000):
            raise WorkerDied(f"no answer within {seconds:.0f} s")
        try:
            said, fds, _flags, _address = socket.recv_fds(self._control, 256, descriptors)
        except OSError as error:
            raise WorkerDied(str(error)) from error
        if not said:
            raise WorkerDied("hung up")
        return said, fds
