"""What the last round counted of outcomes, by spans of which the old ones are kept."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import resources

from monitor.database import Reader
from monitor.judging.counts import Counts, together
from monitor.judging.merging import merged
from monitor.judging.row_form import Row, counted_rows
from monitor.judging.selection import Selection
from monitor.page.kept import Kept

TABLES = {24: ("day", "outcome_day"), 1: ("hour", "outcome_hour")}
"""By how long a row is: its unit, and where it is."""

_PART = 4000
# Spans begin where these do, so that looks at other windows find the same ones.
_LENGTH = {24: timedelta(days=7), 1: timedelta(days=1)}
_EPOCH = datetime(2000, 1, 3, tzinfo=UTC)

Size = tuple[datetime, int, str]
"""A day or an hour, how many rows it has, and what changes when one of them is written again."""

Span = tuple[Size, ...]
"""Days or hours whose rows are merged, and kept, together."""


def counted(connection: Reader, selection: Selection, as_of: datetime, kept: Kept) -> Counts:
    """What says the same as the rows do, as of that time (`merged`).

    Spans whose rows nobody has written since are not read again.
    """
    sizes = connection.rows(_statement("sizes", selection), selection.values())
    # Of the time only the day decides what is due.
    of = (selection.hours, selection.names, as_of.astimezone(UTC).date())
    spans = list(_spans(sizes, _LENGTH[selection.hours]))
    found = {span: kept.find((of, span)) for span in spans}
    for together_read in _parts(span for span in spans if found[span] is None):
        for span, rows in _read(connection, selection, together_read):
            found[span] = merged(counted_rows(selection.hours, rows), as_of)
            kept.keep((of, span), found[span])
    parts = [part for part in found.values() if part is not None]
    return together(parts) if parts else counted_rows(selection.hours, [])


def statement(name: str) -> str:
    """A query of sql/."""
    return (resources.files(__package__) / "sql" / f"{name}.sql").read_text()


def _spans(sizes: list[Size], length: timedelta) -> Iterator[Span]:
    """One behind the other, each of at most so many rows as are read at once if it can be."""
    span: list[Size] = []
    for size in sizes:
        if span and (
            (size[0] - _EPOCH) // length > (span[0][0] - _EPOCH) // length
            or _rows([*span, size]) > _PART
        ):
            yield tuple(span)
            span = []
        span.append(size)
    if span:
        yield tuple(span)


def _parts(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Those that are read at once: each row takes four kilobytes until it is merged."""
    part: list[Span] = []
    for span in spans:
        if part and sum(map(_rows, [*part, span])) > _PART:
            yield part
            part = []
        part.append(span)
    if part:
        yield part


def _rows(span: Sequence[Size]) -> int:
    return sum(count for _, count, _ in span)


def _read(
    connection: Reader, selection: Selection, spans: list[Span]
) -> Iterator[tuple[Span, list[Row]]]:
    """The rows of each span; what lies between them is read and left."""
    start, end = spans[0][0][0], spans[-1][-1][0] + timedelta(hours=selection.hours)
    values = selection.values() | {"start": start, "end": end}
    of: dict[datetime, list[Row]] = {}
    for row in connection.rows(_statement("counted", selection), values):
        of.setdefault(row[0].replace(tzinfo=UTC), []).append(row)
    for span in spans:
        yield span, [row for moment, *_ in span for row in of[moment]]


@cache
def _of_table(name: str, unit: str, table: str) -> str:
    return statement(name).replace("{start}", unit).replace("{counts}", table)


def _statement(name: str, selection: Selection) -> str:
    return _of_table(name, *TABLES[selection.hours])
