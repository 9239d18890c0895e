"""Tripwires on Python's own audit events: a program that looks around for what grades it.

They live in the program's process, which can blind them; so they only ever report. What must not succeed is kept from
succeeding by the jail and by what is not there to be found.
"""

import sys
from typing import Any

_EVENTS = {
    "gc.get_objects": "searches the garbage collector",
    "gc.get_referrers": "searches the garbage collector",
    "gc.get_referents": "searches the garbage collector",
    "sys._getframe": "walks the frames",
    "sys._current_frames": "walks the frames",
    "sys._current_exceptions": "walks the frames",
    "sys.settrace": "traces its callers",
    "sys.setprofile": "traces its callers",
    "os.kill": "signals a process",
    "os.killpg": "signals a process",
    "socket.connect": "connects a socket",
    "socket.bind": "connects a socket",
}
_FRAME_ATTRIBUTES = frozenset({"tb_frame", "gi_frame", "cr_frame", "ag_frame", "f_back"})
_PATH_EVENTS = frozenset(
    {"open", "os.listdir", "os.scandir", "os.symlink", "os.link", "os.rename", "os.remove", "glob.glob"}
)
_OUTSIDE = ("/proc", "/sys", "/etc", "/root", "/home", "/dev", "/jail", "/var", "/boot", "/mnt", "/run")
_HARMLESS = (
    "/dev/null",
    "/dev/zero",
    "/dev/full",
    "/dev/random",
    "/dev/urandom",
    "/dev/stdin",
    "/dev/shm",  # noqa: S108  # the scratch by another name
    "/jail/site",
)
LOOKS_OUTSIDE = "looks outside its scratch"
NAMES = frozenset(_EVENTS.values()) | {LOOKS_OUTSIDE}
"""All that can be reported."""


class _Watch:
    """One per process, because a hook cannot be removed."""

    def __init__(self) -> None:
        self.filename = ""
        """Of the program under watch; empty while there is none."""
        self.noticed: set[str] = set()
        self._busy = False

    def hook(self, event: str, args: tuple[Any, ...]) -> None:
        """Note the event if the program itself, not a library that it called, is what raised it."""
        if not self.filename or self._busy:
            return
        name = _EVENTS.get(event)
        if name is None and event in _PATH_EVENTS and args and type(args[0]) is str:
            path = args[0]
            name = LOOKS_OUTSIDE if path.startswith(_OUTSIDE) and not path.startswith(_HARMLESS) else None
        elif event == "object.__getattr__" and args[1] in _FRAME_ATTRIBUTES:
            name = "walks the frames"
        if name is None:
            return
        self._busy = True
        try:
            if sys._getframe(1).f_code.co_filename == self.filename:
                self.noticed.add(name)
        finally:
            self._busy = False


_WATCH = _Watch()


def install() -> None:
    """Once in the warm interpreter; nothing is watched yet."""
    sys.addaudithook(_WATCH.hook)


def watch(filename: str) -> None:
    """From now on, note what code of that file does."""
    _WATCH.filename = filename


def take() -> list[str]:
    """What was noticed since the last call."""
    if not _WATCH.noticed:
        return []
    noticed = sorted(_WATCH.noticed)
    _WATCH.noticed.clear()
    return noticed
