"""The progress display, on a terminal and off it."""

import io

from rich.console import Console

from hone.progress import Progress, Status, duration, plain_line


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def run(terminal: bool) -> str:
    said = io.StringIO()
    clock = Clock()
    with Progress(Console(file=said, force_terminal=terminal, width=140), clock) as progress:
        for step in range(1, 101):
            clock.now += 1
            progress.update(Status("rl", step, 100, 0.5, {2: 0.58, 1: 0.95}, 2368.4, 190.2, 100.0 - step))
            if step == 50:
                progress.say("a line [that] stays")
    return said.getvalue()


def test_without_a_terminal_a_plain_line_comes_every_fifteen_seconds_and_at_the_end():
    lines = run(terminal=False).splitlines()
    assert lines.pop(4) == "a line [that] stays"
    assert [line.split()[1] for line in lines] == [f"{step}/100" for step in (1, 16, 31, 46, 61, 76, 91, 100)]
    assert lines[0] == "rl 1/100 · reward 0.500 · pass L1 0.95 L2 0.58 · 2,368 tokens/s · 190 executions/s · 1:39 left"
    assert not any("\x1b" in line for line in lines)


def test_on_a_terminal_the_display_names_everything_the_issue_asks_for():
    said = run(terminal=True)
    for part in (
        "rl",
        "step 100/100",
        "reward 0.500",
        "L1 0.95   L2 0.58",
        "2,368 tokens/s",
        "190 executions/s",
        "left",
    ):
        assert part in said


def test_a_long_sentence_is_one_line_of_a_log():
    said = io.StringIO()
    with Progress(Console(file=said, width=40), Clock()) as progress:
        progress.say("alarm at step 3 of rl: " + "words " * 20)
    assert said.getvalue().count("\n") == 1


def test_a_new_stage_is_shown_at_once_after_the_end_of_the_one_before():
    said = io.StringIO()
    with Progress(Console(file=said, width=140), Clock()) as progress:
        progress.update(Status("warm start", 1, 0))
        progress.update(Status("warm start", 2, 0))
        progress.update(Status("rl", 1, 10))
        progress.update(Status("rl", 2, 10))
    assert said.getvalue().splitlines() == ["warm start 1", "warm start 2", "rl 1/10", "rl 2/10"]


def test_durations_read_like_a_clock():
    assert [duration(seconds) for seconds in (-3, 5, 125, 3725)] == ["0:00", "0:05", "2:05", "1:02:05"]
    assert plain_line(Status("x", 1, 0, seconds_left=125)) == "x 1 · 2:05 left"
