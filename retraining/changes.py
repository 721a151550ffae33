"""What a promotion or a rollback does, in an order that a kill at any step leaves with one outcome.

A record says what is begun, the store makes the version active, a record says that it is done; the
store's lock is held from the first to the last, so that whoever has it knows that nobody else is
between them. What is found begun was killed: the store says whether it came to something.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal

from contract.bundle_errors import BundleError
from contract.store import Held, ModelStore
from db.log.errors import PredictionLogError
from monitor.database import MonitorConnection
from monitor.watchdog import ended_after
from retraining import records
from retraining.cases import Case, cases_of
from retraining.errors import RecordMissing
from retraining.records import Kind, Record

Begun = Literal["promoting", "rolling_back"]
# Whoever waits for the store gives up after thirty.
_PATIENCE_SECONDS = 12.0
_DONE: dict[Begun, Kind] = {"promoting": "promoted", "rolling_back": "rolled_back"}

Begin = Callable[[list[Record], str | None], tuple[int, dict[str, Any]]]
"""Of all records and the active version: the case, and what its record is to say; `from` and `to`
are in it. Whatever it raises, nothing was begun."""


def change(
    connection: MonitorConnection,
    store: ModelStore,
    kind: Begun,
    begin: Begin,
    *,
    by: str,
    at: datetime,
) -> Record:
    """Begin, make active, and say that it is done: the record of that.

    Raises what `begin` does, BundleError where the store cannot be written, PostgresAway where
    nothing was begun, and RecordMissing.
    """
    with store.exclusively() as held:
        _settle(connection, held)
        with _writing(connection):
            case_id, content = begin(records.read(connection), held.active())
            begun = records.append(connection, kind, content, case_id=case_id, at=at, by=by)
        try:
            _make_active(held, begun)
        except BundleError as error:
            done = _ended(connection, held, begun, str(error))
            if done.kind == "undone":
                raise
            return done
        return _ended(connection, held, begun, None)


def settle(connection: MonitorConnection, store: ModelStore) -> Record | None:
    """Finish or undo what was killed, if anything was: the record of that.

    Raises BundleError, PostgresAway, a RetrainingError; then it is as it was.
    """
    with connection.attempt():
        if _unfinished(records.read(connection)) is None:
            return None
    with store.exclusively() as held:
        return _settle(connection, held)


def _settle(connection: MonitorConnection, held: Held) -> Record | None:
    with _writing(connection):
        case = _unfinished(records.read(connection))
        if case is None or case.begun is None:
            return None
        return _end(connection, held, case.begun, "it was interrupted")


@contextmanager
def _writing(connection: MonitorConnection) -> Iterator[None]:
    """A transaction that nobody else writes beside; a silent server ends it, for many may wait."""
    with ended_after(_PATIENCE_SECONDS, connection.interrupt), connection.attempt():
        records.enter(connection)
        yield


def _unfinished(found: list[Record]) -> Case | None:
    return next((case for case in cases_of(found) if case.begun is not None), None)


def _make_active(held: Held, begun: Record) -> None:
    if begun.kind == "promoting":
        held.activate(begun.content["to"])
    else:
        held.back_to(begun.content["to"])


def _ended(connection: MonitorConnection, held: Held, begun: Record, problem: str | None) -> Record:
    try:
        with _writing(connection):
            return _end(connection, held, begun, problem)
    except PredictionLogError as error:
        raise RecordMissing(
            f"{held.active()} is active, and Postgres cannot be told now ({error}): the next"
            " `retraining` command that changes something writes it down"
        ) from error


def _end(connection: MonitorConnection, held: Held, begun: Record, problem: str | None) -> Record:
    """By what the store says: done, or undone for the reason of the problem."""
    before, to = begun.content["from"], begun.content["to"]
    is_done = held.active() == to or held.came_after(to, before)
    assert begun.kind in ("promoting", "rolling_back")
    kind: Kind = _DONE[begun.kind] if is_done else "undone"
    content = {"from": before, "to": to, "begun": begun.record_id, "problem": problem}
    return records.append(
        connection, kind, content, case_id=begun.case_id, at=begun.at, by=begun.written_by
    )
