"""A candidate that would have its own code run, or a file read, in the process of the tests."""

import subprocess
import sys
from pathlib import Path

import pytest
from suite_runs import LIMITS

import hone.sandbox
from hone.sandbox.jobs import Status, SuiteJob
from hone.tasks.library import Library
from hone.tasks.task import test_names

_INSIDE = Path(hone.sandbox.__file__).parent


def statuses(pool, source, tests, libraries=()):
    """How each test ended, by its name."""
    names = test_names(tests)
    result = pool.run(SuiteJob(source, "solution", tests, names, LIMITS, libraries=libraries))
    return dict(zip(names, result.cases, strict=True))


DECODES = """
import sys
sys.modules['tzdata'] = None  # jails have none
from inside.suite import referee, rehearsal
rehearsal.rehearse()
import datetime as dt, decimal, fractions, pathlib, uuid, array, collections, zoneinfo
from inside.codec import WireError, decode, encode
from inside.suite import describe
now = dt.datetime(2020, 1, 2, 3, tzinfo=zoneinfo.ZoneInfo('Europe/Paris'))
values = [
    None, True, 2**99, 1.5, 2j, 'a\\udc80', b'b', [1], (2,), {3: 4}, {5}, frozenset({6}), bytearray(b'7'), range(8),
    decimal.Decimal('9.5'), fractions.Fraction(1, 3), now, now.date(), now.timetz(), dt.timedelta(1), dt.timedelta(2),
    dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc), array.array('d', [1.0]), collections.Counter('aa'),
    collections.OrderedDict(a=1), collections.defaultdict(None, {1: 2}), collections.deque([1]), list(range(9000)),
]
told = [pathlib.PurePosixPath('a'), pathlib.Path('/b'), uuid.UUID(int=1), now.time(), slice(1, 2), ...]
bodies = [encode(value, extended=True) for value in values]
parts = [describe.told_value(value) for value in told]
zone = encode(now).replace(b'Europe/Paris', b'Europe/Nowhr')
seen = []
sys.meta_path.insert(0, type('Seen', (), {'find_spec': staticmethod(lambda name, *_: seen.append(name))}))
for body in bodies:
    decode(body, extended=True)
for name, of in parts:
    describe.rebuilt_value(name, of)
for broken in (b'\\x00\\xff', b'\\x01\\x91\\x05', bodies[3][:-1]):
    try:
        decode(broken, extended=True)
    except WireError:
        pass
assert seen == [], seen
assert 'zoneinfo' in sys.modules
try:
    decode(zone)
except WireError:
    pass
assert set(seen) <= {'tzdata.zoneinfo.Europe'}, seen
"""


def test_what_arrives_from_the_candidate_is_decoded_without_an_import():
    import msgpack

    places = [str(_INSIDE), str(Path(msgpack.__file__).parents[1])]
    program = f"import sys\nsys.path[:0] = {places!r}\n{DECODES}"
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


LIBRARY = Library("mylib", "1.0", {"mylib/__init__.py": "def twice(x): return 2 * x\n"})
LIBRARY_TESTS = """
import os
import solution
import mylib
def test_it(): assert solution.double(4) == mylib.twice(4)
def test_the_library_is_what_it_was(): assert mylib.twice(3) == 6 and not solution.double(0)
def test_new_files_of_it_do_not_cross(): assert not os.path.exists(os.path.join(os.path.dirname(mylib.__file__), 'new'))
"""
FORGES_LIBRARY = """
import sys
PAYLOAD = b"def twice(x): return None"
sent = []
def changes(self):
    sent.append(1)
    if len(sent) > 1:
        return []
    return {forged}
sys.modules["inside.suite.shared"].SharedFiles.changes = changes
def double(x): return None
"""


def test_the_libraries_of_a_task_are_each_ends_own(pool):
    honest = "import mylib, os\nopen(os.path.dirname(mylib.__file__) + '/new', 'w').close()\ndouble = mylib.twice\n"
    found = statuses(pool, honest, LIBRARY_TESTS, (LIBRARY,))
    assert {name: case.status for name, case in found.items()} == dict.fromkeys(found, Status.DONE)
    for forged in (
        '[["site/mylib/__init__.py", 0], ["site/mylib/__init__.py", 2, 0o644, 0, PAYLOAD]]',
        '[["site/mylib/__init__.py", 2, 0o644, 0, PAYLOAD]]',
        '[["site", 0]]',
        '[["site", 2, 0o644, 0, PAYLOAD]]',
        '[["site/mylib", 1, 0o777]]',
    ):
        found = statuses(pool, FORGES_LIBRARY.replace("{forged}", forged), LIBRARY_TESTS, (LIBRARY,))
        assert Status.DONE not in {case.status for case in found.values()}, forged


def test_a_warning_shows_no_line_of_the_file_that_the_candidate_names(pool):
    tests = """
import os, warnings
import solution
def test_it():
    with open('expected', 'w') as out:
        out.write('the secret\\n')
    solution.warn(os.path.abspath('expected'))
    warnings.warn('of the tests')
    assert solution.warn(warnings.__file__) == 1
"""
    source = """
import warnings
def warn(name):
    warnings.warn_explicit('look', UserWarning, name, 1)
    return 1
"""
    (case,) = statuses(pool, source, tests).values()
    assert case.status is Status.DONE
    assert case.output.count("look") == 2
    assert "secret" not in case.output
    assert "Python part" not in case.output


PLUGINS = """
import importlib, importlib.util, os, runpy, sys, tempfile, unittest, zipfile
import solution

class T(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        with open(os.path.join(self.folder, 'plug.py'), 'w') as out:
            out.write('VALUE = 7\\n')
        with open(os.path.join(self.folder, 'other.py'), 'w') as out:
            out.write(f'VALUE = {self.folder!r}\\n')
        sys.path.insert(0, self.folder)
        self.addCleanup(sys.path.remove, self.folder)
        for name in ('plug', 'other', 'packed'):
            sys.modules.pop(name, None)
    def test_the_candidate_finds_the_tests_module(self):
        self.assertEqual(solution.load('plug'), 7)
    def test_so_do_the_tests(self):
        self.assertEqual(solution.load('plug'), importlib.import_module('plug').VALUE)
        self.assertEqual(importlib.reload(sys.modules['plug']).VALUE, 7)
        self.assertEqual(importlib.import_module('other').VALUE, self.folder)
    def test_by_hand(self):
        self.assertEqual(solution.load('plug'), 7)
        path = os.path.join(self.folder, 'plug.py')
        spec = importlib.util.spec_from_file_location('plug', path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.assertEqual(module.VALUE, 7)
        self.assertEqual(runpy.run_path(path)['VALUE'], 7)
        space = {}
        exec(open(path).read(), space)
        self.assertEqual(space['VALUE'], 7)
    def test_packed(self):
        path = os.path.join(self.folder, 'a.zip')
        with zipfile.ZipFile(path, 'w') as archive:
            archive.writestr('packed.py', 'VALUE = 9')
        sys.path.insert(0, path)
        self.addCleanup(sys.path.remove, path)
        self.assertEqual(solution.load('packed'), importlib.import_module('packed').VALUE)
    def test_what_nobody_wrote_is_not_found(self):
        self.assertEqual(solution.load('math_of_mine'), 12345)
        self.assertRaises(ImportError, importlib.import_module, 'math_of_mine')
"""
LOADS = """
import importlib
def load(name):
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name).VALUE
    except ImportError:
        return 12345
"""


def test_modules_that_the_tests_write_are_imported_at_both_ends(pool):
    found = statuses(pool, LOADS, PLUGINS)
    assert {name: case.error for name, case in found.items() if case.status is not Status.DONE} == {}


def test_pytests_way_to_add_to_the_search_path_works_as_sys_path_does(pool):
    tests = """
import solution
def test_plug(tmp_path, monkeypatch):
    (tmp_path / "plug.py").write_text("VALUE = 7")
    monkeypatch.syspath_prepend(tmp_path)
    assert solution.load("plug") == 7
def test_it_is_undone(): assert solution.load("plug_of_mine") == 12345
"""
    found = statuses(pool, LOADS, tests)
    assert {name: case.error for name, case in found.items() if case.status is not Status.DONE} == {}


TAKES_OVER = """
import sys
print('IN THE REFEREE')
for name in ('plain_tests', 'pytest_tests'):
    module = sys.modules.get('inside.suite.' + name)
    if module is not None:
        module._run_case = module.run = lambda *args: ('done', None)
VALUE = 7
"""
INTRUDES = f"""
import datetime, glob, marshal, os, sys, zipfile
PAYLOAD = {TAKES_OVER!r}
class ZoneInfo(datetime.tzinfo):
    key = 'UTC'
    def utcoffset(self, moment): return None
fake = type(sys)('zoneinfo')
fake.ZoneInfo = ZoneInfo
def load(name):
    for path in glob.glob('/tmp/**/plug.py', recursive=True):
        folder = os.path.dirname(path)
        code = compile(PAYLOAD, os.__file__, 'exec')
        compiled = b'\\xa7\\r\\r\\n' + bytes(4) + bytes(8) + marshal.dumps(code)
        os.makedirs(folder + '/__pycache__', exist_ok=True)
        os.makedirs(folder + '/pack', exist_ok=True)
        times = os.stat(path)
        dated = int(times.st_mtime).to_bytes(4, 'little') + times.st_size.to_bytes(4, 'little')
        for name in ('plug', 'other'):
            with open(folder + f'/__pycache__/{{name}}.cpython-311.pyc', 'wb') as out:
                out.write(compiled[:8] + dated + compiled[16:])
        for name in ('sourceless.pyc', 'shelve.pyc'):
            with open(f'{{folder}}/{{name}}', 'wb') as out: out.write(compiled)
        for name in ('zoneinfo', 'gen', 'chunk', 'pack/__init__', 'tzdata', 'conftest', 'sitecustomize', 'site.pth'):
            name = name if name.endswith('.pth') else name + '.py'
            with open(f'{{folder}}/{{name}}', 'w') as out: out.write(PAYLOAD)
        with open(folder + '/lines.pth', 'w') as out: out.write('import sys; exec(' + repr(PAYLOAD) + ')')
        with zipfile.ZipFile(folder + '/gen.zip', 'w') as archive:
            archive.writestr('packed.py', PAYLOAD)
            archive.writestr('packed2.pyc', compiled)
    sys.modules['zoneinfo'] = fake
    return datetime.datetime(2020, 1, 1, tzinfo=ZoneInfo())
"""
WAYS = """
import importlib, importlib.machinery, importlib.util, os, runpy, site, sys, tempfile, unittest
import solution

class T(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.path = os.path.join(self.folder, 'plug.py')
        with open(self.path, 'w') as out:
            out.write('VALUE = 8')
        sys.path.insert(0, self.folder)
        try:
            solution.load('plug')
        except Exception:
            pass
        importlib.invalidate_caches()
    def of(self, name):
        return os.path.join(self.folder, name)
    def by_hand(self, name, path):
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
    def test_source(self): self.assertEqual(importlib.import_module('gen').VALUE, 7)
    def test_package(self): self.assertEqual(importlib.import_module('pack').VALUE, 7)
    def test_shadow(self): self.assertEqual(importlib.import_module('chunk').VALUE, 7)
    def test_sourceless(self): self.assertEqual(importlib.import_module('sourceless').VALUE, 7)
    def test_sourceless_shadow(self): self.assertEqual(importlib.import_module('shelve').VALUE, 7)
    def test_bytecode_of_the_tests_own(self): self.assertEqual(importlib.import_module('plug').VALUE, 7)
    def test_below(self):
        os.chdir(os.path.dirname(self.folder))
        sys.path.insert(0, '')
        self.assertEqual(importlib.import_module(os.path.basename(self.folder) + '.gen').VALUE, 7)
    def test_relative(self):
        os.chdir(self.folder)
        sys.path.insert(0, '.')
        self.assertEqual(importlib.import_module('gen').VALUE, 7)
    def test_another_name_of_the_place(self):
        sys.path[:0] = ['/dev/shm' + self.folder[4:], '/dev/../' + self.folder, '//' + self.folder]
        self.assertEqual(importlib.import_module('gen').VALUE, 7)
    def test_link(self):
        os.symlink(self.folder, '/tmp/link')
        sys.path.insert(0, '/tmp/link')
        self.assertEqual(importlib.import_module('gen').VALUE, 7)
    def test_archive(self):
        sys.path.insert(0, self.of('gen.zip'))
        self.assertEqual(importlib.import_module('packed').VALUE, 7)
    def test_bytecode_of_an_archive(self):
        sys.path.insert(0, self.of('gen.zip'))
        self.assertEqual(importlib.import_module('packed2').VALUE, 7)
    def test_by_hand(self): self.assertEqual(self.by_hand('gen', self.of('gen.py')).VALUE, 7)
    def test_bytecode_by_hand(self): self.assertEqual(self.by_hand('s', self.of('sourceless.pyc')).VALUE, 7)
    def test_copied(self):
        os.rename(self.of('gen.py'), self.of('mine.py'))
        self.assertEqual(importlib.import_module('mine').VALUE, 7)
    def test_run(self): self.assertEqual(runpy.run_path(self.of('gen.py'))['VALUE'], 7)
    def test_run_bytecode(self): self.assertEqual(runpy.run_path(self.of('sourceless.pyc'))['VALUE'], 7)
    def test_run_by_name(self): self.assertEqual(runpy.run_module('gen')['VALUE'], 7)
    def test_place_with_instructions(self):
        site.addsitedir(self.folder)
        self.assertIn('IN THE REFEREE', sys.stdout.getvalue())
    def test_executed(self):
        space = {}
        try:
            exec(open(self.of('gen.py')).read(), space)
        except Exception:
            pass
    def test_compiled_under_another_name(self):
        space = {}
        with self.assertRaises(Exception):
            exec(compile(open(self.of('gen.py')).read(), os.__file__, 'exec'), space)
    def test_last(self): self.assertEqual(solution.load, 5)
"""


def test_no_file_of_the_candidate_runs_beside_the_tests(pool):
    found = statuses(pool, INTRUDES, WAYS)
    assert {case.status for case in found.values()} <= {Status.RAISED, Status.FAILED}
    assert "IN THE REFEREE" not in "".join(case.output for case in found.values())
    assert "gen.py is not imported: its lines are not the tests' own" in found["T.test_source"].error
    assert "8 != 7" in found["T.test_bytecode_of_the_tests_own"].error


PICKLED = """
import dataclasses, datetime as dt, decimal, fractions, io, os, pathlib, pickle, shelve, tempfile, unittest, uuid
import collections
import solution

@dataclasses.dataclass
class Point:
    x: int

def helper(*args):
    return 5

class T(unittest.TestCase):
    def setUp(self):
        self.path = os.path.join(tempfile.mkdtemp(), 'data')
    def loaded(self, value):
        solution.save(value, self.path)
        with open(self.path, 'rb') as file:
            return pickle.load(file)
    def test_values(self):
        values = [1, 'a', b'b', 2.5, {3: [None]}, {4}, (5j,), dt.datetime(2020, 1, 2), decimal.Decimal('1.5'),
                  dt.timedelta(1), fractions.Fraction(1, 3), collections.Counter('aab'),
                  collections.OrderedDict(a=1), bytearray(b'c'),
                  uuid.UUID(int=3), pathlib.PurePosixPath('a/b'), range(3), collections.deque([1])]
        self.assertEqual(self.loaded(values), values)
    def test_older_protocols(self):
        for protocol in range(6):
            values = {'a': [1.5, b'x', {2}], 'b': decimal.Decimal(3)}
            self.assertEqual(pickle.loads(solution.dumped(values, protocol)), values)
    def test_the_tests_own(self):
        self.assertEqual(pickle.loads(pickle.dumps([helper, os.path.join])), [helper, os.path.join])
        with open(self.path, 'wb') as file:
            pickle.dump(Point(3), file)
        with open(self.path, 'rb') as file:
            self.assertEqual(pickle.load(file), Point(3))
    def test_shelf(self):
        solution.shelve_it(self.path, {'a': [1, 2]})
        with shelve.open(self.path) as shelf:
            self.assertEqual(dict(shelf), {'a': [1, 2]})
    def test_broken(self):
        for broken in (b'', b'rubbish', b'\\x80\\x04.', pickle.dumps([1])[:-2]):
            with self.assertRaises((EOFError, pickle.UnpicklingError)):
                pickle.loads(broken)
    def test_several_in_one_file(self):
        solution.save(1, self.path)
        solution.save('b', self.path, 'ab')
        with open(self.path, 'rb') as file:
            self.assertEqual([pickle.load(file), pickle.load(file)], [1, 'b'])
"""
PICKLES = """
import pickle, shelve
def save(value, path, mode='wb'):
    with open(path, mode) as out:
        pickle.dump(value, out)
def dumped(value, protocol):
    return pickle.dumps(value, protocol)
def shelve_it(path, values):
    with shelve.open(path) as shelf:
        shelf.update(values)
"""
LOADED = """
import collections, io, os, pickle, tempfile, unittest
import solution
class Mine:
    pass
def helper(*args):
    return 5
class Inherits(pickle.Unpickler):
    def find_class(self, module, name):
        return super().find_class(module, name)
class T(unittest.TestCase):
    def test_file(self):
        path = os.path.join(tempfile.mkdtemp(), 'data')
        solution.save(path)
        with open(path, 'rb') as file:
            self.assertEqual(pickle.load(file), 5)
    def test_bytes(self): self.assertEqual(pickle.loads(solution.made()), 5)
    def test_buffer(self): self.assertEqual(pickle.loads(memoryview(solution.made())), 5)
    def test_unpickler(self): self.assertEqual(pickle.Unpickler(io.BytesIO(solution.made())).load(), 5)
    def test_inherited(self): self.assertEqual(Inherits(io.BytesIO(solution.made())).load(), 5)
    def test_of_python(self): self.assertEqual(pickle._loads(solution.made()), 5)
    def test_of_c(self):
        import _pickle
        self.assertEqual(_pickle.loads(solution.made()), 5)
    def test_what_comes_after(self):
        try:
            pickle.loads(solution.made())
        except Exception:
            pass
        self.assertEqual(collections.Counter('a'), collections.Counter('b'))
    def test_last(self): self.assertEqual(solution.made(), 5)
"""
FORGED_PICKLES = (
    b"cbuiltins\nexec\n(Vprint('IN THE REFEREE')\ntR0I5\n.",
    b"cbuiltins\neval\n(V5\ntR.",
    b"cos\nsystem\n(Vexit 5\ntR0I5\n.",
    b"ctest_solution\nhelper\n(tR.",
    b"\x80\x04\x8c\x08builtins\x8c\x07getattr\x930K\x05.",
    b"\x80\x04\x8c\x0dtest_solution\x8c\x0eMine.__class__\x930K\x05.",
    # classes whose attributes are set: what unittest compares with, and what compares
    b"ctest_solution\nT\n(N}VassertEqual\ncbuiltins\nlist\nstb0I5\n.",
    b"ctest_solution\nMine\n(N}V__eq__\ncbuiltins\nlist\nstb0I5\n.",
    b"ccollections\nCounter\n(N}V__eq__\ncbuiltins\nlist\nstb0I5\n.",
    b"cunittest\nTestCase\n(N}VassertEqual\ncbuiltins\nlist\nstb0I5\n.",
    b"cbuiltins\ncompile\n0I5\n.",
    b"\x80\x04\x8c\x18inside.suite.plain_tests\x8c\x09_run_case\x930K\x05.",
)


def test_pickles_of_plain_values_and_of_the_tests_own_are_loaded(pool):
    found = statuses(pool, PICKLES, PICKLED)
    assert {name: case.error for name, case in found.items() if case.status is not Status.DONE} == {}


@pytest.mark.parametrize("forged", FORGED_PICKLES)
def test_a_pickle_of_the_candidates_calls_and_changes_nothing(pool, forged):
    source = f"""
def made(): return {forged!r}
def save(path):
    with open(path, 'wb') as out: out.write(made())
"""
    found = statuses(pool, source, LOADED)
    assert {case.status for case in found.values()} <= {Status.RAISED, Status.FAILED}, found
    assert "IN THE REFEREE" not in "".join(case.output for case in found.values())


RUNS_TEXT = """
from __future__ import annotations
import collections, dataclasses, datetime, inspect, logging.config, textwrap, timeit, typing, unittest
import solution
from solution import Point

@dataclasses.dataclass
class Mine:
    x: int
    y: typing.Optional[list[str]] = None

LINES = ['def three():', '    return 3']
class T(unittest.TestCase):
    def test_its_repr_gives_an_equal_object(self):
        point = Point(1, y=[2.5, -3])
        self.assertEqual(eval(repr(point)), point)
        self.assertEqual(eval(solution.qualified(point)), point)
    def test_a_repr_of_plain_values(self):
        self.assertEqual(eval(solution.shown([1, (2.5, None)])), [1, (2.5, None)])
        self.assertEqual(eval(solution.shown(datetime.date(2020, 1, 2))), datetime.date(2020, 1, 2))
    def test_text_of_its_own(self):
        space = {}
        exec('two = 1 + 1', space)
        exec('\\n'.join(LINES), space)
        exec(textwrap.dedent('''
            def four():
                return solution.double(2)
        '''), space | {'solution': solution})
        exec(compile('five = 5', 'five.py', 'exec'), space)
        self.assertEqual((space['two'], space['three'](), space['five']), (2, 3, 5))
        for name in ('double', 'half'):
            self.assertEqual(eval(f'solution.{name}(2)'), getattr(solution, name)(2))
            self.assertEqual(eval('solution.%s(4)' % name), getattr(solution, name)(4))
    def test_what_the_library_runs(self):
        self.assertGreater(timeit.timeit(lambda: solution.double(1), number=2), 0)
        self.assertGreater(timeit.timeit('solution.double(1)', 'import solution', number=2), 0)
        self.assertEqual(collections.namedtuple('Pair', 'a b')(1, 2).b, 2)
        self.assertEqual(dataclasses.make_dataclass('Made', ['a'])(1).a, 1)
        self.assertEqual(typing.get_type_hints(Mine), {'x': int, 'y': typing.Optional[list[str]]})
        self.assertIn('iterable', inspect.signature(sum).parameters)
        unittest.mock.create_autospec(Mine)
    def test_text_that_is_only_parsed(self):
        import ast
        self.assertEqual(len(ast.parse(solution.code()).body), 2)
        compile(solution.code(), 'generated', 'exec')
        with self.assertRaises(SyntaxError):
            compile(solution.code() + '(', 'generated', 'exec')
        space = {}
        exec('two = 1 + 1', space)
        self.assertEqual(ast.literal_eval(solution.shown({'a': 1})), {'a': 1})
"""
RUNS_TEXT_SOLUTION = """
class Point:
    def __init__(self, x, y): self.x, self.y = x, y
    def __repr__(self): return f'Point({self.x}, y={self.y!r})'
    def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
    __hash__ = None
def qualified(point): return 'solution.' + repr(point)
def shown(value): return repr(value)
def double(n): return 2 * n
def half(n): return n / 2
def code(): return 'import os\\nos.getcwd()\\n'
"""


def test_text_of_the_tests_and_what_can_do_nothing_is_run(pool):
    found = statuses(pool, RUNS_TEXT_SOLUTION, RUNS_TEXT.replace("unittest\nimport", "unittest, unittest.mock\nimport"))
    assert {name: case.error for name, case in found.items() if case.status is not Status.DONE} == {}


TEXTS = (
    "__import__('builtins').print('IN THE', 'REFEREE') or 5",
    "print('IN THE', 'REFEREE') or 5",
    "[print('IN THE', 'REFEREE') for _ in [1]] and 5",
    "(lambda: print('IN THE', 'REFEREE') or 5)()",
    "str.__class__.__call__(print, 'IN THE', 'REFEREE') or 5",
    "EXPECTED",
    "T.expected",
    "unittest.sys.stdout.write('IN THE ' + 'REFEREE') and 5",
    "dict(a=print('IN THE', 'REFEREE')) and 5",
    "f\"{print('IN THE', 'REFEREE')}\" and 5",
    "x = 5; print('IN THE', 'REFEREE')",
)
TAKES_TEXT = """
import ast, cProfile, code, doctest, inspect, io, os, runpy, sys, timeit, types, typing, unittest
import unittest.mock
import pytest
import solution
from inside.suite.peer import CrossingError
EXPECTED = 5
class T(unittest.TestCase):
    expected = 5
    def runs(self, run):
        try:
            answer = run()
        except SyntaxError:
            raise
        except Exception:
            answer = 5
        self.assertEqual(answer, 5)
    def test_eval(self): self.runs(lambda: eval(solution.text()))
    def test_eval_in_a_space(self): self.runs(lambda: eval(solution.text(), globals()))
    def test_exec(self): self.runs(lambda: exec('x = ' + solution.text()) or 5)
    def test_bytes(self): self.runs(lambda: eval(solution.text().encode()))
    def test_compiled(self): self.runs(lambda: eval(compile(solution.text(), '<string>', 'eval')))
    def test_compiled_as_the_tests(self): self.runs(lambda: eval(compile(solution.text(), 'test_solution.py', 'eval')))
    def test_compiled_as_the_librarys(self): self.runs(lambda: eval(compile(solution.text(), os.__file__, 'eval')))
    def test_tree(self): self.runs(lambda: eval(compile(ast.parse(solution.text(), mode='eval'), os.__file__, 'eval')))
    def test_function(self):
        made = compile(solution.text(), '<string>', 'eval')
        self.runs(types.FunctionType(made, globals()))
    def test_between_texts_of_its_own(self):
        first = compile('5', '<string>', 'eval')
        made = compile(solution.text(), '<string>', 'eval')
        last = compile('5', '<string>', 'eval')
        self.runs(lambda: eval(made))
    def test_written_by_the_tests(self):
        with open('gen.py', 'w') as out:
            out.write('x = ' + solution.text())
        self.runs(lambda: runpy.run_path('gen.py') and 5)
    def test_wrapped(self): self.runs(lambda: unittest.mock.Mock(wraps=eval)(solution.text()))
    def test_patched(self):
        with unittest.mock.patch('builtins.eval', wraps=eval):
            self.runs(lambda: solution.evaluated() and 5)
    def test_lent(self): self.runs(lambda: solution.applied(unittest.mock.Mock(side_effect=eval)) and 5)
    def test_lent_itself(self): self.runs(lambda: solution.forged(eval))
    def test_handed_on(self):
        with pytest.raises(Exception):
            pytest.raises(KeyError, eval, solution.text())
        self.runs(lambda: pytest.raises(KeyError, eval, solution.text()))
    def test_asserted(self): self.assertRaises(CrossingError, eval, solution.text())
    def test_mapped(self): self.runs(lambda: [*map(eval, [solution.text()])][0])
    def test_timed(self): self.runs(lambda: timeit.timeit(solution.text(), number=1) and 5)
    def test_profiled(self): self.runs(lambda: cProfile.run(solution.text()) or 5)
    def test_console(self):
        made = compile(solution.text(), 'a', 'exec')
        self.runs(lambda: code.InteractiveInterpreter().runcode(made) or 5)
    def annotated(self):
        class Annotated:
            __annotations__ = {'a': solution.text()}
        Annotated.__module__ = __name__
        return Annotated
    def test_annotation(self): self.runs(lambda: typing.get_type_hints(self.annotated()) and 5)
    def test_string_annotation(self):
        self.runs(lambda: inspect.get_annotations(self.annotated(), eval_str=True)['a'])
    def test_example(self):
        def run():
            found = doctest.DocTestParser().get_doctest('>>> ' + solution.text(), {}, 'a', 'a', 0)
            doctest.DocTestRunner().run(found)
        self.runs(lambda: run() or 5)
"""


LENDS = """
import builtins, sys
def evaluated(): return builtins.eval(text())
def applied(function): return function(text())
def forged(function):
    frame = sys._getframe(1)
    while 'self' not in frame.f_locals or not hasattr(frame.f_locals['self'], 'peer'):
        frame = frame.f_back
    for number in range(1, 20):
        try:
            return frame.f_locals['self'].peer.ask('call', -number, (text(),))
        except SyntaxError:
            raise
        except Exception as error:
            failed = error
    raise failed
"""


@pytest.mark.parametrize("text", TEXTS)
def test_no_text_of_the_candidate_runs_beside_the_tests(pool, text):
    found = statuses(pool, f"def text(): return {text!r}\n{LENDS}", TAKES_TEXT)
    assert "IN THE REFEREE" not in "".join(case.output for case in found.values())
    assert {name for name, case in found.items() if case.status is Status.DONE} == set()


REACHES = """
import sys
def use(thing):
    frame = sys._getframe(1)
    while 'self' not in frame.f_locals or not hasattr(frame.f_locals['self'], 'peer'):
        frame = frame.f_back
    ask = frame.f_locals['self'].peer.ask
    for operation, args in (('get', ('stdout',)), ('call', (5,)), ('operate', ('__call__', 5))):
        try:
            return repr(ask(operation, -1, args)) and True
        except Exception:
            pass
    return False
"""


@pytest.mark.parametrize(
    ("thing", "status"), [("sys", Status.FAILED), ("abs", Status.FAILED), ("str", Status.FAILED), ("own", Status.DONE)]
)
def test_what_the_library_has_is_not_reached_by_its_number(pool, thing, status):
    tests = f"import solution, sys\ndef own(x): return x\ndef test_it(): assert solution.use({thing})\n"
    (case,) = statuses(pool, REACHES, tests).values()
    assert case.status is status
