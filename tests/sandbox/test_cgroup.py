"""Control groups: what one jail holds together is bounded, and no group is left behind."""

import os

import pytest

from hone.errors import HoneError
from hone.sandbox.cgroup import ROOT, Group
from hone.sandbox.jobs import CallJob, Status
from hone.sandbox.pool import Pool
from hone.tasks.task import Limits

HOARDER = """
import os, time
def f(children, mib):
    for _ in range(children):
        if os.fork() == 0:
            held = bytearray(b'x') * (mib * 2**20)
            time.sleep(60)
    time.sleep(1)
    killed = 0
    while os.waitpid(-1, os.WNOHANG)[0]:
        killed += 1
    return killed
"""
LIMITS = Limits(memory_bytes=64 * 2**20, wall_seconds=10)


def groups():
    """Groups of this process that are there."""
    return {str(path) for path in ROOT.glob(f"**/hone-{os.getpid()}-*")}


@pytest.fixture
def can_make_groups():
    group = Group.make()
    if group is None:
        pytest.skip("this process may make no control groups")
    group.remove()


def test_processes_of_a_candidate_share_one_limit(can_make_groups):
    with Pool(1) as pool:
        many = pool.run(CallJob(HOARDER, "f", ((8, 48),), LIMITS))
        few = pool.run(CallJob(HOARDER, "f", ((1, 48),), LIMITS))
    assert many.cases[0].value > 0
    assert few.cases[0].value == 0


def test_a_candidate_that_the_kernel_ends_for_it_is_out_of_memory(can_make_groups, monkeypatch):
    monkeypatch.setattr("hone.sandbox.warm.OVERHEAD_BYTES", -40 * 2**20)
    with Pool(1) as pool:
        alone = pool.run(CallJob("def f(n): return len(bytearray(b'x') * n)", "f", ((60 * 10**6,), (1,)), LIMITS))
    assert alone.cases[0].status is Status.OUT_OF_MEMORY
    assert "all its processes together" in alone.cases[0].error
    assert alone.cases[1].value == 1


def test_no_group_outlives_its_pool(can_make_groups):
    before = groups()
    with Pool(1) as pool:
        pool.run(CallJob("def f(): return 1", "f", ((),)))
        assert groups() > before
    assert groups() == before


def fake(tmp_path, line, *place):
    """A tree of groups as files, and this process's place in it."""
    folder = tmp_path.joinpath("root", *place)
    folder.mkdir(parents=True)
    own = tmp_path / "own"
    own.write_text(line + "\n")
    return tmp_path / "root", str(own), folder


def test_a_group_without_the_memory_controller_is_none(tmp_path):
    root, own, folder = fake(tmp_path, "0::/user/me", "user", "me")
    assert Group.make(root, own) is None
    assert list(folder.iterdir()) == []
    assert Group.make(root, str(tmp_path / "absent")) is None


@pytest.mark.parametrize(
    ("names", "events", "killed"),
    [
        (("memory.max", "memory.swap.max"), ("memory.events", "low 0\noom 3\noom_kill 2\n"), 2),
        (("memory.limit_in_bytes",), ("memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"), 1),
    ],
)
def test_both_versions_are_limited_and_read(tmp_path, names, events, killed):
    for name in names:
        (tmp_path / name).write_text("max")
    (tmp_path / events[0]).write_text(events[1])
    group = Group(tmp_path)
    group.limit(4096)
    assert (tmp_path / names[0]).read_text() == "4096"
    assert group.killed() == killed


def test_a_limit_that_is_refused_is_one_clear_line(tmp_path):
    (tmp_path / "memory.max").mkdir()
    with pytest.raises(HoneError, match="takes no limit of 4096 bytes"):
        Group(tmp_path).limit(4096)
