"""The counts of a month that is dropped: they stay, as what is counted no more."""

from datetime import datetime
from typing import Any

from db.rollup import tables
from db.rollup.references import references
from db.rollup.rolling import counted, recount, settled_at
from db.rollup.span import HOUR_OF, Span
from db.rollup.tables import Tallies

Month = tuple[datetime, datetime]

_HOURS = f"""
    SELECT DISTINCT {HOUR_OF}
    FROM prediction_log WHERE predicted_at >= %s AND predicted_at < %s"""  # noqa: S608 -- a text of our own


def counts_of(cursor: Any, month: Month) -> Tallies:
    """The counts of the rows that were predicted in a month, by hour of business time."""
    cursor.execute(_HOURS, month)
    hours = [hour for (hour,) in cursor.fetchall()]
    known, versions = settled_at(cursor), references(cursor)
    return tables.merge(counted(cursor, span, versions, known) for span in Span.of(hours, month))


def keep(cursor: Any, month: Tallies) -> None:
    """Move the counts of a month to the retired ones, in the transaction that drops its rows.

    The month must be off the log already.
    """
    hours = sorted({key[0] for key in month.predictions})
    if hours:
        retired = tables.merge([tables.hours(cursor, hours, "retired"), month])
        tables.replace_hours(cursor, hours, "retired", retired)
        recount(cursor, hours)
