"""The warm interpreter: exec'd in the jail before any job exists, it forks once for each process the host asks for.

It never reads a job. A request on the control channel is an `Allowance` and the descriptors of the new process; the job
itself goes from the host to the fork over the fork's own link. So no fork inherits anything of another job.

Its arguments: ROLE JAILED CONTROL_FD PATH…; the PATH entries, already on `sys.path`, are this package, msgpack, pytest.
"""

import gc
import os
import signal
import socket
import sys

from . import filter, runner, seal, service
from .framing import REPORT, SEALED

SETUP_FAILED = 71


def main() -> None:
    """Get warm, then serve until the host hangs up."""
    role, jailed, control_fd, *path = sys.argv[1:]
    control = socket.socket(fileno=int(control_fd))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    sys.argv[1:] = []
    handlers = {b"call": runner.run_calls, b"stdi": runner.run_program, b"serv": service.serve}
    if role == "referee":
        from . import referee

        referee.warm_up()
        handlers = {b"test": referee.run_tests, b"call": runner.run_calls}
    runner.warm_up()
    if role != "referee":  # candidates get the standard library; what is loaded here stays loaded
        sys.path[:] = [entry for entry in sys.path if entry not in path]
    seal.one_arena()
    seal.die_with_parent()
    own_pidfd = os.pidfd_open(os.getpid()) if jailed == "1" else -1
    other_user = jailed == "1" and _second_user_is_mapped()
    calls_filter = filter.build() if jailed == "1" else None
    gc.collect()
    gc.freeze()
    control.send(b"ready")
    while True:
        request, fds, _flags, _address = socket.recv_fds(control, 256, 4)
        if not request:
            return
        if own_pidfd >= 0:
            seal.unshare(seal.CLONE_NEWPID)
        child = os.fork()
        if child == 0:
            # Nothing below may return into this loop: the fork ends in os._exit, whatever happens.
            try:
                control.close()
                os.setsid()
                handler = handlers[request[:4]]
                allowance = seal.Allowance.unpack(request[4:])
                link = _shut_in(allowance, fds, own_pidfd, other_user)
                filter.install(calls_filter)
                os.dup2(0, 2)  # last, so that a failure up to here is told on the jail's own standard error
                link.send(SEALED)
            except BaseException as error:
                os.write(2, f"the fork could not be shut in: {type(error).__name__}: {error}\n".encode())
                os._exit(SETUP_FAILED)
            handler(link)
            os._exit(0)
        if own_pidfd >= 0:
            seal.children_stay_here(own_pidfd)
        pidfd = os.pidfd_open(child)
        socket.send_fds(control, [b"forked"], [pidfd])
        os.close(pidfd)
        for fd in fds:
            os.close(fd)
        _pid, status, usage = os.wait4(child, 0)
        control.send(REPORT.pack(status, usage.ru_utime, usage.ru_stime, usage.ru_maxrss))


def _second_user_is_mapped() -> bool:
    """Whether the host mapped another user for candidates (it can where it is root). Asked once, in a fork."""
    child = os.fork()
    if child == 0:
        try:
            os.setresuid(1, 1, 1)
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _shut_in(allowance: seal.Allowance, fds: list[int], own_pidfd: int, other_user: bool) -> socket.socket:
    """Shut this fork in; its link ends on descriptor 3, its other descriptors on 4 and up, nothing else stays open."""
    high = [os.dup2(fd, 100 + index, inheritable=False) for index, fd in enumerate(fds)]
    os.closerange(3, 100)
    low = [os.dup2(fd, 3 + index, inheritable=False) for index, fd in enumerate(high)]
    if own_pidfd >= 0:
        seal.private_scratch(allowance.file_bytes)
        seal.drop_privileges(other_user)
    seal.limit(allowance)
    os.closerange(3 + len(low), 101 + len(fds))
    return socket.socket(fileno=low[0])
