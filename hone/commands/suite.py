"""`hone suite list | show | add | check`: which tasks there are, what one asks, and whether they are fair."""

import difflib
import itertools
import json
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

import tyro
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hone.commands.find_task import find_task
from hone.commands.parse import OptionalPath, OptionalText, parse
from hone.commands.plain_text import plain, plain_lines
from hone.commands.suite_list import show_families, show_suites
from hone.errors import Boundary, HoneError
from hone.installed import installed
from hone.interrupt import telling
from hone.printable import printable
from hone.progress import Progress, Status
from hone.tasks.certify import Certification, Journal, Others, SuiteReport, check_suite, check_tasks
from hone.tasks.families import FAMILIES, Split, levels_of, packages_of, task_from_id, task_id
from hone.tasks.families.repair import to_be_mended
from hone.tasks.suite import Suite
from hone.tasks.suites import NAMES, available, is_own, load_suite, suites_folder
from hone.tasks.suites.add import add_suite
from hone.tasks.suites.packages import packages_for
from hone.tasks.task import CallCheck, Check, Compare, StdioCheck, SuiteCheck, Task

_HELP = """\
usage: hone suite list [--suites DIR] [--json]          the generated families, and the public suites found
       hone suite show NAME|TASK [--suites DIR]         a suite's or family's facts, or one task as it is asked
       hone suite show TASK --suite FILE                one task of your own file (.jsonl, .py) or folder
       hone suite add NAME --from PATH|URL [--sha256 HEX] [--suites DIR]
                                                        put a public suite's files into the folder of suites
       hone suite check NAME [--suites DIR] [--json]    do references pass, and programs that solve nothing fail?
       hone suite check --all [--suites DIR] [--json]   the same for every public suite that is there
       hone suite check --all-families [--n N] [--json]

exit code of check: 0 every task is fair, 1 some are put into quarantine, 2 it could not be checked
"""


_MUTANTS = 20
_SHOWN = 8
"""Tasks of a suite that are named."""


@dataclass(frozen=True)
class ListOptions:
    """What `hone suite list` takes."""

    suites: OptionalPath = None
    """folder of public suites (default: $HONE_SUITES)"""
    json: bool = False
    """print a JSON object, and nothing else"""


@dataclass(frozen=True)
class ShowOptions:
    """What `hone suite show` takes."""

    name: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]
    """a suite, a family, a task's id, or tasks of one's own (.jsonl, .py, or a folder)"""
    suite: OptionalText = ""
    """where to look for the task: a public suite, or tasks of one's own (.jsonl, .py, or a folder)"""
    suites: OptionalPath = None
    """folder of public suites (default: $HONE_SUITES)"""


@dataclass(frozen=True)
class AddOptions:
    """What `hone suite add` takes."""

    name: Annotated[tyro.conf.Positional[str], tyro.conf.arg(metavar="NAME")]
    """a public suite, as `hone suite list` names it"""
    origin: Annotated[str, tyro.conf.arg(name="from")]
    """its file, or a folder or archive (zip, tar, tar.gz) that holds its files: a path, or an http(s) address"""
    sha256: OptionalText = ""
    """checksum that the file or archive must have"""
    suites: OptionalPath = None
    """folder of public suites, made if need be (default: $HONE_SUITES, or else ~/.cache/hone/suites)"""


@dataclass(frozen=True)
class CheckOptions:
    """What `hone suite check` takes."""

    name: tyro.conf.Positional[OptionalText] = ""
    """a suite, a family, or tasks of one's own: a .jsonl file, a folder of .json files, or a Python file"""
    suites: OptionalPath = None
    """folder of public suites (default: $HONE_SUITES)"""
    all: bool = False
    """check every public suite that is in the folder"""
    all_families: bool = False
    """check every generated family"""
    n: int = 100
    """tasks to check of each family, over all levels and splits in turn"""
    workers: int = len(os.sched_getaffinity(0))
    """jails that run programs side by side"""
    mutants: Annotated[int | None, tyro.conf.arg(help_behavior_hint="")] = None
    """mutants of each reference that its checks must tell from it (default: 20 for families, 0 for suites)"""
    report: OptionalPath = None
    """file that keeps what is found, task by task; a check that was cut off goes on from it"""
    json: bool = False
    """print one JSON object (a list of them for all suites or families), and nothing else"""

    def __post_init__(self) -> None:
        if self.n < 1 or self.workers < 1:
            raise HoneError(Boundary.USER, f"--n is {self.n} and --workers is {self.workers}", "give at least 1")
        if self.mutants is not None and self.mutants < 0:
            raise HoneError(Boundary.USER, f"--mutants is {self.mutants}", "give 0 or more")


def run(arguments: list[str]) -> int:
    """Find the action and do it; returns 1 where `check` put a task into quarantine."""
    actions: dict[str, Callable[[list[str]], int]] = {"list": _list, "show": _show, "add": _add, "check": _check}
    if not arguments or arguments[0] in ("-h", "--help"):
        print(_HELP, end="")
        return 0
    if arguments[0] not in actions:
        near = difflib.get_close_matches(arguments[0], actions, n=1)
        hint = f"did you mean hone suite {near[0]}?" if near else "choose list, show, add or check"
        raise HoneError(Boundary.USER, f"there is no action {arguments[0]!r} on suites", hint)
    return actions[arguments[0]](arguments[1:])


def _list(arguments: list[str]) -> int:
    options = parse(ListOptions, arguments, prog="hone suite list", description="The families and suites there are.")
    public = available(options.suites)
    if options.json:
        families = [{"family": name, "levels": {split: levels_of(name, split) for split in Split}} for name in FAMILIES]
        suites = [asdict(listing) | {"path": listing.path and str(listing.path)} for listing in public]
        print(json.dumps({"families": families, "suites": suites}))
        return 0
    console = Console()
    show_families(console)
    show_suites(console, public)
    return 0


def _show(arguments: list[str]) -> int:
    options = parse(ShowOptions, arguments, prog="hone suite show", description="A suite, a family, or one task.")
    console = Console()
    if options.suite or options.name.endswith(".json"):
        _show_task(console, find_task(options.name, options.suites, options.suite))
    elif options.name in FAMILIES:
        tasks = family_tasks(options.name, _SHOWN)
        console.print(Text(f"{options.name}: generated by Hone; tasks by level and split, such as"))
        console.print(Text("\n".join(f"  {task.id}" for task in tasks)))
    elif options.name in NAMES or is_own(options.name):
        suite = load_suite(options.name, options.suites)
        forms = ", ".join(sorted({str(task.form) for task in suite}))
        checks = sum(len(task.checks) for task in suite)
        facts = [
            f"{len(suite)} task{'s' * (len(suite) != 1)} ({forms})",
            f"{checks} checks",
            *([suite.licence] if suite.licence else []),
        ]
        console.print(plain_lines(f"{suite.name}: {', '.join(facts)}\n{suite.source}"))
        ids = [task.id for task in suite.tasks[:_SHOWN]] + (["…"] if len(suite) > _SHOWN else [])
        console.print(plain_lines("\n".join(f"  {name}" for name in ids)))
        if is_own(options.name):
            console.print(plain(f"one of them, as it is asked: hone suite show {ids[0]} --suite {options.name}"))
        tell_left_out(suite)
    elif ":" in options.name or "/" in options.name:
        _show_task(console, find_task(options.name, options.suites))
    else:
        raise _unknown(options.name)
    return 0


def _show_task(console: Console, task: Task) -> None:
    facts = [
        task.id,
        str(task.form),
        *([f"level {task.level}"] if task.level else []),
        task.licence or "no licence named",
    ]
    console.print(plain(" · ".join(facts), style="bold"))
    console.print(plain_lines(task.prompt))
    for check in task.visible:
        console.print(plain(f"  visible: {_shown(task, check)}"))
    console.print(Text(f"  and {len(task.hidden)} hidden checks"))


def _shown(task: Task, check: Check) -> str:
    match check:
        case CallCheck():
            how = "" if check.compare is Compare.EXACT else f" ({check.compare})"
            return f"{task.entry_point}({', '.join(map(repr, check.args))}) → {check.expected!r}{how}"
        case StdioCheck():
            return f"{check.stdin!r} → {check.stdout!r}"
        case SuiteCheck():
            return check.name


def _add(arguments: list[str]) -> int:
    options = parse(AddOptions, arguments, prog="hone suite add", description="Put a public suite where Hone reads it.")
    with Progress() as progress:
        suite, folder = add_suite(
            options.name,
            options.origin,
            options.suites,
            options.sha256,
            lambda got, total: progress.update(Status(f"fetching {options.name}, MiB", got >> 20, total >> 20)),
        )
    print(printable(f"{suite.name}: {len(suite)} tasks, {suite.licence}, in {folder}"))
    tell_left_out(suite)
    return 0


def _check(arguments: list[str]) -> int:
    description = (
        "Do the references pass, and do programs that solve nothing fail? Exit code: 0 all tasks are fair, "
        "1 some are put into quarantine, each named with why, 2 not checked."
    )
    options = parse(CheckOptions, arguments, prog="hone suite check", description=description)
    if [bool(options.name), options.all, options.all_families].count(True) != 1:
        what = "what to check is one suite, or all suites, or all families"
        raise HoneError(Boundary.USER, what, "give NAME or --all or --all-families")
    suites = _chosen_suites(options)  # read first: a broken suite must not wait for the jail
    from hone.verdict.checks.flakiness import FlakinessConfig  # only here: listing and showing need no judge
    from hone.verdict.judge import Judge

    every = FlakinessConfig(sampled=1.0)  # whatever ought to pass is run again, suspected or not

    how = Certification(
        mutants=(0 if suites else _MUTANTS) if options.mutants is None else options.mutants,
        journal=Journal(options.report),
        others=None if suites else _published(options),
    )
    names = [] if suites else _installed_families() if options.all_families else [options.name]
    with telling(lambda: _left_in(options.report)), ExitStack() as stack, Progress() as progress:

        @cache
        def judge(packages: tuple[str, ...]) -> Judge:
            made = Judge(workers=options.workers, calibrate=False, flakiness=every, packages=packages)
            return stack.enter_context(made)

        reports = [
            check_suite(suite, judge(packages_for(suite.tasks)), _reporter(progress, suite.name), how)
            for suite in suites
        ]
        reports += [
            check_tasks(
                name,
                tasks := family_tasks(name, options.n),
                judge(packages_of(name)),
                _reporter(progress, name),
                how,
                buggy=to_be_mended(tasks),
            )
            for name in names
        ]
    for suite in suites:
        tell_left_out(suite)
    if options.json:
        texts = [report.to_json() for report in reports]
        print(texts[0] if options.name else f"[{', '.join(texts)}]")
    else:
        show_reports(reports)
    return int(any(report.quarantined for report in reports))


def _left_in(report: Path | None) -> str:
    if report is None:
        return "nothing is kept without --report FILE"
    if not report.exists():
        return "nothing was found yet"
    return f"what was found is kept in {report}: give the command again to go on"


def _chosen_suites(options: CheckOptions) -> list[Suite]:
    """The public suites to check; none where families are asked for.

    Raises:
        HoneError: there is no suite or family of that name, no suite in the folder, or a row of one is broken.
    """
    if options.name in NAMES or is_own(options.name):
        return [load_suite(options.name, options.suites)]
    if options.name and options.name not in FAMILIES:
        raise _unknown(options.name)
    if not options.all:
        return []
    found = [load_suite(name.name, options.suites) for name in available(options.suites) if name.path]
    if not found:
        raise HoneError(Boundary.USER, f"no suite is in {suites_folder(options.suites)}", "see hone suite list")
    return found


def _installed_families() -> list[str]:
    """The families whose programs can be run here; says in a line which cannot."""
    missing = {name: [package for package in packages_of(name) if installed(package) is None] for name in FAMILIES}
    skipped = [name for name in FAMILIES if missing[name]]
    if skipped:
        lacking = ", ".join(dict.fromkeys(package for name in skipped for package in missing[name]))
        print(f"hone: not checked, for want of {lacking}: {', '.join(skipped)}", file=sys.stderr)
    return [name for name in FAMILIES if not missing[name]]


def _published(options: CheckOptions) -> Others | None:
    """All public suites that are there: what is generated must not be what is measured on."""
    found = [load_suite(listing.name, options.suites) for listing in available(options.suites) if listing.path]
    return Others([task for suite in found for task in suite]) if found else None


def tell_left_out(suite: Suite) -> None:
    """Say on standard error which rows of a suite are no tasks here, a line for each reason."""
    for why, count in suite.left_out.items():
        print(printable(f"hone: {suite.name}: {count} rows {why}"), file=sys.stderr)


def family_tasks(family: str, count: int) -> list[Task]:
    """`count` tasks of a family, over its levels and splits in turn."""
    cells = [(level, split) for split in Split for level in levels_of(family, split)]
    turns = itertools.islice(zip(itertools.cycle(cells), itertools.count(), strict=False), count)
    return [task_from_id(task_id(family, level, split, turn // len(cells))) for (level, split), turn in turns]


def show_reports(reports: Sequence[SuiteReport]) -> None:
    """Print reports as a table, and every task that must not be trained on."""
    console = Console()
    heads = ("suite", "tasks", "reference passes", "buggy passes", "stub passes", "mutants killed", "quarantined")
    table = Table(*heads, box=box.SIMPLE_HEAD)
    table.columns[0].no_wrap = table.columns[-1].no_wrap = True
    table.columns[-1].min_width = len(heads[-1])
    for report in reports:
        buggy = "–" if report.buggy_passed is None else report.buggy_passed
        score = "–" if report.mutation_score is None else f"{report.mutation_score:.1%} of {report.mutants}"
        counts = (report.tasks, report.reference_passed, buggy, report.stub_passed, score, len(report.quarantined))
        table.add_row(plain(report.suite), *map(plain, counts))
    console.print(table)
    for report in reports:
        for found in report.quarantined:
            console.print(plain(f"quarantined {found.task}: {found.reason}"))


def _reporter(progress: Progress, name: str) -> Callable[[int, int], None]:
    return lambda done, total: progress.update(Status(f"checking {name}", done, total))


def _unknown(name: str) -> HoneError:
    known = (*FAMILIES, *NAMES)
    near = [file for file in (f"{name}.jsonl", f"{name}.py") if Path(file).exists()]
    near += difflib.get_close_matches(name, known, n=1)
    hint = "see hone suite list, or name a file of your own tasks (.jsonl, .py)"
    what = f"there is no suite or family {name!r}"
    return HoneError(Boundary.USER, what, f"did you mean {near[0]}?" if near else hint)
