"""What a service counts, in the text format of Prometheus. No label holds anything that a client chose."""

from collections.abc import Callable, Iterable

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.process_collector import ProcessCollector

from hone.verdict.verdict import Outcome, Verdict

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300)


class Metrics:
    """The counters of one service, in a registry of their own."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._requests = Counter(
            "hone_judge_requests", "Requests answered.", ("route", "status"), registry=self._registry
        )
        self._seconds = Histogram(
            "hone_judge_request_seconds",
            "Time from a request's head to its answer.",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._verdicts = Counter("hone_judge_verdicts", "Verdicts given.", ("outcome",), registry=self._registry)
        for outcome in Outcome:  # a counter that is not there yet cannot be told from one that never will be
            self._verdicts.labels(outcome)

    def watch(self, name: str, text: str, read: Callable[[], float]) -> None:
        """A gauge that asks `read` whenever it is looked at."""
        Gauge(f"hone_judge_{name}", text, registry=self._registry).set_function(read)

    def answered(self, route: str, status: int, seconds: float) -> None:
        """Count an answer."""
        self._requests.labels(route, status).inc()
        self._seconds.labels(route).observe(seconds)

    def judged(self, verdicts: Iterable[Verdict]) -> None:
        """Count verdicts."""
        for verdict in verdicts:
            self._verdicts.labels(verdict.outcome).inc()

    def text(self) -> bytes:
        """Everything, as a scraper reads it."""
        return generate_latest(self._registry)
