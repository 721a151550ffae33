"""A small reference, counts drawn from it, and evidence that has no rows or a few."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from contract.cell_layout import Layout
from contract.cells import place
from contract.feature import Feature
from contract.profile import CellCounts, ColumnProfile, Profile, ScoreProfile
from diagnosis.case import Case
from diagnosis.evidence import Event
from diagnosis.finding import Diagnosis
from diagnosis.hours import Hours
from diagnosis.reference import Reference
from diagnosis.rows import Rows

Floats = NDArray[np.float64]

DAY, WEEK = 24, 168
START = 2 * WEEK * 600
"""A midnight on a Saturday."""
CALLERS = ("branch", "mobile")
_HELD_OUT = 20_000


def people(draw: np.random.Generator, rows: int) -> Floats:
    """(n, 4): income, with 20 per cent missing; times late, with a code; region; owner."""
    standing = draw.normal(size=rows)
    income = np.exp(8.5 + 0.6 * standing)
    income[draw.random(rows) < 0.2] = np.nan
    late = draw.poisson(np.exp(-1 - 0.8 * standing)).astype(np.float64)
    late[draw.random(rows) < 0.002] = 98
    region = draw.choice(3, rows, p=[0.5, 0.3, 0.2]).astype(np.float64)
    owner = (draw.random(rows) < 1 / (1 + np.exp(-standing))).astype(np.float64)
    return np.column_stack([income, late, region, owner])


def chances(values: Floats) -> Floats:
    """(n,): how likely the event is."""
    income, late = np.nan_to_num(values[:, 0], nan=4000.0), np.minimum(values[:, 1], 5)
    found: Floats = 1 / (1 + np.exp(1.5 + 0.6 * np.log(income / 4000) - 0.7 * late))
    return found


def _feature(name: str, kind: str, **more: object) -> Feature:
    said = {"nullable": True, "description": name, "example": 1, **more}
    return Feature(name=name, kind=kind, **said)  # type: ignore[arg-type]


FEATURES = (
    _feature("income", "float", minimum=0, maximum=1e9),
    _feature("late", "integer", minimum=0, maximum=98, missing_codes=(98,)),
    _feature("region", "category", levels=("north", "south", "west"), example="north"),
    _feature("owner", "boolean", example=True),
)


def reference(seed: int = 0, *, sample: bool = True) -> Reference:
    """The held-out part of 20,000 people, and 5,000 of them as a sample."""
    draw = np.random.default_rng(seed)
    values = people(draw, _HELD_OUT)
    scores = chances(values)
    labels = draw.random(_HELD_OUT) < scores
    columns = (
        _column(ColumnProfile(name="income", kind="float", edges=_edges(values[:, 0]), counts=_NO,
                              minimum=float(np.nanmin(values[:, 0])),
                              maximum=float(np.nanmax(values[:, 0]))), values[:, 0], labels),
        _column(ColumnProfile(name="late", kind="integer", atoms=(0, 1, 2, 98), edges=(3, 5),
                              counts=_NO, minimum=0, maximum=98), values[:, 1], labels),
        _column(ColumnProfile(name="region", kind="category", levels=("north", "south", "west"),
                              counts=_NO), values[:, 2], labels),
        _column(ColumnProfile(name="owner", kind="boolean", atoms=(0, 1), counts=_NO),
                values[:, 3], labels),
    )  # fmt: skip
    edges = _edges(scores)
    score = ScoreProfile(
        edges=edges,
        counts=_counts(np.searchsorted(edges, scores, side="right"), labels, len(edges) + 1),
        scores=(0.0, 1.0),
        calibrated=(0.0, 1.0),
    )
    profile = Profile(rows=_HELD_OUT, positives=int(labels.sum()), columns=columns, score=score)
    some = rows_of(values[:5000], np.zeros(5000)) if sample else None
    if some is not None:
        some = replace(some, outcomes=labels[:5000].astype(np.float64))
    return Reference("v1", FEATURES, profile, threshold=0.5, sample=some)


_NO = CellCounts(negatives=(), positives=())


def _edges(values: Floats) -> tuple[float, ...]:
    there = values[~np.isnan(values)]
    found = np.unique(np.quantile(there, np.arange(1, 20) / 20, method="nearest"))
    return tuple(found.tolist())


def _column(empty: ColumnProfile, values: Floats, labels: NDArray[np.bool_]) -> ColumnProfile:
    counts = _counts(place(empty, values), labels, empty.cells)
    return empty.model_copy(update={"counts": counts})


def _counts(cells: NDArray[np.int64], labels: NDArray[np.bool_], size: int) -> CellCounts:
    return CellCounts(
        negatives=tuple(np.bincount(cells[~labels], minlength=size).tolist()),
        positives=tuple(np.bincount(cells[labels], minlength=size).tolist()),
    )


def rows_of(values: Floats, times: Floats, callers: object = None) -> Rows:
    """Scored rows without outcomes."""
    n, never = len(values), np.full(len(values), np.nan)
    by = np.zeros(n, dtype=np.int64) if callers is None else np.asarray(callers, dtype=np.int64)
    late = np.full(n, np.inf)
    return Rows(values, chances(values), by, times, never, never, late, CALLERS)


def cells_of(found: Reference, values: Floats) -> NDArray[np.int64]:
    """(size,): the counts of rows."""
    layout = found.layout
    counts = np.zeros(layout.size, dtype=np.int64)
    for at, own in enumerate(layout.places):
        cells = place(own.column, values[:, at])
        counts[own.start : own.end] = np.bincount(cells, minlength=own.end - own.start)
        if own.column.minimum is not None and own.column.maximum is not None:
            counts[own.end] = (values[:, at] < own.column.minimum).sum()
            counts[own.end + 1] = (values[:, at] > own.column.maximum).sum()
    places = np.searchsorted(found.profile.score.edges, chances(values), side="right")
    size = layout.size - layout.score_start
    counts[layout.score_start :] = np.bincount(places, minlength=size)
    return counts


Change = Callable[[Floats], Floats]


@dataclass
class Traffic:
    """Counts of two callers by hour; changes: (first hour, end, caller or None, change of rows)."""

    reference: Reference
    seed: int = 0
    rows_an_hour: float = 200.0

    def hours(
        self,
        days: float,
        changes: tuple[tuple[float, float, str | None, Change], ...] = (),
        factor: Callable[[int], float] = lambda _: 1.0,
    ) -> Hours:
        """Of whole and part days; people are drawn anew for each hour from a pool."""
        draw = np.random.default_rng([self.seed, 1])
        pool = people(draw, 60_000)
        hours = round(24 * days)
        rows = np.zeros((hours, 2), dtype=np.int64)
        cells = np.zeros((hours, 2, Layout.of(self.reference.profile).size), dtype=np.int64)
        usual: dict[tuple[int, ...], Floats] = {(): self._shares(pool)}
        for hour in range(hours):
            for at, name in enumerate(CALLERS):
                own = tuple(
                    number
                    for number, (first, end, caller, _) in enumerate(changes)
                    if first <= hour < end and caller in {None, name}
                )
                if own not in usual:
                    changed = pool.copy()
                    for number in own:
                        changed = changes[number][3](changed)
                    usual[own] = self._shares(changed)
                n = draw.poisson(self.rows_an_hour * (0.6, 0.4)[at] * factor(hour))
                rows[hour, at] = n
                cells[hour, at] = self._drawn(draw, n, usual[own])
        return Hours(START, CALLERS, rows, cells)

    def _shares(self, values: Floats) -> Floats:
        return cells_of(self.reference, values) / len(values)

    def _drawn(self, draw: np.random.Generator, n: int, shares: Floats) -> NDArray[np.int64]:
        layout, counts = self.reference.layout, np.zeros(len(shares), dtype=np.int64)
        spans = [(own.start, own.end) for own in layout.places]
        for start, end in [*spans, (layout.score_start, layout.size)]:
            own = shares[start:end]
            counts[start:end] = draw.multinomial(n, own / own.sum())
        return counts


@dataclass
class Told:
    """Evidence of rows that are in the order of time, none to begin with; events as given."""

    known: tuple[Event, ...] = ()
    all: Rows | None = None

    def rows(self, first: int, end: int, as_of: int, most: int) -> Rows:
        return self._some("times", first, end, as_of, most)

    def due(self, first: int, end: int, most: int) -> Rows:
        return self._some("due", first, end, end, most)

    def _some(self, by: str, first: int, end: int, as_of: int, most: int) -> Rows:
        if self.all is None:
            return rows_of(np.zeros((0, 4)), np.zeros(0))
        at: Floats = getattr(self.all, by)
        found = self.all.of(np.flatnonzero((at >= first) & (at < end))[:most])
        unheard = ~(found.observed < as_of)
        found.outcomes[unheard] = np.nan
        found.observed[unheard] = np.nan
        return found

    def rescored(self, first: int, end: int, most: int) -> tuple[int, int]:
        return 0, min(most, max(0, end - first))

    def events(self, first: int, end: int) -> tuple[Event, ...]:
        return tuple(event for event in self.known if first <= event.at < end)


def undetermined(case: Case) -> Diagnosis:
    """A diagnosis that says nothing."""
    return Diagnosis(case.at, "undetermined", (), actionable=False, action="wait")


def harmless(case: Case) -> Diagnosis:
    """A diagnosis that explains it, and asks for nothing."""
    return Diagnosis(case.at, "traffic_mix", (), actionable=False, action="nothing")


def lose_incomes(share: float) -> Change:
    """So many of the incomes that are there are missing."""

    def change(values: Floats) -> Floats:
        lost = np.random.default_rng(5).random(len(values)) < share
        return np.column_stack([np.where(lost, np.nan, values[:, 0]), values[:, 1:]])

    return change
