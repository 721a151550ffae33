"""What the record of a look holds: everything that a decision was made by, as plain JSON."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from contract.digest import canonical_json, sha256
from contract.schema import DataSetSchema
from retraining import counts, row_sets
from retraining.looking import Look
from retraining.records import rfc3339
from retraining.row_sets import Parts
from retraining.rows import Rows
from retraining.scene import Scene

FORMAT = 1
"""Number of the form of the content; raise it whenever a reader would misread the new one."""


def content(scene: Scene, rows: Rows, look: Look) -> dict[str, Any]:
    """Of a record `proposed` or `looked`; its members are stable, others may be added."""
    question, policy = scene.question, scene.policy
    sets = row_sets_of(question.schema, rows, look.parts)
    expires_at = question.as_of + timedelta(days=policy.approval.expiry_days)
    document = {
        "format": FORMAT,
        "as_of": question.as_of,
        "known_by": question.known,
        "read_since": question.since,
        "trigger": {**asdict(scene.trigger), "wish": scene.wish},
        "champion": scene.champion.version,
        "anchor": None if scene.anchor is None else scene.anchor.version,
        "bounds": asdict(scene.bounds),
        "policy": {"sha256": policy.sha256, "document": policy.document()},
        "quarantine": [window.document() for window in question.kept_out],
        "maturity": {**asdict(look.maturity), "coverage": look.maturity.coverage},
        "known_by_decision": counts.known_by_decision(rows, look.parts),
        "cases_per_day": look.a_day,
        "rows": sets,
        "evidence_sha256": evidence(sets),
        "challengers": None if look.chosen is None else look.chosen.document(),
        "lost": look.lost,
        "options": [asdict(option) for option in look.options],
        "proposal": asdict(look.proposal),
        "challenger": look.challenger,
        "expires_at": expires_at,
        "limits": _limits(scene, look),
        "conditions": _conditions(scene, look),
    }
    found: dict[str, Any] = _plain(document)
    return found


def row_sets_of(schema: DataSetSchema, rows: Rows, parts: Parts) -> dict[str, dict[str, Any]]:
    """What a refit learns from, what the other rungs are fitted on, and what judges them."""
    named = {"refit": parts.fit, "fit": parts.unseen, "judged": parts.evaluation}
    return {name: row_sets.document(schema, rows, part) for name, part in named.items()}


def evidence(sets: Mapping[str, Mapping[str, Any]]) -> str:
    """Identity of all rows that a look went by."""
    return sha256(canonical_json({name: each["sha256"] for name, each in sets.items()}))


def _limits(scene: Scene, look: Look) -> list[str]:
    """What a careful reader should doubt."""
    limits = [
        "The challengers were judged on logged cases; none has answered a request beside the"
        " champion.",
    ]
    if scene.bounds.seen_until < 0:
        limits.append(
            "No case of the ledger made the champion. Where somebody trained it on rows of this"
            " log, it is judged on what it knows: then propose with --trained-until."
        )
    if look.maturity.quarantined:
        limits.append(
            f"{look.maturity.quarantined:,} due cases are left out, for a fault of the pipeline"
            " touched them."
        )
    if scene.policy.errors is None:
        limits.append(
            "The policy does not say what the errors cost: gains are squared errors, and no"
            " threshold was tried."
        )
    troubles = {} if look.chosen is None else dict(look.chosen.troubles)
    limits += [f"{rung}: {why}" for rung, why in {**troubles, **look.lost}.items()]
    return limits


def _conditions(scene: Scene, look: Look) -> dict[str, list[str]]:
    """Under which it may be promoted, and taken back."""
    if look.challenger is None:
        return {"promotion": [], "rollback": []}
    return {
        "promotion": [
            f"The champion is {scene.champion.version} still.",
            f"The policy is {scene.policy.sha256[:12]} still.",
            "The rows of this case are what they were, and no new fault touched them.",
            "Somebody else than the proposer approved it, and that has not expired.",
        ],
        "rollback": [f"At any time, by anybody: {scene.champion.version} is active again."],
    }


def _plain(value: Any) -> Any:
    """As JSON has it: times in UTC, tuples as lists."""
    match value:
        case datetime():
            return rfc3339(value)
        case dict():
            return {name: _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return value
