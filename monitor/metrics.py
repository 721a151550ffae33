"""Figures for Prometheus: how far the counts are, what they say of the outcomes, and the log."""

from collections.abc import Iterator
from math import inf

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from db.log.errors import PostgresAway
from monitor.database import Database, MonitorConnection
from monitor.incidents.figures import of_incidents, of_looks, of_messages
from monitor.rounds import Rounds

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

# A scrape is given up after ten seconds, where nobody says otherwise.
_PATIENCE_SECONDS = 5.0

_STATE = """
SELECT extract(epoch FROM clock_timestamp() - rolled_at)::float8, hours, seconds,
       extract(epoch FROM as_of)::float8
FROM rollup_state"""
_PENDING = "SELECT count(DISTINCT hour) FROM rollup_mark"
# A day is due when it is over; of a version without a due time none ever is.
_OUTCOMES = """
SELECT model_version, recent, sum(good + bad)::bigint, sum(unreported + interim)::bigint,
       sum(contested)::bigint, sum(unobservable)::bigint, sum(retracted)::bigint
FROM outcome_day
CROSS JOIN (SELECT (as_of AT TIME ZONE 'UTC')::date AS today FROM rollup_state) AS state
CROSS JOIN LATERAL (SELECT due_on >= today - 30 AS recent) AS age
WHERE due_on < today
GROUP BY 1, 2"""
_STATES = ("judged", "overdue", "contested", "unobservable", "retracted")
_PROCESSES = """
SELECT state, count(*), sum(not_yet_logged)::bigint FROM monitoring.log_process GROUP BY 1"""


class Metrics(Collector):
    """Reads Postgres at each scrape; without it the figures of the process are still there."""

    def __init__(
        self, database: Database, rounds: Rounds | None, webhook: str | None = None
    ) -> None:
        """`webhook`: the digest of the address that messages go to."""
        self._database = database
        self._rounds = rounds
        self._webhook = webhook
        self._registry = CollectorRegistry()
        self._registry.register(self)
        ProcessCollector(registry=self._registry)

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        return generate_latest(self._registry)

    def describe(self) -> list[Metric]:
        """Nothing: to be registered must not need Postgres."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The figures as of now."""
        found: list[Metric] = []
        try:
            with self._database.snapshot(_PATIENCE_SECONDS) as connection:
                found = [*_of_rounds(connection), *_of_outcomes(connection), *_of_log(connection)]
                found += [*of_incidents(connection), *of_looks(connection)]
                if self._webhook is not None:
                    found += of_messages(connection, self._webhook)
        except PostgresAway:
            found = []
        yield _gauge(
            "database_up",
            "1 where this scrape could read Postgres. At 0 all figures that are read from there are"
            " missing, which is not the same as 0",
            float(bool(found)),
        )
        yield from found
        if self._rounds is not None:
            yield from _of_process(self._rounds)


def _of_process(rounds: Rounds) -> Iterator[Metric]:
    family = CounterMetricFamily(
        "monitor_rounds",
        "Rounds of this process by how they ended: done, failed, or busy, where somebody else was"
        " counting. They begin at 0 with each start",
        labels=["result"],
    )
    for result in ("done", "failed", "busy"):
        family.add_metric([result], float(getattr(rounds, result)))
    yield family


def _of_rounds(connection: MonitorConnection) -> Iterator[Metric]:
    ((age, hours, seconds, as_of),) = connection.rows(_STATE)
    ((pending,),) = connection.rows(_PENDING)
    yield _gauge(
        "last_round_age_seconds",
        "Seconds since the last whole round ended, by the clock of Postgres, whoever did it; +Inf"
        " before the first. All counts are as old as that",
        inf if age is None else age,
    )
    yield _gauge(
        "last_round_as_of_timestamp_seconds",
        "Business time of the last round, by which is judged what is due; in a replay not now",
        as_of,
    )
    yield _gauge("last_round_hours", "Hours of business time that the last round counted", hours)
    yield _gauge("last_round_seconds", "How long the last round took", seconds)
    yield _gauge(
        "pending_hours",
        "Hours of business time with rows that are not counted yet. Rows in the spool of an api"
        " are in none of them: see prediction_log_backlog_rows",
        pending,
    )


def _of_outcomes(connection: MonitorConnection) -> Iterator[Metric]:
    ever: dict[str, list[int]] = {}
    recent: dict[str, list[int]] = {}
    for version, is_recent, *counts in connection.rows(_OUTCOMES):
        for sums in (ever, recent) if is_recent else (ever,):
            before = sums.get(version, [0] * len(_STATES))
            sums[version] = [old + new for old, new in zip(before, counts, strict=True)]
    yield _outcomes(
        "due_outcomes",
        "Predictions whose outcome is due, as of the last round, by what is known of it: judged"
        " (good or bad), overdue (no final report), contested, unobservable, retracted. A report"
        " that is late and one that never comes look the same",
        ever,
    )
    yield _outcomes(
        "recently_due_outcomes",
        "The same of those that became due in the last 30 days. Too young for a feed that is"
        " always later than the declared due time",
        recent,
    )
    coverage = _by_version(
        "recent_coverage",
        "Share of the predictions that became due in the last 30 days whose outcome is judged; no"
        " value where none did. It says nothing of who is missing: those may differ from the rest",
    )
    for version, counts in recent.items():
        coverage.add_metric([version], counts[0] / sum(counts))
    yield coverage


def _of_log(connection: MonitorConnection) -> Iterator[Metric]:
    rows = connection.rows(_PROCESSES)
    processes = GaugeMetricFamily(
        "monitor_log_processes",
        "Processes of the api by what they last told Postgres. A silent one ended without draining"
        " its spool, or cannot reach Postgres",
        labels=["state"],
    )
    states = {state: count for state, count, _ in rows}
    for state in ("running", "silent", "ended"):
        processes.add_metric([state], states.get(state, 0))
    yield processes
    yield _gauge(
        "log_rows_not_yet_logged",
        "Answered rows that wait in spools, as the processes last told. What a silent one answered"
        " since is not in it",
        sum(waiting or 0 for _, _, waiting in rows),
    )


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"monitor_{name}", text, value=value)


def _by_version(name: str, text: str, *more: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"monitor_{name}", text, labels=["model_version", *more])


def _outcomes(name: str, text: str, versions: dict[str, list[int]]) -> Metric:
    family = _by_version(name, text, "state")
    for version, counts in versions.items():
        for state, count in zip(_STATES, counts, strict=True):
            family.add_metric([version, state], count)
    return family
