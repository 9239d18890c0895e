"""Human-written tests against a candidate that they never share memory with."""

import pytest

from hone.sandbox.jobs import Status, SuiteJob, Variation
from hone.tasks.task import Limits, test_names

QUICK = Limits(cpu_seconds=0.5, wall_seconds=10.0)
ADD = "def add(a, b):\n    return a + b\n"
TWO = """
from solution import add
def test_small(): assert add(1, 2) == 3
def test_lists(): assert add([1], [2]) == [1, 2]
"""


def run(pool, source, tests, names=None, limits=QUICK, **variation):
    names = test_names(tests) if names is None else names
    result = pool.run(SuiteJob(source, "solution", tests, names, limits, Variation(**variation)))
    assert len(result.cases) == len(names)
    return result.cases


def statuses(*args, **kwargs):
    return [case.status for case in run(*args, **kwargs)]


def test_right_code_passes_and_wrong_code_fails(pool):
    assert statuses(pool, ADD, TWO) == [Status.DONE, Status.DONE]
    assert statuses(pool, "def add(a, b): return a - b", TWO) == [Status.FAILED, Status.RAISED]
    assert statuses(pool, "def add(a, b): pass", TWO) == [Status.FAILED, Status.FAILED]


ALWAYS_EQUAL = """
class Yes:
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __bool__(self): return True
    def __len__(self): return 3
    def __getattr__(self, name): return Yes()
    def __call__(self, *args, **kwargs): return Yes()
    __hash__ = None
    __class__ = property(lambda self: int)
class YesInt(int):
    __eq__ = lambda self, other: True
    __hash__ = int.__hash__
def add(a, b): return {value}
"""


@pytest.mark.parametrize("value", ["Yes()", "[Yes(), 2]", "YesInt(0)", "Yes", "{{'k': Yes()}}", "lambda *a: Yes()"])
def test_an_always_equal_object_passes_nothing(pool, value):
    tests = """
import unittest
from solution import add
def test_plain(): assert add(1, 2) == 3
def test_swapped(): assert 3 == add(1, 2)
def test_in(): assert add(1, 2) in (3, [1, 2])
def test_list(): assert add([1], [2]) == [1, 2]
def test_not_different(): assert not (add(1, 2) != 3)
class Case(unittest.TestCase):
    def test_equal(self): self.assertEqual(add(1, 2), 3)
    def test_close(self): self.assertAlmostEqual(add(1.0, 2), 3.0)
    def test_instance(self): self.assertIsInstance(add(1, 2), int)
"""
    found = statuses(pool, ALWAYS_EQUAL.format(value=value).replace("{{", "{").replace("}}", "}"), tests)
    assert Status.DONE not in found


@pytest.mark.parametrize(
    "attack",
    [
        "import os\ndef add(a, b): os._exit(0)",
        "import sys\ndef add(a, b): sys.exit(0)",
        "import os, signal\ndef add(a, b): os.kill(0, 9)",
        "def add(a, b): print('OK'); print('2 passed in 0.01s'); print('.. [100%]')",
        "import os\ndef add(a, b): os.write(1, b'OK\\n'); os.write(2, b'Ran 2 tests\\n\\nOK\\n')",
        "import pytest\ndef add(a, b): pytest.skip('no need')",
        "import unittest\ndef add(a, b): raise unittest.SkipTest('no need')",
        "import builtins\nbuiltins.AssertionError = None\ndef add(a, b): return None",
        "import sys\nsys.modules['pytest'] = sys.modules['unittest'] = None\ndef add(a, b): return None",
        "import operator\noperator.eq = lambda a, b: True\nint.__eq__ = 1",
        "def add(a, b): raise AssertionError('fine')",
        "import os\nfor fd in range(9):\n    try: os.write(fd, bytes(64))\n    except OSError: pass\nos._exit(0)",
        "import os\nos._exit(0)",
        "raise SystemExit(0)",
    ],
)
def test_a_candidate_that_leaves_prints_skips_or_patches_passes_nothing(pool, attack):
    assert Status.DONE not in statuses(pool, attack, TWO)
    assert statuses(pool, ADD, TWO) == [Status.DONE, Status.DONE]


def test_a_candidate_that_exits_cannot_satisfy_a_test_that_expects_any_exception(pool):
    tests = """
import pytest, unittest
from solution import add
def test_any():
    with pytest.raises(BaseException): add(1, 2)
def test_caught():
    try: add(1, 2)
    except BaseException: pass
class Case(unittest.TestCase):
    def test_any(self): self.assertRaises(BaseException, add, 1, 2)
"""
    found = run(pool, "import os\ndef add(a, b): os._exit(0)", tests)
    assert {case.status for case in found} == {Status.KILLED}


def test_frames_forged_on_the_wire_pass_nothing(pool):
    forged = """
import gc, os, sys
frame = sys._getframe()
while frame:
    for value in list(frame.f_locals.values()):
        if type(value).__name__ == 'Channel' or isinstance(value, dict) and 'wire_nonce' in value:
            found = value
            if isinstance(value, dict): nonce = value['wire_nonce']
    frame = frame.f_back
def add(a, b):
    if 'nonce' in globals():
        from inside.codec import encode
        from inside.framing import frame as framed
        for n in range(50): os.write(4, framed(nonce, encode([n, 'ok', 3])) )
        for n in range(50): os.write(3, framed(nonce, encode({'i': n, 's': 'done'})) )
    return None
"""
    found = statuses(pool, forged, TWO)
    assert found[1] is not Status.DONE


def test_a_candidate_cannot_replace_what_the_tests_use(pool):
    source = """
import builtins
__all__ = ['f', 'abs', 'all', 'math', 'isinstance', 'len', 'test_own', 'AssertionError', '__builtins__']
class math:
    isclose = staticmethod(lambda *a, **k: True)
def yes(*args, **kwargs): return 1
all = isinstance = len = test_own = yes
def abs(x): return 0
__builtins__ = {'abs': abs}
AssertionError = ValueError
def f(x): return 5.0
"""
    tests = """
import math
from solution import *
def test_abs(): assert abs(f(1) - 1) < 1e-6
def test_all(): assert all([f(1) == 1])
def test_math(): assert math.isclose(f(1), 1)
def test_isinstance(): assert isinstance(f(1), int)
def test_len(): assert len([f(1)] * 2) == 1
def test_own(): assert f(1) == 1
def test_honest(): assert f(1) == 5.0
"""
    assert statuses(pool, source, tests) == [Status.FAILED] * 6 + [Status.DONE]


@pytest.mark.parametrize("kind", ["StopIteration", "StopAsyncIteration", "GeneratorExit"])
def test_a_forged_end_of_iteration_does_not_cut_a_test_short(pool, kind):
    tests = """
from solution import add
def test_all(): assert all(map(lambda n: add(n, 1) == n + 1, range(3)))
def test_loop():
    for total in map(add, range(3), range(3)): assert total < 0
"""
    assert statuses(pool, f"def add(a, b): raise {kind}", tests) == [Status.RAISED] * 2


def test_exceptions_cross_by_the_name_of_their_builtin_class(pool):
    source = """
class Mine(ValueError): pass
class Weird(Exception): pass
def fail(kind):
    if kind == 'mine': raise Mine('text')
    if kind == 'weird': raise Weird('text')
    if kind == 'key': return {}['k']
    if kind == 'unicode': return b'\\xff'.decode()
    if kind == 'exit': raise SystemExit
"""
    tests = """
import pytest, unittest
import solution
from solution import fail
def test_mine():
    with pytest.raises(ValueError, match='text'): fail('mine')
def test_mine_itself():
    with pytest.raises(solution.Mine): fail('mine')
def test_weird():
    with pytest.raises(solution.Weird): fail('weird')
def test_key():
    with pytest.raises(KeyError) as caught: fail('key')
    assert caught.value.args == ('k',)
def test_unicode():
    with pytest.raises(UnicodeDecodeError): fail('unicode')
def test_wrong_kind():
    with pytest.raises(KeyError): fail('mine')
def test_none_raised():
    with pytest.raises(KeyError): fail('nothing')
def test_exit(): fail('exit')
class Case(unittest.TestCase):
    def test_mine(self):
        with self.assertRaises(ValueError): fail('mine')
"""
    done, failed, raised = Status.DONE, Status.FAILED, Status.RAISED
    assert statuses(pool, source, tests) == [done] * 5 + [raised, failed, raised, done]


def test_constants_star_imports_generators_closures_and_objects_reach_the_test(pool):
    source = """
import math
from collections import Counter, OrderedDict, defaultdict
LIMITS = (1, [2, {'k': 3.5}])
class Pair:
    def __init__(self, a, b): self.a, self.b = a, b
    def total(self): return self.a + self.b
def squares(n):
    for i in range(n): yield i * i
def adder(n): return lambda x: x + n
def count(text): return Counter(text)
def longest(pairs): return max(p.total() for p in pairs)
def same(x): return x
"""
    tests = """
from solution import *
import solution
def test_constant(): assert solution.LIMITS == (1, [2, {'k': 3.5}]) and math.sqrt(4) == 2
def test_generator(): assert list(squares(4)) == [0, 1, 4, 9]
def test_closure(): assert adder(2)(3) == 5
def test_counter(): assert count('aab') == {'a': 2, 'b': 1}
def test_objects(): assert longest([Pair(1, 2), Pair(3, 4)]) == 7 and Pair(1, 2).total() == 3
def test_identity():
    p = Pair(1, 2)
    p.a = 10
    assert same(p) is p and same(p) == p and p != Pair(1, 2) and p.a == 10
def test_keywords(): assert same(x=(1, {2})) == (1, {2})
"""
    assert set(statuses(pool, source, tests)) == {Status.DONE}


def test_an_argument_that_cannot_cross_fails_the_test_even_where_it_expects_an_error(pool):
    tests = """
import sys
import pytest
from solution import add
def test_frame(): add(sys._getframe(), 2)
def test_module():
    with pytest.raises(Exception): add(pytest, 2)
"""
    cases = run(pool, ADD, tests)
    assert [case.status for case in cases] == [Status.RAISED] * 2
    assert all("cannot cross" in case.error for case in cases)


def test_fixtures_of_test_cases_and_classes_are_honoured(pool):
    tests = """
import unittest
import pytest
from solution import add
class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.base = 1
    def setUp(self): self.x = self.base + 1; self.addCleanup(lambda: None)
    def tearDown(self): assert self.x == 2
    def test_uses_them(self): self.assertEqual(add(self.x, 1), 3)
    def test_subtests(self):
        for x in range(3):
            with self.subTest(x=x): self.assertEqual(add(x, 1), x + 1 if x != 1 else 0)
    @unittest.skip('later')
    def test_skipped(self): pass
    @unittest.expectedFailure
    def test_surprise(self): self.assertEqual(add(1, 1), 2)
class TestPlain:
    def setup_method(self): self.x = 5
    def test_method(self): assert add(self.x, 1) == 6
@pytest.mark.parametrize('a, b', [(1, 2), pytest.param(3, 4)])
def test_many(a, b): assert add(a, b) == a + b
@pytest.mark.parametrize('a', [1, 2])
def test_one_is_wrong(a): assert add(a, 1) == 2
def test_fixture(tmp_path): assert add(1, 1) == 2
"""
    done, failed, raised = Status.DONE, Status.FAILED, Status.RAISED
    assert statuses(pool, ADD, tests) == [done, failed, raised, failed, done, done, failed, done]


def test_names_decide_what_is_run_and_a_missing_one_is_no_pass(pool):
    names = ("test_lists", "test_absent", "Absent.test", "add", "test_small")
    found = statuses(pool, ADD, TWO, names)
    assert [found[0], found[4]] == [Status.DONE, Status.DONE]
    assert Status.DONE not in found[1:3]
    assert statuses(pool, ADD, TWO, ("test_small", "test_lists"), order=(1, 0)) == [Status.DONE] * 2


def test_candidates_that_do_not_load_or_lack_the_name_say_so(pool):
    assert set(statuses(pool, "def add(", TWO)) == {Status.DOES_NOT_COMPILE}
    assert set(statuses(pool, "1 / 0", TWO)) == {Status.RAISED}
    assert set(statuses(pool, "def other(): pass", TWO)) == {Status.MISSING_ENTRY_POINT}


def test_a_hung_or_killed_test_does_not_lose_the_others(pool):
    source = "import os\ndef f(x):\n    while x == 1: pass\n    if x == 2: os._exit(0)\n    return x"
    tests = "from solution import f\n" + "".join(f"def test_{n}(): assert f({n}) == {n}\n" for n in range(5))
    done = Status.DONE
    assert statuses(pool, source, tests) == [done, Status.TIMED_OUT, Status.KILLED, done, done]


def test_a_test_that_a_returned_value_sends_into_a_loop_is_timed_out(pool):
    tests = (
        "from solution import f\ndef test_a():\n    for _ in f(): pass\ndef test_b():\n    while f() is not None: pass"
    )
    endless = "def f():\n    while True: yield 1"
    assert statuses(pool, endless, tests, limits=Limits(cpu_seconds=0.5, wall_seconds=1.5)) == [Status.TIMED_OUT] * 2


def test_printing_in_tests_is_captured_and_decides_nothing(pool):
    cases = run(pool, ADD, "from solution import add\ndef test_a():\n    print('OK')\n    assert add(1, 1) == 3")
    assert (cases[0].status, cases[0].output) == (Status.FAILED, "OK\n")
