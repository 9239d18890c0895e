"""Flakiness: the bound's formula, which programs are run again, and planted flaky programs found by the real judge."""

import random
import time
from typing import Any

import pytest

from hone import Judge, Outcome, Task
from hone.errors import HoneError
from hone.tasks.families import Split, TaskMix, task_from_id, task_id
from hone.verdict.checks.flakiness import FlakinessConfig, is_sampled, is_suspected, pass_probability, variations

TASK = Task.from_examples(
    prompt="Add one.", entry_point="f", visible=[((0,), 1)], hidden=[((n,), n + 1) for n in range(1, 8)]
)


def posterior_quantile(runs: int, passes: int, prior: float, quantile: float) -> float:
    """The same bound by drawing from the prior and keeping the draws that explain the runs."""
    rng = random.Random(0)
    kept = []
    while len(kept) < 20_000:
        rate = rng.random() if rng.random() < prior else 1.0
        if sum(rng.random() < rate for _ in range(runs)) == passes:
            kept.append(rate)
    return sorted(kept)[int(quantile * len(kept))]


@pytest.mark.parametrize(("runs", "passes"), [(1, 1), (3, 3), (5, 5), (5, 4), (5, 2)])
@pytest.mark.parametrize("prior", [0.02, 0.5])
def test_the_bound_is_the_posteriors_quantile(runs: int, passes: int, prior: float):
    if passes < runs and prior < 0.5:
        prior = 0.3  # a failure rules the stable part out, whatever its weight; a rare prior only draws longer
    expected = posterior_quantile(runs, passes, prior, 0.05)
    assert pass_probability(runs, passes, prior, 0.05) == pytest.approx(expected, abs=0.02)


def test_one_clean_pass_of_an_unsuspected_program_is_worth_one():
    config = FlakinessConfig()
    assert pass_probability(1, 1, config.prior_flaky, config.quantile) == 1.0
    assert pass_probability(5, 4, config.prior_flaky, config.quantile) < 0.5


def test_generated_references_are_not_suspected():
    names = [task_id(f, level, Split.TRAIN, i) for f, level in TaskMix.parse("composed").trained() for i in range(5)]
    suspected = [name for name in names if is_suspected(task_from_id(name).reference)]
    assert len(suspected) < 0.02 * len(names), suspected


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "import time",
        "list(set(xs))",
        "{a, b}",
        "{\n    a,\n    b,\n}",
        "{v for v in xs}",
        "hash(s)",
        "id(x)",
        "d.keys() & e.keys()",
        "def f(x, seen=[]):",
        "def f(x: int, seen: dict[int, int] = {}) -> int:",
        "global count",
    ],
)
def test_programs_that_use_chance_time_sets_threads_or_kept_state_are_suspected(source: str):
    assert is_suspected(source)


@pytest.mark.parametrize(
    "source",
    [
        "{}",
        "{ }",
        "{'a': 1}",
        "{a: v for a, v in d.items()}",
        "{**a, **b}",
        "[v for v in xs]",
        "sorted(xs)",
        "reset(x)",
        'f"{a}, {b}"',
        "'{} {x}'.format(1, x=2)",
        "def f(x=0):\n    y = []",
        "def f(x, y=()): return x",
    ],
)
def test_plain_programs_are_not_suspected(source: str):
    assert not is_suspected(source)


@pytest.mark.parametrize("piece", ["def ", "{", "{a", "'", "keys() ", "{\n", "def = "])
def test_no_text_makes_the_suspicion_long(piece: str):
    started = time.process_time()
    is_suspected(piece * (256 * 1024 // len(piece)))
    assert time.process_time() - started < 2.0


def test_the_sample_is_a_share_fixed_by_seed_and_content():
    chosen = [is_sampled(f"x = {i}", "t", 0, 0.1) for i in range(5000)]
    assert sum(chosen) / 5000 == pytest.approx(0.1, abs=0.02)
    assert chosen == [is_sampled(f"x = {i}", "t", 0, 0.1) for i in range(5000)]
    assert chosen != [is_sampled(f"x = {i}", "t", 1, 0.1) for i in range(5000)]


def test_variations_differ_in_hash_seed_random_seed_and_order():
    found = variations("t", 8, 4)
    assert len({v.random_seed for v in found}) == len({v.clock_seconds for v in found}) == 4
    assert {v.hash_seed for v in found} == {1, 2}
    assert {v.switch_seconds is None for v in found} == {True, False}
    assert len({v.hash_seed for v in variations("t", 8, 30)}) == 30
    assert all(sorted(v.order or ()) == list(range(8)) for v in found)
    assert len({v.order for v in found}) > 1


FLAKY = {
    "random": "import random\nR = random.random()\ndef f(n):\n    return n + 1 if R > 0.45 else n\n",
    "hash seed": "def f(n):\n    return n + 1 if hash('pear') % 2 == HASH else n\n",
    "order": "seen = []\ndef f(n):\n    seen.append(id)\n    return n + 1 if n == len(seen) - 1 else 0\n",
}


def test_planted_flaky_programs_earn_less_than_stable_ones_and_more_than_failing_ones():
    stable = "def f(n):\n    return n + 1\n"
    suspected_stable = "def f(n):\n    return len(set(range(n + 1)))\n"
    with Judge(workers=2, static=False) as judge:
        sources = [FLAKY["hash seed"].replace("HASH", parity) for parity in "01"]
        # Which parity the first hash seed has is no part of the claim: the one that passes there is the flaky one.
        sources += [
            FLAKY["order"],
            *(FLAKY["random"].replace("0.45", bound) for bound in ("0.3", "0.45", "0.6", "0.8")),
        ]
        verdicts = judge.grade_many(
            [(TASK, source) for source in (stable, suspected_stable, "def f(n): return 0", *sources)]
        )
    first, second, failing, *planted = verdicts
    assert (first.runs, first.pass_probability) == (1, 1.0) or first.runs == first.passes
    assert second.runs == second.passes == 5
    flaky = [verdict for verdict in planted if verdict.passed]
    assert len(flaky) >= 2
    best, worst = first.reward, failing.reward
    assert best is not None
    assert worst is not None
    for verdict in flaky:
        assert verdict.reward is not None
        assert best >= verdict.reward > 0 > worst
        assert (verdict.reward < best) is verdict.flaky
    assert sum(verdict.flaky for verdict in flaky) >= 2


def test_a_verdict_does_not_depend_on_the_batch_it_came_in():
    sources = [f"def f(n):\n    return n + {i % 3}  # {i}\n" for i in range(12)]
    with Judge(workers=2, static=False, flakiness=FlakinessConfig(sampled=0.5)) as judge:
        together = judge.grade_many([(TASK, source) for source in sources])
        alone = [judge.grade(TASK, source) for source in reversed(sources)][::-1]
    assert [(v.outcome, v.runs, v.passes, v.reward) for v in together] == [
        (v.outcome, v.runs, v.passes, v.reward) for v in alone
    ]
    assert {v.outcome for v in together} == {Outcome.PASSED, Outcome.WRONG_ANSWER}
    assert {v.runs for v in together} == {1, 5}


@pytest.mark.parametrize(
    "change",
    [
        {"sampled": -0.1},
        {"sampled": "0.1"},
        {"quantile": 1.5},
        {"quantile": None},
        {"prior_flaky": float("nan")},
        {"reruns": 0},
        {"reruns": 2.5},
        {"reruns": 10**9},
    ],
)
def test_impossible_settings_are_refused(change: dict[str, Any]):
    with pytest.raises(HoneError, match="flakiness"):
        FlakinessConfig(**change)


def test_reruns_stop_at_the_first_failure_and_vary_clock_and_threads():
    shaky = "import time\nhere = time.gmtime().tm_year == time.localtime().tm_year == YEAR\ndef f(x): return x + here\n"
    task = Task.from_examples(prompt="", entry_point="f", visible=[((1,), 2)], hidden=[((2,), 3)])
    config = FlakinessConfig(sampled=1.0, reruns=12, at_once=2)
    with Judge(1, static=False, flakiness=config) as judge:
        verdict = judge.grade_many([(task, shaky.replace("YEAR", str(time.gmtime().tm_year)))])[0]
        assert verdict.passed
        assert verdict.flaky
        assert verdict.runs < 13
        steady = judge.grade_many([(task, "def f(x): return x + 1\n")])[0]
        assert (steady.runs, steady.passes, steady.flaky) == (13, 13, False)
        assert verdict.reward is not None
        assert steady.reward is not None
        assert 0 < verdict.reward < steady.reward


CLOCKS = """
import datetime, os, time
def f(x):
    open('now', 'w').close()
    age = abs(os.path.getmtime('now') - time.time())
    return x + (age < 60 and abs(datetime.datetime.now().timestamp() - time.time()) < 60)
"""


def test_a_program_that_compares_clocks_is_not_made_flaky_by_the_judge():
    task = Task.from_examples(prompt="", entry_point="f", visible=[((1,), 2)], hidden=[((2,), 3)])
    with Judge(1, static=False, flakiness=FlakinessConfig(sampled=1.0)) as judge:
        verdict = judge.grade_many([(task, CLOCKS)])[0]
    assert (verdict.runs, verdict.passes) == (5, 5)


def test_tests_and_program_are_shifted_by_the_same_time():
    tests = "import time\nfrom solution import f\ndef test_f(): assert abs(f() - time.time()) < 60\n"
    task = Task.from_suite(prompt="", module="solution", tests=tests)
    with Judge(1, static=False, flakiness=FlakinessConfig(sampled=1.0)) as judge:
        verdict = judge.grade_many([(task, "import time\ndef f(): return time.time()\n")])[0]
    assert (verdict.runs, verdict.passes) == (5, 5)
