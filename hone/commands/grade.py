"""`hone grade`: judge one program on one task."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hone.commands.find_task import find_task
from hone.commands.parse import OptionalPath, parse
from hone.commands.plain_text import plain
from hone.errors import Boundary, HoneError
from hone.tasks.suites.packages import packages_for
from hone.tasks.task import Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome, Speed, Verdict

_LARGEST_BYTES = 2**20
_COLOURS = {Outcome.PASSED: "green", Outcome.NOT_GRADED: "yellow"}


@dataclass(frozen=True)
class GradeOptions:
    """What `hone grade` takes."""

    file: tyro.conf.Positional[Path]
    """the program; - reads standard input"""
    task: str
    """id of the task (lists.pipeline:2:train:17, humaneval/17), or a FILE.json that holds one"""
    suites: OptionalPath = None
    """folder of public suites (default: $HONE_SUITES)"""
    json: bool = False
    """print the verdict as JSON, and nothing else"""
    jail: Literal["full", "none"] = "full"
    """`none` accepts no isolation at all: only for programs that you trust"""


def run(arguments: list[str]) -> int:
    """Judge, print, and return 0 if the program passes, 1 if it does not."""
    description = (
        "Judge one program on one task, in the jail. Exit code: 0 passed, 1 judged and not passed, 2 not judged."
    )
    options = parse(GradeOptions, arguments, prog="hone grade", description=description)
    task = find_task(options.task, options.suites)
    source = read_program(options.file)
    with Judge(workers=1, jail=options.jail, packages=packages_for([task])) as judge:
        verdict = judge.grade(task, source)
    if options.json:
        print(verdict.to_json())
    else:
        show(task, verdict)
    if verdict.outcome is Outcome.NOT_GRADED:
        raise HoneError(
            verdict.boundary or Boundary.SANDBOX, f"{task.id} was not graded: {verdict.detail}", "try again"
        )
    return 0 if verdict.passed else 1


def read_program(file: Path) -> str:
    """A program's text.

    Raises:
        HoneError: the file is not there, not text, or larger than any program.
    """
    try:
        data = sys.stdin.buffer.read(_LARGEST_BYTES + 1) if str(file) == "-" else _head(file)
    except OSError as error:
        raise HoneError(Boundary.USER, f"cannot read {file}: {error.strerror}", "check the path") from error
    if len(data) > _LARGEST_BYTES:
        raise HoneError(Boundary.USER, f"{file} is larger than {_LARGEST_BYTES >> 20} MiB", "give a program")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise HoneError(Boundary.USER, f"{file} is not UTF-8 text: {error.reason}", "give a Python program") from error


def _head(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(_LARGEST_BYTES + 1)


def show(task: Task, verdict: Verdict) -> None:
    """Print a verdict as a table, then what the linter and the type checker found, then the reward and its parts."""
    console = Console()
    outcome = Text(verdict.outcome, style=_style(verdict.outcome))
    console.print(Text.assemble(plain(task.id), ": ", outcome, plain(f" ({verdict.detail})" if verdict.detail else "")))
    table = Table("check", "shown", "outcome", "CPU", "detail", box=box.SIMPLE_HEAD)
    table.columns[3].justify = "right"
    for column in table.columns[:4]:
        column.no_wrap = True
    for check in verdict.checks:
        table.add_row(
            plain(check.name),
            "visible" if check.visible else "hidden",
            Text(check.outcome, style=_style(check.outcome)),
            f"{check.cpu_seconds * 1000:.1f} ms",
            plain(check.detail),
        )
    console.print(table)
    for finding in verdict.findings:
        console.print(plain(f"{finding.tool} {finding.rule}, line {finding.line}: {finding.message}"))
    for line in _summary(verdict):
        console.print(plain(line), soft_wrap=True)


def _summary(verdict: Verdict) -> list[str]:
    passed = sum(check.outcome is Outcome.PASSED for check in verdict.checks)
    facts = [f"{passed} of {len(verdict.checks)} checks passed"]
    if verdict.runs > 1:
        facts.append(f"{verdict.passes} of {verdict.runs} runs passed")
    facts += [
        f"CPU {verdict.cpu_seconds * 1000:.1f} ms",
        f"memory {verdict.memory_bytes / 2**20:.1f} MiB",
        f"jail {verdict.jail}",
    ]
    lines = [" · ".join(facts)]
    if verdict.speed is not None:
        lines.append(_speed(verdict.speed))
    if verdict.reward is not None:
        parts = [f"{value:+.3f} {name.replace('_', ' ')}" for name, value in verdict.components.items() if value]
        lines.append(f"reward {verdict.reward:+.3f} = {' '.join(parts)}")
    return lines


def _speed(speed: Speed) -> str:
    if speed.ratio is None:
        return f"speed: {speed.detail}"
    interval = f"{speed.ratio:.2f} × the reference's CPU time ({speed.low:.2f} to {speed.high:.2f})"
    return f"speed: {interval}, {'credited' if speed.credited else 'no credit'}"


def _style(outcome: Outcome) -> str:
    return _COLOURS.get(outcome, "red")
