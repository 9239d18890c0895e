"""Ordinary suites over classes, as people write them: right code passes all of it, wrong and forging code does not."""

import pytest
from suite_runs import failing

STACK_TESTS = """
import unittest
from solution import Stack, EmptyStackError
import solution

class StackTests(unittest.TestCase):
    def setUp(self):
        self.stack = Stack([1, 2])

    def test_push_and_pop(self):
        self.stack.push(3)
        self.assertEqual(self.stack.pop(), 3)
        self.assertEqual(len(self.stack), 2)

    def test_is_iterable_and_reversible(self):
        self.assertEqual(list(self.stack), [2, 1])
        self.assertEqual(list(reversed(self.stack)), [1, 2])
        self.assertIn(1, self.stack)
        self.assertNotIn(9, self.stack)

    def test_empty(self):
        empty = Stack()
        self.assertFalse(empty)
        self.assertTrue(self.stack)
        with self.assertRaises(EmptyStackError) as caught:
            empty.pop()
        self.assertEqual(caught.exception.operation, 'pop')
        self.assertIsInstance(caught.exception, IndexError)
        self.assertEqual(str(caught.exception), 'pop from an empty stack')
        self.assertRaisesRegex(IndexError, 'empty', empty.peek)

    def test_equality_and_repr(self):
        self.assertEqual(self.stack, Stack([1, 2]))
        self.assertNotEqual(self.stack, Stack([2, 1]))
        self.assertNotEqual(self.stack, [1, 2])
        self.assertEqual(repr(self.stack), 'Stack([1, 2])')
        self.assertEqual(f'{self.stack}', 'Stack([1, 2])')

    def test_class_things(self):
        self.assertEqual(Stack.MAXIMUM, 5)
        self.assertEqual(Stack.from_text('abc').pop(), 'c')
        self.assertTrue(Stack.is_valid([1]))
        self.assertIsInstance(self.stack, Stack)
        self.assertIs(type(self.stack), solution.Stack)
        self.assertEqual(self.stack.top, 2)
        self.stack.top = 7
        self.assertEqual(self.stack.pop(), 7)
        self.assertTrue(hasattr(self.stack, 'push'))
        self.assertFalse(hasattr(self.stack, 'shove'))
        with self.assertRaises(AttributeError):
            self.stack.shove(1)
        with self.assertRaises(TypeError):
            Stack(1, 2, 3)

    def test_unhashable(self):
        with self.assertRaises(TypeError):
            hash(self.stack)

    def test_items(self):
        self.stack[0] = 10
        self.assertEqual(self.stack[0], 10)
        del self.stack[0]
        self.assertEqual(list(self.stack), [2])
        self.stack += [5, 6]
        self.assertEqual(self.stack.pop(), 6)
        with self.assertRaises(IndexError):
            self.stack[40]

    def test_attributes(self):
        self.stack.label = 'mine'
        self.assertEqual(self.stack.label, 'mine')
        del self.stack.label
        self.assertFalse(hasattr(self.stack, 'label'))
"""
STACK = """
class EmptyStackError(IndexError):
    def __init__(self, operation):
        super().__init__(f'{operation} from an empty stack')
        self.operation = operation

class Stack:
    MAXIMUM = 5
    __hash__ = None
    def __init__(self, items=()): self._items = list(items)
    @classmethod
    def from_text(cls, text): return cls(text)
    @staticmethod
    def is_valid(items): return bool(items)
    def push(self, item): self._items.append(item)
    def pop(self):
        if not self._items: raise EmptyStackError('pop')
        return self._items.pop()
    def peek(self):
        if not self._items: raise EmptyStackError('peek')
        return self._items[-1]
    @property
    def top(self): return self._items[-1]
    @top.setter
    def top(self, value): self._items[-1] = value
    def __len__(self): return len(self._items)
    def __iter__(self): return reversed(self._items)
    def __reversed__(self): return iter(self._items)
    def __contains__(self, item): return item in self._items
    def __eq__(self, other): return isinstance(other, Stack) and self._items == other._items
    def __repr__(self): return f'Stack({self._items!r})'
    def __getitem__(self, index): return self._items[index]
    def __setitem__(self, index, value): self._items[index] = value
    def __delitem__(self, index): del self._items[index]
    def __iadd__(self, items):
        self._items.extend(items)
        return self
"""

CACHE_TESTS = """
import pytest
from solution import LRUCache

@pytest.fixture
def cache():
    return LRUCache(capacity=2)

@pytest.fixture(params=[1, 3], ids=['one', 'three'])
def sized(request):
    made = LRUCache(request.param)
    yield made, request.param
    made.clear()
    assert len(made) == 0

class TestLRU:
    def test_get_and_put(self, cache):
        cache.put('a', 1)
        assert cache.get('a') == 1
        assert cache.get('b') is None
        assert cache.get('b', default=7) == 7

    def test_eviction(self, cache):
        for key, value in zip('abc', range(3)):
            cache.put(key, value)
        assert 'a' not in cache
        assert 'b' in cache and 'c' in cache
        assert list(cache) == ['b', 'c']

    def test_recent_use_protects(self, cache):
        cache['a'] = 1
        cache['b'] = 2
        cache['a']
        cache['c'] = 3
        assert set(cache) == {'a', 'c'}
        with pytest.raises(KeyError) as caught:
            cache['b']
        assert caught.value.args == ('b',)

def test_capacity(sized):
    cache, capacity = sized
    for number in range(10):
        cache.put(number, number)
    assert len(cache) == capacity

@pytest.mark.parametrize('bad, error', [(0, ValueError), (-1, ValueError), ('x', TypeError)])
def test_bad_capacity(bad, error):
    with pytest.raises(error, match='capacity'):
        LRUCache(bad)

def test_hit_rate(cache):
    assert cache.hit_rate == pytest.approx(0.0)
    cache.put('a', 1)
    cache.get('a'); cache.get('a'); cache.get('z')
    assert cache.hit_rate == pytest.approx(2 / 3)
    with pytest.raises(AttributeError):
        cache.hit_rate = 1.0
"""
CACHE = """
from collections import OrderedDict
class LRUCache:
    def __init__(self, capacity):
        if not isinstance(capacity, int): raise TypeError('capacity must be an int')
        if capacity < 1: raise ValueError('capacity must be positive')
        self.capacity, self._data, self._hits, self._asked = capacity, OrderedDict(), 0, 0
    def put(self, key, value):
        self._data[key] = value
        self._data.move_to_end(key)
        if len(self._data) > self.capacity: self._data.popitem(last=False)
    def get(self, key, default=None):
        self._asked += 1
        if key not in self._data: return default
        self._hits += 1
        self._data.move_to_end(key)
        return self._data[key]
    def clear(self): self._data.clear()
    @property
    def hit_rate(self): return self._hits / self._asked if self._asked else 0.0
    def __getitem__(self, key):
        value = self._data[key]
        self._data.move_to_end(key)
        return value
    __setitem__ = put
    def __contains__(self, key): return key in self._data
    def __len__(self): return len(self._data)
    def __iter__(self): return iter(list(self._data))
"""

BANK_TESTS = """
import pytest
import solution
from solution import Account, BankError, InsufficientFunds, transaction

def test_errors_have_a_tree():
    assert issubclass(InsufficientFunds, BankError)
    assert issubclass(BankError, Exception)
    with pytest.raises(BankError):
        Account('a').withdraw(1)

def test_error_tells():
    account = Account('a', balance=10)
    with pytest.raises(InsufficientFunds, match=r'short by 5') as caught:
        account.withdraw(15)
    assert caught.value.shortage == 5
    assert caught.value.account is account
    assert account.balance == 10
    assert isinstance(caught.value.__cause__, ValueError)

def test_raising_its_class_by_hand():
    with pytest.raises(InsufficientFunds) as caught:
        raise InsufficientFunds(Account('b'), 3)
    assert caught.value.shortage == 3

def test_rolls_back():
    account = Account('a', 10)
    with pytest.raises(ZeroDivisionError):
        with transaction(account) as inside:
            assert inside is account
            account.withdraw(5)
            1 / 0
    assert account.balance == 10

def test_commits():
    account = Account('a', 10)
    with transaction(account):
        account.withdraw(5)
    assert account.balance == 5

def test_class_as_manager_may_suppress_what_the_test_raises():
    with solution.Quiet(ValueError) as quiet:
        raise ValueError('hush')
    assert quiet.caught == 'hush'
    with pytest.raises(KeyError):
        with solution.Quiet(ValueError):
            raise KeyError('k')

def test_overdraft_default():
    assert Account('c').overdraft == 0
    assert Account('c', overdraft=5).withdraw(3) == -3
"""
BANK = """
import contextlib
class BankError(Exception): pass
class InsufficientFunds(BankError):
    def __init__(self, account, shortage):
        super().__init__(f'short by {shortage}')
        self.account, self.shortage = account, shortage
class Account:
    def __init__(self, owner, balance=0, *, overdraft=0):
        self.owner, self.balance, self.overdraft = owner, balance, overdraft
    def withdraw(self, amount):
        if amount > self.balance + self.overdraft:
            raise InsufficientFunds(self, amount - self.balance - self.overdraft) from ValueError(amount)
        self.balance -= amount
        return self.balance
@contextlib.contextmanager
def transaction(account):
    before = account.balance
    try:
        yield account
    except Exception:
        account.balance = before
        raise
class Quiet:
    caught = None
    def __init__(self, kind): self.kind = kind
    def __enter__(self): return self
    def __exit__(self, kind, error, trace):
        if kind is not None and issubclass(kind, self.kind):
            self.caught = str(error)
            return True
"""

MATRIX_TESTS = """
import copy
import pytest
from solution import Matrix, Vector

def test_operators():
    a, b = Matrix([[1, 2], [3, 4]]), Matrix([[0, 1], [1, 0]])
    assert a + b == Matrix([[1, 3], [4, 4]])
    assert a * 2 == Matrix([[2, 4], [6, 8]])
    assert 2 * a == a * 2
    assert a @ b == Matrix([[2, 1], [4, 3]])
    assert -a == a * -1
    assert a != b
    assert a - a == Matrix([[0, 0], [0, 0]])
    assert a[1, 0] == 3
    assert a.rows == [[1, 2], [3, 4]]

def test_wrong_operands():
    with pytest.raises(TypeError):
        Matrix([[1]]) + 3
    with pytest.raises(TypeError):
        Matrix([[1]]) < Matrix([[2]])
    with pytest.raises(ValueError):
        Matrix([[1]]) @ Matrix([[1, 2], [3, 4]])

def test_vector():
    v = Vector(3, 4)
    assert abs(v) == 5.0
    assert float(v) == pytest.approx(5.0)
    assert int(v) == 5 and round(v, 1) == 5.0
    assert Vector(1, 2) < v and v >= Vector(0, 0)
    assert sorted([v, Vector(1, 0)])[0].x == 1
    assert max(Vector(0, 1), v) is v
    assert {Vector(1, 2): 'a'}[Vector(1, 2)] == 'a'
    assert len({Vector(1, 2), Vector(1, 2), v}) == 2
    assert divmod(Vector(7, 9), 2) == (Vector(3, 4), Vector(1, 1))
    assert sum([Vector(1, 1), Vector(2, 2)], Vector(0, 0)) == Vector(3, 3)
    assert f'{v:.1f}' == '(3.0, 4.0)'
    assert v(10) == Vector(30, 40)
    assert v @ v == 25
    x, y = v
    assert (x, y) == (3, 4)
    v += Vector(1, 1)
    assert v == Vector(4, 5)
    assert copy.copy(v) == v and copy.copy(v) is not v
    assert [1, 2, 3][Vector(0, 0)] == 1
"""
MATRIX = """
import functools, math
class Matrix:
    def __init__(self, rows): self.rows = rows
    def _each(self, other, f):
        if not isinstance(other, Matrix): return NotImplemented
        return Matrix([[f(a, b) for a, b in zip(r, s)] for r, s in zip(self.rows, other.rows)])
    def __add__(self, other): return self._each(other, lambda a, b: a + b)
    def __sub__(self, other): return self._each(other, lambda a, b: a - b)
    def __mul__(self, k): return Matrix([[a * k for a in r] for r in self.rows])
    __rmul__ = __mul__
    def __neg__(self): return self * -1
    def __matmul__(self, other):
        if len(self.rows[0]) != len(other.rows): raise ValueError('shapes')
        return Matrix([[sum(a * b for a, b in zip(r, c)) for c in zip(*other.rows)] for r in self.rows])
    def __eq__(self, other): return isinstance(other, Matrix) and self.rows == other.rows
    def __getitem__(self, at): return self.rows[at[0]][at[1]]
@functools.total_ordering
class Vector:
    def __init__(self, x, y): self.x, self.y = x, y
    def __abs__(self): return math.hypot(self.x, self.y)
    __float__ = __abs__
    def __int__(self): return int(abs(self))
    def __index__(self): return int(abs(self))
    def __round__(self, n=0): return round(abs(self), n)
    def __eq__(self, other): return isinstance(other, Vector) and (self.x, self.y) == (other.x, other.y)
    def __lt__(self, other): return abs(self) < abs(other)
    def __hash__(self): return hash((self.x, self.y))
    def __divmod__(self, n): return Vector(self.x // n, self.y // n), Vector(self.x % n, self.y % n)
    def __add__(self, other): return Vector(self.x + other.x, self.y + other.y)
    def __matmul__(self, other): return self.x * other.x + self.y * other.y
    def __format__(self, spec): return f'({self.x:{spec}}, {self.y:{spec}})'
    def __call__(self, k): return Vector(self.x * k, self.y * k)
    def __iter__(self): yield from (self.x, self.y)
"""

ITERATOR_TESTS = """
import itertools
import pytest
from solution import Countdown, running_mean, read_all, Tree

def test_iterator_protocol():
    countdown = Countdown(3)
    assert iter(countdown) is countdown
    assert next(countdown) == 3
    assert [n for n in countdown] == [2, 1]
    with pytest.raises(StopIteration):
        next(countdown)
    assert next(countdown, 'end') == 'end'

def test_generator_send_and_close():
    mean = running_mean()
    assert next(mean) is None
    assert mean.send(2) == 2
    assert mean.send(4) == 3
    with pytest.raises(ValueError, match='thrown'):
        mean.throw(ValueError('thrown'))
    other = running_mean()
    next(other)
    other.close()
    with pytest.raises(StopIteration):
        other.send(1)

def test_takes_any_iterable():
    assert read_all(n * n for n in range(4)) == [0, 1, 4, 9]
    assert read_all(itertools.islice(itertools.count(), 3)) == [0, 1, 2]
    assert read_all({'a': 1}.items()) == [('a', 1)]
    assert list(zip(Countdown(2), 'ab')) == [(2, 'a'), (1, 'b')]

def test_tree():
    tree = Tree(2, Tree(1), Tree(3))
    assert list(tree) == [1, 2, 3]
    assert tree.left.value == 1 and tree.left.left is None
    assert sum(tree) == 6 and 3 in tree and max(tree) == 3
"""
ITERATOR = """
class Countdown:
    def __init__(self, start): self.left = start
    def __iter__(self): return self
    def __next__(self):
        if self.left <= 0: raise StopIteration
        self.left -= 1
        return self.left + 1
def running_mean():
    total = count = 0
    mean = None
    while True:
        total += yield mean
        count += 1
        mean = total / count
def read_all(items): return list(items)
class Tree:
    def __init__(self, value, left=None, right=None): self.value, self.left, self.right = value, left, right
    def __iter__(self):
        if self.left: yield from self.left
        yield self.value
        if self.right: yield from self.right
"""

SUITES = {
    "stack": (STACK, STACK_TESTS),
    "cache": (CACHE, CACHE_TESTS),
    "bank": (BANK, BANK_TESTS),
    "matrix": (MATRIX, MATRIX_TESTS),
    "iterator": (ITERATOR, ITERATOR_TESTS),
}


@pytest.mark.parametrize("name", SUITES)
def test_right_code_passes_every_test(pool, name):
    assert failing(pool, *SUITES[name]) == {}


@pytest.mark.parametrize(
    ("name", "right", "wrong", "caught"),
    [
        ("stack", "return self._items.pop()", "return self._items[-1]", "StackTests.test_push_and_pop"),
        ("stack", "self._items == other._items", "True", "StackTests.test_equality_and_repr"),
        ("stack", "MAXIMUM = 5", "MAXIMUM = 6", "StackTests.test_class_things"),
        ("stack", "__hash__ = None", "__hash__ = lambda self: 1", "StackTests.test_unhashable"),
        ("stack", "class EmptyStackError(IndexError)", "class EmptyStackError(KeyError)", "StackTests.test_empty"),
        ("stack", "self.operation = operation", "self.operation = 'peek'", "StackTests.test_empty"),
        ("cache", "if len(self._data) > self.capacity", "if len(self._data) > 3", "test_capacity"),
        ("cache", "raise ValueError('capacity must", "raise TypeError('capacity must", "test_bad_capacity"),
        ("cache", "self._hits += 1", "self._hits += 2", "test_hit_rate"),
        ("bank", "account.balance = before", "pass", "test_rolls_back"),
        ("bank", "class InsufficientFunds(BankError)", "class InsufficientFunds(Exception)", "test_errors_have_a_tree"),
        ("bank", " from ValueError(amount)", "", "test_error_tells"),
        ("bank", "if kind is not None and", "if True or", "test_class_as_manager_may_suppress_what_the_test_raises"),
        ("matrix", "a * k for a", "a + k for a", "test_operators"),
        ("matrix", "return abs(self) < abs(other)", "return True", "test_vector"),
        ("matrix", "if not isinstance(other, Matrix): return NotImplemented", "pass", "test_wrong_operands"),
        ("iterator", "self.left <= 0", "self.left < 0", "test_iterator_protocol"),
        ("iterator", "mean = total / count", "mean = total", "test_generator_send_and_close"),
        ("iterator", "if self.left: yield from self.left", "pass", "test_tree"),
    ],
)
def test_wrong_code_fails_the_test_that_is_about_it(pool, name, right, wrong, caught):
    source, tests = SUITES[name]
    assert right in source
    assert caught in failing(pool, source.replace(right, wrong), tests)
