"""`sys.path` of tests and candidate: changes are seen at both ends, and no file of the candidate is imported."""

from suite_runs import failing

SOLUTION = """
import sys
def add(place):
    if place not in sys.path:
        sys.path.append(place)
def remove(place):
    sys.path.remove(place)
def known(place):
    return place in sys.path
"""
TESTS = """
import sys
from solution import add, known, remove

def test_an_addition_is_seen():
    add('/tmp/lib')
    assert '/tmp/lib' in sys.path

def test_a_removal_is_seen():
    add('/tmp/lib')
    remove('/tmp/lib')
    assert '/tmp/lib' not in sys.path

def test_what_the_tests_change_is_seen():
    sys.path.append('/tmp/of_tests')
    assert known('/tmp/of_tests')
    sys.path.remove('/tmp/of_tests')
    assert not known('/tmp/of_tests')
    add('/tmp/of_tests')
    assert '/tmp/of_tests' in sys.path

def test_an_import_still_works():
    add('/tmp/lib')
    import fileinput, wave
    assert wave and fileinput
"""
INTRUDER = """
import os, sys
def f(x):
    for place in ('/tmp/lib', '/tmp/./lib', '/tmp/work', '', '.', 'lib'):
        os.makedirs('/tmp/lib', exist_ok=True)
        os.makedirs('lib', exist_ok=True)
        for folder in ('/tmp/lib', '.', 'lib'):
            with open(os.path.join(folder, 'wave.py'), 'w') as file: file.write('right = lambda x: x')
        sys.path.insert(0, place)
"""
IMPORTS = """
import importlib, os, sys
from solution import f

def test_the_candidates_file_is_there_and_is_not_imported():
    f(1)
    assert os.path.exists('/tmp/lib/wave.py')
    importlib.invalidate_caches()
    import wave
    assert not hasattr(wave, 'right')

def test_nor_is_a_name_that_the_library_has_not():
    f(1)
    os.rename('/tmp/lib/wave.py', '/tmp/lib/undulation.py')
    sys.path_importer_cache.clear()
    try:
        import undulation
    except ImportError:
        return
    raise AssertionError
"""


def test_changes_are_seen_at_both_ends(pool):
    assert failing(pool, SOLUTION, TESTS) == {}
    forgetful = SOLUTION.replace("sys.path.append(place)", "pass")
    assert set(failing(pool, forgetful, TESTS)) >= {"test_an_addition_is_seen", "test_a_removal_is_seen"}


def test_the_tests_import_nothing_from_where_the_candidate_points(pool):
    assert failing(pool, INTRUDER, IMPORTS) == {}


def test_what_is_no_path_ends_the_candidate(pool):
    liar = "import sys\ndef f(x):\n    sys.path.append('/' + 'a' * 10**7)\n"
    assert failing(
        pool, liar, "import sys\nfrom solution import f\ndef test_it():\n    f(1)\n    assert 1 in sys.path\n"
    )
