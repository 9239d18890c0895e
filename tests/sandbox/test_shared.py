"""Files of tests and candidate: what one end changes is so at the other, and nothing leads out of the scratch."""

import contextlib
import os
import stat

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from suite_runs import cases, failing

from hone.sandbox.inside.codec import WireError
from hone.sandbox.inside.suite.shared import FILE, FOLDER, GONE, SharedFiles
from hone.sandbox.jobs import Status


@pytest.fixture
def ends(tmp_path, monkeypatch):
    """Two scratches, and the ends that know them."""
    roots = [tmp_path / name for name in ("here", "there")]
    for root in roots:
        (root / "work").mkdir(parents=True)
    monkeypatch.chdir(roots[0] / "work")
    return [(root, SharedFiles(str(root), 2**16)) for root in roots]


def tree(root):
    """What lies below a folder: contents and modes by path."""
    found = {}
    for path in sorted(root.rglob("*")):
        mode = stat.S_IMODE(path.lstat().st_mode)
        found[str(path.relative_to(root))] = (mode, path.read_bytes() if path.is_file() else None)
    return found


def test_what_is_made_changed_and_removed_at_one_end_is_so_at_the_other(ends):
    (here, one), (there, other) = ends
    (here / "a" / "b").mkdir(parents=True)
    (here / "a" / "b" / "text").write_text("x")
    (here / "a" / "b" / "text").chmod(0o640)
    os.utime(here / "a" / "b" / "text", (1, 2))
    other.take(one.changes())
    assert tree(here) == tree(there)
    assert (there / "a" / "b" / "text").stat().st_mtime == 2
    assert one.changes() == other.changes() == []
    (there / "a" / "b" / "text").write_text("y")
    (there / "a" / "new").write_bytes(b"")
    one.take(other.changes())
    assert tree(here) == tree(there)
    (here / "a" / "b" / "text").unlink()
    (here / "a" / "b").rmdir()
    (here / "a" / "b").write_text("a file now")
    (here / "a" / "new").unlink()
    (here / "a" / "new").mkdir()
    other.take(one.changes())
    assert tree(here) == tree(there)
    assert one.changes() == other.changes() == []


def test_a_change_within_one_tick_of_the_clock_is_not_missed(ends):
    (here, one), (there, other) = ends
    for turn in range(200):
        (here / "same size").write_text(f"{turn:04}")
        other.take(one.changes())
        (there / "same size").write_text(f"{turn:04}"[::-1])
        one.take(other.changes())
        assert (here / "same size").read_text() == f"{turn:04}"[::-1]


def test_an_open_file_sees_what_crosses(ends):
    (here, one), (there, other) = ends
    (here / "log").write_text("first")
    other.take(one.changes())
    with (here / "log").open() as reading:
        (there / "log").write_text("second")
        one.take(other.changes())
        assert reading.read() == "second"


def test_links_pipes_and_large_files_stay_where_they_are(ends):
    (here, one), (there, other) = ends
    (here / "link").symlink_to("/etc/passwd")
    (here / "folder link").symlink_to("/etc")
    os.mkfifo(here / "pipe")
    (here / "large").write_bytes(bytes(2**16 + 1))
    other.take(one.changes())
    assert tree(there).keys() == {"work"}


@pytest.mark.parametrize(
    "path", ["../x", "/etc/x", "a/../../x", "", ".", "work/./x", "work//x", "x\0y", 5, None, ["x"], "work/.."]
)
@pytest.mark.parametrize("change", [(GONE,), (FOLDER, 0o777), (FILE, 0o777, 0, b"x")])
def test_no_change_leads_out_of_the_scratch(ends, path, change):
    (_here, _one), (there, other) = ends
    with pytest.raises(WireError):
        other.take([[path, *change]])
    assert tree(there).keys() == {"work"}


def test_a_file_is_not_written_through_a_link(ends, tmp_path):
    _, (there, other) = ends
    target = tmp_path / "precious"
    target.write_text("kept")
    (there / "link").symlink_to(target)
    other.take([["link", FILE, 0o600, 0, b"overwritten"]])
    assert target.read_text() == "kept"
    assert (there / "link").read_bytes() == b"overwritten"
    assert not (there / "link").is_symlink()


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(
            st.one_of(
                st.integers(), st.text(max_size=3), st.binary(max_size=3), st.none(), st.sampled_from(["a", "work"])
            ),
            max_size=6,
        ),
        max_size=3,
    )
)
def test_whatever_arrives_is_a_change_or_an_error(tmp_path_factory, changes):
    root = tmp_path_factory.mktemp("hostile") / "scratch"
    root.mkdir()
    end = SharedFiles(str(root), 100)
    with contextlib.suppress(WireError, OSError, TypeError, ValueError, OverflowError):
        end.take(changes)
    assert list(root.parent.iterdir()) == [root]


FILES_TESTS = """
import os, pathlib, tempfile
import pytest
from solution import count_lines, write_report, sizes, remove, draw, where, shout

def test_a_file_of_the_test_is_there_for_the_candidate(tmp_path):
    (tmp_path / 'in.txt').write_text('a\\nb\\n')
    assert count_lines(str(tmp_path / 'in.txt')) == 2
    (tmp_path / 'in.txt').write_text('a\\nb\\nc\\n')
    assert count_lines(tmp_path / 'in.txt') == 3

def test_a_file_of_the_candidate_is_there_for_the_test():
    folder = tempfile.mkdtemp()
    path = write_report(folder, {'a': 1})
    assert open(path).read() == 'a=1'
    assert os.listdir(folder) == ['report.txt']
    remove(path)
    assert not os.path.exists(path)

def test_the_working_directory_is_one(tmp_path, monkeypatch):
    with open('here.txt', 'w') as file:
        file.write('four')
    assert sizes('.') == {'here.txt': 4}
    monkeypatch.chdir(tmp_path)
    assert where() == str(tmp_path)
    assert sizes('.') == {}

def test_a_callback_sees_what_was_written_before_it():
    seen = []
    shout('out.txt', lambda: seen.append(pathlib.Path('out.txt').read_text()))
    assert seen == ['loud']

def test_the_seed_holds_for_the_candidate():
    import random
    random.seed(3)
    expected = random.randint(0, 10**9)
    random.seed(3)
    assert draw() == expected
    random.seed(3)
    assert draw() == expected

def test_patched_files_are_patched_for_both():
    from unittest.mock import patch, mock_open
    with patch('builtins.open', mock_open(read_data='x\\ny\\nz\\n')):
        assert count_lines('nowhere') == 3
    with patch('os.listdir', return_value=['a']), patch('os.path.getsize', return_value=7):
        assert sizes('anywhere') == {'a': 7}
"""
FILES_SOLUTION = """
import os, random
def count_lines(path):
    with open(path) as file:
        return len(file.readlines())
def write_report(folder, report):
    path = os.path.join(folder, 'report.txt')
    with open(path, 'w') as file:
        file.write(','.join(f'{k}={v}' for k, v in report.items()))
    return path
def sizes(folder):
    return {name: os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)}
def remove(path):
    os.remove(path)
def draw():
    return random.randint(0, 10**9)
def where():
    return os.getcwd()
def shout(path, then):
    with open(path, 'w') as file:
        file.write('loud')
    then()
"""


def test_tests_and_candidate_work_on_the_same_files(pool):
    assert failing(pool, FILES_SOLUTION, FILES_TESTS) == {}


def test_a_candidate_that_plants_links_pipes_and_heaps_of_files_gains_nothing(pool):
    tests = """
import os
from solution import f
def test_f(tmp_path):
    (tmp_path / 'expected').write_text('secret')
    f(str(tmp_path))
    assert (tmp_path / 'answer').read_text() == 'secret'
"""
    planted = "def f(folder):\n    import os\n    os.symlink(folder + '/expected', folder + '/answer')\n"
    (case,) = cases(pool, planted, tests).values()
    assert case.status is not Status.DONE
    heaps = "def f(folder):\n    for n in range(10**6): open(f'{folder}/{n}', 'w').close()\n"
    (case,) = cases(pool, heaps, tests).values()
    assert case.status is not Status.DONE
    honest = "def f(folder):\n    open(folder + '/answer', 'w').write(open(folder + '/expected').read())\n"
    (case,) = cases(pool, honest, tests).values()
    assert case.status is Status.DONE
