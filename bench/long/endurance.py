"""Endurance: many mixed candidates, a tenth of them hostile, through one judge whose jails are killed at random.

Each candidate's verdict is known beforehand, so each is checked: graded exactly once and rightly, or `not graded`
where a jail was killed under it. Watched all along: processes, descriptors, mounts, temporary files, and memory of the
judge and of its jails.

    python -m bench.long.endurance --candidates 100000 --kills 200
"""

import itertools
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import tyro

from hone.tasks.task import Limits, Task
from hone.verdict.judge import Judge
from hone.verdict.verdict import Outcome

BATCH = 500
LIMITS = Limits(cpu_seconds=0.1, wall_seconds=1.0, memory_bytes=96 * 2**20, file_bytes=2**20)
CALL = Task.from_examples(
    id="endurance/call",
    prompt="add one",
    entry_point="f",
    visible=[((1,), 2), ((2,), 3)],
    hidden=[((n,), n + 1) for n in range(-3, 0)],
    limits=LIMITS,
)
STDIO = Task.from_stdio(
    id="endurance/stdio", prompt="add one", visible=[("1\n", "2\n")], hidden=[("5\n", "6\n")], limits=LIMITS
)
SUITE = Task.from_suite(
    id="endurance/suite",
    prompt="add one",
    module="solution",
    tests="from solution import f\ndef test_one(): assert f(1) == 2\ndef test_two(): assert f(-1) == 0\n",
    limits=LIMITS,
)
HONEST: tuple[tuple[Task, str, bool], ...] = (
    (CALL, "def f(x):\n    return x + 1\n", True),
    (CALL, "def f(x):\n    y = [x]\n    y[0] += 1\n    return y[0]\n", True),
    (CALL, "def f(x):\n    return x - 1\n", False),
    (CALL, "def f(x):\n    return 1 / 0\n", False),
    (CALL, "def f(x:\n", False),
    (CALL, "def g(x):\n    return x\n", False),
    (STDIO, "print(int(input()) + 1)\n", True),
    (STDIO, "print(int(input()))\n", False),
    (SUITE, "def f(x):\n    return x + 1\n", True),
    (SUITE, "def f(x):\n    return 2\n", False),
)
_CALL_HOSTILE = (
    "import os\ndef f(x): os._exit(0)",
    "import os, signal\ndef f(x): os.kill(os.getpid(), signal.SIGKILL)",
    "def f(x): return f(x)",
    "def f(x):\n    while True: pass",
    "def f(x): return 'x' * 10**9",
    "def f(x): return [0] * 10**7",
    "class A:\n    def __eq__(self, o): return True\ndef f(x): return A()",
    "class A(int):\n    def __eq__(self, o): return True\n    __hash__ = int.__hash__\ndef f(x): return A(0)",
    "import os\ndef f(x):\n    for n in range(100):\n        if os.fork() == 0: os.setsid(); os.pause()",
    "import os\ndef f(x):\n    if os.fork() == 0:\n        os.setsid()\n        while True: pass\n    return 0",
    "def f(x):\n    kept = []\n    while True: kept.append(open('/dev/null'))",
    "def f(x):\n    for n in range(10**5): open(f'n{n}', 'w').close()",
    "def f(x):\n    while True: print('x' * 10**6)",
    "import os\ndef f(x):\n    os.write(3, b'garbage' * 1000)\n    return 2",
    "import os\nos.closerange(0, 64)\ndef f(x): return 2",
    "import gc\ndef f(x): return [o for o in gc.get_objects() if isinstance(o, bytes)][0]",
    "import threading, time\ndef f(x):\n    for n in range(8): threading.Thread(target=time.sleep, args=(9,)).start()\n"
    "    return 0",
    "import ctypes\ndef f(x): return ctypes.CDLL(None).unshare(0x10000000)",
    "import signal\ndef f(x):\n    for s in range(1, 32):\n        try: signal.signal(s, signal.SIG_IGN)\n"
    "        except OSError: pass\n    while True: pass",
)
HOSTILE: tuple[tuple[Task, str, bool], ...] = (
    *((CALL, source, False) for source in _CALL_HOSTILE),
    (STDIO, "import os\nwhile True: os.write(1, b'x' * 65536)", False),
    (STDIO, "import os, sys\nos._exit(0)", False),
    (SUITE, "class A:\n    def __eq__(self, o): return True\ndef f(x): return A()", False),
    (SUITE, "import os\nos._exit(0)", False),
)


@dataclass(frozen=True)
class Watch:
    """What may not grow."""

    processes: int
    descriptors: int
    mounts: int
    files: int
    host_mib: float
    jails_mib: float

    @classmethod
    def now(cls, judge: Judge, folder: Path) -> "Watch":
        """Look."""
        trees = [_tree(pid) for pid in judge.jail_pids()]
        return cls(
            processes=len(_tree(os.getpid())) - 1,
            descriptors=len(os.listdir("/proc/self/fd")),  # noqa: PTH208
            mounts=len(Path("/proc/self/mountinfo").read_text().splitlines()),
            files=sum(1 for _ in folder.rglob("*")),
            host_mib=_mib(os.getpid(), "Private_Dirty"),  # its share of libraries changes with the number of jails
            jails_mib=sum(_mib(pid, "Pss") for tree in trees for pid in tree),
        )


def _tree(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [word for task in tasks for word in (task / "children").read_text().split()]
    except OSError:  # it ended while we looked
        return []
    return [pid, *itertools.chain.from_iterable(_tree(int(child)) for child in children)]


def _mib(pid: int, kind: str) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(f"{kind}:")) / 1024


def candidates(count: int, rng: random.Random) -> list[tuple[Task, str, bool]]:
    """A mixed batch; a comment makes each program different, so that none is graded in another's name."""
    drawn = [rng.choice(HOSTILE if rng.random() < 0.1 else HONEST) for _ in range(count)]
    return [(task, f"{source}\n# {rng.getrandbits(60):x}\n", right) for task, source, right in drawn]


def killer(judge: Judge, kills: int, done: threading.Event, every: float, rng: random.Random) -> None:
    """SIGKILL one jail now and then."""
    for _ in range(kills):
        if done.wait(rng.uniform(0, 2 * every)):
            return
        pids = judge.jail_pids()
        if pids:
            try:
                os.kill(rng.choice(pids), signal.SIGKILL)
            except ProcessLookupError:
                continue


def run(candidates_in_all: int, kills: int, workers: int, seed: int) -> int:
    """The study; the exit status is 0 where everything holds."""
    rng = random.Random(seed)
    wrong: list[str] = []
    outcomes: Counter[str] = Counter()
    folder = Path(tempfile.mkdtemp(prefix="hone-endurance-"))
    tempfile.tempdir = str(folder)
    started = time.monotonic()
    done = threading.Event()
    with Judge(workers, static=False, flakiness=None) as judge:
        judge.grade_many([(task, source) for task, source, _ in candidates(2 * BATCH, rng)])
        first = last = Watch.now(judge, folder)
        print(f"after a warm-up: {first}", flush=True)
        expected_seconds = candidates_in_all / 150
        thread = threading.Thread(target=killer, args=(judge, kills, done, expected_seconds / max(kills, 1), rng))
        thread.start()
        for number in range(0, candidates_in_all, BATCH):
            batch = candidates(min(BATCH, candidates_in_all - number), rng)
            verdicts = judge.grade_many([(task, source) for task, source, _ in batch])
            outcomes.update(str(verdict.outcome) for verdict in verdicts)
            wrong += [
                f"{task.id}: {verdict.outcome}: {source!r}"
                for (task, source, right), verdict in zip(batch, verdicts, strict=True)
                if verdict.outcome is not Outcome.NOT_GRADED and verdict.passed is not right
            ]
            if number // BATCH % 20 == 19:
                rate = (number + BATCH) / (time.monotonic() - started)
                print(f"{number + BATCH} graded, {rate:.0f}/s, {Watch.now(judge, folder)}", flush=True)
        done.set()
        thread.join()
        judge.grade_many([(task, source) for task, source, _ in candidates(2 * BATCH, rng)])
        last = Watch.now(judge, folder)
    left = Watch.now(judge, folder)
    print(f"outcomes: {dict(outcomes)}\nwrong verdicts: {len(wrong)}\nat the end: {last}\nafter closing: {left}")
    for line in wrong[:10]:
        print(f"  {line}")
    grown = {
        "processes": last.processes > first.processes or left.processes > 0,
        "descriptors": last.descriptors > first.descriptors,
        "mounts": last.mounts > first.mounts,
        "files": last.files > 0,
        "memory of the judge": last.host_mib > 1.05 * first.host_mib,
        "memory of the jails": last.jails_mib > 1.05 * first.jails_mib,
    }
    leaks = [name for name, yes in grown.items() if yes]
    print(f"leaks: {', '.join(leaks) or 'none'}; {candidates_in_all / (time.monotonic() - started):.0f} candidates/s")
    return 1 if wrong or leaks else 0


def main(candidates: int = 100_000, kills: int = 200, workers: int = 2, seed: int = 0) -> None:
    """Run it.

    Args:
        candidates: how many.
        kills: how many jails are killed at random on the way.
        workers: of the judge.
        seed: of the mixture and the kills.
    """
    sys.exit(run(candidates, kills, workers, seed))


if __name__ == "__main__":
    tyro.cli(main)
