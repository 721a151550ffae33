"""A log of some weeks with a fault at a known hour: the incident is there, whatever the rounds."""

import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta

import pytest

from contract.signature import SigningKeys
from monitor import round as rounds
from monitor.incidents import reading
from monitor.incidents.incident import Incident
from monitor.incidents.watching import Watching
from tests.monitor.conftest import CHECKOUT, Monitor
from tests.monitor.incidents import log

DAYS = 8
FAULT = 6 * 24 + 7
_RECORDS = """
    SELECT record_id, incident_id, model_version, number, opened_at, at, kind, content::text
    FROM incident_record JOIN incident USING (incident_id) ORDER BY record_id"""


@pytest.fixture
def faulty(monitor: Monitor) -> Monitor:
    """Income comes by the year from an hour on; outcomes are reported, and due after five days."""
    log.register(monitor.database, monitor.models, due=timedelta(days=5))
    sent = log.traffic(monitor.models, DAYS * 24, 40)
    sent = sent.times_column(monitor.models, log.INCOME, 12, sent.hours >= FAULT)
    log.write(monitor.database, monitor.models, sent)
    log.report(monitor.database, sent, timedelta(days=3))
    return monitor


def watch(monitor: Monitor, as_of: datetime) -> None:
    watching = Watching.of(monitor.models, SigningKeys(()), 0.05)
    done = rounds.run(monitor.connections, monitor.references(), as_of, watching)
    assert done.watched.troubles == ()


def incidents(monitor: Monitor) -> list[Incident]:
    with monitor.connections.snapshot() as reader:
        return reading.incidents(reader)


def test_a_fault_is_an_incident_however_the_rounds_go(faulty: Monitor) -> None:
    watch(faulty, log.moment(days=DAYS))
    (found,) = incidents(faulty)
    at_once = faulty.query(_RECORDS)

    assert abs(found.onset - log.moment(hours=FAULT)) <= timedelta(hours=2)
    assert found.opened_at - log.moment(hours=FAULT) < timedelta(days=1)
    assert log.INCOME in {moved.column for moved in found.moved}
    assert found.latest is not None
    assert (found.latest.cause, found.latest.columns) == ("unit", (log.INCOME,)), found.latest

    faulty.query("TRUNCATE incident, watch_state CASCADE")
    for day in range(1, DAYS + 1):
        watch(faulty, log.moment(days=day))
    assert faulty.query(_RECORDS) == at_once

    faulty.query("TRUNCATE incident, watch_state CASCADE")
    kill(faulty, log.moment(days=DAYS))
    watch(faulty, log.moment(days=DAYS))
    assert faulty.query(_RECORDS) == at_once


def test_a_swap_in_the_hour_and_contested_outcomes_are_no_incidents(
    monitor: Monitor, caplog: pytest.LogCaptureFixture
) -> None:
    for version in ("old", "new", "unknown"):
        log.register(monitor.database, monitor.models, version, timedelta(days=1))
    monitor.query("UPDATE reference_profile SET profile = NULL WHERE model_version = 'unknown'")
    sent = log.traffic(monitor.models, 4 * 24, 30)
    turn = 2 * 24 + 7.5
    for version, chosen in (
        ("old", sent.hours < turn),
        ("new", sent.hours >= turn),
        ("unknown", sent.hours < 2),
    ):
        log.write(monitor.database, monitor.models, sent.of(chosen), version=version)
    log.report(monitor.database, sent, timedelta(hours=5))
    log.report(monitor.database, sent.of(sent.hours < 30), key="other", flip=True)

    watch(monitor, log.moment(days=4))

    assert monitor.query("SELECT model_version FROM watch_state ORDER BY 1") == [("new",), ("old",)]
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []
    assert incidents(monitor) == []


def kill(monitor: Monitor, as_of: datetime) -> None:
    """A round that is killed as soon as it has begun to look."""
    looked = "SELECT 1 FROM watch_state WHERE looked_until > %s"
    process = subprocess.Popen(
        [sys.executable, "-m", "monitor", "once", "--as-of", as_of.isoformat()],
        cwd=CHECKOUT,
        env=monitor.environment(),
    )
    while process.poll() is None and not monitor.query(looked, log.moment(days=1)):
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
