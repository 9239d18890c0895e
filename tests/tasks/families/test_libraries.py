"""Tasks with unfamiliar libraries: the documentation is enough to solve them, and nothing less is."""

import re
from dataclasses import replace

import pytest

from bench.long.library_solvers import calls_blindly, introspects, reads_documentation
from hone import Judge, Task
from hone.tasks.families import FAMILIES, Split, family, levels_of, task_from_id, task_id
from hone.tasks.families.libraries.carried import LibraryFamily, split_of_library
from hone.tasks.libraries.changes import next_major
from hone.tasks.libraries.draw import draw_library
from hone.tasks.libraries.wheel import installed
from hone.tasks.task import CallCheck
from hone.verdict.verdict import Outcome
from tests.hash_seeds import same_in_every_process

NAMES = [name for name in FAMILIES if name.startswith("libraries.")]
PLACES = [(name, level) for name in NAMES for level in (1, 2, 3, 4, 5)]


@pytest.fixture(scope="module")
def judge():
    with Judge(workers=1) as made:
        yield made


def drawn(name: str, level: int, index: int = 0, split: Split = Split.TRAIN) -> Task:
    return task_from_id(task_id(name, level, split, index))


def hidden_passed(judge: Judge, task: Task, program: str) -> int:
    checks = judge.grade(task, program).checks
    return sum(check.outcome is Outcome.PASSED for check in checks if not check.visible)


@pytest.mark.parametrize(("name", "level"), PLACES)
def test_references_and_readers_of_the_documentation_pass(judge: Judge, name: str, level: int):
    for index in range(2):
        task = drawn(name, level, index)
        assert judge.grade(task, task.reference).passed
        verdict = judge.grade(task, reads_documentation(task))
        assert verdict.passed, verdict.detail
        assert not [finding for finding in verdict.findings if finding.tool == "hone"]


def test_blind_calls_come_to_nothing(judge: Judge):
    tasks = [drawn(name, level) for name, level in PLACES[::2]]
    assert not any(hidden_passed(judge, task, calls_blindly(task)) for task in tasks)


def test_a_search_among_what_the_package_shows_solves_no_task(judge: Judge):
    for name in NAMES:
        task = drawn(name, 1, 2)
        roomy = replace(task, limits=replace(task.limits, wall_seconds=60.0))
        assert not judge.grade(roomy, introspects(task, 0.2, overrules=False)).passed


def fitted(task: Task) -> str:
    """The reference with the library's hash replaced by a number a word, searched for so that the examples come out."""
    (module,) = set(re.findall(r"^(?:import|from) (\w+\.\w+)", task.reference, re.MULTILINE))
    examples = [(check.args, check.expected) for check in task.visible if isinstance(check, CallCheck)]
    return f"""{task.reference}
import sys

module, numbers, tried, words = sys.modules[{module!r}], {{}}, 0, []
module.secret_of = lambda word, known: words.append(word) or word
module.mixed = lambda *given: numbers.get(words[-1], tried)
for given, expected in {examples!r}:
    for tried in range(3000):
        if {task.entry_point}(*given) == expected:
            numbers[words[-1]] = tried
            break
"""


def test_who_knows_all_but_a_word_and_fits_numbers_to_the_examples_learns_nothing_about_other_calls(judge: Judge):
    right = 0
    for index in range(5):
        task = drawn("libraries.codecs", 1, index)
        verdict = judge.grade(task, fitted(task))
        assert all(check.outcome is Outcome.PASSED for check in verdict.checks if check.visible)
        right += sum(check.outcome is Outcome.PASSED for check in verdict.checks if not check.visible)
    assert right <= 5  # of 60; with one key a word, whatever else is given, 31 would be


@pytest.mark.parametrize("name", NAMES)
def test_a_program_for_the_former_version_fails_with_the_new_one(judge: Judge, name: str):
    task = drawn(name, 4)
    (now,) = task.libraries
    before = draw_library(now.name)
    assert next_major(before).library.version == now.version
    with_old = replace(task, libraries=(installed(before),))
    assert not judge.grade(with_old, task.reference).passed
    assert f"## {now.version} (after {before.version})" in task.prompt


@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_a_library_alone_decides_its_split(name: str):
    seen: dict[str, Split] = {}
    for split in (Split.TRAIN, Split.VALIDATION, Split.HELD_OUT_PARAMETERS):
        assert levels_of(name, split) == (1, 2, 3, 4, 5)
        for level in (1, 2, 3, 4, 5):
            for index in range(4):
                task = drawn(name, level, index, split)
                assert str(split) in task.source
                assert len(task.libraries) == (2 if level == 5 else 1)
                for library in task.libraries:
                    assert split_of_library(library.name) is split
                    assert seen.setdefault(library.name, split) is split
    assert len(seen) == 3 * 4 * 6


def test_families_have_rules_for_five_levels_and_prompts_name_every_parameter():
    for name in NAMES:
        made = family(name)
        assert isinstance(made, LibraryFamily)
        assert set(made.compositions) == {1, 2, 3, 4, 5}
    for name, level in PLACES:
        task = drawn(name, level, 1)
        assert len(task.hidden) == 12
        assert task.allowed_imports == tuple(library.name for library in task.libraries)
        assert all(f"# {library.name} {library.version}" in task.prompt for library in task.libraries)


def test_words_of_settings_are_in_the_documentation_and_nowhere_in_the_package():
    for index in range(10):
        task = drawn("libraries.functions", 1, index)
        library = draw_library(task.libraries[0].name)
        package = "\n".join(task.libraries[0].files.values())
        words = {word for one in library.functions for p in one.parameters for word in p.settings.values()}
        assert words
        assert not [word for word in words if word in package]
        assert [word for word in words if word in task.prompt]


def test_tasks_are_the_same_in_another_process():
    names = [task_id(name, level, Split.VALIDATION, 3) for name, level in PLACES[::7]]
    code = f"from hone.tasks.families import task_from_id as t\nfor n in {names!r}: print(repr(t(n)), t(n).reference)"
    here = "".join(f"{task_from_id(name)!r} {task_from_id(name).reference}\n" for name in names)
    assert same_in_every_process(code) == here
