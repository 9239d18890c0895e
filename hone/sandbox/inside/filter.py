"""The seccomp filter of a jail: no namespaces, no mounts, no kernel side doors; and word to the host of who tried.

It is installed once, in the warm interpreter, and every candidate inherits it. Most of what it refuses it refuses by
*notifying*: the call waits until the host, which holds the listener, has noted its name and answered EPERM. So an
attempt is a tripwire that no candidate can silence. The few calls that the warm interpreter needs for itself (a fresh
PID or mount namespace, a tmpfs, the way back) pass with exactly its arguments; a candidate that copies them lacks the
capability, and the kernel refuses.

The list is one of refusals, closed at its end: call numbers newer than the list are refused, too.
"""

import ctypes
import errno
import os
import platform
import struct

from . import seal

_LOAD, _JUMP_EQUAL, _JUMP_GREATER_EQUAL, _JUMP_ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
"""Offsets in the kernel's `struct seccomp_data` (little-endian: the low half of the argument)."""
_ALLOW, _NOTIFY, _KILL, _FAIL = 0x7FFF0000, 0x7FC00000, 0x80000000, 0x00050000
_NEW_NAMESPACES = 0x7E020080
_AF_UNIX = 1
_FAMILIES_OF_SOCKETS = (1, 2, 10)
"""AF_UNIX, AF_INET, AF_INET6, for tasks that may use sockets: in the jail's network namespace they reach nobody."""
_FIRST_X32_CALL = 0x40000000
_FIRST_UNKNOWN_CALL = 470
_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_SET_MODE_FILTER, _FLAG_NEW_LISTENER = 1, 8

_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_SECCOMP = (317, 277)
_CLONE, _CLONE3, _SOCKET, _SOCKETPAIR = (56, 220), (435, 435), (41, 198), (53, 199)
_UNSHARE, _SETNS, _MOUNT = (272, 97), (308, 268), (165, 40)
REFUSED: dict[str, tuple[int, int]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "memfd_secret": (447, 447),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "semget": (64, 190),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "settimeofday": (164, 170),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "userfaultfd": (323, 282),
    "vhangup": (153, 58),
}
"""System call numbers on x86_64 and aarch64. System V's shared memory, semaphores and queues are among them because
the jail's IPC namespace is shared by its candidates."""

_libc = ctypes.CDLL(None, use_errno=True)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def names(machine: str) -> dict[int, str]:
    """Names of the calls that notify, by number on that machine; empty for an architecture that is not known."""
    if machine not in _ARCHITECTURES:
        return {}
    column = _ARCHITECTURES[machine][1]
    special = {"clone": _CLONE, "unshare": _UNSHARE, "setns": _SETNS, "mount": _MOUNT, "socket": _SOCKET}
    return {numbers[column]: name for name, numbers in (REFUSED | special).items()}


def install(*, sockets: bool) -> int:
    """Put the filter on this process and all it will start, for good.

    Args:
        sockets: whether programs may make sockets of their own.

    Returns:
        The listener that says who tried what; -1 where this kernel has none (attempts then just fail), or on an
        architecture that the filter does not know.

    Raises:
        OSError: the kernel takes no filter.
    """
    known = _ARCHITECTURES.get(platform.machine())
    if known is None:
        return -1
    program = _program(*known, sockets, _NOTIFY)
    listener = _libc.syscall(_SECCOMP[known[1]], _SET_MODE_FILTER, _FLAG_NEW_LISTENER, ctypes.byref(program))
    if listener >= 0:
        os.set_inheritable(listener, False)
        return listener
    program = _program(*known, sockets, _FAIL | errno.EPERM)
    if _libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "seccomp")
    return -1


def _program(architecture: int, column: int, sockets: bool, refuse: int) -> _Program:
    code = b"".join(_instructions(architecture, column, sockets, refuse))
    return _Program(len(code) // 8, code)


def _instructions(architecture: int, column: int, sockets: bool, refuse: int) -> list[bytes]:
    code = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_JUMP_EQUAL, architecture, 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
    ]
    if column == 0:
        code += [_step(_JUMP_GREATER_EQUAL, _FIRST_X32_CALL, 0, 1), _step(_RETURN, _KILL)]
    code += [_step(_JUMP_GREATER_EQUAL, _FIRST_UNKNOWN_CALL, 0, 1), _step(_RETURN, _FAIL | errno.ENOSYS)]
    # clone3 hides its flags behind a pointer; the C library falls back to clone, whose flags can be read.
    code += [_step(_JUMP_EQUAL, _CLONE3[column], 0, 1), _step(_RETURN, _FAIL | errno.ENOSYS)]
    for numbers in REFUSED.values():
        code += [_step(_JUMP_EQUAL, numbers[column], 0, 1), _step(_RETURN, refuse)]
    no_family = _FAIL | errno.EAFNOSUPPORT
    families = _FAMILIES_OF_SOCKETS if sockets else ()
    for number, argument, allowed, otherwise in (
        (_UNSHARE, 0, (seal.CLONE_NEWPID, seal.CLONE_NEWNS), refuse),
        (_SETNS, 1, (seal.CLONE_NEWPID,), refuse),
        (_MOUNT, 3, (seal.MOUNT_FLAGS,), refuse),
        (_SOCKET, 0, families, no_family if sockets else refuse),
        (_SOCKETPAIR, 0, (_AF_UNIX,), no_family),
    ):
        block = [_step(_LOAD, _FIRST_ARGUMENT + 8 * argument)]
        for value in allowed:
            block += [_step(_JUMP_EQUAL, value, 0, 1), _step(_RETURN, _ALLOW)]
        block.append(_step(_RETURN, otherwise))
        code += [_step(_JUMP_EQUAL, number[column], 0, len(block)), *block]
    return [
        *code,
        _step(_JUMP_EQUAL, _CLONE[column], 0, 3),
        _step(_LOAD, _FIRST_ARGUMENT),
        _step(_JUMP_ANY_BIT, _NEW_NAMESPACES, 0, 1),
        _step(_RETURN, refuse),
        _step(_RETURN, _ALLOW),
    ]


def _step(operation: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", operation, if_true, if_false, value)
