"""Would it pass again? Which programs are run again, under which variations, and what the runs say.

Most programs are deterministic, so the prior is a mixture: with probability 1 - w a program passes always or never;
with probability w its pass rate is uniform on [0, 1]. After n passes in n runs the posterior weight of the flaky part
is w/(n+1) / (1 - w + w/(n+1)), and its pass rate follows Beta(n+1, 1); the verdict carries the lower `quantile` of that
mixture. A clean pass of an unsuspected program is worth 1, not the 0.22 of a uniform prior. A program that passed once
and failed once is flaky for certain: then the quantile is that of Beta(passes+1, failures+1).
"""

import hashlib
import math
import random
import re
from dataclasses import dataclass

from hone.errors import Boundary, HoneError
from hone.sandbox.jobs import Variation

_WORDS = re.compile(
    r"\b(random|secrets|uuid\w*|urandom|shuffle|choice|time|datetime|perf_counter|monotonic|set|frozenset|hash|id|"
    r"threading|Thread|asyncio|multiprocessing|concurrent|subprocess|gc|weakref|listdir|iterdir|glob|scandir|getpid|"
    r"environ|tempfile|global)\b"
)
_TEXTS = re.compile(r"\"[^\"\n]*\"|'[^'\n]*'")
_SETS = re.compile(r"\{\s*(?!\*\*)[^{}:\s][^{}:]{0,300}\}|\bkeys\(\)\s*[&|^-]")
"""Displays and comprehensions of sets, and sets made of keys; looked for outside of texts, where braces are formats."""
_KEPT = re.compile(r"\bdef\b[^\n]{0,300}?=\s*(\[|\{|list\(|dict\()")
"""A mutable default is kept from one call to the next, so the order of the checks may matter."""

_OTHER_CLOCKS = re.compile(r"\b(datetime|date|stat|lstat|fstat|utime|get[acm]time|st_[acm]time\w*)\b")

_MOST_RERUNS = 1000
_YEAR = 365.25 * 24 * 3600
_FEW = 8
"""So few reruns share two hash seeds, for each costs every worker a warm interpreter of its own."""
_LOADED = 4
"""One rerun in so many is on a busy core: the program's threads are stopped where they otherwise would not be."""
_OFTEN = 1e-6
"""Seconds after which threads take turns, in every other rerun: races that need an unlucky moment show."""


@dataclass(frozen=True)
class FlakinessConfig:
    """Which passing programs are run again, how often, and what is believed beforehand."""

    sampled: float = 0.03
    """Share of unsuspected passing programs that are run again."""
    reruns: int = 4
    """Further runs of such a program, at most: one that fails is certain enough, and the rest are saved."""
    at_once: int = 4
    """Reruns between two looks at what has come of them."""
    prior_flaky: float = 0.02
    """Share of unsuspected programs that are flaky (w)."""
    prior_flaky_suspected: float = 0.2
    """Share of programs that use randomness, time, sets or threads that are flaky (w)."""
    quantile: float = 0.05

    def __post_init__(self) -> None:
        for name in ("sampled", "prior_flaky", "prior_flaky_suspected", "quantile"):
            share = getattr(self, name)
            if not isinstance(share, int | float) or isinstance(share, bool) or not 0 <= share <= 1:
                raise HoneError(Boundary.USER, f"flakiness.{name} is {share!r}", "give a share from 0 to 1")
        if type(self.at_once) is not int or self.at_once < 1:
            raise HoneError(Boundary.USER, f"flakiness.at_once is {self.at_once!r}", "give a whole number from 1")
        if type(self.reruns) is not int or not 1 <= self.reruns <= _MOST_RERUNS:
            raise HoneError(
                Boundary.USER, f"flakiness.reruns is {self.reruns!r}", f"give a whole number from 1 to {_MOST_RERUNS}"
            )


def is_suspected(source: str) -> bool:
    """Whether the program's words hint at randomness, time, sets, threads or kept state. Reads only."""
    return any(pattern.search(source) for pattern in (_WORDS, _KEPT)) or bool(_SETS.search(_TEXTS.sub("''", source)))


def is_sampled(source: str, task_id: str, seed: int, share: float) -> bool:
    """Whether an unsuspected program is run again: by a hash of seed, task and source, whatever batch it comes in."""
    digest = hashlib.sha256(f"{seed}\0{task_id}\0{source}".encode("utf-8", "replace")).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def has_other_clocks(text: str) -> bool:
    """Whether a source speaks of clocks that a rerun does not shift, `datetime`'s and the files': a program that
    compares them with `time`'s would fail by the judge's doing.
    """
    return bool(_OTHER_CLOCKS.search(text))


def variations(task_id: str, cases: int, reruns: int, *, shift_clock: bool = True) -> list[Variation]:
    """Other hash seeds, random seeds, orders of the cases, times of day, turns of threads, and a busy core.

    The same for every program of a task, but for `shift_clock`: whether `time` may tell another time.
    """
    rng = random.Random(f"flakiness:{task_id}")
    found = []
    for number in range(1, reruns + 1):
        order = list(range(cases))
        rng.shuffle(order)
        found.append(
            Variation(
                hash_seed=number if reruns > _FEW else 1 + number % 2,
                random_seed=rng.getrandbits(31),
                order=tuple(order),
                clock_seconds=rng.uniform(-_YEAR, _YEAR) * shift_clock,
                switch_seconds=_OFTEN if number % 2 else None,
                busy_core=number if number % _LOADED == 0 else None,
            )
        )
    return found


def pass_probability(runs: int, passes: int, prior_flaky: float, quantile: float) -> float:
    """Lower bound of the probability of passing again; the module's docstring has the formula."""
    if passes < runs:
        return _beta_quantile(passes + 1, runs - passes + 1, quantile)
    flaky = prior_flaky / (runs + 1)
    weight = flaky / (1 - prior_flaky + flaky) if flaky else 0.0
    return 1.0 if weight <= quantile else (quantile / weight) ** (1 / (runs + 1))


def _beta_quantile(a: int, b: int, quantile: float) -> float:
    """Quantile of Beta(a, b) for whole a and b, by bisection; its distribution function is a binomial tail."""
    n = a + b - 1

    def below(x: float) -> float:
        return math.fsum(math.comb(n, j) * x**j * (1 - x) ** (n - j) for j in range(a, n + 1))

    low, high = 0.0, 1.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) < quantile else (low, middle)
    return low
