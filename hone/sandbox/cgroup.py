"""A bound on the memory of everything in a jail together, where this process may make control groups.

The kernel's per-process limits bound each process of a candidate; a group bounds their sum, and its scratch with them.
Versions 1 and 2 of control groups are known; see cgroups(7). Where none can be had the jail goes without, as its
docstring says.
"""

import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

from hone.errors import Boundary, HoneError

ROOT = Path("/sys/fs/cgroup")
OVERHEAD_BYTES = 96 * 2**20
"""What a jail's own processes may take beside the candidate's."""
_LIMITS = ("memory.max", "memory.limit_in_bytes")
"""The file with a group's limit, in version 2 and in version 1."""
_EVENTS = ("memory.events", "memory.oom_control")
"""Where a group tells how many of its processes the kernel has ended for want of memory, likewise."""
_REMOVE_SECONDS = 2.0
_numbers = itertools.count()


class Group:
    """The control group of one jail."""

    def __init__(self, folder: Path) -> None:
        """`folder` is a group with a memory controller, empty so far."""
        self._folder = folder
        self._limit = 0

    @classmethod
    def make(cls, root: Path = ROOT, own: str = "/proc/self/cgroup") -> "Group | None":
        """A new group; None where this process may make none that bounds memory.

        Args:
            root: where control groups are mounted.
            own: the file that tells to which groups this process belongs.
        """
        for parent in _parents(root, Path(own)):
            folder = parent / f"hone-{os.getpid()}-{next(_numbers)}"
            try:
                _remove_left_over(parent)
                folder.mkdir()
            except OSError:  # not ours to make one here
                continue
            if any((folder / name).exists() for name in _LIMITS):
                return cls(folder)
            folder.rmdir()  # a group, but without the memory controller
        return None

    def add(self, pid: int) -> None:
        """Put a process and all that it has started into the group. Raises OSError."""
        for member in process_tree(pid):
            (self._folder / "cgroup.procs").write_text(str(member))

    def limit(self, memory_bytes: int) -> None:
        """Bound the memory of all members together, swap included.

        Raises:
            HoneError: the kernel refuses.
        """
        if memory_bytes == self._limit:
            return
        text = str(memory_bytes)
        # In version 1 the limit with swap may never be the lower one, so it goes up first.
        steps = [("memory.memsw.limit_in_bytes", "-1"), *((name, text) for name in _LIMITS)]
        steps += [("memory.memsw.limit_in_bytes", text), ("memory.swap.max", "0")]
        try:
            for name, value in steps:
                if (self._folder / name).exists():
                    (self._folder / name).write_text(value)
        except OSError as error:
            what = f"the control group {self._folder} takes no limit of {memory_bytes} bytes: {error}"
            raise HoneError(Boundary.SANDBOX, what, "look at its memory.* files") from error
        self._limit = memory_bytes

    def killed(self) -> int:
        """How many of its processes the kernel has ended for want of memory."""
        for name in _EVENTS:
            if (self._folder / name).exists():
                lines = (self._folder / name).read_text().splitlines()
                return sum(int(line.split()[1]) for line in lines if line.startswith("oom_kill "))
        return 0

    def remove(self) -> None:
        """Let go of it, once its members are killed; what cannot be removed yet, the next group's maker removes."""
        deadline = time.monotonic() + _REMOVE_SECONDS
        while self._folder.exists() and time.monotonic() < deadline:
            if not _removed(self._folder):
                time.sleep(0.01)


def _parents(root: Path, own: Path) -> Iterator[Path]:
    """Groups below which ours may lie: this process's own, and the one above it, whose members are groups."""
    try:
        lines = own.read_text().splitlines()
    except OSError:  # no control groups here
        return
    for line in lines:
        _number, controllers, place = line.split(":", 2)
        if controllers == "" or "memory" in controllers.split(","):
            mounted = root / "memory" if controllers else root / "unified" if (root / "unified").is_dir() else root
            here = mounted / place.lstrip("/")
            yield from (here, here.parent) if here != mounted else (here,)


def _remove_left_over(parent: Path) -> None:
    """Groups of processes that were killed."""
    for folder in parent.glob("hone-*-*"):
        pid = folder.name.split("-")[1]
        if not Path(f"/proc/{pid}").exists():
            _removed(folder)


def _removed(folder: Path) -> bool:
    try:
        folder.rmdir()
    except OSError:  # a member has not ended yet
        return False
    return True


def process_tree(pid: int) -> list[int]:
    """A process and all that it has started, by number. Raises OSError where one of them is gone."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(inner for child in children for inner in process_tree(int(child)))]
