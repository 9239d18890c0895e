"""Errors with an owner: every failure names the boundary that failed and what to do next."""

from collections.abc import Sequence
from enum import StrEnum


class Boundary(StrEnum):
    """Whose failure it is. A candidate's failure is data; an infrastructure failure is never scored as one."""

    TASK = "task author"
    CANDIDATE = "candidate"
    SANDBOX = "sandbox"
    POLICY = "policy"
    DISK = "disk"
    USER = "user"


def install(extra: str) -> str:
    """The hint that an optional part of Hone is missing. Hone is installed from a checkout, not from an index."""
    return f"in Hone's checkout, run pip install '.[{extra}]'"


class HoneError(Exception):
    """A failure that a person can mend. The command line prints it as one line and exits with 2.

    Args:
        boundary: whose failure it is.
        what: what went wrong and where (a path, a field, a task id).
        hint: what to do next; may be empty.
        faults: where several things are wrong at once: each of them, which the command line prints above, one a line.
    """

    def __init__(self, boundary: Boundary, what: str, hint: str = "", *, faults: Sequence[str] = ()) -> None:
        self.boundary = boundary
        self.what = what
        self.hint = hint
        self.faults = tuple(faults)
        super().__init__("\n".join([*faults, f"{what}: {hint}" if hint else what]))

    def lines(self) -> list[str]:
        """What to print: the faults, then the one line, each told whose failure it is."""
        told = [*self.faults, f"{self.what}: {self.hint}" if self.hint else self.what]
        return [" ".join(f"{self.boundary}: {line}".split()) for line in told]
