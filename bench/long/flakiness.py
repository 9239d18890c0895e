"""Flakiness: how many planted flaky programs are found, and how many stable ones are called flaky.

Planted are programs that fail by the random seed, the hash seed, the order of the checks, the time of day, or a race,
at failure rates from 0.02 to 0.5. `thorough` runs every passing program up to thirty times again; `default` is the
judge's own setting. Intervals are Wilson's, 95 %.

    python -m bench.long.flakiness --programs 40 --stable 2000
"""

import sys
from collections.abc import Callable

import tyro

from hone.loop.statistics import wilson
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


def by_race(rate: float, number: int) -> str:
    """Loses an update to another thread; how often the two meet depends on the machine, so the rate is a wish."""
    rounds = max(1, int(rate * 60))
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
    both = [threading.Thread(target=add) for _ in range(2)]
    for one in both: one.start()
    for one in both: one.join()
    return x + 1 if total[0] == {2 * rounds} else 0
"""


KINDS: dict[str, Callable[[float, int], str]] = {
    "seed": by_seed,
    "hash": by_hash,
    "order": by_order,
    "time": by_time,
    "race": by_race,
}


def stable(number: int) -> str:
    """A program that always passes, now and then by means that look suspicious."""
    extra = ("", "import random\n", "import time\nnow = time.time()\n", "kept = {1, 2, 3}\n")[number % 4]
    return f"{extra}def f(x):\n    return x + {number % 7 + 1} - {number % 7}  # {number}\n"


def main(programs: int = 40, stable_programs: int = 2000, workers: int = 2) -> None:
    """Run the study.

    Args:
        programs: of each kind and rate.
        stable_programs: that must not be called flaky.
        workers: of the judge.
    """
    failed = False
    for name, config in (("thorough", THOROUGH), ("default", FlakinessConfig())):
        with Judge(workers, static=False, flakiness=config) as judge:
            print(f"{name}: up to {config.reruns} reruns of {config.sampled:.0%} of unsuspected programs")
            for kind, make in KINDS.items():
                for rate in RATES:
                    sources = [make(rate, number) for number in range(programs)]
                    verdicts = judge.grade_many([(TASK, source) for source in sources])
                    passed = [verdict for verdict in verdicts if verdict.passed]
                    if not passed:
                        continue
                    found = wilson(sum(verdict.flaky for verdict in passed), len(passed))
                    low = name == "thorough" and rate >= 0.1 and found.value < ASKED and kind != "race"
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
