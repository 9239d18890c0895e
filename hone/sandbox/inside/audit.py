"""Tripwires on Python's own audit events: a program that looks around for what grades it.

They live in the program's process, which can blind them; so they only ever report. What must not succeed is kept from
succeeding by the jail and by what is not there to be found.
"""

import sys
from typing import Any

WALKS_FRAMES = "walks the frames"
LOOKS_OUTSIDE = "looks outside its scratch"
SEARCHES_COLLECTOR = "searches the garbage collector"
TRACES_CALLERS = "traces its callers"
ENTERS_MEMORY = "reaches into the interpreter"
AT_DRIVER = frozenset({WALKS_FRAMES, SEARCHES_COLLECTOR, TRACES_CALLERS, ENTERS_MEMORY, LOOKS_OUTSIDE})
"""What no honest program beside a driver does: one that tried is refused."""
_EVENTS = {
    "gc.get_objects": SEARCHES_COLLECTOR,
    "gc.get_referrers": SEARCHES_COLLECTOR,
    "gc.get_referents": SEARCHES_COLLECTOR,
    "sys._getframe": WALKS_FRAMES,
    "sys._current_frames": WALKS_FRAMES,
    "sys._current_exceptions": WALKS_FRAMES,
    "sys.settrace": TRACES_CALLERS,
    "sys.setprofile": TRACES_CALLERS,
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
_WATCHED = frozenset(_EVENTS) | _PATH_EVENTS | {"object.__getattr__"}
NAMES = frozenset(_EVENTS.values()) | AT_DRIVER
"""All that can be reported."""


_noticed: set[str] = set()


def watch(filename: str) -> None:
    """From now on, note what code of that file does. At most once in a process: a hook cannot be removed."""
    busy = False

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal busy
        if event not in _WATCHED or busy:
            return
        name = _noticed_in(event, args)
        if name is None:
            return
        busy = True
        try:
            # The program itself, not a library that it called, is what raised it.
            if sys._getframe(1).f_code.co_filename == filename:
                _noticed.add(name)
        finally:
            busy = False

    sys.addaudithook(hook)


def take() -> list[str]:
    """What was noticed since the last call."""
    if not _noticed:
        return []
    noticed = sorted(_noticed)
    _noticed.clear()
    return noticed


def _noticed_in(event: str, args: tuple[Any, ...]) -> str | None:
    if event == "object.__getattr__":
        return WALKS_FRAMES if args[1] in _FRAME_ATTRIBUTES else None
    if event in _PATH_EVENTS:
        path = args[0] if args else None
        outside = type(path) is str and path.startswith(_OUTSIDE) and not path.startswith(_HARMLESS)
        return LOOKS_OUTSIDE if outside else None
    return _EVENTS[event]


def leads_outside(path: object) -> bool:
    """Whether a path, in whatever form, may lead to the process's own memory."""
    text = path.decode("utf-8", "replace") if type(path) is bytes else path
    return type(text) is str and "proc" in text.split("/")
