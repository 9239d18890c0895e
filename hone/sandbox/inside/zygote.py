"""The warm interpreter: exec'd in the jail before any job exists, it forks once for each process the host asks for.

It never reads a job. It always holds one fork ready, shut in and waiting on a link of its own; the host gets the link
and a handle on the process, and sends the job to the fork itself. So no fork inherits anything of another job. When a
fork has ended, its end is reported and the next one made ready. On the control channel the host says nothing but how
large a scratch the forks are to have.

Its arguments: ROLE JAILED CONTROL_FD PRELOAD PATH…; PRELOAD names packages to load for the programs; the PATH entries,
already on `sys.path`, are this package, msgpack, pytest.
"""

import gc
import importlib
import os
import resource
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from . import at_fork, driven, filter, runner, seal, timed
from .framing import REPORT, SCRATCH, SEALED

SETUP_FAILED = 71
SOCKETS, COMMANDS = "+sockets", "+commands"
"""Follow the role of programs that may make sockets of their own, and that find the usual commands."""
REFEREES = ("referee", "pytest", "properties")
"""Roles that run tests. Each has more loaded than the one before it (pytest and `unittest.mock`; Hypothesis), and every
fork pays for all that is loaded."""
KIND_BYTES = 4
_HEAD_BYTES = KIND_BYTES + seal.Allowance.SIZE
_TWO_DESCRIPTORS = struct.Struct("2i")
_ROOM_FOR_DESCRIPTORS = socket.CMSG_SPACE(4 * 4)
_LINK = 3
"""The descriptor of a fork's link; those that come with its job follow it."""


@dataclass(frozen=True)
class _Jail:
    """What a fork needs to know to shut itself in."""

    own_pidfd: int
    """Of the warm interpreter, for the way back into its PID namespace; -1 where there is no jail."""
    other_user: bool
    handlers: Mapping[bytes, Callable[[socket.socket], None]]

    @property
    def closed(self) -> bool:
        return self.own_pidfd >= 0


def main() -> None:
    """Get warm, then serve until the host hangs up. Whatever goes wrong is said on the jail's own standard error."""
    try:
        _run()
    except BaseException as error:
        os.write(2, f"the warm interpreter failed: {type(error).__name__}: {error}\n".encode())
        os._exit(SETUP_FAILED)


def _run() -> None:
    role, jailed, control_fd, preload, *path = sys.argv[1:]
    control = socket.socket(fileno=int(control_fd))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o022)
    for name in preload.split(",") if preload else ():
        importlib.import_module(name)
    os.environ.clear()
    sys.argv[1:] = []
    kind = role.partition("+")[0]
    handlers = _handlers(kind)
    runner.warm_up()
    if kind not in REFEREES:  # candidates get the standard library; what is loaded here stays loaded
        sys.path[:] = [entry for entry in sys.path if entry not in path]
    seal.one_arena()
    seal.die_with_parent()
    listener = -1
    jail = _Jail(-1, False, handlers)
    if jailed == "1":
        jail = _Jail(os.pidfd_open(os.getpid()), _second_user_is_mapped(), handlers)
        seal.give_up_for_all(jail.other_user)
        listener = filter.install(sockets=SOCKETS in role or kind in REFEREES)
    seal.limit_all()
    gc.collect()
    gc.freeze()
    socket.send_fds(control, [b"ready"], [listener] if listener >= 0 else [])
    if listener >= 0:
        os.close(listener)
    _serve(control, jail)


def _handlers(role: str) -> dict[bytes, Callable[[socket.socket], None]]:
    """What forks of this role can do; no more is loaded, for each fork pays for all that is."""
    if role in REFEREES:
        from .suite import compiled, referee, rehearsal

        if role != "referee":
            referee.load_pytest()
        rehearsal.rehearse()
        if role == "properties":
            from .suite import properties

            properties.warm_up()
        return {
            b"test": referee.run_tests,
            b"comp": compiled.run_compile,
            b"call": runner.run_calls,
            b"driv": driven.run_driven,
        }
    if role == "module":
        from .suite import candidate_rehearsal, service

        candidate_rehearsal.rehearse()
        service.prepare()
        return {b"serv": service.serve}
    return {
        b"call": runner.run_calls,
        b"driv": driven.run_driven,
        b"stdi": runner.run_program,
        b"time": timed.run_timed,
    }


def _serve(control: socket.socket, jail: _Jail) -> None:
    """Keep one fork ready; report its end; make the next one."""
    wish = control.recv(SCRATCH.size)
    while wish:
        child, link = _fork(control, jail, SCRATCH.unpack(wish)[0])
        pidfd = os.pidfd_open(child)
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, _TWO_DESCRIPTORS.pack(link.fileno(), pidfd))
        control.sendmsg([b"forked"], [rights])  # `socket.send_fds`, with less to touch
        os.close(pidfd)
        link.close()
        _pid, status, usage = os.wait4(child, 0)
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        control.send(REPORT.pack(status, usage.ru_utime, usage.ru_stime, usage.ru_maxrss, own))
        if select.select([control], [], [], 0)[0]:
            wish = control.recv(SCRATCH.size)


def _fork(control: socket.socket, jail: _Jail, file_bytes: int) -> tuple[int, socket.socket]:
    """A fork that is shutting itself in, and the host's end of its link."""
    ours, theirs = socket.socketpair()
    if jail.closed:
        seal.unshare(seal.CLONE_NEWPID)
    child = os.fork()
    if child == 0:
        # Nothing below may return into the loop above: the fork ends in os._exit, whatever happens.
        try:
            at_fork.register()
            control.close()
            _shut_in(theirs, jail, file_bytes)
            link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, _LINK)
            os.dup2(0, 2)  # last, so that a failure up to here is told on the jail's own standard error
            link.send(SEALED)
            handler = jail.handlers[_await_job(link)]
        except BaseException as error:
            os.write(2, f"the fork could not be shut in: {type(error).__name__}: {error}\n".encode())
            os._exit(SETUP_FAILED)
        handler(link)
        os._exit(0)
    if jail.closed:
        seal.children_stay_here(jail.own_pidfd)
    theirs.close()
    return child, ours


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


def _shut_in(link: socket.socket, jail: _Jail, file_bytes: int) -> None:
    """Shut this fork in; its link ends on descriptor 3, nothing above it stays open."""
    os.setsid()
    if link.fileno() != _LINK:
        os.dup2(link.fileno(), _LINK, inheritable=False)
    link.detach()
    os.closerange(_LINK + 1, 1024)
    if jail.closed:
        seal.private_scratch(file_bytes)
        seal.drop_privileges(jail.other_user)


def _await_job(link: socket.socket) -> bytes:
    """Wait for the host to give this fork its job: limit it, and name the job.

    The job's descriptors are received by the way: the kernel gives them the lowest free numbers, 4 and up.
    """
    head, _descriptors, _flags, _address = link.recvmsg(_HEAD_BYTES, _ROOM_FOR_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
    if not head:  # the host has no use for this fork
        os._exit(0)
    seal.limit(head[KIND_BYTES:])
    return head[:KIND_BYTES]
