"""Proves tasks fair before anyone trains on them: the reference passes, and programs that solve nothing do not.

The judge is a parameter, for this room lies below it.
"""

import ast
import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Protocol

from hone.tasks.task import CallCheck, Compare, Form, StdioCheck, Task

_BATCH = 64
"""Most tasks judged between two reports of progress."""
_BATCH_CHECKS = 4000
"""Checks after which a batch of tasks is full."""
_FIRST_CHECKS = 24
"""A program that ought to fail is tried on so many checks first: one of them suffices to fail it."""
_CONSTANTS = 3
"""Most frequent expected values that are tried as constant answers."""


class CheckResult(Protocol):
    """What is read of one check's outcome."""

    @property
    def name(self) -> str: ...
    @property
    def outcome(self) -> StrEnum: ...


class Graded(Protocol):
    """What is read of a verdict."""

    @property
    def passed(self) -> bool: ...
    @property
    def outcome(self) -> StrEnum: ...
    @property
    def detail(self) -> str: ...
    @property
    def checks(self) -> Sequence[CheckResult]: ...
    @property
    def runs(self) -> int: ...
    @property
    def passes(self) -> int: ...


class Grader(Protocol):
    """The part of the judge that is needed here."""

    def grade_many(self, pairs: list[tuple[Task, str]], /) -> Sequence[Graded]:
        """One verdict for each task and source, in order."""
        ...


@dataclass(frozen=True)
class Quarantined:
    """A task that must not be trained on, and why."""

    task: str
    reason: str


@dataclass(frozen=True)
class SuiteReport:
    """What is true of a suite's tasks; `to_json` is the public form."""

    suite: str
    tasks: int
    reference_passed: int
    """Tasks whose reference passes every check; tasks without one do not count."""
    stub_passed: int
    """Tasks that a function of no body passes."""
    quarantined: tuple[Quarantined, ...]
    buggy_passed: int | None = None
    """Programs known to be wrong that pass, each of which puts its task into quarantine; None where there are none."""

    def to_json(self) -> str:
        """`{"suite", "tasks", "reference_passed", "stub_passed", "quarantined": [{"task", "reason"}]}`.

        Where the suite has programs known to be wrong, `"buggy_passed"` counts those that pass.
        """
        return json.dumps({name: value for name, value in asdict(self).items() if value is not None})


@dataclass(frozen=True)
class _Probe:
    """One program to judge on one task, and whether it ought to pass."""

    task: Task
    called: str
    source: str

    @property
    def honest(self) -> bool:
        return self.called == "reference"

    def shortened(self) -> "_Probe":
        """The same program on the first checks alone, where there are many."""
        first = self.task.checks[:_FIRST_CHECKS]
        if self.honest or len(first) == len(self.task.checks):
            return self
        return replace(self, task=replace(self.task, id=f"{self.task.id}:first", visible=(), hidden=first))


class Tasks(Protocol):
    """A suite, or anything else that has a name and holds tasks."""

    @property
    def name(self) -> str: ...
    @property
    def tasks(self) -> Sequence[Task]: ...
    @property
    def buggy(self) -> Mapping[str, str]: ...
    @property
    def faults(self) -> Mapping[str, str]: ...


def check_suite(suite: Tasks, judge: Grader, progress: Callable[[int, int], None] | None = None) -> SuiteReport:
    """Judge every task's reference, its buggy program and its stub, and other programs that solve nothing.

    Args:
        suite: a `Suite`, or whatever has its name, tasks, buggy programs and known faults.
        judge: grades programs, in order, with every worker busy.
        progress: told how many of how many tasks are done, now and then.
    """
    return check_tasks(suite.name, suite.tasks, judge, progress, buggy=suite.buggy, faults=suite.faults)


def check_tasks(
    name: str,
    tasks: Sequence[Task],
    judge: Grader,
    progress: Callable[[int, int], None] | None = None,
    *,
    buggy: Mapping[str, str] = MappingProxyType({}),
    faults: Mapping[str, str] = MappingProxyType({}),
) -> SuiteReport:
    """As `check_suite`, for any tasks under any name: those of a procedural family, for instance."""
    passed: Counter[str] = Counter()
    quarantined: list[Quarantined] = []
    done = 0
    for batch in _batches(tasks):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the compiler's, about other people's escape sequences
            probes = [probe for task in batch for probe in _probes(task, buggy.get(task.id, ""))]
        reasons: dict[str, list[str]] = {}
        for probe, verdict in zip(probes, _graded(probes, judge), strict=True):
            passed[probe.called] += verdict.passed
            reason = _reason(probe, verdict, faults.get(probe.task.id, ""))
            if reason:
                reasons.setdefault(probe.task.id, []).append(reason)
        quarantined += [Quarantined(task, "; ".join(found)) for task, found in reasons.items()]
        done += len(batch)
        if progress is not None:
            progress(done, len(tasks))
    return SuiteReport(
        suite=name,
        tasks=len(tasks),
        reference_passed=passed["reference"],
        stub_passed=passed["stub"],
        quarantined=tuple(quarantined),
        buggy_passed=passed["buggy program"] if buggy else None,
    )


def _batches(tasks: Sequence[Task]) -> Iterator[list[Task]]:
    """The tasks in their order, in batches that take about as long."""
    batch: list[Task] = []
    checks = 0
    for task in tasks:
        batch.append(task)
        checks += len(task.checks)
        if len(batch) == _BATCH or checks >= _BATCH_CHECKS:
            yield batch
            batch, checks = [], 0
    if batch:
        yield batch


def _graded(probes: list[_Probe], judge: Grader) -> list[Graded]:
    """A verdict for each probe. What the first checks of a task do not fail is judged on all of them."""
    short = [probe.shortened() for probe in probes]
    verdicts = list(judge.grade_many([(probe.task, probe.source) for probe in short]))
    again = [i for i, probe in enumerate(probes) if probe is not short[i] and not _failed(verdicts[i])]
    whole = judge.grade_many([(probes[i].task, probes[i].source) for i in again])
    for i, verdict in zip(again, whole, strict=True):
        verdicts[i] = verdict
    return verdicts


def _failed(verdict: Graded) -> bool:
    return not verdict.passed and verdict.outcome != "not graded"


def _reason(probe: _Probe, verdict: Graded, fault: str) -> str:
    """Why this verdict puts its task into quarantine, or nothing.

    A known fault only explains why a reference fails: it puts no task into quarantine that passes.
    """
    if verdict.outcome == "not graded":  # neither passing nor failing is proven
        return f"{probe.called} was not graded: {verdict.detail}"
    if probe.honest and verdict.passed and verdict.passes < verdict.runs:
        return f"reference is flaky: it passes {verdict.passes} of {verdict.runs} runs"
    if probe.honest == verdict.passed:
        return ""
    if not probe.honest:
        return f"{probe.called} passes"
    failed = [f"{check.name} {check.outcome}" for check in verdict.checks if check.outcome != "passed"]
    rest = f" and {len(failed) - 3} more" if len(failed) > 3 else ""
    told = f"reference fails: {', '.join(failed[:3])}{rest}" if failed else f"reference fails: {verdict.outcome}"
    return f"{fault} ({told})" if fault else told


def _probes(task: Task, buggy: str) -> Iterable[_Probe]:
    if task.reference:
        yield _Probe(task, "reference", task.reference)
    if buggy:
        yield _Probe(task, "buggy program", buggy)
    yield _Probe(task, "stub", stub_of(task))
    for called, source in cheats(task):
        yield _Probe(task, called, source)


def stub_of(task: Task) -> str:
    """A program with all names that the task asks for, and no behaviour: each function's body is `pass`.

    Made of the reference where there is one, so that its imports, constants and signatures stay.
    """
    if task.form is Form.STDIO:
        return "pass\n"
    try:
        tree = ast.parse(task.reference)
    except (SyntaxError, ValueError):  # such a reference fails by itself, and is reported so
        tree = ast.Module([], [])
    if not tree.body:
        return _everywhere(task, "pass")
    return ast.unparse(ast.fix_missing_locations(_Emptied().visit(tree))) + "\n"


class _Emptied(ast.NodeTransformer):
    """Puts `pass` in place of every function's body, and `None` in place of a lambda's."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.body = [ast.Pass()]
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.body = [ast.Pass()]
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        node.body = ast.Constant(None)
        return node


def cheats(task: Task) -> list[tuple[str, str]]:
    """Programs that ought to fail, with what to call them; none where a reference and its stub say enough.

    By value: the identity, and the most frequent expected answers as constants; but where nothing is given (predict
    what a program returns), a constant is what is asked for. Suites without a reference: a few constants, the identity,
    and a refusal of everything.
    """
    match task.form:
        case Form.CALL if not any(check.args for check in task.checks if isinstance(check, CallCheck)):
            return []
        case Form.CALL:
            found = [("identity", _function(task.entry_point, "return arguments[0] if arguments else None"))]
            return found + [
                (f"constant {text[:60]}", _function(task.entry_point, f"return {text}"))
                for text in _frequent(repr(value) for value in _expected(task) if _is_literal(value))
            ]
        case Form.STDIO:
            outputs = (check.stdout for check in task.checks if isinstance(check, StdioCheck))
            echo = ("identity", "import sys\nsys.stdout.write(sys.stdin.read())\n")
            return [echo, *((f"constant {text!r:.60}", f"print({text!r})\n") for text in _frequent(outputs))]
        case _ if task.reference:
            return []
    answers = [(f"constant {text}", f"return {text}") for text in ("0", "True", "''", "[]")]
    bodies = [("identity", "return arguments[0] if arguments else None"), ("refusal", "raise ValueError('no')")]
    return [(called, _everywhere(task, body)) for called, body in (*answers, *bodies)]


def _expected(task: Task) -> Iterable[Any]:
    for check in task.checks:
        if not isinstance(check, CallCheck) or check.compare in (Compare.RAISES, Compare.CHECKER):
            continue
        if check.compare is Compare.ONE_OF:
            yield from check.expected
        else:
            yield check.expected


def _is_literal(value: Any) -> bool:
    try:
        ast.literal_eval(repr(value))
    except (ValueError, SyntaxError, RecursionError):
        return False
    return True


def _frequent(texts: Iterable[str]) -> list[str]:
    """The most frequent ones, the earlier ones first among equals."""
    return [text for text, _count in Counter(texts).most_common(_CONSTANTS)]


def _everywhere(task: Task, body: str) -> str:
    """A module in which every function that the task asks for has this body."""
    return "\n".join(_function(name, body) for name in _asked(task))


def _function(name: str, body: str) -> str:
    return f"def {name}(*arguments, **options):\n    {body}\n"


def _asked(task: Task) -> list[str]:
    """Names that a program must define: the entry point, or what the tests take from the candidate's module."""
    if task.form is not Form.SUITE:
        return [task.entry_point]
    names: dict[str, None] = {}
    for node in ast.walk(ast.parse(task.tests)):
        match node:
            case ast.Attribute(value=ast.Name(id=task.entry_point), attr=name):
                names[name] = None
            case ast.ImportFrom(module=task.entry_point, names=aliases):
                names |= {alias.name: None for alias in aliases if alias.name != "*"}
    return list(names)
