"""Reports into Postgres, and what is known of a subject out of it: the calls of its functions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple

from outcomes.connection import OutcomeConnection
from outcomes.errors import ConflictingOutcomes, EarlyOutcomes
from outcomes.report import Report, lines

Answer = Literal["stored", "duplicate", "superseded", "pending"]

_EARLY = "SELECT early_outcomes(%s)"
_STORE = "SELECT place, answer FROM store_outcomes(%s, %s)"
_LOAD = "SELECT place, answer FROM load_outcomes(ROW(%s, %s, %s, %s, %s, %s, %s, %s))"
_PLACED = "SELECT place, answer FROM placed_outcomes(%s)"
_SETTLED = "SELECT settled_outcomes()"
_STATES = "SELECT states_of_subject(%s::uuid, %s, %s, %s)"
_REPORTS = "SELECT reports_of_subject(%s::uuid, %s, %s, %s)"

MOST_SHOWN = 1000
"""Predictions, and reports, of a subject that are shown at most."""


class Subject(NamedTuple):
    """What is asked about: a prediction, or a case by its caller's name."""

    prediction_id: str | None
    reference: str | None


class Known(NamedTuple):
    """What was known of a subject at a moment; times are RFC 3339."""

    as_of: datetime
    predictions: list[dict[str, Any]]
    """The latest first, at most MOST_SHOWN."""
    reports: list[dict[str, Any]]
    """The one that goes first at the top, at most MOST_SHOWN."""


def store(
    connection: OutcomeConnection, reports: Sequence[Report], api_key_name: str | None
) -> list[Answer]:
    """Store all of the reports, or none; what became of each, in their order.

    Raises EarlyOutcomes or ConflictingOutcomes, where nothing was stored, and PostgresAway, where
    they may have been: then sending them again is harmless.
    """
    text = lines(reports)
    answers: list[Answer] = ["stored"] * len(reports)
    with connection.attempt():
        if early := [place - 1 for (place,) in connection.rows(_EARLY, (text,))]:
            raise EarlyOutcomes(sorted(early))
        known = connection.rows(_STORE, (text, api_key_name))
        if conflicts := [place - 1 for place, answer in known if answer == "conflict"]:
            raise ConflictingOutcomes(sorted(conflicts))
        for place, answer in (*connection.rows(_PLACED, (text,)), *known):
            answers[place - 1] = answer
    return answers


class Loaded(NamedTuple):
    """What became of reports of a file; places count from 0."""

    stored: int
    duplicates: int
    early: list[int]
    conflicts: list[int]


def load(
    connection: OutcomeConnection, reports: tuple[str, ...], count: int, *, keep: bool
) -> Loaded:
    """Store those of so many reports that can be, in one transaction; undone unless `keep`.

    reports: their `arrays`. Raises PostgresAway, where they may have been stored: then doing it
    again is harmless.
    """
    places: dict[str, list[int]] = {"early": [], "duplicate": [], "conflict": []}
    with connection.attempt(keep=keep):
        for place, answer in connection.rows(_LOAD, reports):
            places[answer].append(place - 1)
    stored = count - sum(map(len, places.values()))
    return Loaded(
        stored, len(places["duplicate"]), sorted(places["early"]), sorted(places["conflict"])
    )


def known_of(connection: OutcomeConnection, subject: Subject, as_of: datetime | None) -> Known:
    """What was known of the subject at a moment, now if None; asked again, it is the same.

    A moment that Postgres' clock has not reached is taken for its now. Raises PostgresAway.
    """
    with connection.attempt():
        ((now,),) = connection.rows(_SETTLED)
    moment = now if as_of is None else min(as_of, now)
    parameters = (*subject, moment, MOST_SHOWN)
    with connection.attempt():
        predictions = [found for (found,) in connection.rows(_STATES, parameters)]
        reports = [found for (found,) in connection.rows(_REPORTS, parameters)]
    return Known(moment, predictions, reports)
