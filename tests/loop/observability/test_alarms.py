"""Alarms: each goes off on its pathology, says so once, and none does in a healthy run."""

import json
import math
import random
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from hone.errors import HoneError
from hone.loop.observability.alarms import ALARMS, AlarmConfig, Alarms
from tests.loop.observability.streams import healthy

Line = dict[str, Any]
BEGIN, STEPS = 60, 120
"""Where a planted pathology begins, and how long its stream is."""


def raised(lines: Iterable[Line], config: AlarmConfig | None = None) -> list[tuple[int, str, str]]:
    alarms = Alarms(config or AlarmConfig())
    return [(step, name, str(told)) for step, line in enumerate(lines, 1) for name, told in alarms.look(line).items()]


def planted(change: Callable[[Line, float], None], seed: int) -> Iterable[Line]:
    """A healthy stream that falls ill at step `BEGIN` and gets worse for twenty steps: from 0 to 1."""
    for step, line in enumerate(healthy(seed, STEPS)):
        if step >= BEGIN:
            change(line, min((step - BEGIN) / 20, 1.0))
        yield line


def scaled(name: str, factor: float) -> Callable[[Line, float], None]:
    def change(line: Line, ill: float) -> None:
        if name in line:
            line[name] *= factor**ill

    return change


def raised_to(name: str, level: float) -> Callable[[Line, float], None]:
    def change(line: Line, ill: float) -> None:
        line[name] = line.get(name, 0.0) * (1 - ill) + level * ill

    return change


def hacked(line: Line, ill: float) -> None:
    """Reward for nothing."""
    line["components"]["style"] += 0.4 * ill
    line["reward"] += 0.4 * ill


def fitted(line: Line, ill: float) -> None:
    line["visible_pass_rate"] += (1 - line["visible_pass_rate"]) * 0.6 * ill


def dominated(line: Line, ill: float) -> None:
    line["reward_variance_share"] = {"outcome": 1 - 0.9 * ill, "style": 0.9 * ill}


def lost(line: Line, ill: float) -> None:
    line["outcomes"] = {"passed": 1 - 0.2 * ill, "not graded": 0.2 * ill}


def alike(line: Line, ill: float) -> None:
    line["group_survival"] *= 1 - ill


PATHOLOGIES: dict[str, tuple[Callable[[Line, float], None], str, str]] = {
    "entropy_collapse": (scaled("entropy", 0.02), "entropy fell from", "lower the learning rate"),
    "reward_without_passes": (hacked, "while the hidden pass rate stayed", "most of the rise is style"),
    "visible_gap": (fitted, "pass the visible checks and fail hidden ones", "fits the checks it is shown"),
    "truncation_rising": (raised_to("truncated", 0.4), "are cut off at the length limit", "raise rl.max_new_tokens"),
    "truncation_high": (raised_to("truncated", 0.9), "are cut off at the length limit", "warm it up"),
    "sampler_mismatch": (raised_to("sampler_logprob_difference", 0.1), "differ from the sampler's", "temperature"),
    "component_dominates": (dominated, "style makes", "learns style rather than to pass"),
    "no_survivors": (alike, "of groups carry a gradient", "tasks"),
    "not_graded": (lost, "% of programs could not be graded", "the sandbox fails"),
    "gradient_explosion": (scaled("gradient_norm", 100), "the gradient's norm grew from", "lower the learning rate"),
    "kl_sampler": (raised_to("kl_sampler", 1.0), "away from the one that wrote", "fewer updates"),
    "kl_reference": (raised_to("kl_reference", 4.0), "away from the reference", "reference.weight"),
}


def test_every_alarm_has_its_pathology():
    assert PATHOLOGIES.keys() == ALARMS.keys()


@pytest.mark.parametrize("name", PATHOLOGIES)
@pytest.mark.parametrize("seed", range(5))
def test_a_pathology_sets_off_its_alarm_once_with_a_hint(name, seed):
    change, what, hint = PATHOLOGIES[name]
    told = [(step, text) for step, alarm, text in raised(planted(change, seed)) if alarm == name]
    assert len(told) == 1
    step, text = told[0]
    assert BEGIN < step <= BEGIN + 45
    assert what in text
    assert hint in text
    assert "\n" not in text


def test_a_healthy_run_sets_off_nothing_whatever_its_noise():
    false = {seed: found for seed in range(200) if (found := raised(healthy(seed, 80)))}
    assert not false, false


def test_noise_alone_is_no_trend():
    """Streams without any drift, in which only chance makes one window better than the one before."""
    rng = random.Random(3)
    counted: Counter[str] = Counter()
    for _ in range(40):
        lines = []
        for _ in range(STEPS):
            passes = sum(rng.random() < 0.3 for _ in range(16)) / 16
            reward = passes - 0.6 + rng.gauss(0, 0.3)
            truncated = sum(rng.random() < 0.3 for _ in range(16)) / 16
            lines.append({"reward": reward, "reward_std": 0.5, "hidden_pass_rate": passes, "truncated": truncated})
        counted.update(name for _, name, _ in raised(lines))
    assert not counted


def test_a_reward_that_rises_because_more_programs_pass_is_no_alarm():
    def better(line: Line, ill: float) -> None:
        line["reward"] += 0.4 * ill
        line["pass_rate"] = line["hidden_pass_rate"] = line["hidden_pass_rate"] + 0.25 * ill
        line["visible_pass_rate"] = line["visible_pass_rate"] + 0.25 * ill

    assert not [found for seed in range(10) for found in raised(planted(better, seed))]


def test_a_metric_that_is_not_finite_is_told_at_once_and_alike_when_it_is_read_back():
    for number in (math.nan, math.inf, None):
        assert [name for _, name, _ in raised([{"gradient_norm": 1.0}, {"gradient_norm": number}])] == [
            "gradient_explosion"
        ]


def test_a_gradient_that_grows_out_of_nothing_has_not_exploded():
    lines = [{"gradient_norm": 1e-9}] * 20 + [{"gradient_norm": 1e-4}] * 20
    assert not raised(lines)
    assert raised([{"gradient_norm": 1e5 * line["gradient_norm"]} for line in lines])


def test_an_older_writer_is_no_mismatch():
    lines = [{"sampler_logprob_difference": 0.3, "sampler_staleness": 1.0}] * 40
    assert not raised(lines)
    assert raised([line | {"sampler_staleness": 0.0} for line in lines])


def test_an_alarm_that_goes_on_is_told_once_and_one_that_returns_again():
    calm, ill = {"truncated": 0.0}, {"truncated": 0.9}
    lines = [ill] * 60 + [calm] * 60 + [ill] * 60
    first, again = [step for step, name, _ in raised(lines) if name == "truncation_high"]
    assert first == 20
    assert 120 < again <= 140
    # Quiet for hardly longer than a window: it is the same alarm.
    flickering = [ill] * 60 + [calm] * 10 + [ill] * 60
    assert len([name for _, name, _ in raised(flickering) if name == "truncation_high"]) == 1


@pytest.mark.parametrize("cut", [1, 30, 75, 100])
def test_a_watch_that_read_the_metrics_file_goes_on_as_if_never_stopped(cut):
    lines = list(planted(hacked, 1))
    whole = Alarms(AlarmConfig())
    wanted = [whole.look(line) for line in lines]
    again = Alarms(AlarmConfig())
    for step, line in enumerate(lines[:cut], 1):
        told = {name: str(alarm) for name, alarm in wanted[step - 1].items()}
        again.look(json.loads(json.dumps({"stage": "rl", "step": step, **line, "alarms": told, "time": {"step": 1.0}})))
    assert [again.look(line) for line in lines[cut:]] == wanted[cut:]


def test_a_real_run_that_learned_sets_off_nothing():
    """The first line of the file says how the others were made."""
    first, *lines = [
        json.loads(line) for line in (Path(__file__).parent / "healthy_run.jsonl").read_text().splitlines()
    ]
    assert "hone train" in first["command"]
    assert len(lines) == 120
    assert not raised(lines)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"window": 4}, "alarms.window is 4"),
        ({"mismatch": -1.0}, "alarms.mismatch"),
        ({"flat": math.nan}, "alarms.flat"),
    ],
)
def test_impossible_settings_are_refused(settings, told):
    with pytest.raises(HoneError, match=told):
        AlarmConfig(**settings)
