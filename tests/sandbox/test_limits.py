"""Whatever a candidate consumes, sends or leaves behind is bounded, and every case asked for has a result."""

import os
import resource
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hone.errors import HoneError
from hone.sandbox.jobs import CallJob, NotPlain, Status, Variation
from hone.tasks.task import Limits

QUICK = Limits(cpu_seconds=0.3, wall_seconds=5.0, memory_bytes=64 * 2**20, processes=8)


def run(pool, source, *arguments, limits=QUICK, **variation):
    calls = tuple((argument,) for argument in arguments)
    result = pool.run(CallJob(source, "f", calls, limits, Variation(**variation)))
    assert len(result.cases) == len(calls)
    return result


def statuses(result):
    return [case.status for case in result.cases]


@pytest.fixture(autouse=True)
def honest_work_afterwards(pool):
    yield
    result = pool.run(CallJob("def f(x):\n    return x * 2", "f", ((2,), ([1],))))
    assert [case.value for case in result.cases] == [4, [1, 1]]


def test_one_hung_case_does_not_lose_the_others(pool):
    result = run(pool, "def f(x):\n    while x == 1: pass\n    return x", 0, 1, 2, 3)
    assert statuses(result) == [Status.DONE, Status.TIMED_OUT, Status.DONE, Status.DONE]
    assert [case.value for case in result.cases] == [0, None, 2, 3]


def test_a_hung_first_case_does_not_lose_the_others(pool):
    source = "def f(x):\n    while x == 0: pass\n    return x"
    result = pool.run(CallJob(source, "f", ((0,), (1,), (2,)), Limits(cpu_seconds=0.2)))
    assert [case.status for case in result.cases] == [Status.TIMED_OUT, Status.DONE, Status.DONE]


def test_many_hung_cases_cost_only_a_few_timeouts(pool):
    started = time.monotonic()
    result = run(pool, "def f(x):\n    while True: pass", *range(50))
    assert set(statuses(result)) == {Status.TIMED_OUT}
    assert time.monotonic() - started < 5


def test_a_stopped_call_is_charged_its_time_and_calls_that_were_not_reached_none(pool):
    patient = replace(QUICK, wall_seconds=60.0)
    result = run(pool, "def f(x):\n    while x: pass\n    return x", 0, 1, 2, 3, 4, limits=patient)
    assert [case.reached for case in result.cases] == [True, True, True, False, False]
    answered, *hung = (case.cpu_seconds for case in result.cases)
    assert answered < QUICK.cpu_seconds / 2
    assert all(QUICK.cpu_seconds * 0.9 <= spent <= QUICK.cpu_seconds * 2 for spent in hung[:2])
    assert hung[2:] == [0.0, 0.0]
    assert sum(hung) <= result.cpu_seconds


def test_a_call_that_ends_its_process_is_charged_what_it_used(pool):
    source = """
import os, time
def f(x):
    while time.process_time() < x: pass
    os._exit(0)
"""
    (case,) = run(pool, source, 0.15, limits=replace(QUICK, wall_seconds=60.0)).cases
    assert (case.status, case.exit_status) == (Status.KILLED, 0)
    assert 0.1 < case.cpu_seconds < QUICK.cpu_seconds


def test_no_call_of_a_program_that_hangs_while_it_is_loaded_is_reached(pool):
    result = run(pool, "while True: pass", 1, 2)
    assert statuses(result) == [Status.TIMED_OUT] * 2
    assert [(case.reached, case.cpu_seconds) for case in result.cases] == [(False, 0.0)] * 2


SLEEPERS = (
    "import time\ndef f(x): time.sleep(60)",
    "import time\ntime.sleep(60)\ndef f(x): return x",
    "import os, time\ndef f(x):\n    os.closerange(0, 100)\n    while True: time.sleep(1)",
    """
import signal, time
for number in range(1, 65):
    try: signal.signal(number, signal.SIG_IGN)
    except (OSError, ValueError): pass
def f(x):
    while True: time.sleep(1)
""",
)


def test_sleeping_and_deaf_candidates_meet_the_wall_clock(pool):
    for body in SLEEPERS:
        started = time.monotonic()
        limits = Limits(cpu_seconds=5.0, wall_seconds=0.5)
        assert statuses(run(pool, body, 1, limits=limits)) == [Status.TIMED_OUT]
        assert time.monotonic() - started < 3


def test_a_module_or_a_compiler_that_hangs_or_crashes_is_stopped(pool):
    for source in ("while True: pass", "x = [i for i in range(10**12)]", "x = " + "-" * 90_000 + "1"):
        result = run(pool, source, 1, 2)
        assert set(statuses(result)) <= {Status.TIMED_OUT, Status.OUT_OF_MEMORY, Status.KILLED, Status.DOES_NOT_COMPILE}
        assert result.status is not Status.DONE


def test_cpu_time_of_one_case_is_not_counted_against_the_next(pool):
    spin = """
import time
from dataclasses import replace
from pathlib import Path
def f(x):
    end = time.process_time() + 0.2
    while time.process_time() < end: pass
    return x
"""
    result = run(pool, spin, *range(5), limits=Limits(cpu_seconds=0.5, wall_seconds=20))
    assert set(statuses(result)) == {Status.DONE}


def test_a_memory_bomb_is_out_of_memory_or_killed_and_spares_the_others(pool):
    result = run(pool, "def f(x):\n    return len([0] * 10**9) if x else x", 0, 1, 0)
    assert statuses(result) == [Status.DONE, Status.OUT_OF_MEMORY, Status.DONE]
    growing = run(pool, "def f(x):\n    kept = []\n    while True: kept.append(bytearray(2**20))", 1)
    assert statuses(growing)[0] in (Status.OUT_OF_MEMORY, Status.KILLED)
    assert growing.memory_bytes < 200 * 2**20
    shared = run(pool, "import mmap\ndef f(x):\n    return len([mmap.mmap(-1, 2**27) for _ in range(100)])", 1)
    assert statuses(shared)[0] is not Status.DONE


def test_a_fork_bomb_is_held_and_leaves_no_process(pool):
    before = _settled(pool)
    bomb = "import os\ndef f(x):\n    while True:\n        try: os.fork()\n        except OSError: pass"
    result = run(pool, bomb, 1, limits=Limits(cpu_seconds=0.3, wall_seconds=1.0, processes=8))
    assert statuses(result) == [Status.TIMED_OUT]
    polite = "import os\ndef f(x):\n    for _ in range(100):\n        if os.fork() == 0: os.pause()"
    assert statuses(run(pool, polite, 1))[0] is Status.RAISED
    assert _settles_at(before)


def test_daemons_end_with_their_candidate(pool):
    before = _settled(pool)
    daemon = """
import os, signal
def f(x):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.pause()
        os._exit(0)
    return x
"""
    assert statuses(run(pool, daemon, 1)) == [Status.DONE]
    assert _settles_at(before)


def _settled(pool):
    """How many processes there are after a job, once the next fork is ready, whichever test came first."""
    run(pool, "def f(x): return x", 1)
    last, now = -1, _processes()
    while now != last:
        time.sleep(0.2)
        last, now = now, _processes()
    return now


def _settles_at(count):
    """Whether there are so many again in the end: the next fork is made ready meanwhile."""
    deadline = time.monotonic() + 20
    while _processes() != count and time.monotonic() < deadline:
        time.sleep(0.02)
    return _processes() == count


def _processes():
    """How many processes descend from this one, the jails' included."""
    listing = subprocess.run(["ps", "-eo", "pid,ppid"], capture_output=True, text=True, check=True).stdout
    pairs = (line.split() for line in listing.splitlines()[1:])
    parents = {int(pid): int(parent) for pid, parent in pairs}
    family = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return len(family)


def test_a_disk_bomb_is_held(pool):
    source = """
import os
def f(x):
    total = 0
    try:
        for i in range(10**6):
            with open(str(i), 'wb') as file: total += file.write(b'x' * 2**20)
    except OSError: pass
    return total
"""
    limits = Limits(cpu_seconds=2.0, file_bytes=2**20)
    assert run(pool, source, 1, limits=limits).cases[0].value <= 4 * 2**20
    many = "def f(x):\n    try:\n        for i in range(10**6): open(str(i), 'w').close()\n    except OSError: return i"
    assert run(pool, many, 1, limits=limits).cases[0].value < 5000


def test_output_is_captured_per_case_and_capped(pool):
    result = run(
        pool, "import sys\ndef f(x):\n    print('out', x)\n    print('err', file=sys.stderr)\n    return x", 1, 2
    )
    assert [case.output for case in result.cases] == ["out 1\nerr\n", "out 2\nerr\n"]
    flood = run(pool, "def f(x):\n    for _ in range(100): print('x' * 10**5)\n    return x", 1)
    assert flood.cases[0].value == 1
    assert len(flood.cases[0].output) == QUICK.output_bytes


def test_a_huge_reply_is_no_plain_value_and_spares_the_others(pool):
    limits = Limits(cpu_seconds=2.0)
    result = run(pool, "def f(x):\n    return 'x' * 10**7 if x == 1 else x", 0, 1, 2, limits=limits)
    assert [result.cases[0].value, result.cases[2].value] == [0, 2]
    assert isinstance(result.cases[1].value, NotPlain)


def test_os_exit_kills_one_case_only(pool):
    result = run(pool, "import os\ndef f(x):\n    if x == 1: os._exit(0)\n    return x", 0, 1, 2)
    assert statuses(result) == [Status.DONE, Status.KILLED, Status.DONE]
    assert set(statuses(run(pool, "import os\nos._exit(0)", 1, 2))) == {Status.KILLED}
    crash = "import ctypes\ndef f(x):\n    return x or ctypes.string_at(0)"
    assert statuses(run(pool, crash, 1, 0, 1)) == [Status.DONE, Status.KILLED, Status.DONE]


@pytest.mark.parametrize(
    "junk", ["b'garbage' * 99", "bytes(4)", "b'\\xff' * 64", "(20).to_bytes(4, 'big') + bytes(20)"]
)
def test_bytes_forged_on_every_descriptor_never_make_an_answer(pool, junk):
    source = f"""
import os
def f(x):
    for fd in range(64):
        try: os.write(fd, {junk})
        except OSError: pass
    os._exit(0)
"""
    assert set(statuses(run(pool, source, 1, 2))) == {Status.KILLED}


def test_a_flood_on_the_reply_link_is_cut_off(pool):
    source = "import os\ndef f(x):\n    while True: os.write(3, b'\\x00\\x10\\x00\\x00' + bytes(2**20))"
    started = time.monotonic()
    assert statuses(run(pool, source, 1)) == [Status.KILLED]
    assert time.monotonic() - started < 3


def test_a_candidate_that_steals_the_nonce_can_only_answer_for_itself(pool):
    source = """
import gc, sys
def f(x):
    channel = next(o for o in gc.get_objects() if type(o).__name__ == 'Channel')
    for index in (0, 1, 2, 7, 0):
        channel.send_value({'i': index, 's': 'done', 'v': b'\\x00\\x2a'})
    channel.send_value({'stop': 'not graded'}) if x else None
    return 'late'
"""
    gc_visible = source.replace("gc.get_objects()", "[v for v in sys._getframe(1).f_back.f_locals.values()]")
    result = run(pool, gc_visible, 0, 0, 0)
    assert [case.value for case in result.cases] == [42, 42, 42]
    result = run(pool, gc_visible.replace("(0, 1, 2, 7, 0)", "()"), 1, 1)
    assert set(statuses(result)) == {Status.KILLED}


def test_exits_and_strange_exceptions_are_raised_with_their_builtin_names(pool):
    source = """
class Odd(LookupError):
    def __str__(self): raise SystemExit
def f(x):
    if x == 0: raise KeyboardInterrupt
    if x == 1: exit()
    if x == 2: raise Odd
    if x == 3: return f(3)
    return x
"""
    result = run(pool, source, 0, 1, 2, 3, 4)
    assert statuses(result) == [Status.RAISED] * 4 + [Status.DONE]
    assert [case.error_types[0] for case in result.cases[:4]] == [
        "KeyboardInterrupt",
        "SystemExit",
        "LookupError",
        "RecursionError",
    ]


def test_sources_that_do_not_compile_and_missing_entry_points_are_named(pool):
    for source in ("def f(", "x = '\0'", "f = " + "(" * 5000 + ")" * 5000, "return 1", "\ud800"):
        assert set(statuses(run(pool, source, 1, 2))) == {Status.DOES_NOT_COMPILE}, source[:20]
    assert set(statuses(run(pool, "def g(): pass", 1))) == {Status.MISSING_ENTRY_POINT}
    assert set(statuses(run(pool, "f = 3", 1))) == {Status.MISSING_ENTRY_POINT}
    assert set(statuses(run(pool, "1 / 0", 1, 2))) == {Status.RAISED}


def test_objects_and_subclasses_are_not_plain_answers(pool):
    source = """
class Anything(int):
    def __eq__(self, other): return True
    __hash__ = int.__hash__
def f(x): return [Anything(1), (Anything(2),), (i for i in ()), f, object(), bytearray(b'x')][x]
"""
    values = [case.value for case in run(pool, source, *range(6)).cases]
    names = ["Anything", "Anything", "generator", "function", "object", "bytearray"]
    assert values == [NotPlain(name) for name in names]


def test_each_case_gets_fresh_arguments(pool):
    shared = [3, 1, 2]
    assert [c.value for c in run(pool, "def f(x):\n    x.sort(); x.append(0); return x", shared, shared).cases] == [
        [1, 2, 3, 0]
    ] * 2


def test_variations_change_hash_seed_random_seed_and_order_and_nothing_else(pool):
    hashes = [run(pool, "def f(x): return hash(x)", "text", hash_seed=seed).cases[0].value for seed in (0, 1, 2, 3, 1)]
    assert len(set(hashes)) == 4
    assert hashes[1] == hashes[4]
    source = "import random\ndef f(x): return random.random()"
    draws = [run(pool, source, 0, random_seed=seed).cases[0].value for seed in (0, 0, 1)]
    assert draws[0] == draws[1] != draws[2]
    source = "seen = []\ndef f(x):\n    seen.append(x); return len(seen)"
    assert [case.value for case in run(pool, source, "a", "b", "c", order=(2, 0, 1)).cases] == [2, 3, 1]


def test_a_candidate_may_open_few_files_and_the_warm_interpreter_as_many_as_the_host(pool):
    source = "import resource\ndef f(x): return list(resource.getrlimit(resource.RLIMIT_NOFILE))"
    assert run(pool, source, 0).cases[0].value == [64, 64]
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    jails = [descendant for pid in pool.jail_pids() for descendant in descendants(pid)]
    limits = [Path(f"/proc/{pid}/limits").read_text() for pid in jails]
    own = [line.split()[3:5] for text in limits for line in text.splitlines() if line.startswith("Max open files")]
    assert [str(most), str(most)] in own


def descendants(pid):
    """A process and all that it started."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(inner for child in children for inner in descendants(int(child)))]


def test_arguments_without_a_plain_form_are_the_task_authors_error(pool):
    with pytest.raises(HoneError, match="object has no plain form"):
        run(pool, "def f(x): return x", object())
