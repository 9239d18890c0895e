"""`hone grade`: judge one program on one task."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from hone.commands.find_task import find_task
from hone.commands.parse import OptionalPath, OptionalText, parse
from hone.commands.verdict_table import rounded, show
from hone.errors import Boundary, HoneError
from hone.tasks.suites.packages import packages_for
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome

_LARGEST_BYTES = 2**20


@dataclass(frozen=True)
class GradeOptions:
    """What `hone grade` takes."""

    file: Annotated[tyro.conf.Positional[Path], tyro.conf.arg(metavar="FILE")]
    """the program; - reads standard input"""
    task: OptionalText = ""
    """id of the task (lists.pipeline:2:train:17, humaneval/17), or a file that holds one task"""
    suite: OptionalText = ""
    """where to look for the task: a public suite, or tasks of one's own (.jsonl, .py, or a folder)"""
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
    if not options.task and not options.suite:
        hint = "name one, such as lists.pipeline:2:train:17, humaneval/17 or task.json, or give --suite FILE"
        raise HoneError(Boundary.USER, "missing from hone grade: --task", hint)
    task = find_task(options.task, options.suites, options.suite)
    source = read_program(options.file)
    with Judge(workers=1, jail=options.jail, packages=packages_for([task])) as judge:
        verdict = judge.grade(task, source)
    if options.json:
        print(rounded(verdict).to_json())
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
