"""Figures for Prometheus, of this process: its requests, its model, its log."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    InfoMetricFamily,
    Metric,
    StateSetMetricFamily,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from api.serving import Serving
from db.log import STATES, LogStatus, PredictionLog

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)


class Metrics:
    """Counts requests as they are answered; asks the log when it is asked itself."""

    def __init__(self, serving: Serving, log: PredictionLog) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "http_requests", "Answered requests", ("route", "status"), registry=self._registry
        )
        self._durations = Histogram(
            "http_request_duration_seconds",
            "Time from the first sight of a request to the end of its answer",
            ("route",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._children: dict[tuple[str, int], tuple[Counter, Histogram]] = {}
        self._registry.register(_ModelCollector(serving))
        self._registry.register(_LogCollector(log))

    def observe(self, route: str, status: int, duration: float) -> None:
        """Count an answered request; `route` is the template, `duration` in seconds."""
        children = self._children.get((route, status))
        if children is None:
            children = (
                self._requests.labels(route, str(status)),
                self._durations.labels(route),
            )
            self._children[route, status] = children
        children[0].inc()
        children[1].observe(duration)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)


class _ModelCollector(Collector):
    def __init__(self, serving: Serving) -> None:
        self._serving = serving

    def collect(self) -> Iterator[Metric]:
        """The served model as of now."""
        serving, model = self._serving, self._serving.model
        yield InfoMetricFamily(
            "model",
            "The version that is served",
            {"version": model.version, "trained_on_sample": str(model.is_sample).lower()},
        )
        yield CounterMetricFamily(
            "model_switches", "Times that another model took over", value=serving.switches
        )
        yield CounterMetricFamily(
            "model_refusals", "Versions made active that were refused", value=serving.refusals
        )
        yield GaugeMetricFamily(
            "model_refused",
            "1 while the active version is refused, and another one is served",
            value=int(serving.refused is not None),
        )


class _LogCollector(Collector):
    def __init__(self, log: PredictionLog) -> None:
        self._log = log

    def collect(self) -> Iterator[Metric]:
        """The log's figures as of now."""
        status = self._log.status()
        yield from _counters(status)
        yield from _gauges(status)


def _counters(status: LogStatus) -> Iterator[Metric]:
    counters = status.counters
    for name, text, value in (
        ("accepted_rows", "Rows handed to the log", counters.accepted),
        ("committed_rows", "Rows answered because Postgres had them", counters.committed),
        ("spooled_rows", "Rows answered because the spool held them durably", counters.spooled),
        ("drained_rows", "Rows stored in Postgres, whoever spooled them", counters.drained),
        ("duplicate_rows", "Rows sent that Postgres had already", counters.duplicate),
        ("quarantined_rows", "Rows that can never be stored", counters.quarantined),
        ("refused_rows", "Rows answered with 503", counters.refused),
        ("damaged_frames", "Unreadable pieces of the spool", counters.damaged_frames),
    ):
        yield CounterMetricFamily(f"prediction_log_{name}", text, value=value)
    yield SummaryMetricFamily(
        "prediction_log_postgres_call_seconds",
        "Calls to Postgres: how many, and their time",
        count_value=counters.calls,
        sum_value=counters.call_seconds,
    )


def _gauges(status: LogStatus) -> Iterator[Metric]:
    for name, text, value in (
        ("rows_in_flight", "Rows between a request and its promise", status.rows_in_flight),
        ("backlog_rows", "Rows of this process not yet in Postgres", status.backlog_rows),
        ("backlog_bytes", "Bytes of this process not yet in Postgres", status.backlog_bytes),
        ("spool_bytes", "Size of the spool directory", status.spool_bytes),
        ("oldest_row_seconds", "Age of the oldest row not yet in Postgres", status.oldest_seconds),
    ):
        yield GaugeMetricFamily(f"prediction_log_{name}", text, value=value)
    states = StateSetMetricFamily("prediction_log_state", "What the log can do now")
    states.add_metric([], {state: state == status.state for state in STATES})
    yield states
