"""Mutants: one mistake each, in the program's own text."""

import ast
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hone.tasks.families import TaskMix, task_from_id
from hone.tasks.families.splits import Split
from hone.tasks.mutation import OPERATORS, mutants

PROGRAM = '''import math
import threading


class Box:
    """Holds things."""

    def __init__(self, most: int = 3) -> None:
        self.lock = threading.Lock()
        self.items = []

    def add(self, item, *, first=False):
        with self.lock:  # é: a comment of two bytes
            if len(self.items) >= 3 and item not in self.items[1:]:
                raise ValueError("full: 3")
            self.items.append(item)
        return list(self.items)

    def total(self):
        return math.fsum(x for x in self.items if x > 0) - len(self.items[: self.count()])

    def count(self):
        for n in range(len(self.items)):
            if not self.items[n] or n == max(2, n, key=abs):
                continue
            self.items[n] += 1
        return n
'''


@pytest.mark.parametrize(
    ("operator", "before", "after"),
    [
        ("comparison", "len(self.items) >= 3", "len(self.items) > 3"),
        ("comparison", "item not in self.items[1:]", "item in self.items[1:]"),
        ("boolean", "not self.items[n]", "(self.items[n])"),
        ("constant", "False", "True"),
        ("constant", "1", "2"),
        ("off by one", "len(self.items)", "len(self.items) - 1"),
        ("off by one", "self.count()", "self.count() + 1"),
        ("edge case", "x > 0", "True"),
        ("exception", "ValueError", "RuntimeError"),
        ("arguments", "max(2, n, key=abs)", "max(n, 2, key=abs)"),
        ("arguments", "max(2, n, key=abs)", "max(2, n)"),
        ("missing copy", "list(self.items)", "self.items"),
        ("dropped lock", "with self.lock:  # é: a comment of two bytes\n            ", "if True:\n            "),
        ("unstable formula", "math.fsum(x for x in self.items if x > 0)", "sum((x for x in self.items if x > 0))"),
        ("statement", "self.items.append(item)", "pass"),
        ("statement", "list(self.items)", "None"),
        ("arithmetic", "self.items[n] += 1", "self.items[n] -= 1"),
    ],
)
def test_every_operator_makes_its_mistakes(operator: str, before: str, after: str):
    found = [
        mutant
        for mutant in mutants(PROGRAM)
        if (mutant.operator, mutant.before, mutant.after) == (operator, before, after)
    ]
    assert found
    assert set(OPERATORS) == {mutant.operator for mutant in mutants(PROGRAM)}


def test_a_mutant_differs_in_one_place_only_and_compiles():
    for mutant in mutants(PROGRAM):
        compile(mutant.source, "mutant.py", "exec")
        start = next(i for i, pair in enumerate(zip(PROGRAM, mutant.source, strict=False)) if pair[0] != pair[1])
        end = PROGRAM[::-1], mutant.source[::-1]
        tail = next(i for i, pair in enumerate(zip(*end, strict=False)) if pair[0] != pair[1])
        assert len(PROGRAM) - start - tail <= len(mutant.before)


def test_what_only_says_something_is_left_alone():
    texts = [mutant.source for mutant in mutants(PROGRAM)]
    assert all('"""Holds things."""' in text and 'Error("full: 3")' in text for text in texts)
    assert all("most: int = " in text for text in texts)


def test_mutants_are_distinct_and_always_the_same():
    found = mutants(PROGRAM)
    assert len({mutant.source for mutant in found}) == len(found)
    assert found == mutants(PROGRAM)
    assert [mutant.line for mutant in found] == sorted(mutant.line for mutant in found)


def test_references_of_every_family_have_mutants():
    for name, level in TaskMix.parse("composed,strings,files,numerics,services,concurrency").trained():
        task = task_from_id(f"{name}:{level}:{Split.TRAIN}:1")
        assert mutants(task.reference), name


@given(st.text(max_size=60))
def test_any_text_that_parses_has_mutants_that_compile(text: str):
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for mutant in mutants(text, is_ours=True):
        compile(mutant.source, "mutant.py", "exec")


def test_a_text_that_is_not_ours_is_never_compiled():
    """CPython copies the body of `finally`: each level doubles what the compiler makes of it."""
    lines = ["def f(x):"]
    for level in range(1, 19):
        lines += [" " * level + "try: a()", " " * level + "finally:"]
    text = "\n".join([*lines, " " * 19 + "b = x + 1", " return x\n"])
    began = time.process_time()
    assert len(mutants(text)) > 10
    assert time.process_time() - began < 5
