"""A round counts what is marked, keeps what the bundles say, and stays within its bounds."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import psycopg2
import pytest

from contract.profile import PROFILE
from contract.store import ModelStore
from db.log.errors import PostgresAway
from db.retention import retain
from monitor import round as rounds
from monitor.database import Database as Connections
from monitor.errors import MonitorError, RollupBusy
from tests.db.rows import insert, row
from tests.monitor.conftest import Monitor

MOMENT = "2026-03-28T20:15:00Z"


def version_of(models: Path) -> str:
    version = ModelStore(models).active()
    assert version is not None
    return version


def test_it_counts_and_says_what_it_did(monitor: Monitor) -> None:
    insert(monitor.database, [row(MOMENT), row("2026-03-29T20:15:00Z")])
    as_of = datetime(2026, 4, 1, tzinfo=UTC)

    first = rounds.run(monitor.connections, monitor.references(), as_of)
    second = rounds.run(monitor.connections, monitor.references())

    assert first[:3] == (2, 2, 0)
    assert second[:3] == (0, 0, 0)
    assert monitor.query("SELECT sum(predictions)::int FROM rollup_day") == [(2,)]
    ((known, rolled, hours),) = monitor.query(
        "SELECT as_of > '2026-04-02', rolled_at > now() - interval '1 min', hours FROM rollup_state"
    )
    assert (known, rolled, hours) == (True, True, 0)


def test_a_profile_is_kept_when_its_version_has_served(monitor: Monitor) -> None:
    version = version_of(monitor.models)
    monitor.register(version)
    insert(monitor.database, [row(MOMENT, model_version=version)])

    rounds.run(monitor.connections, monitor.references())

    ((declaration, profile),) = monitor.query(
        "SELECT declaration::text, profile::text FROM reference_profile WHERE model_version = %s",
        version,
    )
    directory = monitor.models / version
    assert profile.encode() == (directory / PROFILE).read_bytes()
    assert declaration.encode() == (directory / "schema.json").read_bytes()
    ((cells,),) = monitor.query("SELECT cells FROM rollup_hour")
    assert sum(cells) >= 10


def test_what_was_counted_without_a_profile_is_counted_again(
    monitor: Monitor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    version = version_of(monitor.models)
    monitor.register(version)
    insert(monitor.database, [row(MOMENT, model_version=version)])
    elsewhere = Monitor(monitor.database, tmp_path)
    references = elsewhere.references()
    rounds.run(monitor.connections, references)
    rounds.run(monitor.connections, references)
    assert monitor.query("SELECT cells FROM rollup_hour") == [(None,)]
    assert [record.message for record in caplog.records] == [
        f"{version} is counted without its features: there is no bundle {version}"
    ]
    shutil.copytree(monitor.models / version, tmp_path / version)

    rounds.run(monitor.connections, references)

    assert monitor.query("SELECT cells IS NOT NULL FROM rollup_hour") == [(True,)]
    assert monitor.query("SELECT cells IS NOT NULL FROM rollup_day") == [(True,)]


def test_what_nobody_signed_is_no_reference(monitor: Monitor) -> None:
    monitor.register(version_of(monitor.models))

    rounds.run(monitor.connections, monitor.references("k" * 32))

    assert monitor.query("SELECT * FROM reference_profile") == []


def test_while_another_one_counts_it_says_so(monitor: Monitor) -> None:
    insert(monitor.database, [row(MOMENT)])
    url = monitor.database.url("monitor") + "?options=-c%20lock_timeout%3D100ms"
    connections = Connections(url, lambda: None)
    other = psycopg2.connect(monitor.database.url("monitor"))
    with other, other.cursor() as cursor:
        cursor.execute("LOCK TABLE rollup_gate IN EXCLUSIVE MODE")
        with pytest.raises(RollupBusy, match="nothing is lost"):
            rounds.run(connections, monitor.references())
    other.close()

    assert rounds.run(connections, monitor.references()).hours == 1


def test_an_outcome_that_is_being_stored_for_long_is_not_waited_for(monitor: Monitor) -> None:
    """And the predictions are counted all the same."""
    insert(monitor.database, [row(MOMENT)])
    storing = psycopg2.connect(monitor.database.url("postgres"))
    with storing, storing.cursor() as cursor:
        cursor.execute("LOCK TABLE outcome_gate IN ROW SHARE MODE")

        assert rounds.run(monitor.connections, monitor.references()).hours == 1

        storing.rollback()
    storing.close()


def test_a_month_that_is_half_off_stops_it_and_says_what_to_do(monitor: Monitor) -> None:
    insert(monitor.database, [row("2001-02-03T00:00:00Z")])
    monitor.query("ALTER TABLE prediction_log DETACH PARTITION prediction_log_2001_02")

    with pytest.raises(MonitorError, match=r"prediction_log_2001_02 .*python -m db retain"):
        rounds.run(monitor.connections, monitor.references())

    list(retain(monitor.database.settings, months=12, apply=True))
    rounds.run(monitor.connections, monitor.references())
    assert monitor.query("SELECT sum(predictions)::int FROM rollup_day") == [(1,)]


def test_without_postgres_it_fails_and_the_next_one_goes_on(monitor: Monitor) -> None:
    insert(monitor.database, [row(MOMENT)])
    monitor.query("ALTER ROLE monitor NOLOGIN")
    try:
        with pytest.raises(PostgresAway):
            rounds.run(monitor.connections, monitor.references())
    finally:
        monitor.query("ALTER ROLE monitor LOGIN")

    assert rounds.run(monitor.connections, monitor.references()).hours == 1
