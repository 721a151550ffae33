"""Opening a case, or looking at it again: a record of what is proposed, as of a time."""

from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.database import Database
from retraining import dossier, due_rows, records, triggers
from retraining.cases import Case, cases_of
from retraining.errors import CannotPropose
from retraining.looking import look
from retraining.means import Means
from retraining.records import Record
from retraining.rows import Rows
from retraining.scene import Ask, Scene, continued, fresh_scene
from retraining.workshop import Publishing

_DONE = frozenset({"proposed", "approved"})


@dataclass(frozen=True, slots=True)
class _Prepared:
    """case: the one that is looked at again. there: its record, if it is of this very time."""

    scene: Scene
    case: Case | None
    there: Record | None
    rows: Rows | None = None
    next_due: datetime | None = None


def propose(means: Means, ask: Ask, by: str) -> Record:
    """The record `proposed` or `looked`; the one that is there where it was asked for before.

    Raises CannotPropose, TooManyRows, LedgerBusy, TrainerError, BundleError, PostgresAway.
    """
    found = _prepared(means, ask, settled(means.database))
    if found.there is not None:
        return found.there
    assert found.rows is not None
    workshop = Publishing(means.trainer)
    seen = look(found.scene, found.rows, found.next_due, means.store, workshop)
    content = dossier.content(found.scene, found.rows, seen)
    with means.database.connection() as connection, connection.attempt():
        records.enter(connection)
        case, there = _case(records.read(connection), ask, found.scene)
        if there is not None:
            return there
        if (case and case.last) != (found.case and found.case.last):
            raise CannotPropose("somebody else wrote about this case meanwhile: propose again")
        return records.append(
            connection,
            "proposed" if case is None else "looked",
            content,
            case_id=None if case is None else case.case_id,
            at=ask.as_of,
            by=by,
        )


def settled(database: Database) -> datetime:
    """A moment of now, of which all outcomes that were received before it are known."""
    with database.connection() as connection, connection.attempt():
        ((now,),) = connection.rows("SELECT settled_outcomes()")
        found: datetime = now.astimezone(UTC)
        return found


def _prepared(means: Means, ask: Ask, known: datetime) -> _Prepared:
    with means.database.snapshot() as connection:
        found = records.read(connection)
        fresh = fresh_scene(means, ask, connection, found, known)
        case, there = _case(found, ask, fresh)
        scene = continued(fresh, case)
        if there is not None:
            return _Prepared(scene, case, there)
        return _Prepared(scene, case, None, *due_rows.held(connection, scene.question))


def _case(found: list[Record], ask: Ask, scene: Scene) -> tuple[Case | None, Record | None]:
    """The case that is to be looked at again, None: a new one; and its record of this very time."""
    for case in reversed(cases_of(found)):
        content = case.proposal.content
        if content["champion"] != scene.champion.version:
            continue
        if not triggers.is_same(content, scene.trigger, scene.wish):
            continue
        if case.proposal.at == ask.as_of:
            return case, case.proposal
        if case.state not in _DONE or case.terms.expires_at <= ask.as_of:
            continue
        if case.proposal.at > ask.as_of:
            raise CannotPropose(
                f"case {case.case_id} was looked at as of {records.rfc3339(case.proposal.at)},"
                " which is later: give --as-of a time after that"
            )
        if case.state == "approved":
            raise CannotPropose(
                f"case {case.case_id} is about the same, and approved: promote it, or reject it"
            )
        return case, None
    return None, None
