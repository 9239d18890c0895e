"""Candidates that try to pass honest suites without solving anything. Not one of their tests may pass."""

import pytest
from suite_runs import cases, failing

from hone.sandbox.jobs import Status
from hone.tasks.task import Limits

BRIEF = Limits(cpu_seconds=0.3, wall_seconds=3.0)

RIGHT = "def f(x): return [5.0, 7.0] if x == 'list' else 5.0\n"
COMPARISONS = """
import math, operator, unittest
import pytest
from solution import f
def test_equal(): assert f(1) == 5.0
def test_swapped(): assert 5.0 == f(1)
def test_not_unequal(): assert not f(1) != 5.0
def test_operator(): assert operator.eq(f(1), 5.0)
def test_member(): assert f(1) in (5.0, 6.0)
def test_member_of_set(): assert f(1) in {5.0}
def test_key(): assert {5.0: 'yes'}[f(1)] == 'yes'
def test_difference(): assert abs(f(1) - 5.0) < 1e-9
def test_reversed_difference(): assert abs(5.0 - f(1)) < 1e-9
def test_relative_difference(): assert abs((f(1) - 5.0) / 5.0) < 1e-9
def test_rounded_difference(): assert round(f(1) - 5.0, 7) == 0
def test_fabs(): assert math.fabs(f(1) - 5.0) < 1e-9
def test_negated(): assert -(f(1) - 5.0) == 0
def test_no_difference(): assert not (f(1) - 5.0)
def test_ratio(): assert f(1) / 5.0 == 1.0
def test_between(): assert 4.9 < f(1) < 5.1
def test_approx(): assert f(1) == pytest.approx(5.0)
def test_approx_swapped(): assert pytest.approx(5.0) == f(1)
def test_approx_list(): assert f('list') == pytest.approx([5.0, 7.0])
def test_list(): assert f('list') == [5.0, 7.0]
def test_sorted_list(): assert sorted(f('list')) == [5.0, 7.0]
def test_sets(): assert not set(f('list')) ^ {5.0, 7.0}
def test_instance(): assert isinstance(f(1), float)
def test_exact_type(): assert type(f(1)) is float
def test_text(): assert str(f(1)) == '5.0'
def test_repr(): assert repr(f(1)) == '5.0'
def test_raises():
    with pytest.raises(TypeError): f(1) < 'a'
class Case(unittest.TestCase):
    def test_equal(self): self.assertEqual(f(1), 5.0)
    def test_close(self): self.assertAlmostEqual(f(1), 5.0)
    def test_delta(self): self.assertAlmostEqual(f(1), 5.0, delta=0.1)
    def test_list(self): self.assertListEqual(f('list'), [5.0, 7.0])
    def test_sequence(self): self.assertSequenceEqual(f('list'), [5.0, 7.0])
    def test_count(self): self.assertCountEqual(f('list'), [5.0, 7.0])
    def test_less(self): self.assertLess(f(1), 6)
    def test_in(self): self.assertIn(f(1), [5.0])
    def test_instance(self): self.assertIsInstance(f(1), float)
"""
LIAR = """
class Liar:
    def _yes(self, *args): return True
    __eq__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __instancecheck__ = _yes
    def __ne__(self, other): return False
    def __hash__(self): return hash(5.0)
    def __len__(self): return 2
    def __iter__(self): return iter(())
    def _nothing(self, *args): return {nothing}
    __sub__ = __rsub__ = __xor__ = __rxor__ = __abs__ = __round__ = __neg__ = __float__ = _nothing
    def __truediv__(self, other): return 1.0
    def __bool__(self): return False
    def __getattr__(self, name): return self
    {kind}
def f(x): return {answer}
"""
MORE_LIES = "__class__ = property(lambda self: float)\n    __name__ = __qualname__ = 'float'"


@pytest.mark.parametrize("nothing", ["0.0", "Liar()", "self", "False"])
@pytest.mark.parametrize("kind", ["pass", MORE_LIES])
@pytest.mark.parametrize("answer", ["Liar()", "[Liar(), Liar()] if x == 'list' else Liar()"])
def test_an_object_that_answers_whatever_is_wanted_passes_nothing(pool, nothing, kind, answer):
    assert failing(pool, RIGHT, COMPARISONS) == {}
    found = cases(pool, LIAR.format(nothing=nothing, kind=kind, answer=answer), COMPARISONS)
    assert [name for name, case in found.items() if case.status is Status.DONE] == []


@pytest.mark.parametrize(
    "base", ["float", "int", "str", "list", "tuple", "dict", "complex", "__import__('decimal').Decimal"]
)
def test_a_subclass_of_a_plain_type_is_not_that_type(pool, base):
    source = f"""
class Sub({base}):
    __eq__ = __lt__ = __gt__ = lambda self, other: True
    __ne__ = lambda self, other: False
    __sub__ = __rsub__ = __abs__ = lambda self, *other: 0.0
    __hash__ = lambda self: hash(5.0)
def f(x): return Sub()
"""
    wanted = ("test_equal", "test_swapped", "test_member_of_set", "test_difference", "test_between", "test_instance")
    found = cases(pool, source, COMPARISONS, wanted)
    assert Status.DONE not in {case.status for case in found.values()}


def test_a_manager_cannot_swallow_a_failed_assertion_or_its_own_errors(pool):
    tests = """
import solution
from solution import Manager
def test_assertion():
    with Manager() as m:
        assert m.value == 5
def test_error_of_the_candidate():
    with Manager() as m:
        m.fail()
        assert m.value == 5
def test_missing_name():
    with Manager() as m:
        assert m.nothing == 5
def test_plain_value_that_is_not_as_expected():
    with Manager() as m:
        assert m.data()['key'] == 5
def test_function_made_manager():
    with solution.managed() as m:
        assert m == 5
"""
    source = """
import contextlib
class Manager:
    value = 4
    def __enter__(self): return self
    def __exit__(self, *error): return True
    def fail(self): raise ValueError
    def data(self): return {}
@contextlib.contextmanager
def managed():
    try: yield 4
    except BaseException: pass
"""
    assert len(failing(pool, source, tests)) == 5
    right = source.replace("return True", "return False").replace("yield 4", "yield 5").replace("{}", "{'key': 5}")
    right = right.replace("value = 4", "value = nothing = 5").replace("raise ValueError", "pass")
    assert failing(pool, right, tests) == {}


def test_an_assertion_in_a_callback_counts_though_the_candidate_swallows_it(pool):
    tests = """
import pytest
from unittest.mock import Mock
from solution import run, drain
def test_function():
    def check(value): assert value == 5
    run(check)
def test_method_of_mock():
    expected = Mock()
    def check(value):
        expected(value)
        expected.assert_called_once_with(5)
    run(check)
def test_iterator():
    def values():
        assert False
        yield
    drain(values())
def test_pytest_fail(): run(lambda value: pytest.fail('wrong'))
def test_pytest_skip(): run(lambda value: pytest.skip('no'))
def test_expected_to_come_through():
    def check(value): assert value == 6
    with pytest.raises(AssertionError): run(check)
"""
    swallow = """
def run(check):
    try: check(4)
    except BaseException: pass
def drain(items):
    try: list(items)
    except BaseException: pass
"""
    assert len(failing(pool, swallow, tests)) == 6
    honest = "def run(check): check(5)\ndef drain(items): list(items)"
    expected = {"test_iterator", "test_pytest_fail", "test_pytest_skip"}
    assert set(failing(pool, honest, tests)) == expected


SECRET_TESTS = """
import functools
from unittest.mock import Mock
from solution import steal
EXPECTED = 'the expected value'
class Helper:
    EXPECTED = EXPECTED
    _hidden = EXPECTED
    def __init__(self): self.public = 1
    def method(self): return 2
class Expected(Exception): pass
def outer():
    secret = EXPECTED
    def inner(x=EXPECTED): return secret and 1
    return inner
def generate():
    local = EXPECTED
    yield 1
def test_function(): assert steal(lambda: EXPECTED and 1) == EXPECTED
def test_closure(): assert steal(outer()) == EXPECTED
def test_method(): assert steal(Helper().method) == EXPECTED
def test_generator():
    going = generate()
    next(going)
    assert steal(going) == EXPECTED
def test_mock(): assert steal(Mock(wraps=outer())) == EXPECTED
def test_mocks_answer(): assert steal(Mock(side_effect=[EXPECTED])) == EXPECTED
def test_partial(): assert steal(functools.partial(print, expected=EXPECTED)) == EXPECTED
def test_instance():
    Helper.EXPECTED = None
    assert steal(Helper()) == EXPECTED
def test_class(): assert steal(Helper) == EXPECTED
def test_error(): assert steal(Expected('x')) == EXPECTED
"""
THIEF = """
import gc, inspect, operator, sys
WORDS = '''__globals__ __closure__ __code__ __defaults__ __self__ __func__ __dict__ __class__ __init__ __wrapped__
gi_frame gi_code gi_yieldfrom cr_frame f_globals f_locals f_back tb_frame __traceback__ mro __mro__ __bases__
__subclasses__ _hidden _mock_wraps _mock_parent __reduce__ __reduce_ex__ __getattribute__ __module__ __call__
func args keywords
side_effect return_value __init_subclass__ __format__ __getstate__ __subclasshook__'''.split()
def ways(thing):
    for word in WORDS:
        yield lambda: getattr(thing, word)
        yield lambda: operator.attrgetter(word)(thing)
        yield lambda: getattr(type(thing), word)
        yield lambda: ('{0.%s}' % word).format(thing)
        yield lambda: object.__getattribute__(thing, word)
        yield lambda: type(thing).__getattribute__(thing, word)
    peer = next(o for o in gc.get_objects() if type(o).__name__ == 'Peer')
    lent = next(o for o in gc.get_objects() if type(o).__name__ == 'Borrowed')
    for number in list(lent._things)[:4]:
        for word in WORDS:
            yield lambda: peer.ask('get', number, (word,))
            yield lambda: peer.ask('operate', number, (word,))
            yield lambda: peer.ask('method', number, (word,))
        for operation in ('get_as', 'subclass', 'call', 'dir', 'signature', 'copy', 'deepcopy', 'isinstance'):
            yield lambda: peer.ask(operation, number, ())
    yield lambda: thing.EXPECTED
    yield lambda: type(thing)().EXPECTED
    yield lambda: inspect.getclosurevars(thing)
    yield lambda: inspect.getgeneratorlocals(thing)
    yield lambda: [o for o in gc.get_objects() if o == 'the expected value']
def steal(thing, depth=0):
    for way in ways(thing):
        try: got = way()
        except Exception: continue
        text = str(got)
        _before, found, after = text.partition('the expected')
        if found and 'lambda' not in text: return found + after[:6]
        if isinstance(got, dict):
            for value in got.values():
                if type(value) is str and value.startswith('the expected v'): return value
"""


def test_what_is_lent_does_not_lead_to_the_expected_value(pool):
    found = cases(pool, THIEF, SECRET_TESTS)
    assert {name: case.status for name, case in found.items()} == dict.fromkeys(found, Status.FAILED)
    harmless = THIEF + "\ndef steal(thing): return 'the expected value'"
    assert failing(pool, harmless, SECRET_TESTS) == {}


def test_a_candidate_cannot_set_what_the_tests_ask_their_mocks_and_objects(pool):
    tests = """
from unittest.mock import Mock, call
from solution import run
class Ledger:
    def __init__(self): self.entries = []
    def total(self): return sum(self.entries)
    @property
    def count(self): return len(self.entries)
def test_assertion():
    mock = Mock()
    run(mock)
    mock.assert_called_once_with(5)
def test_calls():
    mock = Mock()
    run(mock)
    assert mock.call_args_list == [call(5)]
def test_called():
    mock = Mock()
    run(mock)
    assert mock.called and mock.call_count == 1
def test_method():
    ledger = Ledger()
    run(ledger)
    assert ledger.total() == 5
def test_property():
    ledger = Ledger()
    run(ledger)
    assert ledger.count == 1
"""
    forging = """
def run(thing):
    always = lambda *args, **kwargs: 5
    class Equal:
        def __eq__(self, other): return True
    values = {'assert_called_once_with': always, 'call_args_list': Equal(), 'called': True, 'call_count': 1,
              'total': always, 'count': 1, 'side_effect': always, 'return_value': 5, 'mock_calls': [((5,), {})],
              'reset_mock': always, 'configure_mock': always}
    for name, value in values.items():
        for target in (thing, type(thing)):
            try: setattr(target, name, value)
            except Exception: pass
    try: thing.configure_mock(call_count=1, called=True)
    except Exception: pass
"""
    assert len(failing(pool, forging, tests)) == 5
    honest = """
def run(thing):
    if callable(thing): thing(5)
    else: thing.entries = [5]
"""
    assert failing(pool, honest, tests) == {}


HOSTILE = """
import gc, os
def peer(): return next(o for o in gc.get_objects() if type(o).__name__ == 'Peer')
def say(*message):
    from inside.codec import encode
    mine = peer()
    mine._channel.send(encode(list(message)))
def f(x):
    {attack}
    return None
"""


@pytest.mark.parametrize(
    "attack",
    [
        "for n in range(50): say(1, n, [], bytes([0, 3]), [], [])",
        "say(1, 10**6, [], b'', [], [])",
        "say(0, 1, 'call', -1, [], b'')",
        "say(0, 1, 'get', 0, [], bytes([0, 0x92, 0x90, 0x80]))",
        "say(9)",
        "say()",
        "say(1, 2, [[0, 'object', 0]], bytes([0, 0xc0]), [], [])",
        "say(1, 2, [[-1, 'object', 0]], bytes([0, 0xc0]), [], [])",
        "say(1, 2, [[900, 'shared', 'unittest.mock', 'ANY', []]], bytes([1, 0x92, 13, 0xcd, 3, 0x84]), [], [])",
        "say(1, 2, [[900, 'value', 'path', [5]]], bytes([0, 0xc0]), [], [])",
        "say(1, 2, [[900, 'nonsense']], bytes([0, 0xc0]), [], [])",
        "say(1, 2, [[900, 'error', 0, b'', '', None]], bytes([0, 0xc0]), [], [])",
        "say(1, 2, [], bytes([0, 0xc0]), [[0, bytes([0, 0x91, 3])]], [])",
        "say(1, 2, [], bytes([0, 0xc0]), [['x', b'']], [])",
        "say(4, 2, [], bytes([0, 3]), [], [])",
        "say(2, 2, [], bytes([0, 5]), [], [])",
        "say(1, 2, [], bytes([0, 0xc0]), [], [[1, 5], [2]])",
        "os.write(4, bytes(1000))",
        "os.close(4)",
    ],
)
def test_messages_made_by_hand_pass_nothing(pool, attack):
    tests = """
from solution import f
from unittest.mock import Mock
def test_value(): assert f(1) == 5
def test_mock():
    mock = Mock()
    f(mock)
    mock.assert_called_once_with(5)
"""
    assert set(failing(pool, HOSTILE.format(attack=attack), tests)) == {"test_value", "test_mock"}


CHAIN = """
def f(call):
    last = None
    for n in range(9999):
        error = ValueError(n)
        error.__cause__, last = last, error
    raise last
"""


@pytest.mark.parametrize(
    "source",
    [
        "def f(call): return f(lambda: f(call)) if call() else None",
        "def f(call): return call(f)",
        "class f:\n    def __init__(self, call): pass\n    def __getattr__(self, name): return f(0)",
        "def f(call):\n    def g():\n        yield from g()\n    return g()",
        "def f(call): return [call(n) for n in range(10**9)]",
        "def f(call): return type('T', (), {f'm{n}': lambda self: 1 for n in range(30000)})()",
        CHAIN,
    ],
)
def test_endless_nesting_and_huge_descriptions_end(pool, source):
    tests = """
from solution import f
def back(*args):
    return f(back) == 5
def test_nested(): assert f(back) == 5
def test_after(): assert f(lambda *args: 5) == 5.5
"""
    assert set(failing(pool, source, tests, BRIEF)) == {"test_nested", "test_after"}
    assert failing(pool, "def f(call): return 5 if call.__name__ == 'back' else 5.5", tests) == {}
