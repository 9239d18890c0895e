"""The pool: order, recovery, ends without leftovers, and clear words where the machine gives no jail."""

import os
import select
import signal
import subprocess
import sys
import threading
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

from hone.errors import HoneError
from hone.sandbox.jail import check_jail
from hone.sandbox.jobs import CallJob, Status, StdioJob, SuiteJob
from hone.sandbox.pool import Pool
from hone.tasks.task import Limits

DOUBLE = CallJob("def f(x):\n    return x * 2", "f", ((1,), (2,)))


def values(result):
    return [case.value for case in result.cases]


def test_results_come_back_in_order_from_several_workers_and_threads(pool):
    jobs = [CallJob(f"def f(x):\n    return x + {n}", "f", ((0,),)) for n in range(40)]
    with Pool(workers=2) as two:
        gathered = {}
        threads = [threading.Thread(target=lambda k=k: gathered.update({k: two.run_many(jobs)})) for k in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for results in gathered.values():
        assert [values(result) for result in results] == [[n] for n in range(40)]
    assert len(gathered) == 3


def test_no_cases_give_no_results(pool):
    assert pool.run(CallJob("def f(): pass", "f", ())).cases == ()
    assert pool.run_many([]) == []


def test_a_killed_worker_is_replaced_and_its_job_run_again(pool):
    for _ in range(3):
        for pid in pool.jail_pids():
            os.kill(pid, signal.SIGKILL)
        assert values(pool.run(DOUBLE)) == [2, 4]


def test_a_worker_that_keeps_dying_leaves_its_job_not_graded(pool, monkeypatch):
    from hone.sandbox.warm import WarmInterpreter, WorkerDied

    def dead(self, *_):
        raise WorkerDied("gone")

    with monkeypatch.context() as patched:
        patched.setattr(WarmInterpreter, "fork", dead)
        for job in (DOUBLE, StdioJob("", ("", "")), SuiteJob("", "solution", "", ("a", "b"))):
            result = pool.run(job)
            assert result.status is Status.NOT_GRADED
            assert [case.status for case in result.cases] == [Status.NOT_GRADED] * 2
    assert values(pool.run(DOUBLE)) == [2, 4]


def test_closing_in_the_middle_of_a_job_ends_everything_at_once():
    hang = CallJob("import time\ndef f(x): time.sleep(60)", "f", ((1,),), Limits(wall_seconds=60))
    pool = Pool(workers=1)
    pids = pool.jail_pids()
    running, queued = pool.submit(hang), pool.submit(hang)
    pool.close()
    assert queued.cancelled() or queued.result().status is Status.NOT_GRADED
    assert running.cancelled() or running.result().status is Status.NOT_GRADED
    assert not any(_alive(pid) for pid in pids)
    with pytest.raises(HoneError, match="closed"):
        pool.run(DOUBLE)
    pool.close()


def _alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


SCRIPT = """
import sys, threading
from hone.sandbox.jobs import CallJob
from hone.sandbox.pool import Pool
from hone.tasks.task import Limits
hang = CallJob("import time\\ndef f(x): time.sleep(60)", "f", ((1,),), Limits(wall_seconds=60))
with Pool(workers=2) as pool:
    pids = pool.jail_pids()
    print(*pids, flush=True)
    pool.run_many([hang, hang])
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_no_process_survives_the_end_of_its_parent(pool, number):
    child = subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert child.stdout is not None
    pids = [int(word) for word in child.stdout.readline().split()]
    assert len(pids) == 2
    assert all(_alive(pid) for pid in pids)
    pidfds = [os.pidfd_open(pid) for pid in pids]
    child.send_signal(number)
    child.communicate(timeout=20)
    for pidfd in pidfds:
        assert select.select([pidfd], [], [], 10)[0], "a jail outlived its parent"
        os.close(pidfd)


def test_without_bubblewrap_one_line_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    for attempt in (check_jail, Pool):
        with pytest.raises(HoneError) as caught:
            attempt()
        assert "bwrap" in str(caught.value)
        assert "install" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_without_user_namespaces_one_line_says_what_to_run(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(HoneError) as caught:
        check_jail()
    assert "user namespaces" in str(caught.value)
    assert "sysctl" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_nonsense_is_refused_in_one_line():
    with pytest.raises(HoneError, match="unknown jail 'leaky'"):
        Pool(jail="leaky")
    with pytest.raises(HoneError, match="0 workers"):
        Pool(workers=0)


def test_the_weaker_mode_must_be_named_and_marks_every_result(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with Pool(workers=1, jail="none") as pool:
        result = pool.run(DOUBLE)
        assert (values(result), result.jail) == ([2, 4], "none")
        assert values(pool.run(StdioJob("print(input())", ("a\n",)))) == ["a\n"]
        suite = SuiteJob(
            DOUBLE.source, "solution", "from solution import f\ndef test_a(): assert f(1) == 2", ("test_a",)
        )
        assert pool.run(suite).cases[0].status is Status.DONE
        hung = CallJob("def f():\n    while True: pass", "f", ((),), Limits(cpu_seconds=0.2))
        assert pool.run(hung).cases[0].status is Status.TIMED_OUT


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become an ordinary user")
def test_an_ordinary_user_gets_the_same_jail(pool):
    program = f"""
import sys
sys.path[:0] = {[p for p in sys.path if p]!r}
import os
os.setgroups([]); os.setresgid(1000, 1000, 1000); os.setresuid(1000, 1000, 1000)
from hone.sandbox.jobs import CallJob
from hone.sandbox.pool import Pool
with Pool(1) as pool:
    r = pool.run(CallJob("import os\\ndef f(x):\\n    for _ in range(99): os.fork() or os.pause()", "f", ((1,),)))
    print(r.jail, r.cases[0].status, r.cases[0].error_types[:1])
    r = pool.run(CallJob("import os\\ndef f(x): return os.getuid(), os.path.exists('/etc/passwd')", "f", ((1,),)))
    print(r.cases[0].value)
"""
    if not all(place.stat().st_mode & 1 for place in (Path(sys.base_prefix), *Path(sys.base_prefix).parents)):
        pytest.skip(f"an ordinary user cannot read {sys.base_prefix}")
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert said.stdout.split("\n")[:2] == ["full raised ('BlockingIOError',)", "(1000, False)"], said.stderr


def test_closing_wakes_everyone_who_waits():
    slow = CallJob("import time\ndef f():\n    time.sleep(5)", "f", ((),))
    pool = Pool(workers=1)
    ends = []

    def ask():
        try:
            ends.append(pool.run_many([slow] * 4))
        except (HoneError, CancelledError) as error:
            ends.append(error)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(3)]
    for thread in threads:
        thread.start()
    pool.close()
    for thread in threads:
        thread.join(20)
    assert len(ends) == 3
    assert not any(thread.is_alive() for thread in threads)
