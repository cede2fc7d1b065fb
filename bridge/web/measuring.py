"""What /metrics says. HTTP is counted by each process and summed over all of them (prometheus-client's multiprocess
mode, in a folder that lives as long as the server); everything else is read from the rows that they share.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from bridge.service.measures import Measures

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STATES = ("pending", "sending", "sent", "dead", "discarded", "superseded")


def share(folder: Path) -> None:
    """Count in files of ``folder`` from now on, so that every process of this server can tell of all of them.

    Call it before the first application is made.
    """
    os.environ[FOLDER] = str(folder)
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]


class HttpMeasures:
    """Requests of one application, by the template of their route: its parts are few and hold no names."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._count = Counter(
            "bridge_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "bridge_http_request_seconds",
            "Seconds until the answer was made.",
            ("method", "route"),
            buckets=BUCKETS,
            registry=self.registry,
        )

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        method = method if method in METHODS else "other"
        self._count.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def page(self, found: Measures) -> bytes:
        """The text that Prometheus reads."""
        registry = self.registry
        if folder := os.environ.get(FOLDER):
            registry = CollectorRegistry()
            MultiProcessCollector(registry, folder)  # type: ignore[no-untyped-call]
        rows = CollectorRegistry()
        rows.register(_Rows(found))
        return generate_latest(registry) + generate_latest(rows)


class _Rows(Collector):
    def __init__(self, found: Measures) -> None:
        self._found = found

    def collect(self) -> Iterator[Metric]:
        found = self._found
        yield from self._steps()
        lag = {key: float(value) for key, value in found.lag.items()}
        stream = ("connection", "stream")
        yield _gauge("bridge_lag_seconds", "Since the last success of a stream.", stream, lag.items())
        failing = {key: float(value) for key, value in found.failing.items()}
        yield _gauge("bridge_stream_failing", "1 while the last read failed.", stream, failing.items())
        aside = {key: float(value) for key, value in found.set_aside.items()}
        yield _gauge("bridge_set_aside_records", "Records that could not be read.", stream, aside.items())
        states = {(state,): float(found.outbox.get(state, 0)) for state in STATES}
        yield _gauge(
            "bridge_outbox_rows", "Writes by state; sent and given-up ones are kept.", ("state",), states.items()
        )
        yield _one("bridge_dead_letters", "Writes that wait for a person.", float(found.outbox.get("dead", 0)))
        yield _one("bridge_outbox_oldest_seconds", "Age of the oldest write that is not out.", found.oldest_waiting_s)
        yield _one("bridge_runs_asked", "Runs by hand or webhook that wait or are under way.", float(found.asked))
        yield _one("bridge_worker_leads", "1 while a worker leads.", float(found.leads))

    def _steps(self) -> Iterator[Metric]:
        labels = ("step", "connection")
        steps = self._found.steps
        for name, about, figure in (
            ("bridge_step_runs_24h", "Runs of a step during 24 hours.", {k: float(s.runs) for k, s in steps.items()}),
            ("bridge_step_failed_24h", "Runs that failed.", {k: float(s.failed) for k, s in steps.items()}),
            ("bridge_step_records_24h", "Records that changed.", {k: float(s.records) for k, s in steps.items()}),
            ("bridge_step_seconds_24h", "Seconds in all.", {k: s.seconds for k, s in steps.items()}),
            ("bridge_step_longest_seconds_24h", "Seconds of the longest.", {k: s.longest for k, s in steps.items()}),
        ):
            yield _gauge(name, about, labels, figure.items())


def _gauge(
    name: str, about: str, labels: tuple[str, ...], figures: Iterable[tuple[tuple[str, ...], float]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=labels)
    for key, value in sorted(figures):
        family.add_metric(key, value)
    return family


def _one(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)
