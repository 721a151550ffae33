"""Figures for Prometheus: of the requests, the model and the log; of all workers together.

Counting is adding to cells of `Figures`; a scrape adds up the pages of all workers. What dead
workers counted stays in the counts; of gauges only the living have a part.
"""

import asyncio
import operator
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from http import HTTPStatus

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
    SummaryMetricFamily,
)
from prometheus_client.registry import Collector

from api.telemetry.figures import Figures, Labels, Page
from api.telemetry.log_figures import (
    CALL_SECONDS,
    CALLS,
    COUNTERS,
    GAUGES,
    count_values,
    gauge_values,
)
from api.telemetry.model_figures import Served
from db.log import STATES, PredictionLog

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_REFRESH_SECONDS = 1.0

Cells = NDArray[np.float64]


class Buckets:
    """A histogram in cells: a count for each bound and for what is above, then the sum."""

    def __init__(self, *bounds: float) -> None:
        self.bounds = bounds
        self.size = len(bounds) + 2

    def family(self, name: str, text: str, series: Iterable[tuple[str, Cells]]) -> Metric:
        """For Prometheus; `series` are routes with their cells."""
        family = HistogramMetricFamily(name, text, labels=["route"])
        for route, cells in series:
            if cells[:-1].any():
                les = (*map(str, self.bounds), "+Inf")
                buckets = list(zip(les, np.cumsum(cells[:-1]).tolist(), strict=True))
                family.add_metric([route], buckets, float(cells[-1]))
        return family


_SECONDS = Buckets(0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
# One row takes some ten microseconds, a thousand about ten milliseconds.
_SCORING = Buckets(
    0.000025, 0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1.0
)
_INSTANCES = Buckets(1.0, 2.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0, 10_000.0)

# A block of cells for each route: answers by status, then the histograms.
_STATUSES = (*(str(status.value) for status in HTTPStatus), "499", "other")
_STATUS_AT = {int(status): at for at, status in enumerate(_STATUSES[:-1])}
_OTHER_STATUS = len(_STATUSES) - 1
_DURATIONS_AT = len(_STATUSES)
_SCORINGS_AT = _DURATIONS_AT + _SECONDS.size
_INSTANCES_AT = _SCORINGS_AT + _SCORING.size
_BLOCK = _INSTANCES_AT + _INSTANCES.size
_ROUTES = 64
_OTHER_ROUTE = "(other)"

# Behind the blocks: counts and gauges of the process, as of its last refresh.
_COUNTS = slice(_ROUTES * _BLOCK, _ROUTES * _BLOCK + 2 + len(COUNTERS) + 2)
_GAUGES = slice(_COUNTS.stop, _COUNTS.stop + 1 + len(GAUGES) + len(STATES))

# Cells that a process needs.
SIZE: int = _GAUGES.stop


class Metrics(Collector):
    """Counts requests as they are answered; asks the log and the model each second."""

    def __init__(self, serving: Served, log: PredictionLog, figures: Figures | None = None):
        self._serving = serving
        self._log = log
        self._figures = Figures(SIZE) if figures is None else figures
        self._cells = cells = self._figures.cells
        self._earlier = cells[_COUNTS].tolist()
        """What earlier workers counted in this page."""
        routes = self._figures.labels.setdefault("routes", [_OTHER_ROUTE])
        self._blocks = {route: at * _BLOCK for at, route in enumerate(routes)}
        self._timer: asyncio.TimerHandle | None = None
        self._registry = CollectorRegistry()
        self._registry.register(self)

    def start(self) -> None:
        """Keep this worker's page fresh for the scrapes that another one answers."""
        if self._figures.shared:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(_REFRESH_SECONDS, self.start)
        self.refresh()

    def close(self) -> None:
        """Leave the last counts in the page."""
        if self._timer is not None:
            self._timer.cancel()
        self.refresh()
        self._figures.close()

    def observe(self, route: str, status: int, duration: float) -> None:
        """Count an answered request; `route` is the template, `duration` in seconds."""
        cells, block = self._cells, self._blocks.get(route)
        if block is None:
            block = self._add(route)
        cells[block + _STATUS_AT.get(status, _OTHER_STATUS)] += 1.0
        at = block + _DURATIONS_AT
        cells[at + bisect_left(_SECONDS.bounds, duration)] += 1.0
        cells[at + _SECONDS.size - 1] += duration

    def observe_scoring(self, route: str, duration: float, instances: int) -> None:
        """Count a request that was scored; `duration` in seconds."""
        cells, block = self._cells, self._blocks.get(route)
        if block is None:
            block = self._add(route)
        at = block + _SCORINGS_AT
        cells[at + bisect_left(_SCORING.bounds, duration)] += 1.0
        cells[at + _SCORING.size - 1] += duration
        at = block + _INSTANCES_AT
        cells[at + bisect_left(_INSTANCES.bounds, instances)] += 1.0
        cells[at + _INSTANCES.size - 1] += instances

    def refresh(self) -> None:
        """Bring the page up to what the model and the log say now."""
        serving, status = self._serving, self._log.status()
        counts = (float(serving.switches), float(serving.refusals), *count_values(status))
        gauges = (float(serving.refused is not None), *gauge_values(status))
        states = (float(state == status.state) for state in STATES)
        self._cells[_COUNTS] = array("d", map(operator.add, self._earlier, counts))
        self._cells[_GAUGES] = array("d", (*gauges, *states))
        model = serving.model
        served = [model.version, str(model.is_sample).lower()]
        if self._figures.labels.get("model") != served:
            self._figures.labels["model"] = served
            self._figures.publish()

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """The figures of all workers as of now, or at most a second ago."""
        self.refresh()
        pages = list(self._figures.pages())
        yield from _request_families(_by_route(pages))
        yield from _count_families(np.sum([page.cells[_COUNTS] for page in pages], axis=0))
        living = [page for page in pages if page.alive and "model" in page.labels]
        yield _model_info(page.labels for page in living)
        yield from _gauge_families(np.array([page.cells[_GAUGES] for page in living]))

    def _add(self, route: str) -> int:
        """The block of a route that is new to this page."""
        routes = self._figures.labels["routes"]
        if len(routes) == _ROUTES:
            return self._blocks.setdefault(route, self._blocks[_OTHER_ROUTE])
        routes.append(route)
        self._figures.publish()
        return self._blocks.setdefault(route, (len(routes) - 1) * _BLOCK)


def _by_route(pages: Iterable[Page]) -> dict[str, Cells]:
    """The blocks of all pages added up, each route's."""
    found: dict[str, Cells] = {}
    for page in pages:
        for at, route in enumerate(page.labels.get("routes", ())):
            block = page.cells[at * _BLOCK : (at + 1) * _BLOCK]
            found[route] = found[route] + block if route in found else block
    return found


def _request_families(routes: dict[str, Cells]) -> Iterator[Metric]:
    requests = CounterMetricFamily("http_requests", "Answered requests", labels=("route", "status"))
    for route, cells in routes.items():
        for status, count in zip(_STATUSES, cells[:_DURATIONS_AT].tolist(), strict=True):
            if count:
                requests.add_metric([route, status], count)
    yield requests
    for buckets, at, name, text in (
        (
            _SECONDS,
            _DURATIONS_AT,
            "http_request_duration_seconds",
            "Time from the first sight of a request to the end of its answer",
        ),
        (_SCORING, _SCORINGS_AT, "scoring_duration_seconds", "Time of the model for one request"),
        (_INSTANCES, _INSTANCES_AT, "prediction_batch_size", "Instances of a scored request"),
    ):
        parts = ((route, cells[at : at + buckets.size]) for route, cells in routes.items())
        yield buckets.family(name, text, parts)


def _count_families(counts: Cells) -> Iterator[Metric]:
    switches, refusals, *of_log = counts.tolist()
    yield CounterMetricFamily(
        "model_switches", "Times that another model took over, in each worker", value=switches
    )
    yield CounterMetricFamily(
        "model_refusals", "Versions made active that were refused, by each worker", value=refusals
    )
    for (name, text, _), value in zip(COUNTERS, of_log, strict=False):
        yield CounterMetricFamily(f"prediction_log_{name}", text, value=value)
    yield SummaryMetricFamily(
        "prediction_log_postgres_call_seconds",
        "Calls to Postgres: how many, and their time",
        count_value=of_log[CALLS],
        sum_value=of_log[CALL_SECONDS],
    )


def _gauge_families(living: Cells) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "model_refused",
        "Workers that refuse the active version and serve another one",
        value=float(living[:, 0].sum()),
    )
    for at, (name, text, merge, _) in enumerate(GAUGES, start=1):
        value = float(merge(living[:, at]))
        yield GaugeMetricFamily(f"prediction_log_{name}", text, value=value)
    label = "prediction_log_state"
    states = GaugeMetricFamily(label, "Workers whose log is in this state", labels=[label])
    for state, workers in zip(STATES, living[:, 1 + len(GAUGES) :].sum(axis=0), strict=True):
        states.add_metric([state], float(workers))
    yield states


def _model_info(pages: Iterable[Labels]) -> Metric:
    workers: dict[tuple[str, ...], int] = {}
    for labels in pages:
        model = tuple(labels["model"])
        workers[model] = workers.get(model, 0) + 1
    family = GaugeMetricFamily(
        "model_info", "Workers that serve this version", labels=("version", "trained_on_sample")
    )
    for model, number in workers.items():
        family.add_metric(model, number)
    return family
