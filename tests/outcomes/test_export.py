"""An export is whole or not at all, the same bytes for the same knowledge, and readable."""

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psycopg2
import pyarrow.parquet
import pytest

from outcomes.connection import OutcomeConnection
from outcomes.errors import OutcomeError
from outcomes.export import Span, export
from outcomes.settings import OutcomesSettings
from outcomes.store import store
from tests.conftest import Database
from tests.outcomes.predictions import DUE, connection_of, log, prediction, report
from tests.outcomes.test_load import ROOT

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2026, 3, 1, tzinfo=UTC)
ROWS = [
    prediction(
        FIRST + timedelta(hours=5 * hour),
        client_reference=f"case-{hour % 7}" if hour % 3 else None,
        # Told late: business time is what the months go by.
        event_time=FIRST + timedelta(hours=3 * hour) if hour % 11 == 0 else None,
        outcome_due=DUE if hour % 2 else None,
    )
    for hour in range(300)
]
REPORTS = [
    report(row, row.predicted_at + timedelta(days=1), event_key=str(at), outcome=at % 2)
    for at, row in enumerate(ROWS[::2])
] + [report(f"case-{at}", DUE, source="b", revision=at % 2) for at in range(7)]


def analyst(database: Database) -> OutcomesSettings:
    return OutcomesSettings(
        database_url=database.url("api"), analyst_database_url=database.url("analyst")
    )


@pytest.fixture
def reader(database: Database) -> Iterator[OutcomeConnection]:
    connection = OutcomeConnection(analyst(database).analyst_url(), None)
    yield connection
    connection.close()


def content(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_reports_in_any_order_are_the_same_bytes_and_later_ones_change_nothing(
    database: Database, reader: OutcomeConnection, tmp_path: Path
) -> None:
    log(database, ROWS)
    as_of = datetime.now(UTC) + timedelta(minutes=10)
    chance = random.Random(5)
    found = []
    for turn in range(3):
        database.query("TRUNCATE outcome_event")
        sent = chance.sample(REPORTS, len(REPORTS)) + chance.choices(REPORTS, k=20)
        with connection_of(database) as connection:
            while sent:
                size = chance.randint(1, 60)
                store(connection, sent[:size], None)
                sent = sent[size:]
        export(reader, Span(FIRST, END, as_of), tmp_path / f"export-{turn}")
        found.append(content(tmp_path / f"export-{turn}"))

    # Received after what was asked for.
    database.query("UPDATE outcome_event SET received_at = %s", as_of + timedelta(seconds=1))
    with connection_of(database) as connection:
        later = report(ROWS[1], DUE, event_key="later", revision=9)
        store(connection, [later], None)
    database.query(
        "UPDATE outcome_event SET received_at = CASE event_key WHEN 'later'"
        " THEN %s::timestamptz ELSE now() END",
        as_of + timedelta(seconds=1),
    )
    export(reader, Span(FIRST, END, as_of), tmp_path / "again")

    assert found[0] == found[1] == found[2] == content(tmp_path / "again")
    assert set(found[0]) == {"manifest.json", "2026-01.parquet", "2026-02.parquet"}


def test_the_files_hold_what_the_manifest_says(
    database: Database, reader: OutcomeConnection, tmp_path: Path
) -> None:
    log(database, ROWS)
    with connection_of(database) as connection:
        store(connection, REPORTS, None)

    manifest = export(reader, Span(FIRST, END, DUE + timedelta(days=365)), tmp_path / "export")

    files = content(tmp_path / "export")
    assert json.loads(files.pop("manifest.json")) == manifest
    expected = [row for row in ROWS if FIRST <= (row.event_time or row.predicted_at) < END]
    read = [pd.read_parquet(tmp_path / "export" / file["name"]) for file in manifest["files"]]
    for file, rows in zip(manifest["files"], read, strict=True):
        assert hashlib.sha256(files.pop(file["name"])).hexdigest() == file["sha256"]
        assert len(rows) == file["rows"]
        assert {f"{moment:%Y-%m}.parquet" for moment in rows["business_time"]} == {file["name"]}
    assert files == {}
    whole = pd.concat(read)
    assert len(whole) == manifest["rows"] == len(expected)
    assert set(whole["prediction_id"]) == {row.prediction_id for row in expected}
    assert whole["state"].value_counts().to_dict() == manifest["states"]
    assert set(whole.loc[whole["state"] == "bad", "outcome"]) == {1}
    assert "age" in whole.columns
    schema = pyarrow.parquet.read_schema(tmp_path / "export" / "2026-01.parquet")
    assert str(schema.field("business_time").type) == "timestamp[us, tz=UTC]"


def test_duckdb_reads_the_rows_that_pandas_reads(
    database: Database, reader: OutcomeConnection, tmp_path: Path
) -> None:
    log(database, ROWS)
    with connection_of(database) as connection:
        store(connection, REPORTS, None)
    export(reader, Span(FIRST, END, DUE + timedelta(days=365)), tmp_path / "export")
    files = f"{tmp_path}/export/*.parquet"

    with duckdb.connect() as duck:
        query = f"SELECT * FROM '{files}' ORDER BY predicted_at, prediction_id"
        found = duck.execute(query).fetchall()
        query = f"SELECT DISTINCT typeof(business_time), typeof(outcome) FROM '{files}'"
        types = duck.execute(query).fetchall()

    paths = sorted((tmp_path / "export").glob("*.parquet"))
    read = pd.concat(map(pd.read_parquet, paths)).sort_values(["predicted_at", "prediction_id"])
    assert len(found) == 286
    assert list(map(_plain, found)) == list(map(_plain, read.itertuples(index=False, name=None)))
    assert types == [("TIMESTAMP WITH TIME ZONE", "SMALLINT")]


def _plain(row: tuple[Any, ...]) -> list[object]:
    """Times as moments, and each kind of nothing as none."""
    return [
        None
        if value is None or pd.isna(value)
        else value.timestamp()
        if isinstance(value, datetime)
        else value
        for value in row
    ]


def test_a_log_that_takes_longer_to_read_than_a_request_may_is_read(
    database: Database, tmp_path: Path
) -> None:
    log(database, ROWS)
    url = f"{database.url('analyst')}?target_session_attrs=any&options=-c%20statement_timeout%3D300"
    slow = OutcomeConnection(url, None)
    holder = psycopg2.connect(database.url("postgres"))
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE outcome_event")
    release = threading.Timer(1, holder.close)
    release.start()

    manifest = export(slow, Span(FIRST, END, DUE + timedelta(days=365)), tmp_path / "export")

    assert manifest["rows"] == 286
    release.join()
    slow.close()


def test_a_directory_that_is_there_is_left_alone(
    database: Database, reader: OutcomeConnection, tmp_path: Path
) -> None:
    (tmp_path / "export").mkdir()

    with pytest.raises(OutcomeError, match="is there already"):
        export(reader, Span(FIRST, END, DUE), tmp_path / "export")

    assert content(tmp_path / "export") == {}


def start(database: Database, *arguments: str | Path) -> subprocess.Popen[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    urls = {
        "DATABASE_URL": database.url("api"),
        "ANALYST_DATABASE_URL": database.url("analyst"),
    }
    return subprocess.Popen(
        [sys.executable, "-m", "outcomes", "export", *map(str, arguments)],
        cwd=ROOT,
        env=kept | urls | {"PYTHONWARNINGS": "error"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_export_leaves_nothing_under_its_name_and_the_next_one_is_whole(
    database: Database, tmp_path: Path
) -> None:
    log(database, ROWS)
    span = ("--from", "2026-01", "--to", "2026-03-01")
    holder = psycopg2.connect(database.url("postgres"))
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE outcome_event")
    process = start(database, *span, tmp_path / "export")
    aside = tmp_path / ".export.part"
    deadline = time.monotonic() + 60
    while not aside.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    holder.close()
    left = [path.name for path in tmp_path.iterdir()]

    process = start(database, *span, tmp_path / "export")
    _, complaints = process.communicate(timeout=60)

    assert left == [aside.name]
    assert process.returncode == 0, complaints
    assert complaints.startswith("286 predictions in 2 files as of 20")
    assert [path.name for path in tmp_path.iterdir()] == ["export"]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--from", "January", "--to", "2026-03", "x"), 2, "a day or a month"),
        (("--from", "2026-01", "--to", "2026-03", "--as-of", "2026-03-01", "x"), 2, "offset"),
        (
            ("--from", "2026-01", "--to", "2026-03", "--as-of", "2098-03-01T00:00Z", "x"),
            1,
            "to come",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused(
    database: Database, arguments: tuple[str, ...], code: int, words: str
) -> None:
    process = start(database, *arguments)

    assert words in process.communicate(timeout=60)[1]
    assert process.returncode == code
