"""System calls that shut a forked process in: namespaces, a private scratch, limits, and no way back.

Everything goes through ctypes because the standard library has none of it on Python 3.11.
"""

import ctypes
import os
import resource
import struct
from dataclasses import dataclass

CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
MOUNT_FLAGS = 2 | 4 | 8
"""MS_NOSUID, MS_NODEV and MS_NOEXEC: what a scratch is mounted with, and the only mount that the filter lets pass."""
_PR_SET_PDEATHSIG = 1
_PR_CAPBSET_DROP = 24
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
_CAPABILITY_VERSION_3 = 0x20080522
HELD = (6, 7, 8, 21)
"""What the warm interpreter holds in its user namespace: CAP_SETGID, CAP_SETUID, CAP_SETPCAP, CAP_SYS_ADMIN."""
SCRATCHES = 4
"""How many of the largest files fit into a scratch."""
OTHER_ID = 1
"""The user and group, as numbered inside, that a candidate becomes where the host's root maps a second one."""

_NO_CAPABILITIES = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()
_DESCRIPTORS = (64, 64)
_SAME_FOR_ALL = (
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_MEMLOCK, 0),
    (resource.RLIMIT_MSGQUEUE, 0),
)

_libc = ctypes.CDLL(None, use_errno=True)
_unshare, _setns, _mount, _capset, _prctl = _libc.unshare, _libc.setns, _libc.mount, _libc.capset, _libc.prctl
"""Looked up once: what a fork looks up it does not keep."""
_M_ARENA_MAX = -8


@dataclass(frozen=True)
class Allowance:
    """What one forked process may use; it precedes the job as fixed-size numbers, ready to be set."""

    cpu_seconds: int
    memory_bytes: int
    processes: int
    file_bytes: int

    SIZE = 5 * 8

    def pack(self) -> bytes:
        """The kernel's limits, in the order of `_LIMITED`."""
        data = self.memory_bytes + 32 * 2**20
        return _LAYOUT.pack(
            self.cpu_seconds,
            data,
            data + 224 * 2**20,  # address space also holds libraries and shared mappings
            self.file_bytes,
            self.processes + 4,  # the jail's own processes may count against the same user
        )


_LIMITED = (resource.RLIMIT_CPU, resource.RLIMIT_DATA, resource.RLIMIT_AS, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC)
_LAYOUT = struct.Struct(">5Q")


def one_arena() -> None:
    """Keep malloc to one arena: each other one reserves 64 MiB of the address space that the limit counts."""
    _libc.mallopt(_M_ARENA_MAX, 1)


def unshare(flags: int) -> None:
    """Enter new namespaces. Raises OSError."""
    _check(_unshare(flags), "unshare")


def children_stay_here(own_pidfd: int) -> None:
    """Undo `unshare(CLONE_NEWPID)` for the children to come. Raises OSError."""
    _check(_setns(own_pidfd, CLONE_NEWPID), "setns")


def private_scratch(file_bytes: int) -> None:
    """An empty tmpfs on /tmp, seen by this process and its children only; it goes when they do. Raises OSError."""
    unshare(CLONE_NEWNS)
    options = f"size={max(SCRATCHES * file_bytes, 2**20)},nr_inodes=4096,mode=1777".encode()
    _check(_mount(b"scratch", b"/tmp", b"tmpfs", MOUNT_FLAGS, options), "mount")


def limit_all() -> None:
    """In the warm interpreter: the limits that are the same for every process it will fork.

    Its own on descriptors is as high as it may be: the kernel refuses to pass a descriptor on where those under way of
    all the user's processes are more than the sender's limit, and each warm interpreter has two under way at any time.
    """
    for kind, value in _SAME_FOR_ALL:
        resource.setrlimit(kind, (value, value))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def limit(packed: bytes) -> None:
    """Set the kernel's per-process limits, as an `Allowance` packs them; hard ones: nothing inside can raise them."""
    for kind, value in zip(_LIMITED, _LAYOUT.unpack(packed), strict=True):
        resource.setrlimit(kind, (value, value))
    resource.setrlimit(resource.RLIMIT_NOFILE, _DESCRIPTORS)


def give_up_for_all(other_user: bool) -> None:
    """In the warm interpreter: give up what no process it will fork may ever regain.

    Raises:
        OSError: a step failed; the caller must not go on.
    """
    if other_user:
        os.setgroups([])
        os.setresgid(OTHER_ID, OTHER_ID, OTHER_ID)
    for capability in HELD:
        _check(_prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0), "bounding set")
    _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    _check(_prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def drop_privileges(other_user: bool) -> None:
    """Become the other user where there is one, give up every capability for good, and die with the parent.

    Raises:
        OSError: a step failed; the caller must not go on.
    """
    if other_user:
        os.setresuid(OTHER_ID, OTHER_ID, OTHER_ID)
    header, data = _NO_CAPABILITIES
    _check(_capset(header, data), "capset")
    die_with_parent()


def die_with_parent() -> None:
    """SIGKILL this process when its parent ends. Raises OSError."""
    _check(_prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0), "pdeathsig")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
