"""A file of reports into Postgres: set by set, in bounded memory, and again without harm."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from outcomes.column_rules import ColumnRules
from outcomes.connection import OutcomeConnection
from outcomes.errors import InvalidReport
from outcomes.rejects import Reject, Rejects
from outcomes.report import Report, arrays, columns
from outcomes.rules import ReportRules
from outcomes.store import Loaded, load
from outcomes.table import Lines, Malformed

_EARLY = "is before the event of every prediction that the report speaks of"
_CONFLICT = "is known with another content: give what is new a key of its own"


@dataclass
class Totals:
    """What became of the lines so far."""

    lines: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: int = 0


@dataclass
class _Set:
    """Lines that are stored together."""

    lines: int
    numbers: Sequence[int]
    """Line of each report."""
    reports: tuple[str, ...]
    """The reports, as Postgres takes them."""
    rejects: list[Reject]


def load_lines(
    connection: OutcomeConnection,
    sets: Iterable[Lines],
    rules: ReportRules,
    rejects: Rejects,
    *,
    keep: bool,
    progress: Callable[[Totals], None],
) -> Totals:
    """Store the lines that are reports, and note why others are not; undone unless `keep`.

    Each set is a transaction of its own: what ends this leaves whole sets behind, and doing it
    again finds them. While Postgres stores a set the next one is read. Raises PostgresAway.
    """
    totals = Totals()
    with ThreadPoolExecutor(1, thread_name_prefix="outcomes") as thread:
        under_way: tuple[_Set, Future[Loaded]] | None = None
        try:
            for lines in sets:
                following = _read(lines, rules)
                if under_way is not None:
                    _settle(*under_way, totals, rejects)
                    progress(totals)
                under_way = (following, thread.submit(_store, connection, following, keep=keep))
        finally:
            if under_way is not None:
                _settle(*under_way, totals, rejects)
    return totals


def _read(lines: Lines, rules: ReportRules) -> _Set:
    if lines.columns is not None and lines.numbers:
        reports = ColumnRules(rules).read(lines.columns)
        if reports is not None:
            return _Set(len(lines.numbers), lines.numbers, arrays(reports), [])
    numbers: list[int] = []
    found: list[Report] = []
    rejects: list[Reject] = []
    for number, fields in lines.each():
        if isinstance(fields, Malformed):
            rejects.append(Reject(number, "", "malformed", fields.detail))
            continue
        try:
            found.append(rules.read(fields))
            numbers.append(number)
        except InvalidReport as refusal:
            rejects += [
                Reject(number, error.pointer[1:], error.rule, error.detail)
                for error in refusal.errors
            ]
    return _Set(len(lines.numbers), numbers, arrays(columns(found)), rejects)


def _store(connection: OutcomeConnection, lines: _Set, *, keep: bool) -> Loaded:
    count = len(lines.numbers)
    return load(connection, lines.reports, count, keep=keep) if count else Loaded(0, 0, [], [])


def _settle(lines: _Set, stored: Future[Loaded], totals: Totals, rejects: Rejects) -> None:
    done = stored.result()
    found = [
        *lines.rejects,
        *(Reject(lines.numbers[at], "observed_at", "early", _EARLY) for at in done.early),
        *(Reject(lines.numbers[at], "event_key", "conflict", _CONFLICT) for at in done.conflicts),
    ]
    for reject in sorted(found, key=lambda reject: reject.line):
        rejects.add(reject)
    totals.lines += lines.lines
    totals.stored += done.stored
    totals.duplicates += done.duplicates
    totals.rejected = rejects.lines
