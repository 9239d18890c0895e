"""Properties on a real jail: counterexamples are found, shrunk and told of visible properties alone; none is forged."""

from collections.abc import Iterator
from typing import Any

import pytest

from hone import Judge, Outcome, Task, Verdict
from hone.errors import Boundary, HoneError
from hone.tasks.properties import Property
from hone.tasks.task import Limits
from hone.verdict.checks import properties
from hone.verdict.checks.flakiness import FlakinessConfig

XS = {"xs": "st.lists(st.integers(), max_size=8)"}
SORTED = Property("sorted", given=XS, invariant="answer == sorted(xs)", visible=True, examples=60)
IDEMPOTENT = Property("idempotent", given=XS, invariant="f(answer) == answer", examples=30)
RIGHT = "def f(xs):\n    return sorted(xs)\n"
LOSES_EQUALS = "def f(xs):\n    return sorted(set(xs))\n"


def task(*chosen: Property, **more: Any) -> Task:
    return Task.from_examples(
        prompt="Sort.",
        entry_point="f",
        visible=[(([2, 1],), [1, 2])],
        hidden=[(([],), [])],
        properties=chosen,
        limits=Limits(cpu_seconds=1.0, wall_seconds=20.0),
        **more,
    )


TASK = task(IDEMPOTENT, SORTED)


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with Judge(workers=1, static=False, flakiness=FlakinessConfig(sampled=0.0, reruns=2)) as judge:
        yield judge


def of_properties(verdict: Verdict) -> list[Outcome]:
    return [check.outcome for check in verdict.checks if check.name.startswith("property ")]


def test_a_right_program_passes_and_every_property_has_an_outcome(judge: Judge):
    verdict = judge.grade(TASK, RIGHT)
    assert verdict.passed
    assert verdict.reward == pytest.approx(1.0)
    assert [check.name for check in verdict.checks] == ["call 1", "call 2", "property sorted", "property idempotent"]
    assert [check.visible for check in verdict.checks] == [True, False, True, False]


def test_the_counterexample_is_shrunk_and_told(judge: Judge):
    verdict = judge.grade(TASK, LOSES_EQUALS)
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert verdict.components["outcome"] < 0
    assert [check.detail for check in verdict.checks] == [
        "",
        "",
        "Falsified: not `answer == sorted(xs)` for xs=[0, 0], answer=[0]",
        "",
    ]
    assert Verdict.from_json(verdict.to_json()) == verdict


def test_the_same_inputs_are_drawn_each_time(judge: Judge):
    first, again = (judge.grade_many([(TASK, LOSES_EQUALS)])[0] for _ in range(2))
    assert first.checks[2].detail.startswith("Falsified: not `answer == sorted(xs)` for xs=[")
    assert [check.detail for check in again.checks] == [check.detail for check in first.checks]


def test_a_hidden_property_is_told_to_nobody(judge: Judge):
    source = "def f(xs):\n    if len(xs) > 3: raise ValueError(f'secret {xs}')\n    return sorted(xs)\n"
    hidden = task(Property("marked", given=XS, invariant="answer == sorted(xs)"))
    verdict = judge.grade(hidden, source)
    assert verdict.outcome is Outcome.RAISED
    told = verdict.to_json()
    assert "secret" not in told
    assert "sorted(xs)" not in told


def test_a_program_that_fails_a_check_has_as_many_outcomes_as_any_other(judge: Judge):
    verdict = judge.grade(TASK, "def f(xs):\n    return xs\n")
    assert of_properties(verdict) == [Outcome.WRONG_ANSWER] * 2
    assert len(verdict.checks) == 4
    assert len(judge.grade(TASK, "# \ud800").checks) == 4


@pytest.mark.parametrize(
    "forgery",
    [
        "class E(list):\n    def __eq__(self, o): return True\n    def __bool__(self): return True\n"
        "def f(xs): return sorted(xs) if len(xs) < 3 and xs != [0, 0] else E()\n",
        "import random\ndef f(xs):\n    return sorted(xs) if len(xs) < 3 or random.random() < 0.5 else []\n",
        "n = 0\ndef f(xs):\n    global n\n    n += 1\n    return sorted(xs) if n % 20 else [n]\n",
        "def f(xs):\n    import sys\n    sys.exit(0) if len(xs) > 2 else None\n    return sorted(xs)\n",
        "def f(xs):\n    import os\n    os._exit(0) if len(xs) > 2 else None\n    return sorted(xs)\n",
        "class BrokenProperty(Exception): pass\ndef f(xs):\n    if len(xs) > 2: raise BrokenProperty('mine')\n"
        "    return sorted(xs)\n",
        "class BrokenProperty(SystemExit): pass\ndef f(xs):\n    if len(xs) > 2: raise BrokenProperty('mine')\n"
        "    return sorted(xs)\n",
    ],
    ids=["always equal", "random", "counting", "sys.exit", "os._exit", "broken", "broken exit"],
)
def test_no_forged_pass_is_believed(judge: Judge, forgery: str):
    verdict = judge.grade_many([(TASK, forgery)])[0]
    assert verdict.outcome not in (Outcome.PASSED, Outcome.NOT_GRADED)
    assert verdict.boundary is Boundary.CANDIDATE
    assert verdict.components["outcome"] < 0


def test_the_candidate_finds_no_invariant_in_its_memory(judge: Judge):
    secret = Property("secret", given=XS, invariant="answer == sorted(xs) or 'q8w7' == 'e6'", examples=3)
    spy = (
        "import gc, sys\ndef f(xs):\n    word = '7w8q'\n    seen = word[::-1] in repr(gc.get_objects())\n"
        "    frame = sys._getframe()\n    while frame:\n"
        "        seen = seen or word[::-1] in repr(frame.f_locals)\n        frame = frame.f_back\n"
        "    return [] if seen else sorted(xs)\n"
    )
    assert judge.grade_many([(task(secret), spy)])[0].passed


def test_a_hanging_program_is_timed_out(judge: Judge, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(properties, "_DRAWING", -0.5)
    source = "def f(xs):\n    while len(xs) > 2: pass\n    return sorted(xs)\n"
    assert judge.grade_many([(task(SORTED), source)])[0].outcome is Outcome.TIMED_OUT


@pytest.mark.parametrize(
    "broken",
    [
        Property("p", given={"xs": "st.nothing()"}, invariant="True"),
        Property("p", given={"xs": "st.no_such_strategy()"}, invariant="True"),
        Property("p", given={"xs": "st.builds(object)"}, invariant="True"),
        Property("p", given=XS, invariant="True", helpers="raise ValueError('mine')"),
    ],
    ids=["nothing", "no strategy", "not plain", "helpers"],
)
def test_a_broken_property_is_its_authors_and_never_a_reward(judge: Judge, broken: Property):
    verdict = judge.grade_many([(task(broken), RIGHT)])[0]
    assert verdict.outcome is Outcome.NOT_GRADED
    assert verdict.boundary is Boundary.TASK
    assert verdict.reward is None


def test_an_invariant_that_raises_on_an_answer_is_not_true_of_it(judge: Judge):
    strict = task(Property("small", given=XS, invariant="answer[0] <= min(xs)", visible=True))
    verdict = judge.grade(strict, RIGHT)
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert verdict.checks[2].detail == "Falsified: IndexError in `answer[0] <= min(xs)` for xs=[], answer=[]"


def test_helpers_and_several_arguments(judge: Judge):
    two = Task.from_examples(
        prompt="",
        entry_point="clip",
        visible=[((5, 3), 3)],
        hidden=[((1, 3), 1)],
        properties=[
            Property(
                "bounded",
                given={"x": "st.integers()", "most": "bounds"},
                invariant="within(answer, most) and (answer == x or answer == most)",
                helpers="bounds = st.integers(0, 9)\ndef within(answer, most):\n    return answer <= most\n",
                visible=True,
            )
        ],
    )
    right, wrong = judge.grade_many(
        [(two, "def clip(x, most): return min(x, most)"), (two, "def clip(x, most): return min(x, 3)")], explain=True
    )
    assert right.passed
    assert wrong.checks[2].detail.endswith("for x=1, most=0, answer=1")


def test_reruns_try_the_properties_again(judge: Judge):
    seeded = "import random\nbad = random.random() != 0.8444218515250481\n"  # right under the first run's seed alone
    source = seeded + "def f(xs): return [] if bad and len(xs) > 2 else sorted(xs)\n"
    verdict = judge.grade_many([(TASK, source)])[0]
    assert verdict.passed
    assert (verdict.runs, verdict.passes) == (3, 1)


def test_a_suite_may_hold_hypothesis_tests_of_its_own(judge: Judge):
    suite = Task.from_suite(
        prompt="",
        module="solution",
        tests="from hypothesis import given, settings, strategies as st\nfrom solution import f\n\n\n"
        "@settings(database=None, deadline=None, max_examples=30, derandomize=True)\n"
        "@given(st.lists(st.integers()))\ndef test_sorted(xs):\n    assert f(xs) == sorted(xs)\n",
    )
    right, wrong = judge.grade_many([(suite, RIGHT), (suite, LOSES_EQUALS)])
    assert right.passed
    assert wrong.outcome is Outcome.WRONG_ANSWER


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"invariant": "answer ="}, "invariant"),
        ({"invariant": ""}, "invariant"),
        ({"given": {"xs": "st.lists("}}, "strategy"),
        ({"given": {}}, "no argument"),
        ({"given": {"answer": "st.none()"}}, "answer"),
        ({"given": {"not a name": "st.none()"}}, "not a name"),
        ({"helpers": "def"}, "helpers"),
        ({"examples": 0}, "examples"),
        ({"name": ""}, "name"),
    ],
)
def test_a_property_that_cannot_be_is_refused_in_one_line(change: dict[str, Any], told: str):
    parts: dict[str, Any] = {"name": "p", "given": XS, "invariant": "True"}
    with pytest.raises(HoneError, match=told) as caught:
        Property(**(parts | change))
    assert "\n" not in str(caught.value)


def test_two_properties_of_one_name_and_properties_of_programs_are_refused():
    with pytest.raises(HoneError, match="one name"):
        task(SORTED, SORTED)
    with pytest.raises(HoneError, match="called by value"):
        Task.from_stdio(prompt="", visible=[], hidden=[("", "")], properties=(SORTED,))
