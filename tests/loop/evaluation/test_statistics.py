"""pass@k and intervals, against enumeration and against simulation."""

import itertools
import random

import pytest

from hone.loop.evaluation.statistics import estimate, paired_difference, pass_at_k, wilson


@pytest.mark.parametrize(("samples", "passes", "k"), [(5, 0, 1), (5, 2, 1), (5, 2, 3), (6, 5, 2), (6, 6, 4), (4, 1, 4)])
def test_pass_at_k_is_the_share_of_subsets_with_a_pass(samples, passes, k):
    drawn = list(itertools.combinations([True] * passes + [False] * (samples - passes), k))
    assert pass_at_k(samples, passes, k) == pytest.approx(sum(map(any, drawn)) / len(drawn))


def test_impossible_counts_are_refused():
    for bad in ((3, 4, 1), (3, 1, 4), (3, -1, 1), (3, 1, 0)):
        with pytest.raises(ValueError, match="pass@"):
            pass_at_k(*bad)


def test_the_intervals_hold_the_truth_about_as_often_as_they_say():
    rng = random.Random(0)
    held = {"estimate": 0, "wilson": 0}
    for _ in range(1000):
        rates = [rng.betavariate(0.6, 0.8) for _ in range(120)]
        interval = estimate([sum(rng.random() < rate for _ in range(8)) / 8 for rate in rates])
        held["estimate"] += interval.low <= 0.6 / 1.4 <= interval.high
        interval = wilson(sum(rng.random() < 0.07 for _ in range(120)), 120)
        held["wilson"] += interval.low <= 0.07 <= interval.high
    assert held["estimate"] == pytest.approx(950, abs=25)
    assert held["wilson"] == pytest.approx(950, abs=25)


def test_tasks_that_all_agree_still_leave_some_doubt():
    assert estimate([0.0] * 100).high == pytest.approx(0.037, abs=0.001)
    assert estimate([1.0] * 100).low == pytest.approx(0.963, abs=0.001)


def test_pairing_tells_a_small_steady_gain_from_noise():
    rng = random.Random(1)
    theirs = [rng.random() for _ in range(200)]
    value, low, high = paired_difference([min(1.0, t + 0.02) for t in theirs], theirs)
    assert 0 < low < value < high < 0.03
