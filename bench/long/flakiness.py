"""Flakiness: how many planted flaky programs are found, and how many stable ones are called flaky.

Planted are programs that fail by the random seed, the hash seed, the order of the checks or the time of day, at failure
rates from 0.02 to 0.5, and races. How often the threads of a race meet is the machine's; so each race is first run many
times as the judge runs a program once, and counts at the rate at which it failed then. `thorough` runs every passing
program up to thirty times again; `default` is the judge's own setting. Intervals are Wilson's, 95 %.

    python -m bench.long.flakiness --programs 40 --stable 2000
"""

import sys
from collections.abc import Callable

import tyro

from hone.loop.evaluation.statistics import wilson
from hone.tasks.task import Task
from hone.verdict.checks.flakiness import FlakinessConfig
from hone.verdict.judge import Judge

RATES = (0.02, 0.05, 0.1, 0.2, 0.5)
THOROUGH = FlakinessConfig(sampled=1.0, reruns=30, at_once=5)
TASK = Task.from_examples(
    id="flaky",
    prompt="add one",
    entry_point="f",
    visible=[((1,), 2), ((2,), 3)],
    hidden=[((n,), n + 1) for n in range(-6, 0)],
)
ASKED = 0.9
"""Recall that is asked for at rates of 0.1 and more."""


def by_seed(rate: float, number: int) -> str:
    """Fails on one draw of `random` at import."""
    return f"""
import random
bad = random.Random(random.getrandbits(64) ^ {number}).random() < {rate}
def f(x): return 0 if bad else x + 1
"""


def by_hash(rate: float, number: int) -> str:
    """Fails under some string hashes."""
    return f"""
bad = hash('salt {number}') % 1000 < {rate * 1000}
def f(x): return 0 if bad else x + 1
"""


def by_order(rate: float, number: int) -> str:
    """Fails if the first checks come in one of some orders."""
    return f"""
import random
seen = []
def f(x):
    seen.append(x)
    first = random.Random('{number}' + repr(seen[:4])).random()
    return 0 if len(seen) == 4 and first < {rate} else x + 1
"""


def by_time(rate: float, number: int) -> str:
    """Fails on some days."""
    return f"""
import random, time
day = int(time.time()) // 86400
bad = random.Random(f'{number} {{day}}').random() < {rate}
def f(x): return 0 if bad else x + 1
"""


def by_race(rounds: int, idle: int, number: int) -> str:
    """Loses an update to another thread where one is stopped between reading and writing."""
    return f"""
import threading
n = {number}
def f(x):
    total = [0]
    def add():
        for _ in range({rounds}):
            before = total[0]
            sum(range(20))
            total[0] = before + 1
            sum(range({idle}))
    both = [threading.Thread(target=add) for _ in range(2)]
    for one in both: one.start()
    for one in both: one.join()
    return x + 1 if total[0] == {2} * {rounds} else 0
"""


KINDS: dict[str, Callable[[float, int], str]] = {
    "seed": by_seed,
    "hash": by_hash,
    "order": by_order,
    "time": by_time,
}


RACES = tuple((rounds, idle) for rounds in (50, 100, 200, 300, 400, 600, 800, 1200) for idle in (0, 300))
"""Shapes of races, from those that are over before their threads meet to those that lose an update nearly each time."""
BINS = ((0.0, 0.02), (0.02, 0.1), (0.1, 0.3), (0.3, 0.6), (0.6, 1.0))
"""Measured failure rates, the upper end excluded."""


def races(workers: int, measured: int, config: FlakinessConfig, each: int) -> bool:
    """Measure races, then look for them; prints a line for each bin; whether recall at 0.1 and more is below `ASKED`.

    Args:
        workers: of the judge.
        measured: runs of each program beforehand, with nothing run again.
        config: of the judge that looks.
        each: programs of each shape; each is looked at by itself.
    """
    sources = [by_race(*shape, number) for number in range(each) for shape in RACES]
    with Judge(workers, static=False, flakiness=None) as judge:
        again = [(TASK, f"{source}# {run}\n") for source in sources for run in range(measured)]
        passed = [verdict.passed for verdict in judge.grade_many(again)]
    rates = [1 - sum(passed[place : place + measured]) / measured for place in range(0, len(passed), measured)]
    with Judge(workers, static=False, flakiness=config) as judge:
        verdicts = judge.grade_many([(TASK, source) for source in sources])
    low = False
    for least, most in BINS:
        inside = [verdict for verdict, rate in zip(verdicts, rates, strict=True) if least <= rate < most]
        once = [verdict for verdict in inside if verdict.passed]
        if not once:
            print(f"  race   measured {least} to {most}: none of {len(inside)} passed once", flush=True)
            continue
        found = wilson(sum(verdict.flaky for verdict in once), len(once))
        below = least >= 0.1 and found.value < ASKED
        low |= below
        print(
            f"  race   measured {least} to {most}: {found.value:.2f} ({found.low:.2f} to {found.high:.2f}) of "
            f"{len(once)} that passed once{'  BELOW' if below else ''}",
            flush=True,
        )
    return low


def stable(number: int) -> str:
    """A program that always passes, now and then by means that look suspicious."""
    extra = ("", "import random\n", "import time\nnow = time.time()\n", "kept = {1, 2, 3}\n")[number % 4]
    return f"{extra}def f(x):\n    return x + {number % 7 + 1} - {number % 7}  # {number}\n"


def main(
    programs: int = 40, stable_programs: int = 2000, workers: int = 2, measured: int = 40, only_races: bool = False
) -> None:
    """Run the study.

    Args:
        programs: of each kind and rate.
        stable_programs: that must not be called flaky.
        workers: of the judge.
        measured: runs of each race by which its rate is measured.
        only_races: look for races alone.
    """
    failed = False
    for name, config in (("thorough", THOROUGH), ("default", FlakinessConfig())):
        print(f"{name}: up to {config.reruns} reruns of {config.sampled:.0%} of unsuspected programs")
        low = races(workers, measured, config, max(1, programs // 10))
        failed |= low and name == "thorough"
        if only_races:
            continue
        with Judge(workers, static=False, flakiness=config) as judge:
            for kind, make in KINDS.items():
                for rate in RATES:
                    sources = [make(rate, number) for number in range(programs)]
                    verdicts = judge.grade_many([(TASK, source) for source in sources])
                    passed = [verdict for verdict in verdicts if verdict.passed]
                    if not passed:
                        continue
                    found = wilson(sum(verdict.flaky for verdict in passed), len(passed))
                    low = name == "thorough" and rate >= 0.1 and found.value < ASKED
                    failed |= low
                    print(
                        f"  {kind:6} rate {rate:4}: {found.value:.2f} ({found.low:.2f} to {found.high:.2f}) of "
                        f"{len(passed)} that passed once{'  BELOW' if low else ''}",
                        flush=True,
                    )
            verdicts = judge.grade_many([(TASK, stable(number)) for number in range(stable_programs)])
            wrong = sum(verdict.flaky for verdict in verdicts)
            failed |= wrong > 0
            print(f"  stable programs called flaky: {wrong} of {sum(v.passed for v in verdicts)}", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    tyro.cli(main)
