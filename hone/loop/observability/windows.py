"""Windows of steps: their means with standard errors, and what changed from one to the next."""

import itertools
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

Step = Mapping[str, float]
"""The numbers of one step by name, a nested one as `components/style`; NaN for one that is not finite."""
Metric = str | Callable[[Step], float | None]
"""A metric by its name, or what is made of several; None where a step does not have it."""


@dataclass(frozen=True)
class Mean:
    """A mean and its standard error."""

    value: float
    error: float

    def below(self, limit: float, certainty: float) -> bool:
        """Whether it is below the limit by so many standard errors."""
        return self.value + certainty * self.error < limit

    def above(self, limit: float, certainty: float) -> bool:
        """Whether it is above the limit by so many standard errors."""
        return self.value - certainty * self.error > limit


@dataclass(frozen=True)
class Change:
    """From one window's mean to the next one's."""

    before: float
    after: float
    error: float
    """Standard error of the difference."""

    @property
    def value(self) -> float:
        """The difference."""
        return self.after - self.before

    def rose(self, size: float, certainty: float) -> bool:
        """Whether it rose by at least `size`, and by so many standard errors."""
        return self.value > 0 and self.value >= size and self.value >= certainty * self.error


def mean_of(values: Sequence[float]) -> Mean | None:
    """Mean of numbers in the order of time; None of fewer than five.

    The error is that of the deviations from a straight line, so that a trend is no noise, and it is larger where
    neighbours are alike, so that slow noise is no trend (the variance of the mean of a first-order autoregression).
    Of few numbers it is as wide as Student's distribution.
    """
    n = len(values)
    if n < 5:
        return None
    mean, middle = sum(values) / n, (n - 1) / 2
    slope = sum((i - middle) * value for i, value in enumerate(values)) / (n * (n * n - 1) / 12)
    rest = [value - mean - slope * (i - middle) for i, value in enumerate(values)]
    square = sum(r * r for r in rest)
    alike = sum(a * b for a, b in itertools.pairwise(rest)) / square if square > 0 else 0.0
    # Where a line was fitted, neighbours look less alike than they are.
    alike = min(max(alike + 2 / n, 0.0), 0.8)
    student = (n - 2) / (n - 4)  # its variance, with two numbers spent on the line
    return Mean(mean, math.sqrt(student * square / (n - 2) / n * (1 + alike) / (1 - alike)))


def window_mean(steps: Sequence[Step], metric: Metric) -> Mean | None:
    """A metric's mean over a window; None where fewer than half of the steps have it."""
    values = _series(steps, metric)
    return mean_of(values) if 2 * len(values) >= len(steps) else None


def change(older: Sequence[Step], newer: Sequence[Step], metric: Metric) -> Change | None:
    """From the older window to the newer one; None where one of them has no mean."""
    before, after = window_mean(older, metric), window_mean(newer, metric)
    if before is None or after is None:
        return None
    return Change(before.value, after.value, math.hypot(before.error, after.error))


def slope(windows: Iterable[Sequence[Step]], x: str, y: str) -> float:
    """By how much `y` moves with `x` from step to step: least squares within the windows, each about its own means."""
    products = squares = 0.0
    for steps in windows:
        pairs = [(step[x], step[y]) for step in steps if x in step and y in step]
        n = max(len(pairs), 1)
        middle_x, middle_y = sum(a for a, _ in pairs) / n, sum(b for _, b in pairs) / n
        products += sum((a - middle_x) * (b - middle_y) for a, b in pairs)
        squares += sum((a - middle_x) ** 2 for a, _ in pairs)
    return products / squares if squares > 1e-12 else 0.0


def difference(name: str, other: str, factor: float = 1.0) -> Metric:
    """One metric less `factor` times another."""
    return lambda step: step[name] - factor * step[other] if name in step and other in step else None


def logarithm(name: str) -> Metric:
    """The logarithm of a metric that is a matter of magnitudes; its mean is that of the geometric mean."""
    return lambda step: math.log(max(step[name], 1e-12)) if name in step else None


def flat(values: Mapping[str, object], prefix: str = "") -> dict[str, float]:
    """A step's numbers, as `Step` says, whether they were just measured or read back from the metrics file."""
    found: dict[str, float] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= flat({str(key): item for key, item in value.items()}, f"{prefix}{name}/")
        elif value is None:
            found[prefix + name] = math.nan
        elif isinstance(value, int | float):
            found[prefix + name] = float(value) if math.isfinite(value) else math.nan
    return found


def _series(steps: Iterable[Step], metric: Metric) -> list[float]:
    values = [step.get(metric) for step in steps] if isinstance(metric, str) else [metric(step) for step in steps]
    return [value for value in values if value is not None and value == value]  # NaN is no number
