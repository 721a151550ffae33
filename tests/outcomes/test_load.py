"""Files of reports: every bad line is named, the others are stored, and again changes nothing."""

import csv
import gzip
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest

from outcomes.store import store
from tests.conftest import Database
from tests.outcomes.predictions import connection_of, log, prediction, report

ROOT = Path(__file__).parents[2]
HEADER = "reference,source,event_key,outcome,observed_at"
EVENT = datetime(2026, 1, 10, tzinfo=UTC)


def start(database: Database, *arguments: str | Path, **more: str) -> subprocess.Popen[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "outcomes", *map(str, arguments)],
        cwd=ROOT,
        env=kept | {"DATABASE_URL": database.url("api"), "PYTHONWARNINGS": "error"} | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(database: Database, *arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    process = start(database, *arguments)
    output, complaints = process.communicate(timeout=120)
    return process.returncode, output, complaints


def table(path: Path, lines: Sequence[str], header: str = HEADER) -> Path:
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def line(number: int) -> str:
    return f"case-{number},core,k-{number},{number % 2},2026-02-{1 + number % 28:02}T10:00:00Z"


def stored(database: Database) -> list[tuple[object, ...]]:
    return database.query(
        "SELECT coalesce(client_reference, prediction_id::text), source, event_key, state, outcome,"
        " revision, observed_at, received_at FROM outcome_event ORDER BY 1, 2, 3"
    )


def rejected(path: Path) -> list[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [tuple(row[:3]) for row in csv.reader(file)][1:]


def test_a_file_is_loaded_and_loading_it_again_changes_nothing(
    database: Database, tmp_path: Path
) -> None:
    file = table(tmp_path / "outcomes.csv", [line(number) for number in range(12_000)])
    packed = tmp_path / "outcomes.csv.gz"
    packed.write_bytes(gzip.compress(file.read_bytes(), mtime=0))

    dry = run(database, "load", "--dry-run", file)
    before = stored(database)
    first = run(database, "load", file)
    after = stored(database)
    again = run(database, "load", packed)

    assert dry == (0, "", "12,000 lines: 12,000 would be stored, 0 were there already\n")
    assert before == []
    assert first == (0, "", "12,000 lines: 12,000 stored, 0 were there already\n")
    assert len(after) == 12_000
    assert again == (0, "", "12,000 lines: 0 stored, 12,000 were there already\n")
    assert stored(database) == after
    assert sorted(path.name for path in tmp_path.iterdir()) == ["outcomes.csv", packed.name]


def test_each_bad_line_is_named_with_its_rule_and_the_others_are_stored(
    database: Database, tmp_path: Path
) -> None:
    known = prediction(EVENT, client_reference="known")
    log(database, [known])
    with connection_of(database) as connection:
        store(connection, [report("case-1", EVENT, event_key="k-1")], None)
    file = table(
        tmp_path / "outcomes.csv",
        [
            line(2),
            "case-3,core,k-3,1,2026-02-03T10:00:00",  # naive
            "case-4,core,k-4,1,2926-02-03T10:00:00Z",
            '"case-5,core,k-5,1,2026-02-03T10:00:00Z',  # a quote spoils its own line only
            "case-6,core,k-6,1",
            "",
            "case-8,core,,maybe,2026-02-03T10:00:00Z",
            "known,core,k-9,1,2026-01-09T10:00:00Z",  # before the event
            line(1),  # known with another time
            '"case, 11",core,k-11,0.0,2026-02-03 10:00:00+01:00',
            "=cmd(),core,k-12,1,2026-02-03T10:00:00Z",
            line(2),
        ],
    )
    with file.open("ab") as binary:
        binary.write(b"case-\xff,core,k-14,1,2026-02-03T10:00:00Z\n")

    code, output, complaints = run(database, "load", file)

    rejects = tmp_path / "outcomes.csv.rejects.csv"
    assert (code, output) == (3, "")
    assert complaints == (f"12 lines: 3 stored, 1 were there already, 8 refused: see {rejects}\n")
    assert rejected(rejects) == [
        ("3", "observed_at", "invalid"),
        ("4", "observed_at", "invalid"),
        ("5", "", "malformed"),
        ("6", "", "malformed"),
        ("8", "outcome", "invalid"),
        ("8", "event_key", "missing"),
        ("9", "observed_at", "early"),
        ("10", "event_key", "conflict"),
        ("14", "reference", "invalid"),
    ]
    assert "case" not in rejects.read_text(encoding="utf-8")
    assert [row[0] for row in stored(database)] == ["=cmd()", "case, 11", "case-1", "case-2"]


def test_of_reports_with_one_key_the_first_that_is_not_early_is_stored(
    database: Database, tmp_path: Path
) -> None:
    row = prediction(EVENT, client_reference="case")
    log(database, [row])
    times = ("2026-01-09", "2026-02-03", "2026-02-03", "2026-02-04", "2026-01-09")
    subjects = (("case", ""), ("", row.prediction_id))
    lines = [
        f"{reference},{id_},core,k,1,{time}T10:00:00Z"
        for reference, id_ in subjects
        for time in times
    ]
    file = table(
        tmp_path / "outcomes.csv",
        lines,
        "reference,prediction_id,source,event_key,outcome,observed_at",
    )

    code, _, complaints = run(database, "load", file)
    again = run(database, "load", file)[2]

    assert code == 3
    assert complaints.startswith("10 lines: 2 stored, 2 were there already, 6 refused")
    assert again.startswith("10 lines: 0 stored, 4 were there already, 6 refused")
    assert [line[:2] for line in rejected(tmp_path / "outcomes.csv.rejects.csv")] == [
        *(("2", "observed_at"), ("5", "event_key"), ("6", "observed_at")),
        *(("7", "observed_at"), ("10", "event_key"), ("11", "observed_at")),
    ]
    assert {str(found[6])[:10] for found in stored(database)} == {"2026-02-03"}


def test_a_parquet_file_is_loaded_by_its_types(database: Database, tmp_path: Path) -> None:
    moment = datetime(2026, 2, 3, 10, tzinfo=UTC)
    rows = pyarrow.table(
        {
            "reference": ["a", "b", "c"],
            "source": ["core"] * 3,
            "event_key": ["1", "2", "3"],
            "outcome": pyarrow.array([1, None, 2], pyarrow.int8()),
            "state": pyarrow.array(["final", "unobservable", "final"]).dictionary_encode(),
            "observed_at": pyarrow.array([moment] * 3, pyarrow.timestamp("ns", "Europe/Berlin")),
        }
    )
    naive = rows.set_column(
        5, "observed_at", pyarrow.array([moment.replace(tzinfo=None)] * 3, pyarrow.timestamp("us"))
    )
    for name, content in (("typed", rows), ("naive", naive)):
        pyarrow.parquet.write_table(content, tmp_path / name)

    assert run(database, "load", tmp_path / "typed")[0] == 3
    assert run(database, "load", tmp_path / "naive")[0] == 3

    assert rejected(tmp_path / "typed.rejects.csv") == [("3", "outcome", "invalid")]
    assert {row[1] for row in rejected(tmp_path / "naive.rejects.csv")} >= {"observed_at"}
    assert [row[:5] for row in stored(database)] == [
        ("a", "core", "1", "final", 1),
        ("b", "core", "2", "unobservable", None),
    ]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the header lacks source"),
        (b"reference,source,event_key\n", "the header lacks observed_at"),
        (HEADER.encode() + b",password\n", "password, which is no field"),
        (HEADER.encode() + b",source\n", "a column twice"),
        (HEADER.encode() + b"\n" + b"x" * 2**20, "more than 1,048,576 characters"),
        (
            gzip.compress(HEADER.encode() + b"\n" + line(1).encode() * 99, mtime=0)[:-20],
            "damaged after line",
        ),
        (b"PAR1 and nothing else", "no Parquet that can be read"),
    ],
    ids=["empty", "lacking", "unknown", "twice", "endless", "cut", "torn"],
)
def test_a_file_that_is_no_table_of_reports_is_refused(
    database: Database, tmp_path: Path, content: bytes, words: str
) -> None:
    file = tmp_path / "outcomes"
    file.write_bytes(content)

    code, _, complaints = run(database, "load", file)

    assert code == 1
    assert words in complaints
    assert [path.name for path in tmp_path.iterdir()] == ["outcomes"]


def test_a_file_that_is_not_there_and_a_database_that_is_not_there(tmp_path: Path) -> None:
    nowhere = Database("none", 1)

    assert "No such file" in run(nowhere, "load", tmp_path / "missing")[2]
    code, _, complaints = run(nowhere, "load", table(tmp_path / "o.csv", [line(1)]))
    assert code == 1
    assert "load failed" in complaints


def test_a_killed_loader_leaves_whole_sets_and_the_next_one_ends_the_work(
    database: Database, tmp_path: Path
) -> None:
    file = table(tmp_path / "outcomes.csv", [line(number) for number in range(40_000)])
    count = "SELECT count(*) FROM outcome_event"
    process = start(database, "load", file)
    deadline = time.monotonic() + 60
    while database.query(count) == [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    ((kept,),) = database.query(count)

    code, _, complaints = run(database, "load", file)

    assert 0 < kept < 40_000
    assert kept % 10_000 == 0
    assert (code, complaints) == (
        0,
        f"40,000 lines: {40_000 - kept:,} stored, {kept:,} were there already\n",
    )


def test_memory_does_not_grow_with_the_file(database: Database, tmp_path: Path) -> None:
    """A file of millions of lines costs what the sets under way cost."""
    peaks = []
    for size in (20_000, 80_000):
        file = table(tmp_path / f"{size}.csv", (line(number) for number in range(size)))  # type: ignore[arg-type]
        process = start(database, "load", "--dry-run", file)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _peak(process.pid))
            time.sleep(0.02)
        assert process.returncode == 0, process.communicate()
        process.communicate()
        peaks.append(peak)

    assert peaks[1] - peaks[0] < 20_000


def _peak(pid: int) -> int:
    """Most memory that it had so far, in kB."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [text.split()[1] for text in status.splitlines() if text.startswith("VmHWM")]
    return int(found[0]) if found else 0


def test_what_libpq_would_read_leads_nowhere(database: Database, tmp_path: Path) -> None:
    process = start(
        database, "load", table(tmp_path / "few.csv", [line(1)]), PGHOSTADDR="192.0.2.1"
    )
    _, complaints = process.communicate(timeout=120)

    assert process.returncode == 0
    assert complaints.startswith("ignored: PGHOSTADDR; ")
