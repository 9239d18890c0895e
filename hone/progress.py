"""What a run shows while it works: a live display on a terminal, a plain line now and then anywhere else."""

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from hone.printable import printable, printable_lines

_REFRESH_SECONDS = 0.25
_LINE_SECONDS = 15.0


@dataclass(frozen=True)
class Status:
    """Where a run stands. None is shown as a dash: not known, or not a thing of this stage."""

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

    def say(self, line: str) -> None:
        """Print a line that stays, above the live display."""
        self._console.print(Text(printable_lines(line)), soft_wrap=self._live is None)

    def _show(self, status: Status) -> None:
        if self._live:
            self._live.update(_display(status), refresh=True)
        else:
            self._console.print(Text(printable(plain_line(status))), soft_wrap=True)


def plain_line(status: Status) -> str:
    """One line without colour, for logs."""
    parts = [f"{status.stage} {_steps(status)}"]
    if status.reward is not None:
        parts.append(f"reward {status.reward:.3f}")
    if status.pass_rates:
        parts.append("pass " + " ".join(f"L{level} {rate:.2f}" for level, rate in sorted(status.pass_rates.items())))
    if status.tokens_per_s is not None:
        parts.append(f"{status.tokens_per_s:,.0f} tokens/s")
    if status.executions_per_s is not None:
        parts.append(f"{status.executions_per_s:,.0f} executions/s")
    if status.seconds_left is not None:
        parts.append(f"{duration(status.seconds_left)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """Minutes and seconds, hours where there are any: `2:05`, `1:02:05`."""
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def _steps(status: Status) -> str:
    return f"{status.step}/{status.total}" if status.total else str(status.step)


def _display(status: Status) -> Group:
    head = Table.grid(padding=(0, 2))
    left = f"{duration(status.seconds_left)} left" if status.seconds_left is not None else ""
    bar = ProgressBar(total=status.total or None, completed=status.step, width=30, pulse=not status.total)
    head.add_row(Text(printable(status.stage), style="bold"), bar, f"step {_steps(status)}", left)
    body = Table.grid(padding=(0, 3))
    reward = f"reward {status.reward:.3f}" if status.reward is not None else "reward –"
    tokens = f"{status.tokens_per_s:,.0f} tokens/s" if status.tokens_per_s is not None else "– tokens/s"
    runs = f"{status.executions_per_s:,.0f} executions/s" if status.executions_per_s is not None else "– executions/s"
    rates = "   ".join(f"L{level} {rate:.2f}" for level, rate in sorted(status.pass_rates.items())) or "–"
    body.add_row(reward, tokens, runs, f"pass by level: {rates}")
    return Group(head, body)
