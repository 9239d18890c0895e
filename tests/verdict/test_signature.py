"""The signature that a task states: every departure is found by its rule, and nothing of the program is executed."""

import time

import pytest

from hone import Judge, Task
from hone.errors import HoneError
from hone.tasks.signature import stated
from hone.verdict.checks.signature import with_signature
from hone.verdict.verdict import Finding

STATED = "def add(a: int, b: int = 2, *, exact: bool = False) -> int"
KEPT = "def add(a: int, b: int = 2, *, exact: bool = False) -> int:\n    return a + b\n"


def rules(source: str, signature: str = STATED) -> set[str]:
    return {finding.rule.removeprefix("signature-") for finding in with_signature((), source, signature)}


@pytest.mark.parametrize(
    ("header", "broken"),
    [
        ("def add(a: int, b: int = 2, *, exact: bool = False) -> int:", set()),
        ("def add(\n    a: int,  # one\n    b: int = (2),\n    *,\n    exact: 'bool' = False,\n) -> int:", set()),
        ("def add(x: int, b: int = 2, *, exact: bool = False) -> int:", {"names"}),
        ("def add(a: int, *, exact: bool = False) -> int:", {"names"}),
        ("def add(a: int, b: int = 2, c=0, *, exact: bool = False) -> int:", {"names"}),
        ("def add(b: int = 2, a: int = 0, *, exact: bool = False) -> int:", {"order", "default"}),
        ("def add(a: int, b: int = 2, exact: bool = False) -> int:", {"kind"}),
        ("def add(a: int, /, b: int = 2, *, exact: bool = False) -> int:", {"kind"}),
        ("async def add(a: int, b: int = 2, *, exact: bool = False) -> int:", {"kind"}),
        ("def add(a: int, b: int = 3, *, exact: bool = False) -> int:", {"default"}),
        ("def add(a: int, b: int, *, exact: bool = False) -> int:", {"default"}),
        ("def add(a: int, b: int = 2, *, exact=False) -> int:", {"annotation"}),
        ("def add(a: int, b: float = 2, *, exact: bool = False) -> int:", {"annotation"}),
        ("def add(a: int, b: int = 2, *, exact: bool = False):", {"annotation"}),
        ("def add(*args, **kwargs):", {"names", "annotation"}),
        ("def plus(a: int, b: int = 2, *, exact: bool = False) -> int:", {"missing"}),
        ("class add:", {"missing"}),
    ],
)
def test_each_departure_is_found_by_its_rule(header: str, broken: set[str]):
    assert rules(f"import os\n\n\n{header}\n    return a + b\n") == broken


@pytest.mark.parametrize(
    ("annotation", "same"),
    [
        ("list[int]", True),
        ("List[int]", True),
        ("typing.List[int]", True),
        ("'list[int]'", True),
        ("list", False),
        ("list[str]", False),
    ],
)
def test_spellings_of_one_annotation_are_the_same(annotation: str, same: bool):
    assert rules(f"def f(xs: {annotation}):\n    return xs\n", "def f(xs: list[int])") == (
        set() if same else {"annotation"}
    )


def test_optional_and_union_are_spelled_with_a_bar_and_a_literal_keeps_its_text():
    assert rules("def f(x: Optional[int], y: Union[int, str]): pass", "def f(x: int | None, y: int | str)") == set()
    assert rules("def f(x: Literal['int']): pass", "def f(x: Literal[int])") == {"annotation"}


def test_what_the_task_does_not_state_is_free():
    assert rules("def f(a: int, b: str = 'x') -> None: pass", "def f(a, b='x')") == set()


@pytest.mark.parametrize(
    ("source", "broken"),
    [
        ('"""\ndef f(x): pass\n"""\ndef f(a): pass\n', set()),
        ("def f(x): pass\n\n\ndef f(a): pass\n", set()),
        ("class A:\n    def f(x): pass\ndef f(a): pass\n", set()),
        ("def f(a):\n    def f(x): pass\n", set()),
        ("f = lambda a: a\n", {"missing"}),
        ("def f(a, b={'x': 1}): pass\n", {"names"}),
        ("def f(a) -> {'x': lambda: 1}: pass\n", set()),
    ],
)
def test_the_last_definition_at_the_top_of_the_module_counts(source: str, broken: set[str]):
    assert rules(source, "def f(a)") == broken


@pytest.mark.parametrize(
    "source",
    [
        "def f(" * 9000,
        "def f(a=" + "(" * 9000 + ")" * 9000 + "): pass",
        "def f(a=" + "-" * 9000 + "1): pass",
        "def f(a=" + "1+" * 30_000 + "1): pass",
        "def f(a=" + "-" * 3000 + "1): pass",
        "\0def f(a): pass",
        "# \ud800\ndef f(a): pass",
        "def f(a)\n",
        "async",
    ],
    ids=range(9),
)
def test_hostile_text_neither_crashes_nor_stalls(source: str):
    started = time.monotonic()
    assert rules(source, "def f(a)") <= {"missing", "names", "default"}
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("line", ["# noqa", "# type: ignore", "# ruff: noqa", "# hone: ignore"])
def test_no_comment_of_the_program_silences_the_rule(line: str):
    assert rules(f"{line}\ndef f(x):  {line}\n    pass\n", "def f(a)") == {"names"}


@pytest.mark.parametrize(
    "header", ["add(a, b)", "def add(a", "class add", "def a(): pass; x", "x = 1", "", "def f" * 999]
)
def test_a_signature_that_is_none_is_the_task_authors_error(header: str):
    with pytest.raises(HoneError, match="signature"):
        stated(header)


def test_findings_keep_their_order_and_a_task_may_state_nothing():
    others = (Finding("ruff", "F401", 1, ""), Finding("ty", "x", 9, ""))
    found = with_signature(others, "import os\n\n\ndef f(x): pass\n", "def f(a)")
    assert [finding.line for finding in found] == [1, 4, 9]
    assert with_signature(others, "def f(x): pass\n", "") == others


def test_the_judge_charges_style_for_a_departure_and_nothing_else():
    task = Task.from_examples(
        prompt="Add.", entry_point="add", visible=[((1,), 3)], hidden=[((5,), 7)], signature=STATED
    )
    with Judge(workers=1, flakiness=None) as judge:
        kept, left = judge.grade_many([(task, KEPT), (task, KEPT.replace("a:", "x:").replace("a +", "x +"))])
    assert kept.findings == ()
    assert [finding.rule for finding in left.findings] == ["signature-names"]
    assert left.passed
    assert 0 < kept.components["style"] - left.components["style"] < 0.05


def test_a_task_whose_signature_is_none_cannot_be_made():
    with pytest.raises(HoneError, match="signature"):
        Task.from_examples(prompt="", entry_point="f", visible=[], hidden=[], signature="f(a)")
    with pytest.raises(HoneError, match="names `g`"):
        Task.from_examples(prompt="", entry_point="f", visible=[], hidden=[], signature="def g(a)")
