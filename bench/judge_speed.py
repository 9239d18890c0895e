"""Judging: short candidates a second, ten checks each, in the full jail; beside graders without one, in the same run.

The peers are what is commonly done: a fresh `python -c` with asserts for each candidate (no isolation), and the same in
a bubblewrap sandbox of its own. Repetitions alternate, so that other load on the machine falls on all. Every candidate
is a different program, so nothing is cached.

    python -m bench.judge_speed
"""

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from hone.sandbox.jobs import CallJob, Status, SuiteJob
from hone.sandbox.pool import Pool
from hone.tasks.task import Task
from hone.verdict.judge import Judge

CANDIDATES, CHECKS, REPETITIONS = 300, 10, 3
PEER_CANDIDATES = 60


def source(number: int) -> str:
    """A short program, different for each number."""
    return f"def f(xs):\n    kept = [x for x in xs if x != {number}]\n    return sorted(kept)[::-1]\n"


def examples() -> list[tuple[tuple[list[int]], list[int]]]:
    """Ten checks that every program of `source` passes."""
    return [((list(range(-n, 0)),), list(range(-1, -n - 1, -1))) for n in range(CHECKS)]


def per_second(count: int, work: Callable[[], object]) -> float:
    """How many of `count` a second."""
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def run_pool(pool: Pool) -> None:
    """Run every candidate once."""
    jobs = [CallJob(source(n), "f", tuple(arguments for arguments, _ in examples())) for n in range(CANDIDATES)]
    assert all(result.status is Status.DONE for result in pool.run_many(jobs))


def run_suites(pool: Pool) -> None:
    """The same ten checks as tests in the referee."""
    tests = "from solution import f\n"
    for index, ((xs,), expected) in enumerate(examples()):
        tests += f"def test_{index}(): assert f({xs}) == {expected}\n"
    names = tuple(f"test_{index}" for index in range(CHECKS))
    jobs = [SuiteJob(source(n), "solution", tests, names) for n in range(PEER_CANDIDATES)]
    assert all(case.status is Status.DONE for result in pool.run_many(jobs) for case in result.cases)


def run_judge(judge: Judge) -> None:
    """The whole judge, but for the linter and the reruns: comparison and reward included."""
    first, *others = examples()
    task = Task.from_examples(prompt="bench", entry_point="f", visible=[first], hidden=others)
    verdicts = judge.grade_many([(task, source(n)) for n in range(CANDIDATES)])
    assert all(verdict.passed for verdict in verdicts)


def run_processes(prefix: list[str], workers: int) -> None:
    """A fresh interpreter for each candidate, asserts after its source."""
    asserts = "".join(f"assert f({xs}) == {expected}\n" for (xs,), expected in examples())

    def one(number: int) -> None:
        argv = [*prefix, sys.executable, "-S", "-c", source(number) + asserts]
        subprocess.run(argv, check=True, capture_output=True)  # noqa: S603  # our own programs

    with ThreadPoolExecutor(workers) as threads:
        list(threads.map(one, range(PEER_CANDIDATES)))


def latencies(pool: Pool) -> list[float]:
    """Milliseconds from submitting one candidate to its result, one after another."""
    taken = []
    for number in range(100):
        job = CallJob(source(number), "f", tuple(arguments for arguments, _ in examples()))
        started = time.perf_counter()
        pool.run(job)
        taken.append((time.perf_counter() - started) * 1e3)
    return taken


def measure() -> list[dict[str, Any]]:
    """Rates (median of the repetitions) with one worker and two, and the peers' in the same run."""
    bwrap = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--ro-bind", "/", "/", "--tmpfs", "/tmp"]  # noqa: S108
    with Pool(1) as single, Pool(2) as double, Judge(2, static=False, flakiness=None) as judge:
        work: dict[str, tuple[int, Callable[[], object]]] = {
            "jail, one worker": (CANDIDATES, lambda: run_pool(single)),
            "jail, two workers": (CANDIDATES, lambda: run_pool(double)),
            "judge, two workers": (CANDIDATES, lambda: run_judge(judge)),
            "referee, two workers": (PEER_CANDIDATES, lambda: run_suites(double)),
            "python -c": (PEER_CANDIDATES, lambda: run_processes([], 2)),
            "bwrap + python -c": (PEER_CANDIDATES, lambda: run_processes(bwrap, 2)),
        }
        for _count, one in list(work.values())[:4]:
            one()
        rates: dict[str, list[float]] = {name: [] for name in work}
        for _ in range(REPETITIONS):
            for name, (count, one) in work.items():
                rates[name].append(per_second(count, one))
        p50 = statistics.median(latencies(single))
    median = {name: statistics.median(values) for name, values in rates.items()}
    peers = {
        "jail, one worker": "bwrap + python -c",
        "jail, two workers": "bwrap + python -c",
        "judge, two workers": "python -c",
        "referee, two workers": "bwrap + python -c",
    }
    entries: list[dict[str, Any]] = [
        {
            "name": f"judging, {CHECKS} checks each: {name}",
            "value": median[name],
            "unit": "candidates/s",
            "peer": f"{peer}: {median[peer]:.0f}/s on two cores",
            "ratio": median[name] / median[peer],
        }
        for name, peer in peers.items()
    ]
    entries.append({"name": "judging: p50 of one candidate", "value": p50, "unit": "ms", "peer": "", "ratio": None})
    return entries


if __name__ == "__main__":
    for entry in measure():
        print(f"{entry['name']}: {entry['value']:.1f} {entry['unit']} ({entry['peer']}, {entry['ratio']})")
