"""A record's look made again from the log as of then: which of its figures are others now."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout
from datetime import datetime
from typing import Any

from contract.bundle import Bundle
from retraining import dossier, due_rows
from retraining.case_facts import Trigger
from retraining.challengers import Challengers
from retraining.due_rows import Question
from retraining.looking import look
from retraining.means import Means
from retraining.policy import Policy
from retraining.quarantine import Window
from retraining.records import Record
from retraining.row_sets import Bounds
from retraining.scene import Scene, anchor_of
from retraining.workshop import Recomputing

_MOST = 20


def differences(means: Means, found: Sequence[Record]) -> list[str]:
    """Of a case's records: each figure that the log does not give again, as a sentence.

    No version is made: that one follows from its rows is told by its id. Only a training that was
    refused is made again, to see that it is. Raises TrainerError,
    BundleError, PostgresAway.
    """
    told: list[str] = []
    before: dict[str, Any] | None = None
    for record in found:
        if record.kind not in {"proposed", "looked"}:
            continue
        again = _again(means, dict(record.content), before)
        told += [
            f"record {record.record_id} (case {record.case_id}): {each}"
            for each in between(record.content, again)
        ]
        before = dict(record.content)
    return told[:_MOST]


def between(there: Any, again: Any, path: str = "") -> Iterator[str]:
    """In what two documents differ, by the paths of their members."""
    if isinstance(there, dict) and isinstance(again, dict):
        for name in sorted(there.keys() | again.keys()):
            own = f"{path}.{name}" if path else name
            yield from between(there.get(name), again.get(name), own)
    elif isinstance(there, list) and isinstance(again, list) and len(there) == len(again):
        for place, (one, other) in enumerate(zip(there, again, strict=True)):
            yield from between(one, other, f"{path}[{place}]")
    elif there != again:
        yield f"{path} was {json.dumps(there)}, and is {json.dumps(again)} by the log"


def _again(means: Means, content: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
    champion = means.store.load(content["champion"])
    kept_out = tuple(Window.of(each) for each in content["quarantine"])
    question = question_of(content, champion, kept_out)
    with means.database.snapshot() as connection:
        found, next_due = due_rows.held(connection, question)
    chosen = _chosen(content, before)
    trigger = content["trigger"]
    scene = Scene(
        question=question,
        trigger=Trigger(trigger["kind"], trigger["document"]),
        wish=trigger["wish"],
        policy=Policy.of(content["policy"]["document"]),
        champion=champion,
        anchor=anchor_of(means.store, content["anchor"], champion),
        bounds=Bounds(**content["bounds"]),
        chosen=chosen,
        number=1 if content["challengers"] is None else content["challengers"]["number"],
    )
    refused = "refit" in (content["challengers"] or {"troubles": ()})["troubles"]
    workshop = Recomputing(means.trainer, refused=refused)
    # What the trainer says while it works is no part of the answer.
    with redirect_stdout(sys.stderr):
        seen = look(scene, found, next_due, means.store, workshop)
    return dossier.content(scene, found, seen)


def _chosen(content: dict[str, Any], before: dict[str, Any] | None) -> Challengers | None:
    """The challengers, where an earlier look made them; else they are fitted again."""
    own = content["challengers"]
    if before is None or own is None or before["challengers"] != own:
        return None
    return Challengers.of(own)


def question_of(
    content: Mapping[str, Any], champion: Bundle, kept_out: tuple[Window, ...]
) -> Question:
    """What the look of a record asked of the log, but for what is kept out."""
    as_of, known, since = (
        datetime.fromisoformat(content[name]) for name in ("as_of", "known_by", "read_since")
    )
    return Question(champion.schema, as_of, known, kept_out, since)
