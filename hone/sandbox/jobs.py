"""What the sandbox is asked to run, and what it says of it. A job never carries an expected value.

(The suite form's test source goes to the referee, a jailed process that never shares memory with the candidate.)
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from hone.tasks.library import Library
from hone.tasks.task import Limits


class Status(StrEnum):
    """How one case, or the whole candidate, ended, as far as the sandbox can tell."""

    DONE = "done"
    RAISED = "raised"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    KILLED = "killed"
    DOES_NOT_COMPILE = "does not compile"
    MISSING_ENTRY_POINT = "missing entry point"
    REFUSED = "refused"
    NOT_GRADED = "not graded"
    FAILED = "failed"
    """Suite form only: the referee ran the test and it failed an assertion."""


@dataclass(frozen=True)
class Variation:
    """What a rerun varies, to find flaky programs."""

    hash_seed: int = 0
    """Index of the warm interpreter's hash seed; taken modulo the number that the pool keeps."""
    random_seed: int = 0
    """Seeds the candidate's `random` module before the program is executed."""
    order: tuple[int, ...] | None = None
    """A permutation of the cases; results come back in the job's own order all the same."""
    clock_seconds: float = 0.0
    """Added to what the functions of `time` say the time of day is (`datetime.now` reads its own clock)."""
    switch_seconds: float | None = None
    """How often threads take turns: very often brings out races. None leaves the interpreter's own interval."""
    busy_core: int | None = None
    """Index of a core, modulo those there are, that the run is kept to and shares with a busy companion."""


@dataclass(frozen=True)
class CallJob:
    """Execute `source`, then call `entry_point` once for each tuple of arguments.

    With a driver: load that first, and call its `drive` with the program's module before the arguments.
    """

    source: str
    entry_point: str
    calls: tuple[tuple[Any, ...], ...]
    limits: Limits = Limits()
    variation: Variation = Variation()
    arguments_after: frozenset[int] = frozenset()
    """Indices of the calls whose arguments are asked back as they are afterwards."""
    driver: str = ""
    walls: bool = True
    """Whether what carries the driver's word is out of the program's reach."""
    trusted: bool = False
    """The source is the task author's: it runs in the referee's jail, away from every candidate."""
    libraries: tuple[Library, ...] = ()
    """Installed in the process's scratch before anything is loaded; so with the other kinds of job."""


@dataclass(frozen=True)
class StdioJob:
    """Run `source` as `__main__` once for each standard input."""

    source: str
    stdins: tuple[str, ...]
    limits: Limits = Limits()
    variation: Variation = Variation()
    libraries: tuple[Library, ...] = ()


@dataclass(frozen=True)
class SuiteJob:
    """Run the named tests in the referee; its `import module` reaches the candidate across the wire."""

    source: str
    module: str
    tests: str
    names: tuple[str, ...]
    limits: Limits = Limits()
    variation: Variation = Variation()
    libraries: tuple[Library, ...] = ()


@dataclass(frozen=True)
class SpeedJob:
    """Measure `source` against `reference` on the same calls, in alternation, `rounds` times each."""

    source: str
    reference: str
    entry_point: str
    calls: tuple[tuple[Any, ...], ...]
    rounds: int
    limits: Limits = Limits()
    variation: Variation = Variation()
    libraries: tuple[Library, ...] = ()


Job = CallJob | StdioJob | SuiteJob | SpeedJob


@dataclass(frozen=True)
class NotPlain:
    """Stands for a returned object that has no plain value. It equals nothing that a check could expect."""

    type_name: str


@dataclass(frozen=True)
class CaseResult:
    """One case: its status and what came back, rebuilt from exact plain types."""

    status: Status
    value: Any = None
    """The returned value (call), standard output (stdio; also where the exit status is not 0), None (suite)."""
    error: str = ""
    """`ValueError: text`, capped: the candidate's own words, hostile and informative only."""
    error_types: tuple[str, ...] = ()
    """Names of the raised exception's builtin classes, most specific first, as the candidate's process reports them."""
    output: str = ""
    """Captured standard output and error, capped."""
    cpu_seconds: float = 0.0
    """By the process's own clock (calls), or the kernel's for tests and candidate together (suites; of one that is over
    before the host looks, the tests' own alone). Of a case that was stopped or that ended its process, the kernel's,
    and in the second case with what loading the program took."""
    arguments_after: list[Any] | None = None
    """The arguments as the call left them, where the job asked for them and they are still plain."""
    exit_status: int | None = None
    """How a whole program, or a process that a call ended, left by itself; None where it was killed, and for tests."""
    reached: bool = True
    """False where it was never begun: the program could not be loaded, or earlier cases had ended the candidate."""


@dataclass(frozen=True)
class Timing:
    """One process of a speed job: its answers, and what they cost from the moment when the calls were sent."""

    cases: tuple[CaseResult, ...]
    cpu_seconds: float
    wall_seconds: float

    @property
    def complete(self) -> bool:
        """Whether it answered every call."""
        return all(case.status is Status.DONE for case in self.cases)


@dataclass(frozen=True)
class RunResult:
    """One candidate's run: exactly as many cases as the job asked for, in its order."""

    status: Status
    """DONE when every case has a result of its own; otherwise what ended the candidate as a whole."""
    cases: tuple[CaseResult, ...]
    error: str = ""
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    """Peak resident memory of the candidate's process."""
    jail: str = "full"
    """The isolation that was in force: `full`, or the name of the weaker mode that the user accepted."""
    starved: bool = False
    """A time limit was met by a process that had stood waiting for a core for much of the time."""
    task_fault: str = ""
    """What is wrong with the task itself, for which nothing was run: the status is NOT_GRADED."""
    tripwires: tuple[str, ...] = ()
    """What the program tried and may not do, as far as it was noticed: reported, never relied on."""
    rounds: tuple[tuple[Timing, Timing], ...] = ()
    """`SpeedJob`: the program's run and the reference's, round by round; `cases` are the program's first."""
