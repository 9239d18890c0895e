"""What holds of every drafted family: its tasks are whole, fair as far as sight goes, disjoint and always the same."""

import ast

import pytest

from hone.tasks.families import FAMILIES, Split, family, levels_of, task_from_id, task_id
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.splits import family_is_held_out, held_out
from hone.tasks.signature import stated
from hone.tasks.task import CallCheck, Form

DRAFTED = [name for name in FAMILIES if isinstance(family(name), DraftedFamily)]
PLACES = [(name, level, split) for name in DRAFTED for split in Split for level in levels_of(name, split)]


def drafted(name: str) -> DraftedFamily:
    made = family(name)
    assert isinstance(made, DraftedFamily)
    return made


@pytest.mark.parametrize("name", DRAFTED)
def test_every_level_and_split_has_tasks_and_their_prompts_differ(name: str):
    for level in drafted(name).compositions:
        splits = [split for split in Split if level in levels_of(name, split)]
        assert splits
        prompts = [task_from_id(task_id(name, level, split, index)).prompt for split in splits for index in range(3)]
        assert len(set(prompts)) == len(prompts)


@pytest.mark.parametrize("name", DRAFTED)
def test_levels_run_from_one_to_five_and_ask_for_more_rules(name: str):
    compositions = drafted(name).compositions
    assert set(compositions) == {1, 2, 3, 4, 5}
    sizes = [max(map(len, compositions[level])) for level in sorted(compositions)]
    assert sizes[-1] > sizes[0]


def test_training_and_the_held_out_splits_share_no_composition_and_no_parameters():
    assert len(set(PLACES)) == len(PLACES)
    for name in DRAFTED:
        trained = {split for split in Split if levels_of(name, split)}
        assert (trained == {Split.HELD_OUT_FAMILIES}) is family_is_held_out(name)
        kept = held_out(name, drafted(name).compositions)
        for level, several in drafted(name).compositions.items():
            assert any((level, rules) not in kept for rules in several)


@pytest.mark.parametrize("name", DRAFTED)
def test_tasks_are_whole(name: str):
    for family_name, level, split in PLACES:
        if family_name != name:
            continue
        task = task_from_id(task_id(name, level, split, 5))
        assert (task.family, task.level, task.domain) == (name, level, name.partition(".")[0])
        assert task.skills
        assert task.visible
        assert len(task.hidden) >= (8 if task.form is Form.CALL else 3)
        assert str(split) in task.source
        ast.parse(task.reference)
        if task.form is Form.CALL:
            assert not task.signature or stated(task.signature).name == task.entry_point
            assert task.entry_point in task.prompt
            hidden = [repr(check.args) for check in task.hidden if isinstance(check, CallCheck)]
            assert not any(repr(check.args) in hidden for check in task.visible if isinstance(check, CallCheck))
            assert len(set(hidden)) > len(hidden) // 2
