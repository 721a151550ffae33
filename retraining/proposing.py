"""Opening a case, or looking at it again: a record of what is proposed, as of a time."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from contract.bundle import Bundle
from contract.bundle_errors import BundleError
from contract.store import ModelStore
from db.rollup.span import ORIGIN
from monitor.database import Database, Reader
from retraining import dossier, due_rows, records, triggers
from retraining.case_facts import Trigger
from retraining.cases import Case, cases_of
from retraining.challengers import Challengers
from retraining.due_rows import Question
from retraining.errors import CannotPropose
from retraining.looking import look
from retraining.means import Means
from retraining.records import Record
from retraining.row_sets import Bounds
from retraining.rows import Rows, microseconds
from retraining.scene import Scene
from retraining.workshop import Publishing

_DONE = frozenset({"proposed", "approved"})


@dataclass(frozen=True, slots=True)
class Ask:
    """What a case is wanted for. incident_id, wish: as `triggers.trigger_of` has them.

    since: cases that began before are only learnt from; None: the incident's onset, if any. read:
    rows of earlier business times are not read. trained_until: where the champion was trained on
    rows of this log, the last of their times.
    """

    as_of: datetime
    incident_id: int | None = None
    wish: str | None = None
    since: datetime | None = None
    read: datetime = ORIGIN
    trained_until: datetime | None = None


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


def champion_of(store: ModelStore) -> Bundle:
    """The active version; raises CannotPropose, BundleError."""
    active = store.active()
    if active is None:
        raise CannotPropose(f"no version is active in {store.root}: train first")
    return store.load(active)


def anchor_of(store: ModelStore, version: str | None, champion: Bundle) -> Bundle | None:
    """The first model that was approved; None where that is the champion, or it is gone."""
    if version is None or version == champion.version:
        return None
    try:
        found = store.load(version)
    except BundleError:
        return None
    return found if found.schema == champion.schema else None


def _prepared(means: Means, ask: Ask, known: datetime) -> _Prepared:
    with means.database.snapshot() as connection, connection.cursor() as cursor:
        # To read a large log takes longer than any request may.
        cursor.execute("SET LOCAL statement_timeout = 0")
        found = records.read(connection)
        fresh = _fresh(means, ask, connection, found, known)
        case, there = _case(found, ask, fresh)
        scene = _continued(fresh, case)
        if there is not None:
            return _Prepared(scene, case, there)
        held = due_rows.read(cursor, scene.question), due_rows.next_due(cursor, scene.question)
        return _Prepared(scene, case, None, *held)


def _fresh(means: Means, ask: Ask, reader: Reader, found: list[Record], known: datetime) -> Scene:
    """As if the case were a new one."""
    champion = champion_of(means.store)
    schema = champion.schema
    incidents = triggers.incidents_of(reader, schema.id, ask.as_of)
    trigger = triggers.trigger_of(incidents, champion.version, ask.incident_id, ask.wish)
    proposals = [each for each in found if each.kind in {"proposed", "looked"}]
    first = proposals[0].content["champion"] if proposals else None
    return Scene(
        question=Question(schema, ask.as_of, known, triggers.kept_out(incidents), ask.read),
        trigger=trigger,
        wish=ask.wish,
        policy=means.policy,
        champion=champion,
        anchor=anchor_of(means.store, first, champion),
        bounds=_bounds(ask, trigger, champion, proposals),
        chosen=None,
        number=1 + max(map(_number, proposals), default=0),
    )


def _continued(fresh: Scene, case: Case | None) -> Scene:
    """With the challengers that the case has, unless another policy wants others."""
    if case is None:
        return fresh
    there = case.proposal.content
    if there["challengers"] is None or there["policy"]["sha256"] != fresh.policy.sha256:
        return fresh
    chosen = Challengers.of(there["challengers"])
    return replace(fresh, bounds=Bounds(**there["bounds"]), chosen=chosen, number=chosen.number)


def _bounds(ask: Ask, trigger: Trigger, champion: Bundle, proposals: Iterable[Record]) -> Bounds:
    onset = None if trigger.document is None else datetime.fromisoformat(trigger.document["onset"])
    since = ask.since or onset
    own = {champion.version, champion.derived_from} - {None}
    # What a case learnt from ended before its cut.
    seen = [
        each.content["challengers"]["cut"] - 1
        for each in proposals
        if each.content["challenger"] in own
    ]
    if ask.trained_until is not None:
        seen.append(microseconds(ask.trained_until))
    return Bounds(0 if since is None else microseconds(since), max(seen, default=-1))


def _number(record: Record) -> int:
    chosen = record.content["challengers"]
    return 0 if chosen is None else int(chosen["number"])


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
