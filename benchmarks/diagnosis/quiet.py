"""Quiet weeks at any traffic: counts are drawn without rows, and rows only for who asks."""

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from benchmarks.diagnosis.draft import DUE_HOURS, START, choose, usual_rows
from benchmarks.diagnosis.populations import harmless_for
from benchmarks.diagnosis.truth import Truth
from benchmarks.diagnosis.world import CALLERS, Floats, World
from contract.cell_layout import Layout
from diagnosis.evidence import Event
from diagnosis.hours import Counts, Hours
from diagnosis.rows import Places, Rows

CREEP = 0.05
"""In multiples of the tolerance: a change that is nobody's business."""


@dataclass(frozen=True, eq=False)
class Quiet:
    """Counts of a stream in which nothing happens, or next to nothing."""

    truth: Truth
    hours: Hours
    evidence: "QuietEvidence"


def make(
    world: World,
    seed: int,
    *,
    rows_an_hour: float,
    days: int = 60,
    coverage: float = 0.9,
    creep: bool = False,
) -> Quiet:
    """A quiet stream; creep: from day 20 on, a twentieth of the tolerance is another population."""
    draw = np.random.default_rng([seed, int(rows_an_hour), days, creep])
    hours = 24 * days
    rows = draw.poisson(usual_rows(rows_an_hour, hours))
    layout = Layout.of(world.reference.profile)
    cells = np.zeros((hours, len(CALLERS), layout.size), dtype=np.int64)
    onset = 20 * 24
    for caller in range(len(CALLERS)):
        for crept, span in ((False, slice(0, onset)), (creep, slice(onset, hours))):
            cells[span, caller] = _counts(world, draw, rows[span, caller], caller, crept)
    evidence = QuietEvidence(world, rows, coverage, seed, onset if creep else None)
    truth = Truth("creep" if creep else "quiet", CREEP if creep else 0.0, pages=False)
    return Quiet(truth, Hours(START, CALLERS, rows, cells), evidence)


def _counts(
    world: World, draw: np.random.Generator, rows: Counts, caller: int, crept: bool
) -> Counts:
    """(h, size): counts of each column by itself, of so many rows an hour."""
    profile = world.reference.profile
    layout = Layout.of(profile)
    weights = world.of_callers[:, caller] * _weights(world, crept)
    weights = weights / weights.sum()
    counts = np.zeros((len(rows), layout.size), dtype=np.int64)
    spans = [(place.start, place.end) for place in layout.places]
    for column, (start, end) in enumerate([*spans, (layout.score_start, layout.size)]):
        shares = np.bincount(world.cells[:, column], weights, minlength=end - start)
        counts[:, start:end] = draw.multinomial(rows, shares / shares.sum())
    for column, place in enumerate(layout.places):
        low, high = place.column.minimum, place.column.maximum
        if low is not None and high is not None:
            values = world.people[:, column]
            for at, beyond in enumerate((values < low, values > high)):
                counts[:, place.end + at] = draw.binomial(rows, min(1, weights[beyond].sum()))
    return counts


@lru_cache(maxsize=4)
def _weights(world: World, crept: bool) -> Floats:
    return harmless_for(world, CREEP)[0] if crept else np.ones(len(world.people))


@dataclass(eq=False)
class QuietEvidence:
    """Rows that are drawn when they are asked for, as many of each hour and caller as there are.

    The same question has the same answer; two questions of the same hours see other rows.
    """

    world: World
    counts: Counts
    coverage: float
    seed: int
    onset: int | None = None
    known: tuple[Event, ...] = field(
        default=tuple(Event(float(START), "caller_first", name) for name in CALLERS)
    )

    def rows(self, first: int, end: int, as_of: int, most: int) -> Rows:
        """Of the cases from hour `first` until before `end`."""
        return self._drawn(first - START, end - START, as_of, most)

    def due(self, first: int, end: int, most: int) -> Rows:
        """Of the cases whose outcome fell due from `first` until before `end`, as of `end`."""
        back = START + int(DUE_HOURS)
        return self._drawn(first - back, end - back, end, most)

    def rescored(self, first: int, end: int, most: int) -> tuple[int, int]:
        """None of a sample's scores is another."""
        low, high = max(0, first - START), max(0, end - START)
        return 0, min(most, int(self.counts[low:high].sum()))

    def events(self, first: int, end: int) -> tuple[Event, ...]:
        """The callers' first rows."""
        return tuple(event for event in self.known if first <= event.at < end)

    def _drawn(self, first: int, end: int, as_of: int, most: int) -> Rows:
        low, high = (min(max(0, at), len(self.counts)) for at in (first, end))
        there = self.counts[low:high].ravel()
        draw = np.random.default_rng([self.seed, low, high, as_of, most])
        total = int(there.sum())
        each = draw.multinomial(most, there / total) if total > most else there
        at = np.repeat(np.arange(len(there)), each)
        hour, callers = at // len(CALLERS) + low, at % len(CALLERS)
        times = START + hour + draw.random(len(at))
        order = np.argsort(times, kind="stable")
        return self._rows(draw, times[order], callers[order], as_of)

    def _rows(self, draw: np.random.Generator, times: Floats, callers: Places, as_of: int) -> Rows:
        people = np.zeros(len(times), dtype=np.int64)
        crept = np.zeros(len(times), bool) if self.onset is None else times >= START + self.onset
        for caller in range(len(CALLERS)):
            for changed in (False, True):
                hit = np.flatnonzero((callers == caller) & (crept == changed))
                if len(hit) == 0:
                    continue
                weights = self.world.of_callers[:, caller] * _weights(self.world, changed)
                people[hit] = choose(draw, weights, len(hit))
        outcomes = (draw.random(len(times)) < self.world.chances[people]).astype(np.float64)
        median = np.where(outcomes == 1, 8.0, 10.15) * 24
        observed = times + median * np.exp(0.5 * draw.standard_normal(len(times)))
        unheard = (draw.random(len(times)) >= self.coverage) | ~(observed < as_of)
        return replace(
            Rows(
                self.world.people[people], self.world.scores[people], callers, times, outcomes,
                observed, times + DUE_HOURS, CALLERS,
            ),
            outcomes=np.where(unheard, np.nan, outcomes),
            observed=np.where(unheard, np.nan, observed),
        )  # fmt: skip
