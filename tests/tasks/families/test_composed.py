"""The generated tasks: correct, fair, disjoint and the same everywhere."""

import copy
import random
from typing import Any

import pytest

from hone.errors import HoneError
from hone.tasks.families import Split, composed, family, levels_of, task_from_id, task_id
from hone.tasks.families.catalogue import parsed
from hone.tasks.families.composed.build import Blueprint, ComposedFamily
from hone.tasks.families.composed.compose import (
    CONDITIONS,
    PRIMITIVES,
    Apply,
    OversizedError,
    Repeat,
    depth,
    run,
    split_of,
)
from hone.tasks.families.composed.inputs import EDGES, random_input, shown_input
from hone.tasks.families.composed.pinning import _answer, _one_off
from hone.tasks.families.composed.primitive import VARIABLE, Kind, Primitive, literal
from hone.tasks.families.composed.surface import _block
from hone.tasks.task import CallCheck, Check
from tests.hash_seeds import same_in_every_process

FAMILIES = [family.name for family in composed.FAMILIES]
SAMPLE = [
    task_id(family, level, split, index)
    for family in FAMILIES
    for split in Split
    for level in levels_of(family, split)
    for index in range(8)
]


def blueprint(name: str) -> Blueprint:
    family_name, level, split = parsed(name)
    made = family(family_name)
    assert isinstance(made, ComposedFamily)
    return made.blueprint(name, level, split)


def calls(checks: tuple[Check, ...]) -> list[CallCheck]:
    assert all(isinstance(check, CallCheck) for check in checks)
    return [check for check in checks if isinstance(check, CallCheck)]


def values(kind: Kind) -> list[object]:
    rng = random.Random(3)
    if kind is Kind.WORDS:
        return [text.split() for text in map(str, values(Kind.STR))]
    return [*EDGES[kind], *(random_input(rng, kind) for _ in range(10)), *(shown_input(rng, kind) for _ in range(4))]


@pytest.mark.parametrize("primitive", PRIMITIVES, ids=lambda p: p.name)
def test_every_surface_form_computes_what_the_primitive_means(primitive: Primitive):
    x, y = VARIABLE[primitive.takes], "result"
    for surface in primitive.surfaces:
        for k in primitive.ks or (None,):
            lines = _block(surface, x, y, k) if "\n" in surface else [f"{y} = {surface.format(x=x, k=literal(k))}"]
            for value in values(primitive.takes):
                try:
                    expected = Apply(primitive, k)(value)
                except OversizedError:
                    continue
                names = {x: copy.deepcopy(value)}
                exec("\n".join(lines), names)
                assert names[y] == expected, (surface, k, value)
                assert type(names[y]) is type(expected)


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda c: c.name)
def test_every_condition_is_written_as_it_is_meant(condition):
    for k in condition.ks:
        for value in values(condition.takes):
            source = condition.surface.format(x="value", k=literal(k))
            assert eval(source, {"value": value}) == condition.holds(value, k)


def test_references_pass_all_their_checks_and_name_the_entry_point():
    for name in SAMPLE:
        task = task_from_id(name)
        names: dict[str, Any] = {}
        exec(task.reference, names)
        for check in calls(task.checks):
            got = names[task.entry_point](*copy.deepcopy(check.args))
            assert got == check.expected, (name, check)
            assert type(got) is type(check.expected)


def test_tasks_show_two_examples_and_hide_at_least_eight_others():
    for name in SAMPLE:
        task = task_from_id(name)
        assert len(task.visible) == 2
        assert len(task.hidden) >= 8
        hidden = [repr(check.args) for check in calls(task.hidden)]
        assert not any(repr(check.args) in hidden for check in calls(task.visible))
        for check in calls(task.visible):
            assert f">>> solve({check.args[0]!r})\n{check.expected!r}" in task.prompt


def test_no_constant_and_no_identity_passes_the_hidden_checks():
    for name in SAMPLE:
        task = task_from_id(name)
        for constant in [check.expected for check in calls(task.hidden)]:
            assert any(check.expected != constant for check in calls(task.hidden)), name
        assert any(check.expected != check.args[0] for check in calls(task.hidden)), name


def test_splits_share_no_composition():
    seen: dict[str, Split] = {}
    for name in SAMPLE:
        split = Split(name.split(":")[2])
        composition = blueprint(name).composition
        assert split_of(composition) is split
        if len(composition) > 1:
            steps = []
            for step in composition:
                match step:
                    case Apply(primitive):
                        steps.append(primitive.name)
                    case Repeat(times, body):
                        steps.append(f"{times} times {body.primitive.name}")
                    case _:
                        steps.append(f"{step.condition.name}, {step.then.primitive.name}, {step.other.primitive.name}")
            assert seen.setdefault(" > ".join(steps), split) is split


def test_held_out_depth_is_deeper_than_anything_trained_on():
    for name in SAMPLE:
        levels = depth(blueprint(name).composition)
        assert levels == int(name.split(":")[1])
        assert (levels >= 4) is (":held_out_depth:" in name)


def test_every_primitive_of_a_held_out_composition_is_known_from_training():
    known = {
        step.primitive.name if isinstance(step, Apply) else ""
        for family in FAMILIES
        if family.endswith("pipeline")
        for level in (1, 2, 3)
        for index in range(300)
        for step in blueprint(task_id(family, level, Split.TRAIN, index)).composition
    }
    assert known == {primitive.name for primitive in PRIMITIVES}


def test_each_step_of_a_composition_matters_to_the_hidden_checks():
    for name in SAMPLE:
        plan = blueprint(name)
        for i, step in enumerate(plan.composition):
            if isinstance(step, Apply) and step.primitive.takes is step.primitive.gives:
                shorter = plan.composition[:i] + plan.composition[i + 1 :]
                assert any(run(shorter, value) != expected for value, expected in plan.hidden), name


def test_a_task_is_the_same_in_another_process_with_another_hash_seed():
    names = SAMPLE[::40]
    code = f"from hone.tasks.families import task_from_id as t\nfor n in {names!r}: print(repr(t(n)), t(n).reference)"
    text = same_in_every_process(code)
    assert len(text) > 1000


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("lists.pipeline:2:train", "FAMILY:LEVEL:SPLIT:INDEX"),
        ("lists.pipeline:9:train:1", "has no level '9' in train: its levels are 1-3"),
        ("lists.branch:1:train:1", "has no level '1' in train: its levels are 2-3"),
        ("lists.pipeline:4:train:1", "has no level '4' in train"),
        ("lists.pipeline:2:held_out_depth:1", "has no level '2' in held_out_depth: its levels are 4-5"),
        ("lists.pipeline:2:train:-1", "'-1' is no index"),
        ("lists.pipeline:2:train:²", "'²' is no index"),
        ("nothing:2:train:1", "there is no family 'nothing'"),
        ("", "FAMILY:LEVEL:SPLIT:INDEX"),
    ],
)
def test_an_id_that_names_nothing_is_one_clear_line(name: str, told: str):
    with pytest.raises(HoneError) as caught:
        task_from_id(name)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_number_of_a_composition_that_is_one_off_is_noticed_by_hidden_checks():
    noticed = tried = 0
    for made in composed.FAMILIES:
        for level in made.levels_of(Split.TRAIN):
            for index in range(4):
                plan = made.blueprint(f"{made.name}:{level}:train:{index}", level, Split.TRAIN)
                for _, other in _one_off(plan.composition):
                    tried += 1
                    noticed += any(_answer(other, value) != expected for value, expected in plan.hidden)
    assert tried > 150
    assert noticed >= 0.97 * tried
