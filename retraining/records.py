"""The ledger: what became of each case, added and never changed, each record chained to the last.

A record's hash is the SHA-256 of the canonical JSON of all else that it holds, the hash of the
record before among it. Who may change the database at will can make another chain; so the last
hash is worth keeping elsewhere. A member of a content is only ever added.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

from psycopg2 import errors

from contract.digest import canonical_json, sha256
from contract.text import is_printable
from retraining.errors import DecisionRefused, LedgerBusy

Kind = Literal[
    "proposed",
    "looked",
    "approved",
    "rejected",
    "refused",
    "promoting",
    "promoted",
    "rolling_back",
    "rolled_back",
    "undone",
]

FIRST = "0" * 64
"""What stands in the first record for the hash of the one before."""

_MOST_BY = 200
_ENTER = "LOCK TABLE retraining_gate IN EXCLUSIVE MODE"
_READ = """
    SELECT record_id, case_id, at, kind, content::text, previous_hash, hash, written_by, written_at
    FROM retraining_record
    WHERE (%(case_id)s::bigint IS NULL OR case_id = %(case_id)s) ORDER BY record_id"""
_APPEND = """
    SELECT record_id, case_id, at, kind, content::text, previous_hash, hash, written_by, written_at
    FROM append_retraining_record(%s, %s, %s, %s, %s)"""


class Connection(Protocol):
    """What the ledger needs of a connection (monitor/database.py has them)."""

    def execute(self, statement: str) -> int:
        """Run a statement; the rows that it touched."""
        ...

    def rows(self, statement: str, values: Any = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""
        ...


@dataclass(frozen=True, slots=True)
class Record:
    """One of the ledger; `at` is business time, `written_at` the server's, both in UTC."""

    record_id: int
    case_id: int
    at: datetime
    kind: Kind
    content: Mapping[str, Any]
    previous_hash: str
    hash: str
    written_by: str
    written_at: datetime
    written: str
    """The content to the byte."""

    @property
    def expected_hash(self) -> str:
        """The hash that it should have."""
        document = self.document()
        del document["hash"]
        return sha256(canonical_json(document))

    def document(self) -> dict[str, Any]:
        """As JSON: all that the hash is of, and the hash."""
        return {
            "at": rfc3339(self.at),
            "case_id": self.case_id,
            "content": dict(self.content),
            "hash": self.hash,
            "kind": self.kind,
            "previous_hash": self.previous_hash,
            "record_id": self.record_id,
            "written_at": rfc3339(self.written_at),
            "written_by": self.written_by,
        }


def enter(connection: Connection) -> None:
    """In a transaction, before it reads: nobody else writes until its end. Raises LedgerBusy."""
    try:
        connection.execute(_ENTER)
    except errors.LockNotAvailable as error:
        raise LedgerBusy("somebody else is writing about a case: try again in a moment") from error


def append(
    connection: Connection,
    kind: Kind,
    content: Mapping[str, Any],
    *,
    case_id: int | None,
    at: datetime,
    by: str,
) -> Record:
    """Add a record in the caller's transaction; one that is `proposed` opens a case, case_id None.

    Raises DecisionRefused where the name is none, ValueError where a figure is not finite.
    """
    document = canonical_json(dict(content)).decode()
    values = (case_id, at, kind, document, named(by))
    (row,) = connection.rows(_APPEND, values)
    return _record(row)


def read(connection: Connection, case_id: int | None = None) -> list[Record]:
    """The records of a case, or of all of them, in the order in which they were written."""
    return [_record(row) for row in connection.rows(_READ, {"case_id": case_id})]


def first_broken(records: Iterable[Record]) -> str | None:
    """Of the whole ledger: what is wrong with the first record that is not as it was written."""
    previous = FIRST
    for number, record in enumerate(records, 1):
        if record.record_id != number:
            return f"record {number} is missing: the next that is there is {record.record_id}"
        if record.previous_hash != previous:
            return f"record {number} does not follow the one before it: that was another"
        if record.hash != record.expected_hash or record.written != _written(record):
            return f"record {number} (case {record.case_id}, {record.kind}) was changed"
        previous = record.hash
    return None


def named(by: str) -> str:
    """A name as the ledger keeps it; raises DecisionRefused."""
    by = by.strip()
    if not by or len(by) > _MOST_BY or not is_printable(by):
        raise DecisionRefused(f"a name is a line of 1 to {_MOST_BY} printable characters")
    return by


def rfc3339(moment: datetime) -> str:
    """A time as the ledger writes it: in UTC, to the microsecond."""
    text = moment.astimezone(UTC).isoformat(timespec="microseconds")
    return text.replace("+00:00", "Z")


def _written(record: Record) -> str:
    return canonical_json(dict(record.content)).decode()


def _record(row: tuple[Any, ...]) -> Record:
    record_id, case_id, at, kind, written, previous_hash, hash_, by, written_at = row
    return Record(
        *(record_id, case_id, at.astimezone(UTC), kind, json.loads(written)),
        *(previous_hash, hash_, by, written_at.astimezone(UTC), written),
    )
