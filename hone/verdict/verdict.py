"""The verdict: one typed outcome for each check and for the whole."""

import dataclasses
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hone.errors import Boundary


class Outcome(StrEnum):
    """What is true of a check, or of a whole program."""

    PASSED = "passed"
    WRONG_ANSWER = "wrong answer"
    RAISED = "raised"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    KILLED = "killed"
    DOES_NOT_COMPILE = "does not compile"
    MISSING_ENTRY_POINT = "missing entry point"
    REFUSED = "refused"
    NOT_GRADED = "not graded"
    """Infrastructure failed: never a reward, excluded from group statistics, retried."""


@dataclass(frozen=True)
class CheckOutcome:
    """One check's outcome. `detail` is empty for hidden checks unless the reader may see them."""

    name: str
    visible: bool
    outcome: Outcome
    detail: str = ""
    cpu_seconds: float = 0.0


@dataclass(frozen=True)
class Finding:
    """One finding of the linter or the type checker."""

    tool: str
    rule: str
    line: int
    message: str


@dataclass(frozen=True)
class Verdict:
    """What is true of one program on one task."""

    task_id: str
    outcome: Outcome
    checks: tuple[CheckOutcome, ...]
    findings: tuple[Finding, ...] = ()
    runs: int = 1
    """How often the program was run whole (more than once where flakiness was suspected)."""
    passes: int = 0
    """How many of those runs passed every check."""
    pass_probability: float = 0.0
    """Lower bound of the probability of passing again; 0 for a failing program."""
    boundary: Boundary | None = None
    """Whose failure it is; None for a pass."""
    detail: str = ""
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    jail: str = "full"
