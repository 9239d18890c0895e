"""What goes the other way: callbacks, mocks, subclasses and objects of the tests in the candidate's hands."""

import pytest
from suite_runs import cases, failing

from hone.sandbox.jobs import Status

OBSERVER_TESTS = """
import unittest
from unittest.mock import Mock, call, ANY
import pytest
from solution import Subject, Observer, apply, sort_by, retry, memoize, visit_all, Shape, describe_all

def test_callbacks_are_called_in_order():
    subject, seen = Subject(), []
    subject.attach(seen.append)
    subject.attach(lambda event: seen.append(event * 2))
    subject.notify(5)
    assert seen == [5, 10]

def test_mocks():
    subject, observer = Subject(), Mock()
    subject.attach(observer)
    subject.notify('a', urgent=True)
    subject.notify('b')
    assert observer.call_args_list == [call('a', urgent=True), call('b')]
    observer.assert_called_with('b')
    assert observer.call_count == 2
    subject.detach(observer)
    subject.notify('c')
    assert observer.call_count == 2

def test_method_of_a_mock():
    log = Mock()
    log.level.return_value = 3
    assert apply(log.info, 'x') is not None
    log.info.assert_called_once_with('x')
    assert apply(log.level) == 3

def test_methods_of_candidates_objects_as_callbacks():
    subject, observer = Subject(), Observer()
    subject.attach(observer.update)
    subject.notify('x')
    assert observer.seen == ['x']
    subject.detach(observer.update)
    subject.notify('y')
    assert observer.seen == ['x']

def test_keys_and_library_functions():
    assert sort_by(['bb', 'a', 'ccc'], len) == ['a', 'bb', 'ccc']
    assert sort_by(['bb', 'a', 'ccc'], key=lambda word: -len(word)) == ['ccc', 'bb', 'a']
    assert sort_by([3, 1], key=None) == [1, 3]
    assert apply(int, '7') == 7
    assert apply(str.upper, 'a') == 'A'
    assert apply(sorted, [2, 1], reverse=True) == [2, 1]

def test_errors_of_callbacks_come_through():
    class Own(ValueError):
        def __init__(self, code):
            super().__init__(f'code {code}')
            self.code = code
    def fail(x):
        raise Own(x)
    with pytest.raises(Own, match='code 4') as caught:
        apply(fail, 4)
    assert caught.value.code == 4

def test_retry():
    attempts = []
    def flaky():
        attempts.append(1)
        if len(attempts) < 3:
            raise ConnectionError('down')
        return 'up'
    assert retry(flaky, 5, (ConnectionError, KeyError)) == 'up'
    assert len(attempts) == 3
    always = Mock(side_effect=TimeoutError('slow'))
    with pytest.raises(TimeoutError, match='slow'):
        retry(always, 2, TimeoutError)
    assert always.call_count == 2

def test_decorating_a_function_of_the_test():
    calls = []
    @memoize
    def fib(n):
        calls.append(n)
        return n if n < 2 else fib(n - 1) + fib(n - 2)
    assert fib(15) == 610
    assert len(calls) == 16
    assert fib.__name__ == 'fib'

def test_objects_of_the_test():
    class Duck:
        legs = 2
        def __init__(self): self.heard = []
        def visit(self, value):
            self.heard.append(value)
            return self
        def __len__(self): return 4
        def __eq__(self, other): return isinstance(other, Duck)
        def __hash__(self): return 1
    duck = Duck()
    assert visit_all([1, 2], duck) is duck
    assert duck.heard == [1, 2]
    assert duck.visited == 2
    assert apply(len, duck) == 4
    assert apply(lambda d: d.legs, duck) == 2
    assert apply(lambda d: d is duck, duck)

class Square(Shape):
    sides = 4
    def __init__(self, side):
        super().__init__('square')
        self.side = side
    def area(self):
        return self.side ** 2
    @property
    def perimeter(self):
        return self.sides * self.side

class Nameless(Shape):
    def area(self): return super().area() + 1

def test_subclass_of_a_candidates_class():
    square = Square(3)
    assert square.name == 'square'
    assert square.describe() == 'square: 9'
    assert square.perimeter == 12
    assert isinstance(square, Shape) and isinstance(square, Square)
    assert describe_all([square, Square(side=1)]) == ['square: 9', 'square: 1']
    assert Nameless('none').describe() == 'none: 1'
    square.side = 5
    assert square.area() == 25

class SubjectCase(unittest.TestCase):
    def setUp(self):
        self.events = []
    def on_event(self, event):
        self.events.append(event)
    def test_bound_method(self):
        subject = Subject()
        subject.attach(self.on_event)
        subject.notify(1)
        self.assertEqual(self.events, [1])
    def test_two_objects_do_not_share(self):
        first, second = Subject(), Subject()
        first.attach(self.on_event)
        second.notify(1)
        self.assertEqual(self.events, [])
"""
OBSERVER = """
import functools
class Subject:
    def __init__(self): self._observers = []
    def attach(self, observer): self._observers.append(observer)
    def detach(self, observer): self._observers.remove(observer)
    def notify(self, *args, **kwargs):
        for observer in list(self._observers): observer(*args, **kwargs)
class Observer:
    def __init__(self): self.seen = []
    def update(self, event): self.seen.append(event)
def apply(f, *args, **kwargs): return f(*args, **kwargs)
def sort_by(items, key): return sorted(items, key=key)
def retry(f, times, errors):
    for attempt in range(times):
        try: return f()
        except errors:
            if attempt == times - 1: raise
def memoize(f):
    known = {}
    @functools.wraps(f)
    def wrapped(*args):
        if args not in known: known[args] = f(*args)
        return known[args]
    return wrapped
def visit_all(items, visitor):
    for item in items: visitor = visitor.visit(item)
    visitor.visited = len(items)
    return visitor
class Shape:
    def __init__(self, name): self.name = name
    def area(self): return 0
    def describe(self): return f'{self.name}: {self.area()}'
def describe_all(shapes): return [shape.describe() for shape in shapes]
"""

CLOCK_TESTS = """
import io
import time
from unittest import mock
import pytest
import solution
from solution import Timer, stamp, greet, roll

class Clock:
    def __init__(self): self.now = 100.0
    def __call__(self): return self.now

def test_the_modules_clock_is_patched(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(solution, 'now', clock)
    timer = Timer()
    clock.now += 5
    assert timer.elapsed() == 5.0
    assert stamp() == 'at 105'

def test_it_was_undone():
    assert stamp() == 'at 1'
    assert Timer().elapsed() == 0.0

def test_patch_by_name():
    with mock.patch('solution.now', return_value=7) as patched:
        assert stamp() == 'at 7'
        patched.assert_called_once_with()
    assert stamp() == 'at 1'

@mock.patch('solution.now', side_effect=[1, 4])
def test_patch_as_decorator(patched):
    timer = Timer()
    assert timer.elapsed() == 3
    assert patched.call_count == 2

def test_constants_are_patched(monkeypatch):
    assert solution.PREFIX == 'at'
    monkeypatch.setattr('solution.PREFIX', 'on')
    assert stamp() == 'on 1'
    assert solution.PREFIX == 'on'

def test_constant_is_back():
    assert stamp() == 'at 1'

def test_methods_are_patched():
    timer = Timer()
    with mock.patch.object(Timer, 'elapsed', return_value=9):
        assert timer.elapsed() == 9
        assert timer.report() == '9 s'
    assert timer.report() == '0 s'
    with mock.patch.object(timer, 'elapsed', lambda: 3):
        assert timer.report() == '3 s'
    assert timer.report() == '0 s'

def test_method_is_patched_by_pytest(monkeypatch):
    monkeypatch.setattr(Timer, 'elapsed', lambda self: self.start + 1)
    assert Timer().report() == '2 s'

def test_method_is_back():
    assert Timer().report() == '0 s'

def test_the_library_as_the_module_sees_it():
    with mock.patch('solution.random.randint', return_value=4) as randint:
        assert roll() == 4
    randint.assert_called_once_with(1, 6)

def test_printed_output(capsys):
    greet('Ann')
    captured = capsys.readouterr()
    assert captured.out == 'Hello, Ann!\\n'
    assert captured.err == 'done\\n'

def test_redirected_output():
    with mock.patch('sys.stdout', new_callable=io.StringIO) as out:
        greet('Bob')
    assert out.getvalue() == 'Hello, Bob!\\n'

def test_state_of_the_module():
    before = solution.greeted
    greet('Eve')
    assert solution.greeted == before + 1
"""
CLOCK = """
import random, sys
PREFIX = 'at'
greeted = 0
def now(): return 1
class Timer:
    def __init__(self): self.start = now()
    def elapsed(self): return float(now() - self.start) if False else now() - self.start
    def report(self): return f'{self.elapsed():.0f} s'
def stamp(): return f'{PREFIX} {now():.0f}'
def roll(): return random.randint(1, 6)
def greet(name):
    global greeted
    greeted += 1
    print(f'Hello, {name}!')
    print('done', file=sys.stderr)
""".replace("float(now() - self.start) if False else ", "")


@pytest.mark.parametrize(("source", "tests"), [(OBSERVER, OBSERVER_TESTS), (CLOCK, CLOCK_TESTS)])
def test_right_code_passes_every_test(pool, source, tests):
    assert failing(pool, source, tests) == {}


@pytest.mark.parametrize(
    ("right", "wrong", "caught"),
    [
        ("observer(*args, **kwargs)", "observer(*args)", "test_mocks"),
        ("observer(*args, **kwargs)", "print(observer)", "test_callbacks_are_called_in_order"),
        (
            "for observer in list(self._observers)",
            "for observer in reversed(self._observers)",
            "test_callbacks_are_called_in_order",
        ),
        ("self._observers.remove(observer)", "pass", "test_methods_of_candidates_objects_as_callbacks"),
        (
            "if args not in known: known[args] = f(*args)",
            "known[args] = f(*args)",
            "test_decorating_a_function_of_the_test",
        ),
        ("except errors:", "except ():", "test_retry"),
        (
            "def __init__(self): self._observers = []",
            "_observers = []\n    def __init__(self): pass",
            "SubjectCase.test_two_objects_do_not_share",
        ),
        ("f'{self.name}: {self.area()}'", "f'{self.name}: {Shape.area(self)}'", "test_subclass_of_a_candidates_class"),
        ("visitor.visited = len(items)", "pass", "test_objects_of_the_test"),
    ],
)
def test_wrong_observers_fail(pool, right, wrong, caught):
    assert right in OBSERVER
    assert caught in failing(pool, OBSERVER.replace(right, wrong), OBSERVER_TESTS)


@pytest.mark.parametrize(
    ("right", "wrong", "caught"),
    [
        ("now() - self.start", "1 - self.start", "test_the_modules_clock_is_patched"),
        ("{PREFIX}", "at", "test_constants_are_patched"),
        ("random.randint(1, 6)", "4", "test_the_library_as_the_module_sees_it"),
        ("print(f'Hello, {name}!')", "pass", "test_redirected_output"),
        ("greeted += 1", "greeted += 2", "test_state_of_the_module"),
        ("{self.elapsed():.0f}", "{now() - self.start:.0f}", "test_methods_are_patched"),
    ],
)
def test_wrong_clocks_fail(pool, right, wrong, caught):
    assert right in CLOCK
    assert caught in failing(pool, CLOCK.replace(right, wrong), CLOCK_TESTS)


def test_changed_arguments_are_changed_in_the_test(pool):
    source = """
def sort(items): items.sort()
def update(mapping, extra): mapping.update(extra)
def grow(grid):
    grid[0].append(9)
    return grid
def drop(numbers, *, also): numbers.discard(1); also.clear()
def same(items): return items
def copied(items): return list(items)
"""
    tests = """
from solution import *
def test_list():
    items = [3, 1, 2]
    assert sort(items) is None and items == [1, 2, 3]
def test_dict():
    mapping = {'a': [1]}
    kept = mapping['a']
    update(mapping, {'b': 2})
    assert mapping == {'a': [1], 'b': 2} and mapping['a'] is kept
def test_nested():
    row = [1]
    grid = [row]
    assert grow(grid) is grid and row == [1, 9]
def test_set_and_keyword():
    numbers, also = {1, 2}, [1]
    drop(numbers, also=also)
    assert numbers == {2} and also == []
def test_identity():
    items = [1]
    assert same(items) is items and copied(items) is not items and copied(items) == items
"""
    assert failing(pool, source, tests) == {}
    lazy = source.replace("items.sort()", "return sorted(items)").replace("grid[0].append(9)", "grid = [[1, 9]]")
    assert set(failing(pool, lazy, tests)) == {"test_list", "test_nested"}


def test_signatures_enumerations_dataclasses_and_coroutines(pool):
    source = """
import asyncio, dataclasses, enum, pathlib
def f(a, b=2, *rest, c: int, d=None, **more) -> str: 'Documented.'
class Color(enum.Enum):
    RED = 1
    BLUE = 2
@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: int = 0
async def fetch(n):
    await asyncio.sleep(0)
    return n * 2
def parent(path): return path.parent
"""
    tests = """
import asyncio, inspect, pathlib, unittest
import pytest
from solution import f, Color, Point, fetch, parent
def test_signature():
    assert str(inspect.signature(f)) == '(a, b=2, *rest, c: int, d=None, **more) -> str'
    assert f.__name__ == 'f' and f.__doc__ == 'Documented.' and inspect.isfunction(f)
    assert list(inspect.signature(Point).parameters) == ['x', 'y']
def test_enum():
    assert Color.RED.value == 1 and Color['BLUE'] is Color.BLUE and Color(2) is Color.BLUE
    assert [color.name for color in Color] == ['RED', 'BLUE'] and len(Color) == 2
    assert Color.RED != Color.BLUE and Color.RED in Color and isinstance(Color.RED, Color)
def test_dataclass():
    assert Point(1) == Point(1, 0) != Point(2) and Point(1) < Point(1, 5)
    assert repr(Point(1, 2)) == 'Point(x=1, y=2)' and vars(Point(3)) == {'x': 3, 'y': 0}
    with pytest.raises(TypeError): Point()
def test_path(): assert parent(pathlib.Path('a/b')) == pathlib.Path('a')
def test_run(): assert asyncio.run(fetch(2)) == 4
class Async(unittest.IsolatedAsyncioTestCase):
    async def test_awaited(self): self.assertEqual(await fetch(4), 8)
    async def test_wrong(self): self.assertEqual(await fetch(4), 9)
"""
    assert list(failing(pool, source, tests)) == ["Async.test_wrong"]


def test_each_test_has_its_own_time_and_output(pool):
    source = "def spin(n):\n    print('n', n)\n    return sum(i for i in range(n))"
    tests = """
from solution import spin
def test_long(): assert spin(3_000_000)
def test_short(): assert spin(3) == 3
"""
    found = cases(pool, source, tests)
    assert [case.status for case in found.values()] == [Status.DONE] * 2
    assert found["test_long"].cpu_seconds > 0.02 > found["test_short"].cpu_seconds
    assert [case.output for case in found.values()] == ["n 3000000\n", "n 3\n"]


WARNING_TESTS = """
import unittest
import warnings
import pytest
from solution import old, quiet, Own, loud

class Case(unittest.TestCase):
    def test_assert_warns(self):
        with self.assertWarns(DeprecationWarning) as caught:
            assert old(2) == 4
        assert 'use new' in str(caught.warning)

def test_pytest_warns():
    with pytest.warns(DeprecationWarning, match='use new'):
        old(1)

def test_recorded():
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter('always')
        old(1); old(1); quiet(1); loud()
    assert [w.category for w in found] == [DeprecationWarning, DeprecationWarning, UserWarning]

def test_as_an_error():
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        quiet(1)
        with pytest.raises(DeprecationWarning):
            old(1)
    assert old(3) == 6
"""
WARNING_SOLUTION = """
import warnings
class Own(UserWarning): pass
def old(x):
    warnings.warn('use new', DeprecationWarning)
    return 2 * x
def quiet(x):
    return x
def loud():
    warnings.warn('mine', Own)
"""


def test_warnings_of_the_candidate_reach_the_tests(pool):
    assert failing(pool, WARNING_SOLUTION, WARNING_TESTS) == {}
    silent = WARNING_SOLUTION.replace("    warnings.warn('use new', DeprecationWarning)\n", "")
    assert set(failing(pool, silent, WARNING_TESTS)) == {
        "Case.test_assert_warns",
        "test_pytest_warns",
        "test_recorded",
        "test_as_an_error",
    }


MOCKED = """
from unittest.mock import MagicMock
from solution import name_of, insides

def test_an_attribute_with_an_underscore():
    library = MagicMock()
    library._name = 'libc'
    assert name_of(library) == 'libc'
    other = MagicMock()
    assert name_of(other) == other._name

def test_the_mocks_own_are_hidden():
    expected = MagicMock(return_value=42)
    assert insides(expected) == []
"""
MOCKED_SOLUTION = """
def name_of(library): return library._name
def insides(mock):
    names = ('_mock_return_value', '_mock_children', '_mock_call_args_list', '_spec_class', 'return_value')
    return [name for name in names if hasattr(mock, name)]
"""


def test_a_mock_plays_the_insides_of_what_it_stands_for_and_hides_its_own(pool):
    assert failing(pool, MOCKED_SOLUTION, MOCKED) == {}
    assert set(failing(pool, MOCKED_SOLUTION.replace("library._name", "None"), MOCKED)) == {
        "test_an_attribute_with_an_underscore"
    }
