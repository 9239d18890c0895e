"""A candidate that would have its own code run, or a file read, in the process of the tests."""

import subprocess
import sys
from pathlib import Path

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
