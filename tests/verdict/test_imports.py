"""Imports that a task does not allow: found in any place of a program, and never in its texts."""

import time

import pytest

from hone import Judge, Task
from hone.verdict.checks.imports import with_disallowed
from hone.verdict.checks.static import findings
from hone.verdict.verdict import Finding


def lines(source: str, *allowed: str) -> list[int]:
    return [finding.line for finding in with_disallowed((), source, allowed)]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import numpy", [1]),
        ("import os, numpy as np", [1]),
        ("import numpy.linalg", [1]),
        ("from numpy import (\n    array,\n    dot,\n)", [1]),
        ("import os; import numpy", [1]),
        ("def f(x):\n    import numpy\n    return x", [2]),
        ("if True: import numpy", [1]),
        ("import \\\n  numpy", [1]),
        ("try:\n    import numpy\nexcept ImportError:\n    import pandas", [2, 4]),
        ("import os.path\nfrom math import pi\nfrom __future__ import annotations", []),
        ("from . import numpy\nfrom .numpy import a\nfrom ... import b", []),
        ('def f(s):\n    """\n    import numpy\n    """\n    return \'import numpy\'  # import numpy', []),
        ("important = {'import': 1}\nd = important['import']", []),
        ("import numpy\nx = (", [1]),
        ("import", []),
        ("from", []),
    ],
)
def test_every_import_statement_is_found_and_no_text_is(source: str, expected: list[int]):
    assert lines(source) == expected


def test_what_the_task_allows_is_no_finding():
    assert lines("import numpy\nimport pandas", "numpy") == [2]


def test_the_type_checkers_word_on_a_disallowed_import_is_dropped():
    source = "import no_such_module\n"
    (said,) = (finding for finding in findings([source])[0] if finding.tool == "ty")
    kept = with_disallowed((said,), source, ())
    assert [finding.rule for finding in kept] == ["disallowed-import"]


@pytest.mark.parametrize("rule", ["unresolved-import", "import-not-found"])
def test_one_import_is_one_finding_whatever_is_installed_here(rule):
    unresolved = Finding("ty", rule, 1, "Cannot resolve imported module `numpy`")
    other = Finding("ruff", "F401", 1, "")
    seen = with_disallowed((other, unresolved), "import numpy\n", ())
    assert [finding.rule for finding in seen] == ["disallowed-import", "F401"]


@pytest.mark.parametrize(
    "piece", ["import a,", "(", "'''\n", "\n ", "import \\\n", "f'{", "\0", "\ud800", "\t \n", "0x", "é"]
)
def test_no_text_makes_the_reading_long_or_fail(piece: str):
    started = time.process_time()
    with_disallowed((), "import x\n" + piece * (60_000 // len(piece)), ())
    assert time.process_time() - started < 3.0


def test_a_disallowed_import_costs_style_and_refuses_nothing():
    task = Task.from_examples(prompt="", entry_point="f", visible=[], hidden=[((1,), 1)])
    source = "try:\n    import numpy\nexcept ImportError:\n    numpy = None\n\n\ndef f(x):\n    return x\n"
    with Judge(workers=1) as judge:
        verdict = judge.grade(task, source)
    assert verdict.passed
    assert "disallowed-import" in {finding.rule for finding in verdict.findings}
    assert verdict.components["style"] < 0
