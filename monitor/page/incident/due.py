"""Outcomes around the onset: observed over expected before and after, by caller and by score."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from diagnosis.causes.told_apart import OTHERS
from monitor.database import Reader
from monitor.incidents.incident import Incident
from monitor.incidents.phrases import caller as called
from monitor.incidents.phrases import condition
from monitor.judging.answer import Unsaid
from monitor.judging.calibration import HIGH, LOW
from monitor.judging.counts import Counts, Ints, utc
from monitor.judging.interval import Interval, garwood
from monitor.judging.performance import Performance, performance
from monitor.judging.reading import read
from monitor.judging.selection import Selection
from monitor.page.incident.around import Around
from monitor.page.words import share

_BANDS = 5
_MOST = 8


@dataclass(frozen=True, slots=True)
class Side:
    """Due cases of a group: how many, how many went bad, how many were to be expected to."""

    cases: int
    bad: int
    expected: float

    @property
    def ratio(self) -> Interval | None:
        """Observed over expected with its 95% interval; None where nothing was expected."""
        return garwood(self.bad, self.expected) if self.expected > 0 else None


@dataclass(frozen=True, slots=True)
class Pair:
    """A group before and after; None where there is no due case."""

    name: str
    before: Side | None
    after: Side | None


@dataclass(frozen=True, slots=True, eq=False)
class Due:
    """Due cases by the time of their prediction: `by` tells the groups that are compared."""

    by: Mapping[str, tuple[Pair, ...]]
    counts: Counts
    as_of: datetime


def is_beyond(ratio: Interval, tolerance: float) -> bool:
    """Whether all of the interval of observed over expected is beyond the tolerance."""
    return ratio.low > 1 + tolerance or ratio.high < 1 / (1 + tolerance)


def due(connection: Reader, incident: Incident, around: Around, as_of: datetime | None) -> Due:
    """Read them: by whatever the diagnosis told apart, by caller, and by height of the score.

    Raises PostgresAway where the log takes too long to be read again, as of a time.
    """
    window = around.window
    selection = Selection(window.start, window.end, "day", around.version.name, around.caller)
    known = read(connection, selection, as_of)
    counts = known.counts.where(known.counts.due(known.as_of) | known.counts.open)
    # A day of predictions that saw both states belongs to neither.
    day = utc(incident.onset).astype("datetime64[D]")
    days = counts.start.astype("datetime64[D]")
    before, after = counts.where(days < day), counts.where(days > day)
    by = {
        **_told(incident),
        "caller": tuple(_callers(before, after)),
        "height of the score": tuple(_bands(before, after)),
    }
    kept = {name: pairs for name, pairs in by.items() if any(pair.after for pair in pairs)}
    return Due(kept, counts, known.as_of.astimezone(UTC))


def _callers(before: Counts, after: Counts) -> Iterator[Pair]:
    yield Pair("All", _side(before), _side(after))
    names = sorted(set(after.caller.tolist()) | set(before.caller.tolist()))
    if len(names) < 2:
        return
    for name in names[:_MOST]:
        own = (counts.where(counts.caller == name) for counts in (before, after))
        yield Pair(called(name), *map(_side, own))


def _side(counts: Counts) -> Side | None:
    found = performance(counts) if len(counts) else Unsaid("nothing is due")
    if not isinstance(found, Performance):
        return None
    return Side(found.cases, found.bad, found.expected)


def _bands(before: Counts, after: Counts) -> Iterator[Pair]:
    """Groups of about as many of the cases, in order of their scores, in whole bins."""
    both = [(_cases(counts), counts) for counts in (before, after)]
    cases = both[0][0] + both[1][0]
    total = int(cases.sum())
    if not total:
        return
    part = np.minimum((cases.cumsum() - cases / 2) * _BANDS // total, _BANDS - 1)
    for number in range(_BANDS):
        inside = part == number
        if cases[inside].any():
            low, high = LOW[inside].min(), HIGH[inside].max()
            sides = (_band(counts, own, inside) for own, counts in both)
            yield Pair(f"{share(low)} to {share(high)}", *sides)


def _cases(counts: Counts) -> Ints:
    found: Ints = counts.good_scores.sum(axis=0) + counts.bad_scores.sum(axis=0)
    return found


def _band(counts: Counts, cases: Ints, inside: Any) -> Side | None:
    """What was expected of a band lies within its bins; placed so that all together are exact."""
    if not cases[inside].any():
        return None
    expected = counts.sum("good_sum") + counts.sum("bad_sum")
    least, most = float((cases * LOW).sum()), float((cases * HIGH).sum())
    place = min(max((expected - least) / (most - least), 0.0), 1.0)
    own = float((cases * (LOW + place * (HIGH - LOW)))[inside].sum())
    bad = int(counts.bad_scores.sum(axis=0)[inside].sum())
    return Side(int(cases[inside].sum()), bad, own)


def _told(incident: Incident) -> dict[str, tuple[Pair, ...]]:
    """Groups that the diagnosis compared, where its facts have them."""
    facts = incident.latest.facts if incident.latest else {}
    rows = facts.get("groups")
    found: dict[str, list[Pair]] = {}
    for row in rows if isinstance(rows, list | tuple) else ():
        pair = _pair(row)
        if pair is not None:
            found.setdefault(*pair[:1], []).append(pair[1])
    return {name: tuple(pairs) for name, pairs in found.items()}


def _pair(row: object) -> tuple[str, Pair] | None:
    if not isinstance(row, Mapping) or not {"by", "group"} <= row.keys():
        return None
    by, group = str(row["by"]), str(row["group"])
    name = condition(by, group).removeprefix("with ").removeprefix("from ")
    if group == OTHERS:
        name = "all others"
    return by, Pair(name, *(_given(row.get(side)) for side in ("before", "after")))


def _given(side: object) -> Side | None:
    if not isinstance(side, Mapping):
        return None
    try:
        found = Side(int(side["cases"]), int(side["observed"]), float(side["expected"]))
    except (KeyError, TypeError, ValueError):
        # Another release told it otherwise: then it is not drawn.
        return None
    return found if found.cases > 0 else None
