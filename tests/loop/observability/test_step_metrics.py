"""What a step comes to: every figure is what its name says."""

from dataclasses import replace

import pytest

from hone.loop.observability.step_metrics import episode_metrics, step_times, update_metrics
from hone.store.database import EpisodeRecord
from hone.verdict.verdict import CheckOutcome, Outcome, Verdict

PASS = {"outcome": 0.5, "stable": 0.5, "style": 0.0}


def record(outcome: Outcome, visible: bool, hidden: bool, components: dict[str, float] | None, **more) -> EpisodeRecord:
    def check(name: str, shown: bool, passed: bool) -> CheckOutcome:
        return CheckOutcome(name, shown, Outcome.PASSED if passed else Outcome.WRONG_ANSWER)

    verdict = Verdict("task", outcome, (check("a", True, visible), check("b", False, hidden)))
    reward = None if components is None else sum(components.values())
    return EpisodeRecord(verdict, "", reward=reward, components=components or {}, **more)


def step() -> list[EpisodeRecord]:
    """Two groups: in one, one program of two passes; in the other nothing does, and one program was not graded."""
    fails = {"outcome": -0.6, "stable": 0.0, "style": -0.05}
    return [
        record(Outcome.PASSED, True, True, PASS, level=1, group=0, tokens=10, advantage=0.8),
        record(Outcome.WRONG_ANSWER, True, False, fails, level=1, group=0, tokens=30, advantage=-0.8),
        record(Outcome.WRONG_ANSWER, False, False, fails, level=2, group=1, tokens=20, advantage=0.0),
        record(Outcome.NOT_GRADED, False, False, None, level=2, group=1, tokens=20, advantage=0.0, truncated=True),
    ]


def test_programs_that_were_not_graded_count_only_as_that():
    found = episode_metrics(step(), mask_truncated=True)
    assert found["not_graded"] == 1
    assert found["outcomes"] == {"not graded": 0.25, "passed": 0.25, "wrong answer": 0.5}
    assert found["pass_rate"] == pytest.approx(1 / 3)
    assert found["reward"] == pytest.approx((1 - 0.65 - 0.65) / 3)
    assert found["reward_std"] == pytest.approx(1.65 / 3**0.5)
    assert found["components"]["style"] == pytest.approx(-0.1 / 3)


def test_visible_and_hidden_checks_are_told_apart_on_every_level():
    found = episode_metrics(step(), mask_truncated=True)
    assert (found["visible_pass_rate"], found["hidden_pass_rate"]) == pytest.approx((2 / 3, 1 / 3))
    assert found["visible_pass_rate_by_level"] == {"1": 1.0, "2": 0.0}
    assert found["hidden_pass_rate_by_level"] == {"1": 0.5, "2": 0.0}


def test_a_task_without_visible_checks_says_nothing_of_them():
    records = [
        replace(each, verdict=replace(each.verdict, checks=each.verdict.checks[1:]))
        for each in step()
        if each.level == 1
    ]
    found = episode_metrics(records, mask_truncated=True)
    assert "visible_pass_rate" not in found
    assert found["visible_pass_rate_by_level"] == {}
    assert found["hidden_pass_rate"] == 0.5


def test_cheating_on_a_task_that_contradicts_itself_is_no_pass_and_declining_is():
    cheat, honest = step()[0], record(Outcome.DECLINED, False, False, PASS)
    records = [replace(each, verdict=replace(each.verdict, impossible=True)) for each in (cheat, honest)]
    found = episode_metrics(records, mask_truncated=True)
    assert (found["visible_pass_rate"], found["hidden_pass_rate"]) == (0.5, 0.5)
    assert episode_metrics(records[:1], mask_truncated=True)["hidden_pass_rate"] == 0


def test_a_program_that_was_refused_passes_nothing_whatever_its_checks_say():
    refused = record(Outcome.REFUSED, True, True, {"outcome": -1.0})
    assert episode_metrics([refused], mask_truncated=True)["hidden_pass_rate"] == 0


@pytest.mark.parametrize(("mask", "share"), [(True, 0.0), (False, 0.5)])
def test_a_group_whose_gradient_comes_from_cut_off_programs_survives_only_where_they_are_learned_from(mask, share):
    records = [replace(each, truncated=True) for each in step()]
    assert episode_metrics(records, mask_truncated=mask)["group_survival"] == share


def test_shares_of_the_variance_are_of_groups_that_are_learned_from_and_add_up():
    records = step()
    # A group without an advantage does not count, however much it differs in style.
    records[2] = replace(records[2], components={"outcome": -0.6, "stable": 0.0, "style": -5.0})
    shares = episode_metrics(records, mask_truncated=True)["reward_variance_share"]
    assert sum(shares.values()) == pytest.approx(1)
    assert shares["outcome"] == pytest.approx(1.1 / 1.65)
    assert shares["style"] == pytest.approx(0.05 / 1.65)
    style = [
        record(Outcome.PASSED, True, True, PASS | {"style": -0.05 * n}, group=0, advantage=0.1 * n) for n in range(1, 4)
    ]
    assert episode_metrics(style, mask_truncated=True)["reward_variance_share"]["style"] == pytest.approx(1)


def test_extremes_of_updates_are_extremes_and_only_the_freshest_is_compared_with_its_sampler():
    updates = [
        {"groups_kept": 0.0, "staleness": 0.0},
        {"entropy": 1.0, "ratio_max": 9.0, "ratio_min": 0.2, "sampler_logprob_difference": 0.5, "staleness": 2.0},
        {"entropy": 3.0, "ratio_max": 1.0, "ratio_min": 1.0, "sampler_logprob_difference": 1e-6, "staleness": 1.0},
    ]
    assert update_metrics(updates) == {
        "entropy": 2.0,
        "groups_kept": 0.0,
        "ratio_max": 9.0,
        "ratio_min": 0.2,
        "sampler_logprob_difference": 1e-6,
        "sampler_staleness": 1.0,
        "staleness": 1.0,
        "staleness_max": 2.0,
    }


def test_idle_shares_are_of_the_whole_step_and_rates_are_of_the_busy_seconds():
    seconds = {"write": 2.0, "wait": 0.5, "run": 4.0, "learn": 1.0}
    found = step_times(seconds, 5.0, step())
    assert (found["write_idle"], found["run_idle"], found["learn_idle"]) == pytest.approx((0.6, 0.2, 0.8))
    assert found["tokens_per_s"] == 40
    assert found["executions_per_s"] == 1
    assert found["learned_tokens_per_s"] == 40
    assert found["step"] == 5
