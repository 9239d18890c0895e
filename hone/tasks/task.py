"""The task: what is asked, and the checks that decide whether it was done.

A task has one of three forms. `CALL` calls the entry point by value; `STDIO` runs a whole program from standard input
to standard output; `SUITE` runs human-written unittest/pytest source in a referee process against a stand-in for the
candidate's module. Every check of one task has the form of that task.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from hone.errors import Boundary, HoneError
from hone.tasks.checks import (
    CallCheck,
    Check,
    Compare,
    CompareOutput,
    StdioCheck,
    SuiteCheck,
    call_comparison,
    output_comparison,
)

__all__ = [
    "CallCheck",
    "Check",
    "Compare",
    "CompareOutput",
    "Form",
    "Limits",
    "StdioCheck",
    "SuiteCheck",
    "Task",
    "test_names",
]
from hone.tasks.collect import test_names
from hone.tasks.driver import check_driver
from hone.tasks.library import Library, check_libraries
from hone.tasks.properties import Property
from hone.tasks.signature import stated
from hone.tasks.speed import SpeedCheck
from hone.tasks.spelling import spelled


class Form(StrEnum):
    """How a candidate is run."""

    CALL = "call"
    STDIO = "stdio"
    SUITE = "suite"


@dataclass(frozen=True)
class Limits:
    """What one candidate may use. Limits are the task author's; the sandbox may only lower them."""

    cpu_seconds: float = 2.0
    """CPU time for one case."""
    wall_seconds: float = 10.0
    """Wall-clock backstop for the whole candidate, compile and reply included."""
    memory_bytes: int = 256 * 2**20
    processes: int = 16
    file_bytes: int = 4 * 2**20
    output_bytes: int = 64 * 2**10
    """Captured standard output and error, for one case."""
    reply_bytes: int = 4 * 2**20
    """Encoded answers of the whole candidate."""
    sockets: bool = False
    """Whether it may make sockets; they reach nothing beyond its own jail."""
    commands: bool = False
    """Whether it finds the usual commands (`hone.sandbox.jail.COMMANDS`: sh, tar, python …), for programs that start
    others. They are as shut in as it is."""


@dataclass(frozen=True)
class Task:
    """What is asked. Build it with `from_examples`, `from_stdio` or `from_suite`."""

    id: str
    prompt: str
    form: Form
    visible: tuple[Check, ...]
    """Shown to the policy."""
    hidden: tuple[Check, ...]
    """Never shown: not in a prompt, an observation, a log line for the policy or a failure message."""
    entry_point: str = ""
    """The function's name (`CALL`) or the module's (`SUITE`); empty for `STDIO`."""
    tests: str = field(default="", repr=False)
    """`SUITE`: source of the test module, run only in the referee."""
    allowed_imports: tuple[str, ...] = ()
    """Top-level modules beyond the standard library that a candidate may import."""
    limits: Limits = Limits()
    domain: str = ""
    level: int = 0
    family: str = ""
    skills: tuple[str, ...] = ()
    """What solving it takes, in the field's words: `parsing`, `recursion`, `locks`."""
    source: str = "user"
    licence: str = ""
    reference: str = field(default="", repr=False)
    """A solution known to pass, where there is one."""
    driver: str = field(default="", repr=False)
    """`CALL`: source of the task author's that defines `drive(solution, *arguments)`. It is loaded before the program,
    in the program's process, and called in place of the entry point, with the program's module: to make files and read
    them back, to start threads, to launch a kernel. It is in the program's power, so it holds no expected value."""
    driver_passes_on: bool = False
    """The driver only hands arguments to the program and its answers back, so no word of its own counts. It has then no
    walls around it, and packages that look at frames work (numpy, pandas and others do, to warn)."""
    impossible: str = ""
    """Why no honest program can pass, for a task that contradicts itself on purpose; never shown. There a decline is
    right (see `hone.tasks.decline`), and a program that passes has been written to the checks."""
    signature: str = ""
    """`def name(a: int, b: int = 2) -> int`, where the prompt asks for it: a departure is a finding of style."""
    properties: tuple[Property, ...] = ()
    """`CALL`: what must hold of answers to drawn inputs; tried once every check has passed."""
    speed: SpeedCheck | None = None
    """`CALL`: inputs on which a passing program is measured against the reference."""
    libraries: tuple[Library, ...] = field(default=(), repr=False)
    """Installed for every program that is judged on the task, beyond what the jail has; `allowed_imports` names them
    as well."""

    def __post_init__(self) -> None:
        """Raises HoneError for a signature or module that is none, and for extras that the task's form cannot have."""
        object.__setattr__(self, "properties", tuple(self.properties))
        object.__setattr__(self, "libraries", tuple(self.libraries))
        check_libraries(self.libraries, self.limits.file_bytes)
        if strange := [name for name in self.allowed_imports if not name.isidentifier()]:
            what = f"task {self.id} allows the import of {strange[0][:40]!r}"
            raise HoneError(Boundary.TASK, what, "name top-level modules, without dots")
        if self.signature:
            name = stated(self.signature).name
            if self.form is Form.CALL and name != self.entry_point:
                what = f"the signature names `{name}`, the entry point is `{self.entry_point}`"
                raise HoneError(Boundary.TASK, what, "give both one name")
        if self.driver and (self.form is not Form.CALL or self.properties or self.speed):
            what = f"task {self.id} has a driver, and it is no call, or has properties or a speed check, too"
            raise HoneError(Boundary.TASK, what, "a driver goes with plain calls")
        if self.driver:
            check_driver(self.driver)
        if (self.properties or self.speed) and self.form is not Form.CALL:
            what = f"task {self.id} has properties or a speed check, and its form is {str(self.form)!r}"
            raise HoneError(Boundary.TASK, what, "only functions called by value have them")
        names = [one.name for one in self.properties]
        if len(set(names)) != len(names):
            raise HoneError(Boundary.TASK, f"two properties of task {self.id} bear one name", "name each differently")
        if self.speed and not self.reference:
            what = f"task {self.id} has a speed check and no reference"
            raise HoneError(Boundary.TASK, what, "give the reference to measure against")

    @property
    def checks(self) -> tuple[Check, ...]:
        """Visible checks first, then the hidden ones; outcomes keep this order."""
        return self.visible + self.hidden

    @classmethod
    def from_examples(
        cls,
        *,
        prompt: str,
        entry_point: str,
        visible: Sequence[tuple[tuple[Any, ...], Any] | CallCheck],
        hidden: Sequence[tuple[tuple[Any, ...], Any] | CallCheck],
        compare: Compare | None = None,
        tolerance: float = 0.0,
        relative_tolerance: float = 0.0,
        ulps: int = 0,
        ordered: bool = False,
        checker: str = "",
        **more: Any,
    ) -> "Task":
        """A function judged by value: each example is `(arguments, expected)`, or a `CallCheck` of its own.

        Args:
            compare: how the pairs' answers are compared; by default what the other options imply, else exactly.
            tolerance, relative_tolerance, ulps, ordered, checker: as in `CallCheck`, for every pair.

        Raises:
            HoneError: an example is neither, or the comparison cannot be.
        """
        if not entry_point.isidentifier():
            raise HoneError(Boundary.TASK, f"entry point {entry_point!r} is not a Python name", "name the function")
        options = call_comparison(
            {
                "compare": compare,
                "tolerance": tolerance,
                "relative_tolerance": relative_tolerance,
                "ulps": ulps,
                "ordered": ordered,
                "checker": checker,
            }
        )

        def made(example: Any) -> CallCheck:
            if isinstance(example, CallCheck):
                return example
            if isinstance(example, tuple | list) and len(example) == 2 and isinstance(example[0], tuple | list):
                return CallCheck(tuple(example[0]), example[1], **options)
            what = f"example {example!r} of {entry_point}"
            raise HoneError(Boundary.TASK, what, "give ((argument, …), expected) or a CallCheck")

        checks = tuple(map(made, visible)), tuple(map(made, hidden))
        if "id" not in more:
            named = ("driver", "driver_passes_on", "signature", "properties", "speed", "libraries")
            extras = [spelled(more[name]) for name in named if more.get(name)]
            more["id"] = _content_id("call", prompt, entry_point, spelled(checks), *extras)
        return cls(prompt=prompt, form=Form.CALL, entry_point=entry_point, visible=checks[0], hidden=checks[1], **more)

    @classmethod
    def from_stdio(
        cls,
        *,
        prompt: str,
        visible: Sequence[tuple[str, str] | StdioCheck],
        hidden: Sequence[tuple[str, str] | StdioCheck],
        compare: CompareOutput | None = None,
        tolerance: float = 0.0,
        relative_tolerance: float = 0.0,
        checker: str = "",
        **more: Any,
    ) -> "Task":
        """A whole program: each example is `(standard input, standard output)`, or a `StdioCheck` of its own.

        Args:
            compare: how the pairs' outputs are compared; by default what the other options imply, else by tokens.
            tolerance, relative_tolerance, checker: as in `StdioCheck`, for every pair.

        Raises:
            HoneError: an example is neither, or the comparison cannot be.
        """
        options = output_comparison(
            {
                "compare": compare,
                "tolerance": tolerance,
                "relative_tolerance": relative_tolerance,
                "checker": checker,
            }
        )

        def made(example: Any) -> StdioCheck:
            if isinstance(example, StdioCheck):
                return example
            is_pair = isinstance(example, tuple | list) and len(example) == 2
            if is_pair and all(isinstance(text, str) for text in example):
                return StdioCheck(*example, **options)
            raise HoneError(Boundary.TASK, f"example {example!r} of a program", "give (stdin, stdout) or a StdioCheck")

        checks = tuple(map(made, visible)), tuple(map(made, hidden))
        more.setdefault("id", _content_id("stdio", prompt, spelled(checks), *_told(more.get("libraries", ()))))
        return cls(prompt=prompt, form=Form.STDIO, visible=checks[0], hidden=checks[1], **more)

    @classmethod
    def from_suite(
        cls,
        *,
        prompt: str,
        module: str,
        tests: str,
        visible: tuple[str, ...] = (),
        names: tuple[str, ...] = (),
        **more: Any,
    ) -> "Task":
        """Human-written unittest or pytest source that imports `module`.

        Args:
            visible: names the tests that may be shown.
            names: those of all tests, where they are known; otherwise the source is parsed for them.

        Raises:
            HoneError: the source does not parse, holds no test, or lacks a test named in `visible`.
        """
        names = names or test_names(tests)
        unknown = set(visible) - set(names)
        if unknown or not names:
            what = f"tests {sorted(unknown)} are not in the suite" if unknown else "the suite holds no test"
            raise HoneError(Boundary.TASK, what, "name functions test_* or methods of a TestCase class")
        more.setdefault("id", _content_id("suite", prompt, module, tests, *_told(more.get("libraries", ()))))
        return cls(
            prompt=prompt,
            form=Form.SUITE,
            entry_point=module,
            tests=tests,
            visible=tuple(SuiteCheck(name) for name in names if name in visible),
            hidden=tuple(SuiteCheck(name) for name in names if name not in visible),
            **more,
        )


def _told(libraries: Sequence[Library]) -> list[str]:
    return [spelled(tuple(libraries))] if libraries else []


def _content_id(*parts: str) -> str:
    return "task:" + hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]
