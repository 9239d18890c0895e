"""Suites that need pytest's own machinery: it runs them in the referee, and each test is judged by what it raised."""

import pytest
from suite_runs import cases, failing

from hone.sandbox.jobs import Status, SuiteJob, Variation
from hone.tasks.task import Limits, test_names

SOURCE = """
import os
made = 0
class Box:
    def __init__(self, content=None):
        global made
        made += 1
        self.content = content
def double(x): return x * 2
def loop(x):
    while x == 1: pass
    if x == 2: os._exit(0)
    return x
"""
FIXTURES = """
import pytest
import solution
from solution import Box, double

log = []

@pytest.fixture(scope='module')
def shared():
    log.append('module up')
    yield Box('shared')
    log.append('module down')

@pytest.fixture(scope='class')
def of_class(request):
    return Box(request.cls.__name__)

@pytest.fixture
def fresh(shared):
    box = Box(shared.content)
    yield box
    log.append(f'down {box.content}')

@pytest.fixture(autouse=True)
def always():
    log.append('always')

@pytest.fixture(params=['a', pytest.param('b', id='bee')])
def letter(request):
    return request.param

@pytest.fixture
def factory():
    def make(content): return Box(content)
    return make

def test_shared(shared, fresh):
    assert shared.content == fresh.content == 'shared'
    assert shared is not fresh and 'always' in log
    shared.content = 'changed'

def test_shared_again(shared, fresh):
    assert fresh.content == 'changed' and 'down shared' in log
    assert log.count('module up') == 1

def test_parameters(letter, request):
    assert double(letter) == letter * 2
    assert request.node.name.startswith('test_parameters[')

def test_one_of_the_parameters_is_wrong(letter):
    assert double(letter) == 'aa'

@pytest.mark.parametrize('x', [1, 2], ids=['one', 'two'])
@pytest.mark.parametrize(('y', 'z'), [(1, 1), pytest.param(2, 2, id='twos')])
def test_product(x, y, z):
    assert double(x) * y == x * z * 2

@pytest.mark.parametrize('box', ['inner'], indirect=True)
def test_indirect(box):
    assert box.content == 'inner'

@pytest.fixture
def box(request): return Box(request.param)

@pytest.mark.usefixtures('shared')
class TestClass:
    @pytest.fixture(autouse=True)
    def prepare(self, of_class):
        self.box = of_class
    def setup_method(self, method): self.name = method.__name__
    def test_one(self):
        assert self.box.content == 'TestClass' and self.name == 'test_one'
        self.box.content = 'seen'
    def test_two(self): assert self.box.content == 'seen'
class TestOuter:
    class TestInner:
        def test_inner(self, factory): assert factory(3).content == 3

def test_built_in(tmp_path, monkeypatch, capsys):
    (tmp_path / 'file').write_text('text')
    monkeypatch.chdir(tmp_path)
    assert double(open('file').read()) == 'texttext'
    monkeypatch.setattr(solution, 'double', lambda x: x)
    assert solution.double(2) == 2

def test_approx():
    assert double(0.1) == pytest.approx(0.2)
    assert [double(0.1)] == pytest.approx([0.2], rel=1e-6)
    assert {'a': double(0.1)} == pytest.approx({'a': 0.2})

@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.skipif(True, reason='always')
def test_skipped_if(): pass
def test_skips_itself(fresh): pytest.skip('now')
@pytest.mark.xfail
def test_expected_to_fail(): assert double(2) == 5
@pytest.mark.xfail(strict=True)
def test_fails_to_fail(): assert double(2) == 4
def test_no_such_fixture(nothing): pass
@pytest.fixture
def broken(): raise RuntimeError('broken')
def test_broken_fixture(broken): pass
@pytest.fixture
def broken_down():
    yield
    assert double(1) == 3
def test_broken_down(broken_down): pass
def test_wrong(): assert double(2) == 5
def test_warns():
    with pytest.warns(UserWarning):
        __import__('warnings').warn('w')
@pytest.mark.custom
def test_own_mark(): assert double(1) == 2
"""
NOT_PASSED = {
    "test_one_of_the_parameters_is_wrong": Status.FAILED,
    "test_skipped": Status.RAISED,
    "test_skipped_if": Status.RAISED,
    "test_skips_itself": Status.RAISED,
    "test_fails_to_fail": Status.FAILED,
    "test_no_such_fixture": Status.RAISED,
    "test_broken_fixture": Status.RAISED,
    "test_broken_down": Status.FAILED,
    "test_wrong": Status.FAILED,
}


def test_fixtures_marks_and_parameters_are_pytests_own(pool):
    found = cases(pool, SOURCE, FIXTURES)
    not_passed = {name: case.status for name, case in found.items() if case.status is not Status.DONE}
    assert not_passed == NOT_PASSED
    assert len(found) > 2 * len(NOT_PASSED)


def test_the_order_asked_for_is_kept(pool):
    tests = """
import pytest
from solution import double
@pytest.fixture
def two(): return 2
seen = []
def test_a(two): seen.append('a'); print(*seen)
def test_b(two): seen.append('b'); print(*seen)
def test_c(two): seen.append('c'); print(*seen)
"""
    job = SuiteJob(SOURCE, "solution", tests, test_names(tests), Limits(), Variation(order=(2, 0, 1)))
    assert [case.output for case in pool.run(job).cases] == ["c a\n", "c a b\n", "c\n"]


def test_a_hung_or_killed_test_does_not_lose_the_others(pool):
    tests = """
import pytest
from solution import loop
@pytest.fixture
def same(): return lambda x: loop(x)
""" + "".join(f"def test_{n}(same): assert same({n}) == {n}\n" for n in range(5))
    found = cases(pool, SOURCE, tests, limits=Limits(cpu_seconds=0.5, wall_seconds=20.0))
    done = Status.DONE
    assert [case.status for case in found.values()] == [done, Status.TIMED_OUT, Status.KILLED, done, done]


@pytest.mark.parametrize("kind", ["KeyboardInterrupt", "SystemExit", "GeneratorExit", "BaseException"])
def test_what_a_candidate_raises_ends_one_test_only(pool, kind):
    source = f"def f(x):\n    if x == 1: raise {kind}('no')\n    return x"
    tests = """
import pytest
from solution import f
@pytest.fixture
def one(): return 1
def test_one(one): assert f(one) == 1
def test_two(one): assert f(one + 1) == 2
"""
    assert list(failing(pool, source, tests)) == ["test_one"]
    assert list(failing(pool, source, tests.replace("(one)", "(one=1)").replace("@pytest.fixture", ""))) == ["test_one"]


@pytest.mark.parametrize(
    "tests",
    [
        "import pytest\n@pytest.mark.parametrize('a', 5)\ndef test_a(a): pass\ndef test_b(): pass",
        "import pytest\n@pytest.mark.parametrize('b', [1])\ndef test_a(a): pass",
        "import pytest\npytest.skip('all of it', allow_module_level=True)\ndef test_a(): pass",
        "import pytest\npytestmark = pytest.mark.skip\ndef test_a(): pass",
        "import pytest\n@pytest.mark.parametrize('a', [])\ndef test_a(a): pass",
        "import pytest\nasync def test_a(): pass\n@pytest.mark.anything\nasync def test_b(): pass",
        "async def test_a(): assert False",
        "def test_a():\n    yield 1\n    assert False",
        "import unittest\nclass Case(unittest.TestCase):\n    async def test_a(self): assert False",
        "import unittest\nclass Case(unittest.TestCase):\n    @unittest.skip('x')\n    def test_a(self): pass",
    ],
)
def test_what_pytest_would_not_run_has_not_passed(pool, tests):
    found = cases(pool, SOURCE, "import solution\n" + tests)
    assert Status.DONE not in {case.status for name, case in found.items() if name != "test_b" or "async" in tests}


def test_unittest_cases_with_marks_are_run_by_pytest(pool):
    tests = """
import unittest
import pytest
from solution import double
@pytest.fixture
def two(): return 2
class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.base = 1
    def setUp(self): self.x = self.base + 1
    @pytest.fixture(autouse=True)
    def give(self, two): self.two = two
    def test_right(self): self.assertEqual(double(self.x), 2 * self.two)
    def test_wrong(self): self.assertEqual(double(self.x), 5)
    def test_subtests(self):
        for n in range(3):
            with self.subTest(n=n): self.assertEqual(double(n), 2 if n == 2 else 2 * n)
    @unittest.expectedFailure
    def test_surprise(self): self.assertEqual(double(1), 2)
"""
    assert set(failing(pool, SOURCE, tests)) == {"Case.test_wrong", "Case.test_subtests", "Case.test_surprise"}
