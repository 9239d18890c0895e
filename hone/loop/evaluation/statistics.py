"""Estimates with their intervals."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959964


@dataclass(frozen=True)
class Estimate:
    """A mean over tasks with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int
    """Tasks."""

    def to_json(self) -> dict[str, float]:
        """As it stands in `results.json`."""
        return {"value": self.value, "low": self.low, "high": self.high, "n": self.n}


def pass_at_k(samples: int, passes: int, k: int) -> float:
    """Unbiased pass@k of one task: 1 - C(n - c, k) / C(n, k). Chen et al. 2021, equation 1.

    Args:
        samples: programs drawn, at least k.
        passes: how many of them passed.
    """
    if not 0 <= passes <= samples or not 1 <= k <= samples:
        raise ValueError(f"pass@{k} of {passes} passes in {samples} samples")
    return 1.0 - math.comb(samples - passes, k) / math.comb(samples, k)


def estimate(values: Sequence[float]) -> Estimate:
    """Mean of per-task values in [0, 1]; tasks are the independent draws.

    The interval is the normal one on the variance between tasks; where all tasks agree, that says nothing and Wilson's
    interval (1927) for the same share stands in.
    """
    n = len(values)
    mean = math.fsum(values) / n
    variance = math.fsum((value - mean) ** 2 for value in values) / max(n - 1, 1)
    if variance == 0:
        return wilson(mean * n, n)
    half = _Z * math.sqrt(variance / n)
    return Estimate(mean, max(0.0, mean - half), min(1.0, mean + half), n)


def wilson(passes: float, n: int) -> Estimate:
    """Share of passes with Wilson's score interval (1927)."""
    share = passes / n
    scale = 1 + _Z**2 / n
    centre = (share + _Z**2 / (2 * n)) / scale
    half = _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n)) / scale
    return Estimate(share, max(0.0, centre - half), min(1.0, centre + half), n)


def paired_difference(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """Mean of the differences task by task, with its 95 % interval: value, low, high."""
    differences = [a - b for a, b in zip(ours, theirs, strict=True)]
    n = len(differences)
    mean = math.fsum(differences) / n
    variance = math.fsum((d - mean) ** 2 for d in differences) / max(n - 1, 1)
    half = _Z * math.sqrt(variance / n)
    return mean, mean - half, mean + half
