"""Whether the counts are those of the log: everything counted again, in one snapshot."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from db.rollup import tables
from db.rollup.outcomes import OutcomeCounted
from db.rollup.predictions import Counted, Key
from db.rollup.references import references
from db.rollup.rolling import counted, hours_of, settled_at
from db.rollup.span import Span
from db.rollup.tables import Tallies

_DAYS = """
    SELECT (hour AT TIME ZONE 'UTC')::date FROM rollup_hour
    UNION SELECT (hour AT TIME ZONE 'UTC')::date FROM outcome_hour
    UNION SELECT day FROM rollup_day
    UNION SELECT day FROM outcome_day
    UNION SELECT (coalesce(event_time, predicted_at) AT TIME ZONE 'UTC')::date FROM prediction_log
    ORDER BY 1"""
_MOST_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found of a day."""

    day: date
    predictions: int
    """Rows of the log that were compared."""
    pending: int
    """Hours that are marked: they are yet to be counted, and were left out."""
    complaints: list[str]


def verify(cursor: Any) -> Iterator[Checked]:
    """Hold what is kept of each day against the log; in a REPEATABLE READ transaction."""
    known, versions = settled_at(cursor), references(cursor)
    cursor.execute("SELECT DISTINCT hour FROM rollup_mark")
    marked = {hour.astimezone(UTC) for (hour,) in cursor.fetchall()}
    cursor.execute(_DAYS)
    for (day,) in cursor.fetchall():
        every = hours_of(day)
        wanted = [hour for hour in every if hour not in marked]
        now = counted(cursor, Span(day, tuple(wanted)), versions, known) if wanted else _NOTHING
        kept = tables.hours(cursor, wanted, "live")
        # A day is the sum of its hours, whatever these are.
        sums = tables.added_up(tables.hours(cursor, every), day)
        complaints = [
            *_differences("hour", kept, now),
            *_differences("day", tables.day(cursor, day), sums),
        ]
        predictions = sum(each.predictions for each in now.predictions.values())
        yield Checked(day, predictions, len(every) - len(wanted), complaints)


_NOTHING = Tallies({}, {})


def _differences(unit: str, kept: Tallies, right: Tallies) -> Iterator[str]:
    yield from _different(f"rollup_{unit}", kept.predictions, right.predictions)
    yield from _different(f"outcome_{unit}", kept.outcomes, right.outcomes)


def _different(
    table: str,
    kept: Mapping[Key, Counted] | Mapping[Key, OutcomeCounted],
    right: Mapping[Key, Counted] | Mapping[Key, OutcomeCounted],
) -> Iterator[str]:
    for key in sorted({*kept, *right}):
        row = f"{table} of {', '.join(map(_word, key))}"
        mine, wanted = kept.get(key), right.get(key)
        if wanted is None:
            yield f"{row}: is kept, and should not be there"
        elif mine is None:
            yield f"{row}: is missing"
        else:
            found, due = tables.columns_of(mine), tables.columns_of(wanted)
            yield from (
                f"{row}: {name} is {found[name][:_MOST_SHOWN]}, and should be"
                f" {due[name][:_MOST_SHOWN]}"
                for name in due
                if found[name] != due[name]
            )


def _word(part: object) -> str:
    if isinstance(part, datetime):
        return part.astimezone(UTC).isoformat(timespec="minutes")
    return str(part) or "no key"
