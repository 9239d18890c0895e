"""Strings, integers and collections: what the prompts ask for is what the references do, and all of it is said."""

import copy
import importlib
import random
import re
from typing import Any

import pytest

from hone.tasks.families import FAMILIES, Split, levels_of, task_id
from hone.tasks.families.calls import CallDraft, copied
from hone.tasks.families.family import DraftedFamily
from hone.tasks.families.rules import fields_of
from hone.tasks.families.splits import Rules
from hone.tasks.task import CallCheck, Compare, Task
from tests.hash_seeds import same_in_every_process
from tests.tasks.families.oracles import ORACLES

FACTS = {"id": "drawn"}
DEEPEST = 4
LARGEST_AMOUNT = 20
"""Above it, the oracle of `integers.change` has too many payments to look at."""


def module(name: str) -> Any:
    return importlib.import_module(f"hone.tasks.families.{name}")


def drafts(name: str, each: int) -> list[tuple[Rules, CallDraft, Task]]:
    """Fair drafts of every composition of a family."""
    made: DraftedFamily = module(name).FAMILY
    rng = random.Random(name)
    found = []
    for rules in dict.fromkeys(rules for several in made.compositions.values() for rules in several):
        several = ((rules, draft := made.draw(rng, rules), draft.task(rng, FACTS)) for _ in range(20))
        fair = [(rules, draft, task) for rules, draft, task in several if isinstance(draft, CallDraft) and task]
        assert len(fair) >= each
        found += fair[:each]
    return found


def values_of(name: str, rules: Rules, draft: CallDraft) -> dict[str, Any]:
    """The drawn values by name."""
    names = [field for rule in rules for field in fields_of(module(name)._ASKED[rule][0])]
    return dict(zip(names, draft.parameters, strict=True))


def outcome(oracle: Any, *arguments: Any) -> Any:
    try:
        return oracle(*arguments)
    except (ValueError, KeyError, OverflowError, RecursionError) as error:
        return type(error).__name__, "raised"


@pytest.mark.parametrize("domain", ["strings", "integers", "collections"])
def test_a_domain_has_at_least_eight_families(domain: str):
    assert len([name for name in FAMILIES if name.startswith(f"{domain}.")]) >= 8


@pytest.mark.parametrize("name", ORACLES)
def test_every_check_is_what_an_independent_oracle_says(name: str):
    looked_at = 0
    for rules, draft, task in drafts(name, 2):
        values = values_of(name, rules, draft)
        for check in task.checks:
            assert isinstance(check, CallCheck)
            if name == "integers.change" and 10**6 > check.args[0] > LARGEST_AMOUNT and check.compare is Compare.EXACT:
                continue
            said = outcome(ORACLES[name], set(rules), values, *copy.deepcopy(check.args))
            if said is None:
                continue
            wanted = (check.expected, "raised") if check.compare is Compare.RAISES else check.expected
            assert repr(said) == repr(wanted), (rules, values, check.args)
            looked_at += 1
    assert looked_at > 200


@pytest.mark.parametrize("name", ORACLES)
def test_all_ways_of_saying_a_rule_name_the_same_values_and_every_rule_is_used(name: str):
    asked = module(name)._ASKED
    for rule, sentences in asked.items():
        assert len(set(sentences)) == len(sentences) >= 2, rule
    used = {rule for several in module(name).FAMILY.compositions.values() for rules in several for rule in rules}
    assert used <= set(asked)
    assert set(asked) - used <= {"all", "debt"}


@pytest.mark.parametrize("name", ORACLES)
def test_the_prompt_says_every_value_and_every_error_however_it_is_worded(name: str):
    rng = random.Random(f"{name}, worded")
    made = module(name).FAMILY
    for rules in {rules for several in made.compositions.values() for rules in several}:
        for _ in range(6):
            draft = made.draw(rng, rules)
            for field, value in values_of(name, rules, draft).items():
                told = value if field in ("coins", "weights", "told", "figure", "how", "when", "above") else repr(value)
                assert str(told).strip("'\"") in draft.asked or f"{value}" in draft.asked or field == "above"
            raised = set(re.findall(r"raise (\w+)", draft.reference))
            assert raised == set(re.findall(r"\b\w+Error\b", draft.asked))


@pytest.mark.parametrize("name", ORACLES)
def test_no_composition_has_so_few_parameters_that_a_split_stays_empty(name: str):
    made = module(name).FAMILY
    for rules in {rules for several in made.compositions.values() for rules in several}:
        rng = random.Random(f"{name}: {rules}")
        assert len({made.draw(rng, rules).parameters for _ in range(80)}) >= 20, rules


def test_tasks_are_the_same_in_another_process_with_another_hash_seed():
    ids = [
        task_id(name, level, split, 3)
        for name in ORACLES
        for split in (Split.TRAIN, Split.HELD_OUT_FAMILIES)
        for level in levels_of(name, split)
    ]
    code = f"from hone.tasks.families import task_from_id as t\nfor n in {ids!r}: print(repr(t(n)), t(n).reference)"
    text = same_in_every_process(code)
    assert text.count("Task(id=") == len(ids) > 70


def test_of_one_rule_set_references_come_in_several_forms():
    for name in ORACLES:
        rules = module(name).FAMILY.compositions[5][0]
        rng = random.Random(name)
        shapes = {
            re.sub(r"\W?\d+|\"[^\"]*\"|'[^']*'", "", module(name).FAMILY.draw(rng, rules).reference) for _ in range(30)
        }
        assert len({shape.partition("\n")[2] for shape in shapes}) >= 2, name


def drawn_value(rng: random.Random, depth: int) -> Any:
    """Plain values within each other."""
    inner = [drawn_value(rng, depth - 1) for _ in range(rng.randint(0, 3))] if depth else []
    forms = [inner, tuple(inner), dict(enumerate(inner)), {1, len(inner)}, rng.randint(-9, 9), "text", None, 0.5]
    return rng.choice(forms[:3] if depth == DEEPEST else forms)


def test_a_copy_is_equal_and_shares_nothing_that_can_change():
    rng = random.Random(5)
    for _ in range(300):
        value = drawn_value(rng, DEEPEST)
        made = copied(value)
        assert repr(made) == repr(value)
        assert_apart(made, value)


def assert_apart(one: Any, other: Any) -> None:
    assert type(one) is type(other)
    if isinstance(one, list | dict | set):
        assert one is not other
    if isinstance(one, list | tuple):
        for inner, outer in zip(one, other, strict=True):
            assert_apart(inner, outer)
    if isinstance(one, dict):
        for key in one:
            assert_apart(one[key], other[key])


def test_a_reference_that_changes_its_argument_changes_no_check():
    given: list[Any] = [([[5, place], [place, 2]],) for place in range(12)]
    draft = CallDraft(
        parameters=(),
        signature="flat(rows: list[list[int]]) -> int",
        asked="Return the first number of the last row, and change whatever you like.",
        reference="def flat(rows):\n    rows[0].append(9)\n    return rows.pop()[0]\n",
        inputs=lambda rng: (copy.deepcopy(given[:3]), copy.deepcopy(given[3:])),
    )
    task = draft.task(random.Random(1), FACTS)
    assert task is not None
    assert all(isinstance(check, CallCheck) and check.args in given for check in task.checks)
    assert len(task.checks) == 11
