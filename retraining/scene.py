"""All that a look at a case goes by, so that it can be made again."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from contract.bundle import Bundle
from contract.bundle_errors import BundleError
from contract.store import ModelStore
from db.rollup.span import ORIGIN
from monitor.database import Reader
from retraining import triggers
from retraining.case_facts import Trigger
from retraining.cases import Case
from retraining.challengers import Challengers
from retraining.due_rows import Question
from retraining.errors import CannotPropose
from retraining.means import Means
from retraining.policy import Policy
from retraining.records import Record
from retraining.row_sets import Bounds
from retraining.rows import microseconds


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What is asked of the log, and what is looked at by it.

    wish: why a person asked for it, None where an incident did. chosen: the challengers of an
    earlier look at the same case; None where it has none yet. number: of the set that would be made
    now. anchor: the first model that was approved; None where it is the champion, or is gone.
    """

    question: Question
    trigger: Trigger
    wish: str | None
    policy: Policy
    champion: Bundle
    anchor: Bundle | None
    bounds: Bounds
    chosen: Challengers | None
    number: int


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


def fresh_scene(
    means: Means, ask: Ask, reader: Reader, found: list[Record], known: datetime
) -> Scene:
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


def continued(fresh: Scene, case: Case | None) -> Scene:
    """With the challengers that the case has, unless another policy wants others."""
    if case is None:
        return fresh
    there = case.proposal.content
    if there["challengers"] is None or there["policy"]["sha256"] != fresh.policy.sha256:
        return fresh
    chosen = Challengers.of(there["challengers"])
    return replace(fresh, bounds=Bounds(**there["bounds"]), chosen=chosen, number=chosen.number)


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
