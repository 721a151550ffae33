"""The ledger can be added to, and whatever else is done to it is refused or found."""

import json
import re
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg2
import pytest

from db.log.errors import RowsRefused
from monitor.database import MonitorConnection
from retraining import records
from retraining.errors import DecisionRefused, LedgerBusy
from tests.conftest import Database
from tests.retraining.killed import NOW
from tests.retraining.ledger import connections, proposal, propose

# What SQL and Python could spell otherwise.
AWKWARD = {
    "text": 'quote " backslash \\ tab \t line \n bell \x07 delete \x7f slash / é 漢 😀 \u2028',
    "numbers": [0.1, 1e22, 1e-7, -0.0, 5e-324, 1.7976931348623157e308, 2**53 + 1, 100000.0, 1],
    "nested": {"b": None, "a": [True, False, {}], "é": []},
}


@pytest.fixture
def connection(database: Database) -> Iterator[MonitorConnection]:
    with connections(database).connection() as connection:
        yield connection
        connection.close()


def read(connection: MonitorConnection) -> list[records.Record]:
    with connection.attempt():
        return records.read(connection)


def test_python_finds_the_hash_that_postgres_made(connection: MonitorConnection) -> None:
    for number in range(3):
        at = NOW + timedelta(microseconds=number)
        propose(connection, "m1", "m2", at=at, by='Ann "the \\ judge" Öz', **AWKWARD)

    found = read(connection)

    assert [record.expected_hash for record in found] == [record.hash for record in found]
    assert (
        [record.record_id for record in found] == [record.case_id for record in found] == [1, 2, 3]
    )
    assert [record.previous_hash for record in found] == [
        records.FIRST,
        *(record.hash for record in found[:2]),
    ]
    assert json.dumps(found[0].content["numbers"]) == json.dumps(AWKWARD["numbers"])
    assert found[0].content["text"] == AWKWARD["text"]
    assert records.first_broken(found) is None


@pytest.mark.parametrize("role", ["retraining", "analyst", "monitor", "api"])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE retraining_record SET kind = 'approved'",
        "DELETE FROM retraining_record",
        "TRUNCATE retraining_record",
        "INSERT INTO retraining_record SELECT * FROM retraining_record",
        "ALTER TABLE retraining_record DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
    ],
)
def test_no_role_changes_a_record(
    connection: MonitorConnection, database: Database, role: str, statement: str
) -> None:
    propose(connection, "m1", "m2")

    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        database.query(
            f"SET default_transaction_read_only = off; COMMIT; BEGIN; {statement}", role=role
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE retraining_record SET at = now()",
        "DELETE FROM retraining_record",
        "TRUNCATE retraining_record",
    ],
)
def test_nor_does_the_owner_by_accident(
    connection: MonitorConnection, database: Database, statement: str
) -> None:
    propose(connection, "m1", "m2")

    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="never changed or removed"):
        database.query(statement, role="mlops_owner")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            "UPDATE retraining_record SET content = '{{}}' WHERE record_id = 2",
            "record 2 .* was changed",
        ),
        (
            "UPDATE retraining_record SET at = at + '1us' WHERE record_id = 2",
            "record 2 .* was changed",
        ),
        (
            "UPDATE retraining_record SET written_by = 'Bob' WHERE record_id = 1",
            "record 1 .* was changed",
        ),
        (
            "UPDATE retraining_record SET written_at = now() WHERE record_id = 3",
            "record 3 .* was changed",
        ),
        ("DELETE FROM retraining_record WHERE record_id = 2", "record 2 is missing"),
        ("DELETE FROM retraining_record WHERE record_id = 1", "record 1 is missing"),
        # The same document, spelled otherwise.
        (
            "UPDATE retraining_record SET content = (' ' || content::text)::json"
            " WHERE record_id = 2",
            "record 2 .* was changed",
        ),
        # With a hash that fits.
        (
            "UPDATE retraining_record SET hash = repeat('e', 64) WHERE record_id = 1",
            "record 1 .* was changed",
        ),
        (
            "UPDATE retraining_record SET previous_hash = repeat('0', 64) WHERE record_id = 2",
            "record 2 does not follow",
        ),
    ],
)
def test_what_an_administrator_changes_is_found(
    connection: MonitorConnection, database: Database, change: str, complaint: str
) -> None:
    for _ in range(3):
        propose(connection, "m1", "m2")
    database.query("ALTER TABLE retraining_record DISABLE TRIGGER ALL")
    database.query(change.replace("{{}}", "{}"))

    broken = records.first_broken(read(connection))

    assert broken is not None
    assert re.search(complaint, broken)


def test_what_is_no_canonical_document_breaks_the_chain(
    connection: MonitorConnection, database: Database
) -> None:
    """Whoever has the role's password can add what we would not write; it is seen."""
    database.query(
        "SELECT append_retraining_record(NULL, now(), 'proposed', '{\"b\": 1, \"a\": 2}', 'x')",
        role="retraining",
    )

    assert records.first_broken(read(connection)) == "record 1 (case 1, proposed) was changed"


@pytest.mark.parametrize(
    ("case", "kind", "content", "by"),
    [
        ("1", "approved", "{}", "Ann"),
        ("NULL", "approved", "{}", "Ann"),
        ("NULL", "decided", "{}", "Ann"),
        ("NULL", "proposed", "[]", "Ann"),
        ("NULL", "proposed", "{}", ""),
    ],
)
def test_what_is_no_record_is_refused(
    database: Database, case: str, kind: str, content: str, by: str
) -> None:
    with pytest.raises(psycopg2.IntegrityError):
        database.query(
            f"SELECT append_retraining_record({case}, now(), '{kind}', '{content}', '{by}')",
            role="retraining",
        )


def test_a_refused_record_leaves_no_gap(connection: MonitorConnection) -> None:
    propose(connection, "m1", "m2")
    with pytest.raises(RowsRefused), connection.attempt():
        records.append(connection, "approved", {}, case_id=7, at=NOW, by="Ann")
    with pytest.raises(DecisionRefused, match="a name is a line"), connection.attempt():
        records.append(connection, "approved", {}, case_id=1, at=NOW, by=" ")
    with pytest.raises(ValueError, match="JSON"), connection.attempt():
        records.append(connection, "approved", {"x": float("nan")}, case_id=1, at=NOW, by="Ann")

    propose(connection, "m1", "m2")

    assert [record.record_id for record in read(connection)] == [1, 2]


def test_many_who_write_at_once_make_one_chain(database: Database) -> None:
    own, content = connections(database), proposal("m1", "m2")

    def write() -> None:
        with own.connection() as connection:
            for _ in range(5):
                with connection.attempt():
                    # The gate is the function's too, for whoever has not taken it before.
                    records.append(connection, "proposed", content, case_id=None, at=NOW, by="Ann")
                time.sleep(0.01)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with own.connection() as connection:
        found = read(connection)
    own.close()
    assert [record.case_id for record in found] == list(range(1, 21))
    assert records.first_broken(found) is None


def test_whoever_holds_the_gate_is_waited_for_and_not_for_ever(database: Database) -> None:
    holder: Any = psycopg2.connect(database.url("retraining"))
    with holder.cursor() as cursor:
        cursor.execute("LOCK TABLE retraining_gate IN EXCLUSIVE MODE")
    own = connections(database)

    with own.connection() as connection:
        connection.open()
        connection.execute("SET lock_timeout = '50ms'")
        with pytest.raises(LedgerBusy), connection.attempt():
            records.enter(connection)
        holder.close()
        propose(connection, "m1", "m2")
        assert len(read(connection)) == 1
    own.close()
