"""A segment that cannot be stored is one error: set aside, one line, and the rest goes on."""

import asyncio
import json
import logging
import time
from pathlib import Path

import pytest

from db.log import PredictionLog
from db.log.errors import FormError
from db.log.form import Form
from db.log.postgres import PostgresLog
from db.log.spool import Waiter
from db.log.writer import Entry
from tests.conftest import Database
from tests.security.spool import (
    FORM,
    columns,
    frame,
    good,
    leave,
    line,
    logged,
    segment,
    with_log,
)

ROW = line()[1]
# Two columns of the log and a row of them.
PAIR = (["prediction_id", "uuid"], ["predicted_at", "timestamptz"])
CELLS = b"01a208a3-fdf0-7665-a6d2-56079f72e1b2\t2026-11-23T13:11:10.123Z\n"
MORE = CELLS[:-1] + b"\tx\n"

UNUSABLE: dict[str, bytes] = {
    "columns are a number": b'{"columns": 5}',
    "no columns": b'{"columns": []}',
    "columns are text": b'{"columns": ["ab", "cd"]}',
    "columns are null": b'{"columns": null}',
    "no member columns": b"{}",
    "a list": b"[]",
    "a number": b"5",
    "null": b"null",
    "nothing": b"",
    "no JSON": b"{",
    "deep JSON": b"[" * 500_000,
    "deep JSON inside": b'{"columns": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a large number": b'{"columns": ' + b"9" * 100_000 + b"}",
    "invalid UTF-8": b'{"columns": [["\xff\xfe", "text"]]}',
    "a type is null": columns(["prediction_id", None]),
    "a type is a list": columns(["prediction_id", ["uuid"]]),
    "a type is empty": columns(["prediction_id", ""]),
    "a type holds SQL": columns(["prediction_id", "uuid); DROP TABLE prediction_log; --"]),
    "a type has two lines": columns(["prediction_id", "uuid\n"]),
    "a name is null": columns([None, "text"]),
    "a name is empty": columns(["", "text"]),
    "a name with NUL": columns(["a\0b", "text"]),
    "a name with half a character": b'{"columns": [["\\ud800", "text"]]}',
    "a name that is too long": columns(["é" * 32, "text"]),
    "a name twice": columns(["age", "integer"], ["age", "integer"]),
    "three parts": columns(["age", "integer", "more"]),
    "too many columns": columns(*([f"c{number}", "text"] for number in range(1601))),
    "an enormous form": json.dumps({"columns": PAIR, "more": "x" * 2**21}).encode(),
}
# Right forms, with frames that are not what they say.
LYING: dict[str, bytes] = {
    "fewer rows than it says": segment(columns(*PAIR), (CELLS, 2)),
    "more rows than it says": segment(columns(*PAIR), (CELLS * 3, 1)),
    "a last line without end": segment(columns(*PAIR), (CELLS[:-1], 1)),
    "rows without a byte": segment(columns(*PAIR), (b"", 4)),
    "millions of rows": segment(columns(*PAIR), (CELLS, 2**32 - 1)),
    "a form that nobody names": frame(CELLS, 1, 12345),
    "a size that is not true": frame(CELLS, 1, 12345, size=2**31) + frame(CELLS, 1, 12345),
}
# Postgres, or a newer release, might take them one day: they wait where they are.
WAITING: dict[str, bytes] = {
    "a column of a newer release": segment(columns(*PAIR, ["newer", "text"]), (MORE, 1)),
    "a type of a newer release": segment(columns(*PAIR, ["newer", "geometry"]), (MORE, 1)),
    "words that are no type": segment(
        columns(["prediction_id", "integer primary key"]), (CELLS, 1)
    ),
    "a column in another type": segment(
        columns(*PAIR, ["probability", "uuid"]),
        (CELLS[:-1] + b"\t01a208a3-fdf0-7665-a6d2-56079f72e1b2\n", 1),
    ),
    "a column of Postgres' own": segment(
        columns(*PAIR, ["ctid", "text"]), (CELLS[:-1] + b"\tx\n", 1)
    ),
    "a column that is written anyway": segment(
        columns(*PAIR, ["log_path", "text"]), (CELLS[:-1] + b"\tspool\n", 1)
    ),
}
# Rows that can never be stored.
REFUSED: dict[str, bytes] = {
    "too many fields": segment(FORM.document, (ROW[:-1] + b"\t1\n", 1)),
    "too few fields": segment(FORM.document, (ROW.rpartition(b"\t")[0] + b"\n", 1)),
    "no field": segment(FORM.document, (b"\n", 1)),
    "invalid UTF-8": segment(FORM.document, (ROW.replace(b"request", b"\xff\xfe"), 1)),
    "NUL": segment(FORM.document, (ROW.replace(b"request", b"a\0b"), 1)),
    "the end of a COPY": segment(FORM.document, (b"\\.\n", 1)),
    "a carriage return": segment(FORM.document, (ROW.replace(b"request", b"a\rb"), 1)),
    "no moment": segment(columns(["prediction_id", "uuid"]), (CELLS.split(b"\t")[0] + b"\n", 1)),
    "a moment that is none": segment(columns(*PAIR), (CELLS.split(b"\t")[0] + b"\tnever\n", 1)),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_a_form_that_is_none_is_one_error(name: str) -> None:
    with pytest.raises(FormError) as caught:
        Form.read(UNUSABLE[name])

    assert len(str(caught.value)) < 100


@pytest.mark.parametrize("place", ["before", "between", "behind"])
def test_no_poison_holds_up_anything(
    database: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    place: str,
) -> None:
    """All of it at once, each in a directory with good rows, and orphans of good rows beside."""
    poison = [segment(document, (CELLS, 1)) for document in UNUSABLE.values()]
    poison += [*LYING.values(), *WAITING.values(), *REFUSED.values()]
    expected = set()
    for content in poison:
        (first, before), (second, behind) = line(), line()
        expected |= {first, second}
        segments = {
            "before": (content, good(before, behind)),
            "between": (good(before), content, good(behind)),
            "behind": (good(before, behind), content),
        }
        leave(tmp_path, *segments[place])
    calls = _counted(monkeypatch)

    with_log(database, tmp_path, lambda _: expected <= logged(database))

    assert logged(database) == expected
    assert calls["connect"] == 1
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*.seg"))
    assert all(content in kept for content in WAITING.values())
    for document in UNUSABLE.values():
        assert segment(document, (CELLS, 1)) in kept
    assert len(list(tmp_path.glob("*-*"))) == len(WAITING)
    assert not [item for item in caplog.records if item.exc_info]
    # A line or two for each: that it is drained, and what was wrong with it.
    assert len(caplog.records) <= 2 * len(poison) + 5


def _counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    calls = {"connect": 0}
    connect = PostgresLog.connect

    def counted(log: PostgresLog) -> None:
        calls["connect"] += 1
        connect(log)

    monkeypatch.setattr(PostgresLog, "connect", counted)
    return calls


def test_what_waits_is_said_once_and_stored_once_it_can_be(
    database: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("db.log.orphans._ASIDE_SECONDS", 0.05)
    monkeypatch.setattr("db.log.orphans._MOST_ASIDE_SECONDS", 0.05)
    monkeypatch.setattr("db.log.orphans._LOOK_AROUND_SECONDS", 0.05)
    identity, row = line()
    form = Form((*FORM.columns, ("newer", "integer")))
    leave(tmp_path, segment(form.document, (row[:-1] + b"\t7\n", 1)))
    began = time.monotonic()

    def waited(_: object) -> bool:
        if time.monotonic() - began < 2:
            return False
        if not logged(database):
            database.query("ALTER TABLE prediction_log ADD COLUMN IF NOT EXISTS newer integer")
        return logged(database) == {identity}

    with_log(database, tmp_path, waited)

    said = [item.getMessage() for item in caplog.records if "cannot drain" in item.getMessage()]
    assert len(said) == 1
    assert "newer" in said[0]
    assert database.query("SELECT newer FROM prediction_log") == [(7,)]
    assert list(tmp_path.glob("*-*")) == []


def test_many_rows_of_a_wrong_form_cost_one_call_and_one_line(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    identity, row = line()
    torn = [line()[1][:-1] + b"\t1\n" for _ in range(500)]
    leave(tmp_path, segment(FORM.document, (b"".join([*torn, row]), 501)))

    with_log(database, tmp_path, lambda log: log.counters.quarantined == 500)

    assert logged(database) == {identity}
    assert len(list((tmp_path / "quarantine").glob("*.seg"))) == 1
    assert sum("refuses" in item.getMessage() for item in caplog.records) == 1


def test_the_end_of_a_copy_takes_no_neighbour_with_it(database: Database, tmp_path: Path) -> None:
    (first, before), (second, behind) = line(), line()
    leave(tmp_path, segment(FORM.document, (before + b"\\.\n" + behind, 3)))

    with_log(database, tmp_path, lambda log: log.counters.quarantined == 1)

    assert logged(database) == {first, second}


def test_a_quarantined_segment_can_be_given_back(database: Database, tmp_path: Path) -> None:
    """As docs/operating.md says; a second time under the name that it has in quarantine."""
    identity, row = line()
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "000000000000.seg").write_bytes(good(row))
    (tmp_path / "again" / f"{'ab' * 16}.seg").write_bytes(good(row))

    with_log(database, tmp_path, lambda log: log.counters.drained + log.counters.duplicate == 2)

    assert logged(database) == {identity}
    assert list(tmp_path.iterdir()) == []


def test_a_form_that_cannot_be_used_again_is_no_loop(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "000000000000.seg").write_bytes(segment(UNUSABLE["no columns"]))

    with_log(database, tmp_path, lambda _: any((tmp_path / "quarantine").glob("*.seg")))

    (reason,) = (tmp_path / "quarantine").glob("*.txt")
    assert "does not list its columns" in reason.read_text()
    assert not (tmp_path / "again").exists()


@pytest.mark.parametrize("thread", ["drainer", "orphans", "syncer"])
def test_an_unexpected_error_is_no_hot_loop(
    database: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    thread: str,
) -> None:
    """Whatever fails in a thread is tried again, ever later, and said once."""
    calls = []

    def broken(*_: object, **__: object) -> None:
        calls.append(time.monotonic())
        raise LookupError("a value that was sent")

    names = {
        "drainer": "db.log.drainer.Drainer._report",
        "orphans": "db.log.orphans.is_left",
        "syncer": "db.log.syncer.Syncer._watch",
    }
    monkeypatch.setattr(names[thread], broken)
    leave(tmp_path, good(line()[1]))
    began = time.monotonic()

    def for_a_while(log: object) -> bool:
        return time.monotonic() - began > 1.5

    with caplog.at_level(logging.INFO):
        with_log(database, tmp_path, for_a_while, log_close_seconds=0.1)

    assert 1 <= len(calls) <= 8
    assert sum(bool(item.exc_info) for item in caplog.records) <= 1
    assert not [item for item in caplog.records if "a value that was sent" in item.getMessage()]


def test_an_unexpected_error_of_the_writer_is_said_once(
    database: Database,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise LookupError("a value that was sent")

    monkeypatch.setattr("db.log.spool.Spool.append", broken)
    tries = iter(range(50))

    def put(log: PredictionLog) -> bool:
        waiter: Waiter = asyncio.get_running_loop().create_future()
        log._writer.put(Entry(ROW, 1, waiter))
        return next(tries, None) is None

    with_log(database, tmp_path, put)

    ours = [item for item in caplog.records if item.name == "prediction_log"]
    assert sum(bool(item.exc_info) for item in ours) == 1
