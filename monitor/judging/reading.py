"""Counts of outcomes out of Postgres: those of the last round, or of any time before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any, get_args

from contract.profile import Profile
from db.rollup import bins
from monitor.database import Reader
from monitor.judging.cohort import LENGTH, Step, bounds
from monitor.judging.counts import Counts, together
from monitor.judging.held_out import HeldOut, held_out
from monitor.judging.merging import merged
from monitor.judging.row_form import counted_rows, recounted_rows

_TABLES = {24: ("day", "outcome_day"), 1: ("hour", "outcome_hour")}
MOST_COHORTS = 60
_PART = 4000
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


@dataclass(frozen=True, slots=True)
class Selection:
    """Predictions from `start` until before `end` of business time, in whole cohorts.

    A name that is None selects all; the caller '' is those without a key.
    """

    start: datetime
    end: datetime
    step: Step
    version: str | None = None
    caller: str | None = None
    route: str | None = None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From the beginning of the first cohort to the end of the last: none is cut in two."""
        last = max(self.start, self.end - datetime.resolution)
        return bounds(self.start, self.step)[0], bounds(last, self.step)[1]

    @property
    def hours(self) -> int:
        """How long a row is."""
        return 1 if self.step == "hour" else 24


def reaching_back(connection: Reader, selection: Selection, most: int = MOST_COHORTS) -> Selection:
    """The selection from the first prediction on whose outcome fell due in its time.

    So that what became due lately is judged, however long before it was predicted. The step grows
    until there are at most so many cohorts.
    """
    names = (selection.version, selection.caller, selection.route)
    values = (selection.start, selection.start, selection.end, *(n for n in names for _ in "12"))
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


def read(connection: Reader, selection: Selection, as_of: datetime | None = None) -> Known:
    """What is known as of a time; None or a time after the last round: what that round counted.

    For a time before it everything is read again from the log: what was observed and received by
    then. That is slower, and no report that came since changes it. Where the last round itself was
    one as of an earlier time, as in a replay, business time alone decides.
    """
    ((last, settled),) = connection.rows("SELECT as_of, settled_at FROM rollup_state")
    replayed = settled > last
    if as_of is None or as_of >= last:
        as_of = last.astimezone(UTC)
        if not (replayed and connection.rows(_OBSERVED_LATER, (last, settled))):
            return Known(_counted(connection, selection, as_of), as_of)
    known = settled if replayed else as_of
    ((retired,),) = connection.rows(_RETIRED, selection.span)
    counts = merged(_recounted(connection, selection, as_of, known), as_of)
    return Known(counts, as_of, replayed, retired)


def _counted(connection: Reader, selection: Selection, as_of: datetime) -> Counts:
    """In parts, for each of the rows takes four kilobytes until they are merged."""
    start, table = _TABLES[selection.hours]
    sizes, statement = (
        _sql(name).replace("{start}", start).replace("{counts}", table)
        for name in ("sizes", "counted")
    )
    values = _values(selection)
    parts = [
        merged(
            counted_rows(
                selection.hours,
                connection.rows(statement, values | {"start": first, "end": end}),
            ),
            as_of,
        )
        for first, end in _parts(connection.rows(sizes, values), selection)
    ]
    return together(parts) if parts else counted_rows(selection.hours, [])


def _parts(
    sizes: list[tuple[Any, ...]], selection: Selection
) -> Iterator[tuple[datetime, datetime]]:
    """Spans of whole hours or days that have about so many rows as are read at once."""
    end = selection.span[1]
    begins, rows = [], _PART
    for start, count in sizes:
        if rows + count > _PART:
            begins.append(start)
            rows = 0
        rows += count
    yield from pairwise([*begins, end])


def _recounted(
    connection: Reader, selection: Selection, as_of: datetime, known: datetime
) -> Counts:
    more = {
        "unit": _TABLES[selection.hours][0],
        "as_of": as_of,
        "known": known,
        "scores": list(bins.SCORES),
        "ages": list(bins.AGES),
    }
    return recounted_rows(
        selection.hours, connection.rows(_sql("recounted"), _values(selection) | more)
    )


def _values(selection: Selection) -> dict[str, object]:
    names = ("version", "caller", "route")
    start, end = selection.span
    return {"start": start, "end": end} | {name: getattr(selection, name) for name in names}


@cache
def _sql(name: str) -> str:
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text()


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
