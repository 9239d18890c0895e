"""A verdict as `hone grade` prints it: a line for each check, and one for neighbours of which the same is true."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from hone.commands.plain_text import plain
from hone.sandbox.watch import FORGED
from hone.tasks.task import Form, Task
from hone.verdict.verdict import CheckOutcome, Outcome, Reward, Speed, Verdict

_COLOURS = {Outcome.PASSED: "green", Outcome.NOT_GRADED: "yellow"}
_OF_THE_WHOLE = (Outcome.DOES_NOT_COMPILE, Outcome.MISSING_ENTRY_POINT, Outcome.DECLINED)
_ENDINGS = (Outcome.TIMED_OUT, Outcome.OUT_OF_MEMORY, Outcome.KILLED)
_MOST_LINES = 10
"""Lines of a check's output that are shown."""
_DIGITS = 9
"""Decimals of a reward that is shown: sums of floats end in digits that mean nothing."""


def show(task: Task, verdict: Verdict) -> None:
    """Print a verdict as a table, then output, findings and tripwires, then the reward and its parts."""
    console = Console()
    outcome = Text(verdict.outcome, style=_style(verdict.outcome))
    console.print(Text.assemble(plain(task.id), ": ", outcome, plain(f" ({verdict.detail})" if verdict.detail else "")))
    console.print(_table(verdict))
    for line in _outputs(task, verdict):
        console.print(plain(line))
    for finding in verdict.findings:
        console.print(plain(f"{finding.tool} {finding.rule}, line {finding.line}: {finding.message}"))
    if verdict.tripwires:
        tried = "; ".join(map(_in_words, verdict.tripwires))
        console.print(plain(f"tripwires: the program {tried}"), style="yellow", soft_wrap=True)
    for line in _summary(verdict):
        console.print(plain(line), soft_wrap=True)


def rounded(verdict: Verdict) -> Verdict:
    """The verdict with a reward as it is shown."""
    if verdict.scored is None:
        return verdict
    components = {name: round(value, _DIGITS) for name, value in verdict.scored.components.items()}
    return replace(verdict, scored=Reward(round(verdict.scored.total, _DIGITS), components))


def _table(verdict: Verdict) -> Table:
    table = Table("check", "shown", "outcome", "CPU", "detail", box=box.SIMPLE_HEAD)
    table.columns[3].justify = "right"
    for column in table.columns[:4]:
        column.no_wrap = True
    told = [(check, (check.visible, check.outcome, _cpu(check), _detail(verdict, check))) for check in verdict.checks]
    for (visible, outcome, cpu, detail), several in itertools.groupby(told, key=lambda one: one[1]):
        name = plain(_joined([check.name for check, _ in several]))
        shown = "visible" if visible else "hidden"
        table.add_row(name, shown, Text(outcome, style=_style(outcome)), cpu, plain(detail))
    return table


def _joined(names: Sequence[str]) -> str:
    """`calls 3–13` for numbered checks in a row."""
    first, last = names[0], names[-1]
    if len(names) == 1:
        return first
    word, _, number = first.rpartition(" ")
    if number.isdigit() and all(name.rpartition(" ")[0] == word for name in names):
        return f"{word}s {number}–{last.rpartition(' ')[2]}"
    return f"{first} … {last} ({len(names)})"


def _cpu(check: CheckOutcome) -> str:
    if not check.reached:
        return "–"
    milliseconds = check.cpu_seconds * 1000
    return "<0.1 ms" if milliseconds < 0.1 else f"{milliseconds:.1f} ms"


def _detail(verdict: Verdict, check: CheckOutcome) -> str:
    if not check.reached and check.outcome in _ENDINGS:
        return "not reached"
    if verdict.detail and not check.reached and check.outcome in _OF_THE_WHOLE:
        return ""  # the first line says it
    return check.detail


def _outputs(task: Task, verdict: Verdict) -> Iterator[str]:
    """What was printed on visible checks; of whole programs, whose output is the answer, only where that is wrong."""
    for check in verdict.checks:
        if not check.output or (task.form is Form.STDIO and check.outcome is Outcome.PASSED):
            continue
        lines = check.output.rstrip("\n").split("\n")
        yield f"{check.name} printed:"
        yield from (f"  {line}" for line in lines[:_MOST_LINES])
        if len(lines) > _MOST_LINES:
            yield f"  … and {len(lines) - _MOST_LINES} more lines"


def _in_words(tripwire: str) -> str:
    """What a tripwire noticed, after `the program`."""
    if tripwire == FORGED:
        return f"sent {tripwire}"
    if tripwire.startswith("system call "):
        return f"tried the {tripwire}"
    return tripwire if " " in tripwire else f"tried the system call {tripwire}"


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
