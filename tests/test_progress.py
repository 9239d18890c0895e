"""The progress display, on a terminal and off it."""

import io

import pytest
from rich.console import Console

from hone.progress import Progress, Status, _display, duration, plain_line


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
        "100/100",
        "reward 0.500",
        "pass L1 0.95 L2 0.58",
        "2,368 tokens/s",
        "190 executions/s",
        "left",
    ):
        assert part in said


def screen(status: Status, width: int) -> list[str]:
    """What a terminal without colours shows of it."""
    said = io.StringIO()
    Console(file=said, width=width, color_system=None).print(_display(status, width))
    return said.getvalue().splitlines()


EVALUATING = "evaluating untrained: held out compositions, level 1"


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize(
    "status",
    [
        Status(EVALUATING, 10, 10),
        Status("warm start", 70, 1400, loss=1.5, tokens_per_s=8000.0, seconds_left=75.0),
        Status("rl", 330, 350, 0.484, {1: 0.98, 2: 0.86, 3: 0.42}, 8015.0, 635.0, 26.0),
        Status("fetching, MiB", 3, 0),
    ],
    ids=["evaluation", "warm start", "rl", "unknown total"],
)
def test_a_display_fits_the_terminal_and_says_what_the_plain_line_says(status, width):
    lines = screen(status, width)
    assert len(lines) <= 3
    assert max(len(line) for line in lines) <= width
    words = " ".join(lines).translate(str.maketrans("", "", "█░"))
    assert sorted(words.replace("·", "").split()) == sorted(plain_line(status).replace("·", "").split())


def test_a_bar_is_as_full_as_the_stage_even_without_colours():
    shares = [screen(Status(EVALUATING, step, 10), 120)[0] for step in (0, 5, 10)]
    assert [(line.count("█"), line.count("░")) for line in shares] == [(0, 30), (15, 15), (30, 0)]


def test_only_figures_of_the_stage_are_shown():
    assert screen(Status("warm start", 7, 14, loss=1.25, tokens_per_s=8000.0), 120)[1:] == [
        "loss 1.250 · 8,000 tokens/s"
    ]
    assert len(screen(Status(EVALUATING, 0, 10), 120)) == 1
    assert plain_line(Status("warm start", 7, 14, loss=1.25)) == "warm start 7/14 · loss 1.250"


def test_what_goes_on_before_the_first_step_is_told_on_a_terminal_and_leaves_nothing_behind():
    for terminal in (True, False):
        said = io.StringIO()
        with Progress(Console(file=said, force_terminal=terminal, width=80), Clock()) as progress:
            progress.working("loading torch")
            during = said.getvalue()
        assert ("loading torch …" in during) == terminal
        assert said.getvalue().startswith(during)
        cleared = said.getvalue()[len(during) :]
        assert ("\x1b[2K" in cleared) == terminal
        assert "loading" not in cleared


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
