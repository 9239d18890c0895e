"""The reward's order, for arbitrary verdicts under arbitrary settings."""

import dataclasses
import math
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hone.errors import HoneError
from hone.verdict.reward import RewardConfig, score
from hone.verdict.verdict import CheckOutcome, Finding, Outcome, Speed, Verdict

TIER = {
    Outcome.DOES_NOT_COMPILE: 0,
    Outcome.MISSING_ENTRY_POINT: 0,
    Outcome.REFUSED: 0,
    Outcome.RAISED: 1,
    Outcome.TIMED_OUT: 1,
    Outcome.OUT_OF_MEMORY: 1,
    Outcome.KILLED: 1,
    Outcome.DECLINED: 1,
    Outcome.WRONG_ANSWER: 2,
    Outcome.PASSED: 3,
}


@st.composite
def configs(draw: st.DrawFn) -> RewardConfig:
    values = {
        field.name: draw(st.one_of(st.floats(-2, 2), st.floats(-1e6, 1e6)))
        for field in dataclasses.fields(RewardConfig)
        if field.name != "findings_for_all"
    }
    values |= {name: abs(values[name]) for name in ("partial", "stable", "speed")}
    values["style"] = abs(values["style"]) / 10
    names = ["does_not_compile", "raises", "fails", "passes"]
    values |= dict(zip(names, sorted(values[name] for name in names), strict=True))
    try:
        return RewardConfig(**values, findings_for_all=draw(st.integers(1, 9)))
    except HoneError:
        assume(False)
        raise


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    outcome = draw(st.sampled_from(sorted(TIER)))
    checks = tuple(
        CheckOutcome(f"c{i}", draw(st.booleans()), draw(st.sampled_from(sorted(TIER))))
        for i in range(draw(st.integers(0, 6)))
    )
    findings = tuple(Finding("ruff", "F841", 1, "") for _ in range(draw(st.integers(0, 30))))
    speed = draw(st.none() | st.builds(Speed, *[st.none() | st.floats()] * 3, st.integers(), st.booleans()))
    return Verdict("t", outcome, checks, findings, pass_probability=draw(st.floats()), speed=speed)


def total(verdict: Verdict, config: RewardConfig) -> float:
    reward = score(verdict, config)
    assert reward is not None
    return reward.total


@given(verdicts(), verdicts(), st.one_of(st.just(RewardConfig()), configs()))
def test_a_better_tier_always_earns_more(a: Verdict, b: Verdict, config: RewardConfig):
    if TIER[a.outcome] < TIER[b.outcome]:
        assert total(a, config) < total(b, config)


@given(verdicts(), st.one_of(st.just(RewardConfig()), configs()))
def test_passing_is_positive_and_everything_else_negative(verdict: Verdict, config: RewardConfig):
    assert (total(verdict, config) > 0) is verdict.passed
    assert total(verdict, config) != 0


@given(verdicts(), st.one_of(st.just(RewardConfig()), configs()))
def test_the_components_add_up_to_the_reward(verdict: Verdict, config: RewardConfig):
    reward = score(verdict, config)
    assert reward is not None
    assert math.isclose(math.fsum(reward.components.values()), reward.total)
    assert set(reward.components) == {"outcome", "partial", "stable", "speed", "style"}


@given(verdicts(), st.floats(0, 1), st.floats(0, 1))
def test_a_flaky_pass_earns_less_than_a_stable_one(verdict: Verdict, low: float, high: float):
    passed = dataclasses.replace(verdict, outcome=Outcome.PASSED)
    rewards = [total(dataclasses.replace(passed, pass_probability=p), RewardConfig()) for p in sorted((low, high))]
    assert rewards[0] <= rewards[1]


@given(verdicts())
def test_a_finding_never_helps(verdict: Verdict):
    more = dataclasses.replace(verdict, findings=(*verdict.findings, Finding("ty", "x", 1, "")))
    assert total(more, RewardConfig()) <= total(verdict, RewardConfig())


@given(verdicts(), st.floats(0, 1), st.floats(0, 1))
def test_speed_earns_inside_the_passing_tier_and_only_where_it_is_credited(verdict: Verdict, one: float, other: float):
    slow, fast = (
        dataclasses.replace(verdict, speed=Speed(high, high, high, 9, credited=True))
        for high in sorted((one, other), reverse=True)
    )
    plain = dataclasses.replace(verdict, speed=Speed(0.1, 0.1, 0.1, 9, credited=False))
    rewards = [total(candidate, RewardConfig()) for candidate in (plain, slow, fast)]
    assert rewards == sorted(rewards)
    assert rewards[2] - rewards[0] <= RewardConfig().speed + 1e-9
    if not verdict.passed:
        assert rewards[0] == rewards[2]


def test_what_was_not_graded_has_no_reward():
    assert score(Verdict("t", Outcome.NOT_GRADED, ()), RewardConfig()) is None


@pytest.mark.parametrize(
    "change",
    [
        {"raises": -1.0},
        {"fails": -0.9},
        {"partial": 0.7},
        {"passes": 0.0},
        {"style": 0.6},
        {"style": -0.1},
        {"stable": -1.0},
        {"speed": -0.1},
        {"does_not_compile": float("nan")},
        {"passes": float("inf")},
        {"passes": 1.7e308, "stable": 1.7e308},
        {"does_not_compile": -(10**400)},
        {"findings_for_all": 10**400},
        {"findings_for_all": 0},
        {"passes": "0.5"},
        {"raises": None},
        {"style": True},
    ],
)
def test_settings_that_would_mix_the_tiers_are_refused_in_one_line(change: dict[str, Any]):
    with pytest.raises(HoneError, match="reward") as caught:
        RewardConfig(**change)
    assert "\n" not in str(caught.value)
