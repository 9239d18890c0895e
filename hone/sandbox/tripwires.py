"""Word of system calls that a candidate tried and may not make: noted, refused, never trusted to be all there is.

The jail's seccomp filter suspends such a call and puts it to a listener, whose other end is here; see
seccomp_unotify(2).
"""

import errno
import fcntl
import os
import platform
import select
import struct

from hone.sandbox.inside import filter

MOST_ATTEMPTS = 200
"""After so many refused calls of one process it is not answered any more: it stands still until its deadline."""
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_NOTICE = struct.Struct("=QIIiI6QQ")
_ANSWER = struct.Struct("=QqiI")
_NAMES = filter.names(platform.machine())


class Listener:
    """The host's end of a jail's filter."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._poll = select.poll()
        self._poll.register(fd, select.POLLIN)

    def drain(self) -> list[str]:
        """Refuse every attempt that is waiting; their system calls' names."""
        attempts = []
        while self._waiting() and len(attempts) < MOST_ATTEMPTS:
            notice = bytearray(_NOTICE.size)
            try:
                fcntl.ioctl(self.fd, _RECEIVE, notice)
                number, _pid, _flags, call, *_rest = _NOTICE.unpack(notice)
                attempts.append(_NAMES.get(call, f"system call {call}"))
                fcntl.ioctl(self.fd, _SEND, _ANSWER.pack(number, 0, -errno.EPERM, 0))
            except FileNotFoundError:  # whoever tried was killed meanwhile
                continue
        return attempts

    def _waiting(self) -> bool:
        """Whether an attempt is; not whether the jail is gone, which a poll tells in the same breath."""
        return any(events & select.POLLIN for _fd, events in self._poll.poll(0))

    def close(self) -> None:
        """Let go of it: from here on attempts fail with ENOSYS."""
        os.close(self.fd)
