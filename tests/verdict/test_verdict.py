"""The verdict as text: what was written is read back, and nothing else is read."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.errors import Boundary, HoneError
from hone.verdict.reward import RewardConfig, score
from hone.verdict.verdict import CheckOutcome, Finding, Outcome, Speed, Verdict

WRITABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SECONDS = st.floats(0, 1e6)


@st.composite
def verdicts(draw: st.DrawFn) -> Verdict:
    outcomes = st.sampled_from(Outcome)
    check = st.builds(CheckOutcome, WRITABLE, st.booleans(), outcomes, WRITABLE, SECONDS)
    finding = st.builds(Finding, WRITABLE, WRITABLE, st.integers(1, 10**6), WRITABLE)
    verdict = Verdict(
        draw(WRITABLE),
        draw(outcomes),
        tuple(draw(st.lists(check, max_size=3))),
        tuple(draw(st.lists(finding, max_size=3))),
        runs=draw(st.integers(1, 9)),
        passes=draw(st.integers(0, 9)),
        pass_probability=draw(st.floats(0, 1)),
        boundary=draw(st.none() | st.sampled_from(Boundary)),
        detail=draw(WRITABLE),
        cpu_seconds=draw(SECONDS),
        speed=draw(st.none() | st.builds(Speed, SECONDS, SECONDS, SECONDS, st.integers(0, 9), st.booleans(), WRITABLE)),
    )
    return dataclasses.replace(verdict, scored=score(verdict, RewardConfig()))


@given(verdicts())
def test_a_verdict_is_read_back_as_it_was_written(verdict: Verdict):
    text = verdict.to_json()
    assert Verdict.from_json(text) == verdict
    assert Verdict.from_json(text).to_json() == text


@pytest.mark.parametrize(
    "text", ["", "null", "[]", "{}", '"\\ud800"', "[" * 200_000, '{"reward": 1, "components": {}}'], ids=range(7)
)
def test_what_is_no_verdict_is_refused_in_one_line(text: str):
    with pytest.raises(HoneError, match="not a verdict") as caught:
        Verdict.from_json(text)
    assert "\n" not in str(caught.value)


@given(verdicts())
def test_a_pass_cannot_be_written_over_a_failure(verdict: Verdict):
    text = verdict.to_json()
    forged = text.replace('"passed": false', '"passed": true')
    if forged != text:
        with pytest.raises(HoneError, match="contradicts"):
            Verdict.from_json(forged)


def test_what_was_not_graded_passed_nothing():
    lost = Verdict("t", Outcome.NOT_GRADED, ())
    assert not lost.passed
    assert not lost.visible_passed
    assert not lost.hidden_passed
