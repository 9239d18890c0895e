"""Tasks out of Python files: modules with doctests, and pytest files. Reading them runs nothing of them."""

import json
from pathlib import Path

import pytest

from hone.cli import main
from hone.errors import HoneError
from hone.tasks.checks import CallCheck, Compare, SuiteCheck
from hone.tasks.suite import Suite
from hone.tasks.suites import load_suite
from hone.tasks.task import Form
from hone.verdict.judge import Judge

MODULE = '''"""Numbers and words.

>>> 1 + 1
2
"""

import pathlib

pathlib.Path("was_imported").touch()


def clamp(x: int, low: int = 0, high: int = 9) -> int:
    """The number, or the nearer of two bounds.

    Bounds are inclusive.

    >>> clamp(5)
    5
    >>> clamp(-3)
    0

    >>> clamp(77, 0, 50)
    50
    >>> clamp(1, 2, 1)
    Traceback (most recent call last):
        ...
    ValueError: no room

    The end.
    """
    if low > high:
        raise ValueError("no room")
    return min(max(x, low), high)


def parts(text):
    """Letters and their places.

    >>> parts("ab")
    {'a': (0,), 'b': (1,)}
    >>> parts("aba") == {"a": (0, 2), "b": (1,)}
    True
    >>> word = "x"
    >>> parts(word)
    {'x': (0,)}
    >>> parts("")
    {}
    >>> parts(None)  # doctest: +SKIP
    >>> parts(open)
    <never>
    >>> parts("zz")
    <Parts of zz>
    >>> parts("abc")  # doctest: +ELLIPSIS
    {'a': ...}
    """
    return {letter: tuple(i for i, one in enumerate(text) if one == letter) for letter in dict.fromkeys(text)}


def once(x):
    """One example.

    >>> once(1)
    1
    """
    return x


async def later(x):
    """A coroutine.

    >>> later(1)
    1
    """


def plain(x):
    """No example."""


class Box:
    """A class.

    >>> Box()
    Box
    """
'''


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.chdir(tmp_path)
    return load_suite(write(tmp_path, "mine.py", MODULE))


def test_reading_a_module_imports_nothing_of_it(module: Suite, tmp_path: Path):
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]
    assert [task.id for task in module] == ["mine/clamp", "mine/parts"]


def test_plain_examples_are_checks_by_value_and_only_the_first_are_shown(module: Suite):
    clamp = module["mine/clamp"]
    assert clamp.visible == (CallCheck((5,), 5), CallCheck((-3,), 0))
    assert clamp.hidden == (CallCheck((77, 0, 50), 50), CallCheck((1, 2, 1), "ValueError", Compare.RAISES))
    assert "def clamp(x: int, low: int=0, high: int=9) -> int:" in clamp.prompt
    assert ">>> clamp(-3)\n0" in clamp.prompt
    assert "Bounds are inclusive." in clamp.prompt
    assert "The end." in clamp.prompt
    assert "77" not in clamp.prompt
    assert "ValueError" not in clamp.prompt


def test_other_examples_are_left_out_and_counted_and_are_in_no_prompt(module: Suite):
    parts = module["mine/parts"]
    assert parts.visible == (CallCheck(("ab",), {"a": (0,), "b": (1,)}),)
    assert parts.hidden == (CallCheck(("",), {}),)
    for hidden in ("aba", "word", "open", "zz", "abc", "{}"):
        assert hidden not in parts.prompt
    counts = {why.split(" that ")[-1]: count for why, count in module.left_out.items()}
    assert counts == {
        "are no call of their function with plain arguments": 4,
        "doctest skips or compares in a way of its own": 2,
        "are examples whose output is no plain value": 1,
        "belong to a class, a method or the module": 2,
        "none could be hidden": 1,
        "are coroutines": 1,
    }


def test_a_module_is_its_own_reference_and_a_wrong_docstring_is_quarantined(tmp_path: Path, capsys):
    lies = MODULE.replace("    {}\n", "    {'': 0}\n").replace('pathlib.Path("was_imported").touch()', "")
    assert main(["suite", "check", write(tmp_path, "mine.py", lies), "--json", "--mutants", "0"]) == 1
    found = capsys.readouterr()
    report = json.loads(found.out)
    assert (report["tasks"], report["reference_passed"]) == (2, 1)
    assert "mine/parts" in [item["task"] for item in report["quarantined"]]
    assert "hone: mine: 1 rows are coroutines" in found.err


STACK = '''"""A stack of numbers."""


class Stack:
    """Last in, first out."""

    def __init__(self):
        self._items = []

    def push(self, item: int) -> None:
        """Put one on top."""
        self._items.append(item)

    def pop(self) -> int:
        """Take the top one; IndexError where there is none."""
        return self._items.pop()

    def _secret(self):
        """Not told."""


def unused():
    """Not told either."""
'''
TESTS = '''"""What a stack does."""

import pytest

from stack import Stack


class TestStack:
    def test_order(self):
        stack = Stack()
        stack.push(1)
        stack.push(2)
        assert stack.pop() == 2


def test_empty():
    with pytest.raises(IndexError):
        Stack().pop()
'''


@pytest.mark.parametrize("place", ["stack.py", "src/stack.py"])
def test_a_pytest_file_is_one_suite_task_for_the_module_that_it_imports(
    tmp_path: Path, place: str, uncalibrated_judge: Judge
):
    write(tmp_path, place, STACK)
    suite = load_suite(write(tmp_path, "test_stack.py", TESTS))
    (task,) = suite
    assert (task.form, task.entry_point, task.id) == (Form.SUITE, "stack", "test_stack")
    assert (task.visible, task.hidden) == ((SuiteCheck("TestStack.test_order"),), (SuiteCheck("test_empty"),))
    assert task.reference == STACK
    for told in (
        "A stack of numbers.",
        "def push(self, item: int) -> None:",
        "Take the top one",
        "def test_order(self):",
    ):
        assert told in task.prompt
    for kept in ("_items", "Not told", "pytest.raises"):
        assert kept not in task.prompt
    assert uncalibrated_judge.grade(task, STACK).passed
    assert not uncalibrated_judge.grade(task, STACK.replace(".pop()", ".pop(0)")).passed


def test_without_its_source_a_module_is_named_by_the_only_foreign_import(tmp_path: Path):
    (task,) = load_suite(write(tmp_path, "stack_test.py", TESTS))
    assert (task.entry_point, task.reference) == ("stack", "")
    assert "`Stack`" in task.prompt


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("mine.py", "def f(:", "no Python source"),
        ("mine.py", "x = 1\n", "holds no task"),
        ("mine.py", 'def f(x):\n    """\n    >>> f(1)\n  1\n    """\n', "f: its examples are written wrongly"),
        ("mine.py", 'def f(x):\n    """\n    >>> f(1)\n    1\n    """\n', "holds no task; 1 are functions with fewer"),
        ("mine.py", "-" * 50_000 + "1", "no Python source"),
        ("mine.py", "x = '\0'", "no Python source"),
        ("test_x.py", "def test_a():\n    pass\n", "imports no module"),
        ("test_x.py", "from . import x\ndef test_a():\n    pass\n", "line 1: a relative import"),
        ("test_x.py", "import a, b\ndef test_a():\n    pass\n", "imports a, b, and which"),
        ("test_x.py", "import a.b\ndef test_a():\n    pass\n", "part of a package"),
        ("test_x.py", "import a\n", "holds no test"),
    ],
)
def test_a_file_that_gives_no_task_is_one_clear_line(tmp_path: Path, name: str, text: str, said: str, capsys):
    path = write(tmp_path, name, text)
    assert main(["suite", "check", path]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert path in told
    assert said in told


def test_a_missing_python_file_is_one_clear_line(tmp_path: Path):
    with pytest.raises(HoneError, match="cannot read"):
        load_suite(str(tmp_path / "none.py"))
