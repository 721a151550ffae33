"""What a look found is kept as it was, and read as it was known at any time."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from diagnosis.finding import (
    Candidate,
    Cost,
    Decides,
    Diagnosed,
    Diagnosis,
    Ended,
    Extended,
    Happening,
    Moved,
    Onset,
    Opened,
)
from monitor.incidents import reading, records
from monitor.incidents.hours import hour_at, time_of
from tests.monitor.conftest import Monitor

NOON = hour_at(datetime(2026, 3, 1, 12, tzinfo=UTC))
INCOME = Moved("MonthlyIncome < 3400", 0.25, 0.61, "share", "MonthlyIncome", None, 31.5)
AGE = Moved("age < 32", 0.1, 0.2, "share", "age")
UNIT = Diagnosis(
    NOON + 3,
    "unit",
    (
        Candidate("unit", 0.97, None, ("MonthlyIncome",), None, {"factor": 1e22}, "One factor."),
        Candidate("traffic_mix", 0.1, "No caller sends more.", segment={"caller": "web"}),
    ),
    actionable=True,
    action="fix_pipeline",
    columns=("MonthlyIncome",),
    segment={"caller": "web"},
    secondary=(Candidate("missing", 0.2, columns=("age",)),),
    decides=Decides("400 outcomes", outcomes=400, hour=NOON + 900),
    cost=Cost("log loss", (0.2, 0.3), None, 0),
    notes=("A note at the onset.",),
    facts={"rows": 1200, "by": {"web": [0.5, None]}},
)
LIFE: tuple[Happening, ...] = (
    Opened(1, NOON + 2, Onset(NOON, NOON - 1, NOON + 1), (INCOME,)),
    Diagnosed(1, NOON + 3, UNIT),
    Extended(1, NOON + 20, Onset(NOON + 1, NOON, NOON + 1), (INCOME, AGE)),
    Diagnosed(1, NOON + 21, replace(UNIT, at=NOON + 21, cause="undetermined")),
    Ended(1, NOON + 90, "back", "All is back."),
)


def keep(monitor: Monitor, version: str, *happenings: Happening) -> None:
    with monitor.connections.connection() as connection, connection.attempt():
        records.write(connection, version, happenings)


@pytest.mark.parametrize("happening", LIFE)
def test_a_happening_is_read_as_it_was_written(happening: Happening) -> None:
    kind, content = records.recorded(happening)

    found = records.happening(kind, happening.number, time_of(happening.at), content)

    assert found == happening
    assert not {"number", "at"} & set(content)


def test_an_incident_is_read_as_it_was_known_at_each_time(monitor: Monitor) -> None:
    keep(monitor, "m1", *LIFE)

    with monitor.connections.snapshot() as reader:
        before = reading.incidents(reader, time_of(NOON + 1))
        (opened,) = reading.incidents(reader, time_of(NOON + 2))
        (diagnosed,) = reading.incidents(reader, time_of(NOON + 20) - timedelta(seconds=1))
        (extended,) = reading.incidents(reader, time_of(NOON + 22))
        (ended,) = reading.incidents(reader)
        times = (NOON + 1, NOON + 2, NOON + 22)
        still = [reading.still_open(reader, time_of(hour)) for hour in times]
        still.append(reading.still_open(reader))

    assert still == [0, 1, 1, 0]
    assert before == []
    assert (opened.incident_id, opened.model_version) == (1, "m1")
    assert (opened.opened_at, opened.onset) == (time_of(NOON + 2), time_of(NOON))
    assert opened.onset_interval == (time_of(NOON - 1), time_of(NOON + 1))
    assert (opened.moved, opened.diagnoses, opened.cause) == ((INCOME,), (), "undetermined")
    assert diagnosed.latest == UNIT
    assert diagnosed.moved == (INCOME,)
    assert (extended.moved, extended.onset) == ((INCOME, AGE), time_of(NOON + 1))
    assert [each.at for each in extended.diagnoses] == [time_of(NOON + 3), time_of(NOON + 21)]
    assert extended.closed_at is None
    assert (ended.closed_at, ended.ending, ended.reason) == (
        *(time_of(NOON + 90), "back", "All is back."),
    )


def test_incidents_are_numbered_over_all_versions_without_a_gap(monitor: Monitor) -> None:
    with pytest.raises(ValueError, match="never opened"):
        keep(monitor, "m1", *LIFE, replace(LIFE[-1], number=2))
    keep(monitor, "m1", *LIFE[:1])
    keep(monitor, "m2", *LIFE)
    keep(monitor, "m1", replace(LIFE[0], number=2, at=NOON + 40))

    with monitor.connections.snapshot() as reader:
        found = reading.incidents(reader)
        of_one = reading.incidents(reader, version="m1")
        second = reading.incident(reader, 2)
        missing = reading.incident(reader, 4)
        early = reading.incident(reader, 3, time_of(NOON + 39))

    assert [(each.incident_id, each.model_version) for each in found] == [
        *((3, "m1"), (2, "m2"), (1, "m1")),
    ]
    assert [each.incident_id for each in of_one] == [3, 1]
    assert second is not None
    assert second.model_version == "m2"
    assert missing is None
    assert early is None
    assert monitor.query("SELECT record_id FROM incident_record ORDER BY 1") == [
        (number,) for number in range(1, 8)
    ]


def test_what_is_not_finite_or_was_never_opened_is_not_kept(monitor: Monitor) -> None:
    lost = Opened(1, NOON, Onset(NOON, NOON, NOON), (replace(AGE, after=float("nan")),))

    with pytest.raises(ValueError, match="not JSON"):
        keep(monitor, "m1", lost)
    with pytest.raises(ValueError, match="never opened"):
        keep(monitor, "m1", LIFE[-1])

    assert monitor.query("SELECT FROM incident") == []


def test_notes_are_those_of_a_span(monitor: Monitor) -> None:
    for hour, body, by in ((12, "app 4.2 rolled out", "kim"), (13, "too late", None)):
        monitor.database.query(
            "INSERT INTO operator_note (at, body, written_by) VALUES (%s, %s, %s)",
            *(f"2026-03-01 {hour}:00Z", body, by),
            role="monitor",
        )

    with monitor.connections.snapshot() as reader:
        (note,) = reading.notes(reader, time_of(NOON), time_of(NOON + 1))

    assert (note.text, note.by, note.at) == ("app 4.2 rolled out", "kim", time_of(NOON))


def test_the_view_shows_each_incident_as_it_is_now(monitor: Monitor) -> None:
    keep(monitor, "m1", *LIFE)
    keep(monitor, "m2", *LIFE[:1])

    first, second = monitor.database.query(
        "SELECT model_version, onset, onset_from, moved, cause, columns, segment->>'caller',"
        " actionable, action, ending, reason, closed_at FROM monitoring.incidents ORDER BY 1",
        role="analyst",
    )

    moved = ["MonthlyIncome < 3400", "age < 32"]
    assert first == (
        *("m1", time_of(NOON + 1), time_of(NOON), moved, "undetermined", ["MonthlyIncome"], "web"),
        *(True, "fix_pipeline", "back", "All is back.", time_of(NOON + 90)),
    )
    assert second == (
        *("m2", time_of(NOON), time_of(NOON - 1), moved[:1], "undetermined", [], None),
        *(False, "wait", None, None, None),
    )


@pytest.mark.parametrize("table", ["incident", "incident_record", "operator_note"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = now()", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_monitor_adds_and_never_changes(monitor: Monitor, table: str, statement: str) -> None:
    column = "opened_at" if table == "incident" else "at"

    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        monitor.database.query(statement.format(table, column), role="monitor")
