"""Which tests a suite's source holds, compared with what pytest and unittest themselves collect."""

import os

import pytest

from hone.errors import HoneError
from hone.tasks.collect import test_names

SOURCE = """
import unittest
from unittest import TestCase, IsolatedAsyncioTestCase
def test_function(): pass
def helper_test(): pass
async def test_async(): pass
class Mixin:
    def test_mixed_in(self): pass
    def test_taken_back(self): pass
class Helper:
    def test_of_no_test_class(self): pass
class TestPlain(Mixin):
    test_taken_back = None
    def test_own(self): pass
    class TestInner:
        def test_inside(self): pass
    class Other:
        def test_not_inside(self): pass
class TestMade:
    def __init__(self): pass
    def test_made(self): pass
class TestOff:
    __test__ = False
    def test_off(self): pass
class Base(unittest.TestCase):
    def test_base(self): pass
class Derived(Mixin, Base):
    def test_derived(self): pass
    def test_base(self): pass
class Waits(IsolatedAsyncioTestCase):
    async def test_waits(self): pass
def test_function(): pass
def test_gone(): pass
test_gone = None
"""


class _Collected:
    def __init__(self):
        self.names = []

    def pytest_collection_finish(self, session):
        self.names = [item.nodeid.partition("::")[2].replace("::", ".") for item in session.items]


def test_the_names_are_those_that_pytest_collects(tmp_path):
    (tmp_path / "test_it.py").write_text(SOURCE)
    collected = _Collected()
    options = ["--collect-only", "-p", "no:terminal", "-c", os.devnull, "--import-mode=importlib", str(tmp_path)]
    pytest.main(options, plugins=[collected])
    assert len(collected.names) == 11
    assert set(test_names(SOURCE)) == set(collected.names)


def test_the_names_stand_in_the_sources_order_and_once():
    names = test_names(SOURCE)
    assert names[:2] == ("test_function", "test_async")
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("source", ["def test_(", "x" + "(" * 5000, "a\0b"])
def test_source_that_does_not_parse_is_the_tasks_fault(source):
    with pytest.raises(HoneError, match="does not parse"):
        test_names(source)


@pytest.mark.parametrize(
    "source",
    [
        "class A0: pass\nclass B0: pass\n"
        + "".join(f"class A{i}(A{i - 1}, B{i - 1}): pass\nclass B{i}(A{i - 1}, B{i - 1}): pass\n" for i in range(1, 60))
        + "class TestAll(A59, B59):\n    def test_x(self): pass\n",
        "class TestX:\n    class TestA(TestX): pass\n    class TestB(TestX): pass\n",
        "class C0: pass\n"
        + "".join(f"class C{i}(C{i - 1}): pass\n" for i in range(1, 3000))
        + "class TestX(C2999): pass\n",
    ],
    ids=["crosswise", "from what it is in", "in a long line"],
)
def test_classes_that_inherit_without_end_are_refused_at_once(source):
    with pytest.raises(HoneError, match="does not parse"):
        test_names(source)
