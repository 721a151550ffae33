"""What Prometheus reads of the monitor, with Postgres and without."""

import time
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from monitor.rounds import Rounds
from tests.conftest import Database
from tests.faults.server import Server
from tests.monitor.application import client

Figures = dict[tuple[str, ...], float]


def scrape(url: str, rounds: Rounds | None = None, webhook: str | None = None) -> Figures:
    """Value by name and the values of the labels."""
    with client(url, rounds=rounds, webhook=webhook) as made:
        answer = made.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def outcomes(database: Database, version: str, due_on: str, **counts: int) -> None:
    """A day of outcomes that are due on a day."""
    states = ("unreported", "interim", "good", "bad", "retracted", "unobservable", "contested")
    numbers = [counts.get(state, 0) for state in states]
    database.query(
        f"INSERT INTO outcome_day (day, model_version, caller, route, due_on, predictions,"
        f" {', '.join(states)}, probability_sum, good_sum, good_squares, bad_sum, bad_squares,"
        f" good_scores, bad_scores, good_ages, bad_ages) VALUES ('2026-01-01', %s, '', '/predict',"
        f" %s, {', '.join(['%s'] * 8)}, 0, 0, 0, 0, 0, '{{}}', '{{}}', '{{}}', '{{}}')",
        *(version, due_on, sum(numbers), *numbers),
    )


def test_before_the_first_round_the_counts_are_infinitely_old(database: Database) -> None:
    figures = scrape(database.url("monitor"))

    assert figures["monitor_database_up",] == 1
    assert figures["monitor_last_round_age_seconds",] == float("inf")
    assert figures["monitor_pending_hours",] == 0
    assert figures["monitor_log_rows_not_yet_logged",] == 0
    assert not [name for name, *_ in figures if "coverage" in name or "outcomes" in name]


def test_how_far_the_counts_are(database: Database) -> None:
    database.query(
        "UPDATE rollup_state SET rolled_at = now() - interval '90 s', hours = 7, seconds = 1.5,"
        " as_of = '2026-07-01 12:00Z'"
    )
    database.query(
        "INSERT INTO rollup_mark VALUES ('2026-07-01 10:00Z'), ('2026-07-01 10:00Z'),"
        " ('2026-07-01 11:00Z')"
    )

    figures = scrape(database.url("monitor"))

    assert 90 <= figures["monitor_last_round_age_seconds",] < 120
    assert figures["monitor_last_round_as_of_timestamp_seconds",] == 1782907200
    assert figures["monitor_last_round_hours",] == 7
    assert figures["monitor_last_round_seconds",] == 1.5
    assert figures["monitor_pending_hours",] == 2


def test_only_what_is_due_is_judged_and_the_last_30_days_stand_alone(database: Database) -> None:
    database.query("UPDATE rollup_state SET as_of = '2026-07-01 12:00Z', rolled_at = now()")
    outcomes(database, "a", "2026-05-31", good=5, bad=1)  # over 30 days ago
    outcomes(database, "a", "2026-06-01", good=60, bad=20, unreported=8, interim=2, contested=3)
    outcomes(database, "a", "2026-06-30", unobservable=4, retracted=3)
    outcomes(database, "a", "2026-07-01", unreported=1000)  # its day is not over
    outcomes(database, "b", "infinity", good=9, unreported=9)  # never due

    figures = scrape(database.url("monitor"))

    ever = {key[2:]: value for key, value in figures.items() if key[0] == "monitor_due_outcomes"}
    assert ever == {
        ("judged",): 86,
        ("overdue",): 10,
        ("contested",): 3,
        ("unobservable",): 4,
        ("retracted",): 3,
    }
    assert figures["monitor_recently_due_outcomes", "a", "judged"] == 80
    assert figures["monitor_recently_due_outcomes", "a", "overdue"] == 10
    assert figures["monitor_recent_coverage", "a"] == 0.8
    assert not [key for key in figures if "b" in key]


def test_what_the_processes_of_the_api_told(database: Database) -> None:
    database.query(
        "INSERT INTO log_counter (process_id, started_at, counted_at, ended_at, accepted, answered,"
        " committed, spooled, drained, duplicate, quarantined, refused, waiting) VALUES"
        " (gen_random_uuid(), now(), now(), NULL, 10, 10, 10, 0, 0, 0, 0, 0, 3),"
        " (gen_random_uuid(), now(), now() - interval '1 h', NULL, 10, 10, 6, 4, 0, 0, 0, 0, 4),"
        " (gen_random_uuid(), now(), now(), now(), 10, 10, 10, 0, 0, 0, 0, 0, NULL)"
    )

    figures = scrape(database.url("monitor"))

    assert figures["monitor_log_rows_not_yet_logged",] == 7
    for state in ("running", "silent", "ended"):
        assert figures["monitor_log_processes", state] == 1


def test_without_postgres_the_process_still_tells_of_itself() -> None:
    rounds = Rounds(lambda: pytest.fail("no round is due"), 3600)
    rounds.done, rounds.failed = 5, 2
    rounds.start = lambda: None  # type: ignore[method-assign]
    rounds.stop = lambda: None  # type: ignore[method-assign]

    figures = scrape("postgresql://monitor:x@127.0.0.1:1/mlops", rounds)

    assert figures["monitor_database_up",] == 0
    assert figures["monitor_rounds_total", "done"] == 5
    assert figures["monitor_rounds_total", "failed"] == 2
    assert figures["process_resident_memory_bytes",] > 0
    assert "monitor_pending_hours" not in {name for name, *_ in figures}


def test_a_frozen_postgres_holds_nobody_up(short_dir: Path) -> None:
    """It takes no connection any more, and one that is there gets no answer."""
    server = Server(short_dir / "server")
    server.start()
    try:
        with client(server.url("postgres")) as made:
            before, counts = made.get("/readyz"), made.get("/counts")
            with server.frozen():
                began = time.monotonic()
                page = made.get("/counts", timeout=20)
                frozen = made.get("/readyz", timeout=20)
                figures = made.get("/metrics", timeout=20)
                took = time.monotonic() - began
            after = made.get("/readyz")
    finally:
        server.stop()

    assert "run the migrator" in before.json()["detail"]
    assert counts.json() == 1
    assert (page.status_code, frozen.status_code) == (503, 503)
    assert "Postgres does not answer" in frozen.json()["detail"]
    assert "monitor_database_up 0.0" in figures.text
    assert took < 15
    assert after.json() == before.json()
