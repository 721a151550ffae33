"""Counts of outcomes out of Postgres: those of the last round, or of any time before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import get_args

from contract.profile import Profile
from db.rollup import bins
from monitor.database import Reader
from monitor.judging.cohort import LENGTH, Step
from monitor.judging.counted import TABLES, counted, statement
from monitor.judging.counts import Counts
from monitor.judging.held_out import HeldOut, held_out
from monitor.judging.merging import merged
from monitor.judging.row_form import recounted_rows
from monitor.judging.selection import Selection
from monitor.page.kept import Kept

MOST_COHORTS = 60
_FIRST = """
SELECT min(day)::timestamptz FROM outcome_day
WHERE day < %s AND due_on >= %s::date AND due_on < %s::date
  AND (%s::text IS NULL OR model_version = %s) AND (%s::text IS NULL OR caller = %s)
  AND (%s::text IS NULL OR route = %s)
"""
_OBSERVED_LATER = """
SELECT FROM outcome_event WHERE observed_at > %s AND received_at <= %s LIMIT 1
"""
_RETIRED = """
SELECT coalesce(sum(predictions), 0)::bigint FROM outcome_hour
WHERE part = 'retired' AND hour >= %s AND hour < %s
"""
_BUNDLES = """
SELECT model_version, metadata, profile::text
FROM model_version LEFT JOIN reference_profile USING (model_version)
WHERE model_version = ANY (%s)
"""


def reaching_back(connection: Reader, selection: Selection, most: int = MOST_COHORTS) -> Selection:
    """The selection from the first prediction on whose outcome fell due in its time.

    So that what became due lately is judged, however long before it was predicted. The step grows
    until there are at most so many cohorts.
    """
    names = (name for name in selection.names for _ in "12")
    values = (selection.start, selection.start, selection.end, *names)
    ((first,),) = connection.rows(_FIRST, values)
    start = min(selection.start, first.astimezone(UTC)) if first else selection.start
    steps = get_args(Step)
    for step in steps[steps.index(selection.step) :]:
        if (selection.end - start) / LENGTH[step] <= most:
            break
    return replace(selection, start=start, step=step)


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """What was known of the selected predictions."""

    counts: Counts
    as_of: datetime
    """What is due is decided by this time: the one asked for, or that of the last round."""
    replayed: bool = False
    """Whether what was observed by then counts whenever it was received: business time alone."""
    retired: int = 0
    """Predictions of the span that are in no answer as of a past time, for their rows are gone."""


def read(
    connection: Reader,
    selection: Selection,
    as_of: datetime | None = None,
    kept: Kept | None = None,
) -> Known:
    """What is known as of a time; None or a time after the last round: what that round counted.

    For a time before it everything is read again from the log: what was observed and received by
    then. That is slower, and no report that came since changes it. Where the last round itself was
    one as of an earlier time, as in a replay, business time alone decides. `kept`: where parts of
    what was counted are kept.
    """
    ((last, settled),) = connection.rows("SELECT as_of, settled_at FROM rollup_state")
    replayed = settled > last
    if as_of is None or as_of >= last:
        as_of = last.astimezone(UTC)
        if not (replayed and connection.rows(_OBSERVED_LATER, (last, settled))):
            return Known(counted(connection, selection, as_of, kept or Kept()), as_of)
    known = settled if replayed else as_of
    ((retired,),) = connection.rows(_RETIRED, selection.span)
    counts = merged(_recounted(connection, selection, as_of, known), as_of)
    return Known(counts, as_of, replayed, retired)


def _recounted(
    connection: Reader, selection: Selection, as_of: datetime, known: datetime
) -> Counts:
    more = {
        "unit": TABLES[selection.hours][0],
        "as_of": as_of,
        "known": known,
        "scores": list(bins.SCORES),
        "ages": list(bins.AGES),
    }
    return recounted_rows(
        selection.hours, connection.rows(statement("recounted"), selection.values() | more)
    )


def read_held_out(connection: Reader, versions: Sequence[str]) -> dict[str, HeldOut]:
    """What the bundle of each version said of it, as far as the version is known."""
    rows = connection.rows(_BUNDLES, (list(versions),))
    return {
        version: held_out(version, metadata, _profile(text)) for version, metadata, text in rows
    }


def _profile(document: str | None) -> Profile | None:
    if document is None:
        return None
    try:
        return Profile.from_json(document.encode())
    except ValueError:
        # Whoever registered it has refused it, or a later release wrote it: then it says nothing.
        return None
