"""A set of reports is stored as it is, and by each of two loaders that meet, once."""

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime

from outcomes.report import Report, arrays, columns
from outcomes.store import Loaded, load
from tests.conftest import Database
from tests.outcomes.predictions import connection_of, report

AT = datetime(2026, 2, 3, 10, tzinfo=UTC)
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"


def loaded(database: Database, reports: Sequence[Report]) -> Loaded:
    with connection_of(database) as connection:
        return load(connection, arrays(columns(reports)), len(reports), keep=True)


def test_texts_are_stored_as_they_are(database: Database) -> None:
    names = ["NULL", "{a}", 'say "no"', "C:\\case\\", "it's", "a, b", "Größe", "\\", '"', "%s"]
    sets = [[name] for name in names] + [names]
    for texts in sets:
        loaded(database, [report(name, AT, event_key=f"{name}{len(texts)}") for name in texts])

    rows = database.query("SELECT client_reference, event_key, prediction_id FROM outcome_event")

    assert sorted(rows) == sorted(
        (name, f"{name}{len(texts)}", None) for texts in sets for name in texts
    )


def test_of_two_loaders_of_one_report_the_second_finds_it(database: Database) -> None:
    """It waits for the first one, stores what else it has, and keeps what it had stored before."""
    found: list[Loaded] = []
    mine = [report(f"case-{number}", AT) for number in range(3)]
    with connection_of(database) as first:
        with first.attempt():
            first.rows(
                "SELECT load_outcomes(ROW(%s, %s, %s, %s, %s, %s, %s, %s))",
                arrays(columns([report("case-1", AT)])),
            )
            second = threading.Thread(target=lambda: found.append(loaded(database, mine)))
            second.start()
            deadline = time.monotonic() + 30
            while database.query(WAITING) != [(1,)]:
                assert time.monotonic() < deadline
                time.sleep(0.01)
        second.join(30)

    assert found == [Loaded(stored=2, duplicates=1, early=[], conflicts=[])]
    assert database.query("SELECT client_reference FROM outcome_event ORDER BY 1") == [
        (f"case-{number}",) for number in range(3)
    ]
