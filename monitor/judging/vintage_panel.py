"""The table of vintages: a row for each cohort, a column for each age."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from monitor.judging.counts import Counts
from monitor.judging.interval import Interval
from monitor.judging.outcome_panels import start_of
from monitor.judging.phrases import part
from monitor.judging.quantiles import NORMAL
from monitor.judging.vintage import AGES, Vintage
from monitor.page.figures import Cell, Column, Table
from monitor.page.words import count, day, share

_COLUMNS = 6
_SHADES = 5
_ROWS = 30
_Z = NORMAL.inv_cdf(0.975)
NOT_YET = "not yet"


@dataclass(frozen=True, slots=True)
class HeatRow:
    """A cohort: its name, its cases, and of each age a text and the class of its shade."""

    name: str
    cases: str
    cells: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Heat:
    """Shares gone bad at equal age; `rows` are the last cohorts, at most 30.

    `expected` is the estimate for all cohorts together.
    """

    step: str
    ages: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    expected: tuple[str, ...]
    sentence: str
    vintages: Sequence[Vintage]

    @property
    def left_out(self) -> int:
        """Cohorts that are only in the table."""
        return len(self.vintages) - len(self.rows)

    @property
    def name(self) -> str:
        """That of the table."""
        return "vintages"

    @property
    def table(self) -> Table:
        """All ages of all cohorts, with the estimate for each: made when it is asked for."""
        return _table(self.name, self.vintages, self.step)


def heat(
    vintages: Sequence[Vintage], overall: Sequence[Interval | None], counts: Counts, step: str
) -> Heat | None:
    """Of the cohorts, and of all their rows; None while no bad outcome is known."""
    places = _places(counts)
    if not places:
        return None
    base = {place: _base(vintages, place) for place in places}
    return Heat(
        step,
        tuple("1 day" if AGES[place] == 1 else f"{AGES[place]} days" for place in places),
        tuple(_row(vintage, base, step) for vintage in vintages[-_ROWS:]),
        tuple(_expected(overall[place]) for place in places),
        _sentence(overall, places),
        vintages,
    )


def _places(counts: Counts) -> list[int]:
    """Places in AGES of the ages to show: six, up to when all is due, or to the last bad one."""
    bad = np.flatnonzero(counts.bad_ages.sum(axis=0))
    if not bad.size:
        return []
    dated = ~counts.open
    window = (counts.due_last[dated] - counts.start[dated].astype("datetime64[D]")).astype(np.int64)
    last = int(np.searchsorted(AGES, window.max())) if window.size else int(bad[-1])
    last = min(max(last, 0), len(AGES) - 1)
    first = min(int(bad[0]), last)
    return sorted({round(place) for place in np.linspace(first, last, _COLUMNS).tolist()})


def _base(vintages: Sequence[Vintage], place: int) -> float | None:
    """The share of the first third of the cohorts that have reached the age."""
    told = [each for each in vintages if each.bad[place] is not None and each.cases]
    first = told[: -(-len(told) // 3)]
    cases = sum(each.cases for each in first)
    return sum(each.bad[place] or 0 for each in first) / cases if cases else None


def _row(vintage: Vintage, base: dict[int, float | None], step: str) -> HeatRow:
    start = vintage.cohort.start
    name = start_of(start, step) if step == "hour" else day(start, year=True)
    cells = tuple(_cell(vintage.share(place), base[place], vintage.cases) for place in base)
    return HeatRow(name, count(vintage.cases), cells)


def _cell(found: float | None, base: float | None, cases: int) -> tuple[str, str]:
    """Darker by the height above the base, where chance does not explain it (score test)."""
    if found is None:
        return NOT_YET, "none"
    if not base or found - base <= _Z * sqrt(base * (1 - base) / cases):
        return share(found), "h1c"
    return share(found), f"h{min(2 + int((found / base - 1) / 0.1), _SHADES)}c"


def _expected(found: Interval | None) -> str:
    return NOT_YET if found is None else share(found.value)


def _sentence(overall: Sequence[Interval | None], places: Sequence[int]) -> str:
    found = [(AGES[place], at) for place in places if (at := overall[place])]
    if not found:
        return "No cohort has reached an age at which it could be compared."
    age, last = found[-1]
    days = "1 day" if age == 1 else f"{age} days"
    return (
        f"Of all of them {part(last.value)} are expected to be bad at {days} (95% interval"
        f" {share(last.low)} to {share(last.high)}), if those not known yet go as those did that"
        " were known no later than at their age."
    )


def _table(name: str, vintages: Sequence[Vintage], step: str) -> Table:
    columns = (
        Column("from", f"{step.capitalize()} from"),
        Column("age_days", "Age, days", count),
        Column("cases", "Cases", count),
        Column("bad", "Known bad", count),
        Column("share", "Share", share),
        Column("estimate", "Estimate", share),
        Column("estimate_low", "From", share),
        Column("estimate_high", "To", share),
    )
    rows: list[tuple[Cell, ...]] = []
    for vintage in vintages:
        for place, (age, found) in enumerate(zip(AGES, vintage.estimate, strict=True)):
            if found:
                start = start_of(vintage.cohort.start, step)
                told = (vintage.cases, vintage.bad[place], vintage.share(place))
                rows.append((start, age, *told, found.value, found.low, found.high))
    caption = (
        "Gone bad by age: the share, once all are that old, and the estimate of Aalen and Johansen"
    )
    return Table(name, caption, columns, tuple(rows), nothing=NOT_YET)
