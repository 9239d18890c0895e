"""What a run shows while it works: a live display on a terminal, a plain line now and then anywhere else."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from hone.printable import printable, printable_lines

_REFRESH_SECONDS = 0.25
_LINE_SECONDS = 15.0
_BAR_COLUMNS, _SHORTEST_BAR = 30, 5


@dataclass(frozen=True)
class Status:
    """Where a run stands. None is not shown: not known, or not a thing of this stage."""

    stage: str
    step: int
    total: int
    """Steps of this stage; 0 where that is not known."""
    reward: float | None = None
    """Mean reward of the last step."""
    pass_rates: Mapping[int, float] = field(default_factory=dict)
    """Share of passing programs by level."""
    tokens_per_s: float | None = None
    executions_per_s: float | None = None
    seconds_left: float | None = None
    loss: float | None = None
    """Of the last step of supervised learning."""


class Progress:
    """Shows a run's status on standard error. Use it with `with`; without threads, so a process may fork inside."""

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        """Args:
        console: where to write; standard error by default. If it is no terminal, plain lines are written.
        clock: seconds; it decides how often something is shown.
        """
        self._console = console or Console(file=sys.stderr)
        self._clock = clock
        self._shown_at = float("-inf")
        self._stage = ""
        self._last: Status | None = None
        self._working = False
        # Without a thread of its own, a live display moves only when it is told something.
        self._live = Live(console=self._console, auto_refresh=False) if self._console.is_terminal else None

    def __enter__(self) -> "Progress":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._last is not None:
            self._show(self._last)
        if self._live:
            if self._working:
                self._live.update(Text(""), refresh=True)
            self._live.stop()

    def update(self, status: Status) -> None:
        """Tell where the run stands; cheap enough for every step."""
        if self._last is not None and self._last.stage != status.stage:
            self._show(self._last)  # where the stage before this one ended
        self._last = status
        now = self._clock()
        every = _REFRESH_SECONDS if self._live else _LINE_SECONDS
        if status.stage != self._stage or now - self._shown_at >= every:
            self._stage, self._shown_at = status.stage, now
            self._show(status)
            self._last = None

    def working(self, what: str) -> None:
        """Tell what goes on where there are no steps to count. On a terminal only, where silence looks like a hang."""
        if self._live:
            self._last = None
            self._live.update(Text(f"{what} …", style="dim"), refresh=True)
            self._working = True

    def say(self, line: str) -> None:
        """Print a line that stays, above the live display."""
        self._console.print(Text(printable_lines(line)), soft_wrap=self._live is None)

    def _show(self, status: Status) -> None:
        self._working = False
        if self._live:
            self._live.update(_display(status, self._console.width), refresh=True)
        else:
            self._console.print(Text(printable(plain_line(status))), soft_wrap=True)


def plain_line(status: Status) -> str:
    """One line without colour, for logs."""
    return " · ".join([f"{status.stage} {_steps(status)}", *_figures(status), *_left(status)])


def duration(seconds: float) -> str:
    """Minutes and seconds, hours where there are any: `2:05`, `1:02:05`."""
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _steps(status: Status) -> str:
    return f"{status.step}/{status.total}" if status.total else str(status.step)


def _left(status: Status) -> list[str]:
    return [] if status.seconds_left is None else [f"{duration(status.seconds_left)} left"]


def _figures(status: Status) -> list[str]:
    """What there is to tell at this stage; what there is not is left out."""
    found = []
    if status.loss is not None:
        found.append(f"loss {status.loss:.3f}")
    if status.reward is not None:
        found.append(f"reward {status.reward:.3f}")
    if status.pass_rates:
        found.append("pass " + " ".join(f"L{level} {rate:.2f}" for level, rate in sorted(status.pass_rates.items())))
    if status.tokens_per_s is not None:
        found.append(f"{status.tokens_per_s:,.0f} tokens/s")
    if status.executions_per_s is not None:
        found.append(f"{status.executions_per_s:,.0f} executions/s")
    return found


def _display(status: Status, width: int) -> Group:
    """What a terminal of so many columns shows: the stage with a bar where there is room for one, then the figures."""
    ends = " · ".join([_steps(status), *_left(status)])
    room = min(_BAR_COLUMNS, width - cell_len(f"{status.stage}  {ends}") - 1)
    bar = f"{_bar(status, room)} " if status.total and room >= _SHORTEST_BAR else ""
    head = Text.assemble((printable(status.stage), "bold"), f" {bar}{ends}", no_wrap=True, overflow="ellipsis")
    figures = _figures(status)
    return Group(head, Text(" · ".join(figures))) if figures else Group(head)


def _bar(status: Status, columns: int) -> str:
    """Told by its characters, not by colour alone: a terminal may have none."""
    filled = columns * min(status.step, status.total) // status.total
    return "█" * filled + "░" * (columns - filled)
