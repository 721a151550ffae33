"""How outcomes arrive: how many of the due cases have one, of whom, and after how long."""

from dataclasses import dataclass

import numpy as np

from diagnosis.case import Case
from diagnosis.causes.calibrated import calibrated
from diagnosis.rows import Floats, Mask, Rows

_SURE = 4.5
_FEW = 100
_BANDS = 5


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of a group of due cases: the share with an outcome, before and since, and its error."""

    segment: tuple[str, str] | None
    before: float
    after: float
    error: float
    cases: int

    @property
    def sure(self) -> bool:
        """Whether it changed beyond chance."""
        return abs(self.after - self.before) > _SURE * self.error


@dataclass(frozen=True, slots=True)
class Delay:
    """The median time to an outcome, hours, before and since; distance: between the two laws."""

    outcome: float | None
    before: float
    after: float
    distance: float
    cases: int

    @property
    def factor(self) -> float:
        """By how much it takes longer."""
        return self.after / self.before if self.before > 0 else 1.0

    @property
    def sure(self) -> bool:
        """Whether the laws differ beyond chance (Kolmogorov and Smirnov, 1e-5)."""
        return bool(self.distance > 2.5 / np.sqrt(max(self.cases, 1) / 2))


def coverages(case: Case) -> list[Coverage]:
    """Of all due cases, of each caller's, and of each band of the score."""
    one, two = case.due_before, case.due_after
    found = [_coverage(None, one, two, np.ones(len(one), bool), np.ones(len(two), bool))]
    for name in two.names:
        if len(two.names) > 1 and name in one.names:
            masks = (side.callers == side.names.index(name) for side in (one, two))
            found.append(_coverage(("caller", name), one, two, *masks))
    if len(one) >= _FEW and len(two) >= _FEW:
        edges = np.unique(np.quantile(one.scores, np.arange(1, _BANDS) / _BANDS))
        edges = np.append(edges, np.quantile(one.scores, 0.93))
        for edge in edges.tolist():
            masks = (side.scores >= edge for side in (one, two))
            found.append(_coverage(("score", f"≥ {edge:.3g}"), one, two, *masks))
            masks = (side.scores < edge for side in (one, two))
            found.append(_coverage(("score", f"< {edge:.3g}"), one, two, *masks))
    return [each for each in found if each is not None]


def delays(case: Case) -> list[Delay]:
    """Of all outcomes that came in time, and of each kind; as all were due equally late."""
    found = []
    for outcome in (None, 1.0, 0.0):
        sides = [_parts(rows, outcome) for rows in (case.due_before, case.due_after)]
        if min(len(parts) for parts, _ in sides) >= _FEW // 2:
            usual = float(np.median(np.concatenate([lags for _, lags in sides])))
            found.append(_delay(outcome, *(parts * usual for parts, _ in sides)))
    return found


@dataclass(frozen=True, slots=True)
class Early:
    """Outcomes of cases that are not due yet: known, and expected by the delays of before."""

    known: int
    expected: float

    @property
    def ratio(self) -> float:
        """Known over expected."""
        return self.known / self.expected if self.expected > 0 else 1.0


def early(case: Case) -> Early | None:
    """What has come so far of the cases since the change; None where too little is expected."""
    before = case.due_before if len(case.due_before) >= _FEW else case.before
    waits = np.sort(_waits(before, None))
    rows = case.after
    if len(waits) < _FEW or not len(rows) or not len(before):
        return None
    heard = len(waits) / len(before)
    ages = case.at - rows.times
    came = np.searchsorted(waits, ages, side="right") / len(waits)
    known = rows.labelled & (rows.observed < case.at)
    expected = float(heard * came.sum())
    if expected < _FEW // 2:
        return None
    return Early(int(known.sum()), expected)


def in_time(rows: Rows) -> Mask:
    """(n,): whether an outcome came until it was due."""
    came: Mask = rows.labelled & ~(rows.observed > rows.due)
    return came


def _coverage(
    segment: tuple[str, str] | None, one: Rows, two: Rows, first: Mask, second: Mask
) -> Coverage | None:
    sizes = int(first.sum()), int(second.sum())
    if min(sizes) < _FEW:
        return None
    p, q = float(in_time(one)[first].mean()), float(in_time(two)[second].mean())
    error = np.sqrt(
        (p * (1 - p) + 1 / sizes[0]) / sizes[0] + (q * (1 - q) + 1 / sizes[1]) / sizes[1]
    )
    return Coverage(segment, p, q, float(error), sizes[1])


def _waits(rows: Rows, outcome: float | None) -> Floats:
    chosen = _came(rows, outcome)
    return rows.observed[chosen] - rows.times[chosen]


def _parts(rows: Rows, outcome: float | None) -> tuple[Floats, Floats]:
    """(n,), (n,): the waits as parts of the time until a case is due, and that time.

    Where no due time is declared, the waits in hours, and 1.
    """
    chosen = _came(rows, outcome)
    lags = rows.due[chosen] - rows.times[chosen]
    lags = np.where(np.isfinite(lags), np.maximum(lags, 1.0), 1.0)
    return _waits(rows, outcome) / lags, lags


def _came(rows: Rows, outcome: float | None) -> Mask:
    came = in_time(rows) & np.isfinite(rows.observed)
    return came if outcome is None else came & (rows.outcomes == outcome)


def _delay(outcome: float | None, one: Floats, two: Floats) -> Delay:
    grid = np.sort(np.concatenate([one, two]))
    laws = [np.searchsorted(np.sort(side), grid, side="right") / len(side) for side in (one, two)]
    distance = float(np.abs(laws[0] - laws[1]).max())
    cases = int(2 / (1 / len(one) + 1 / len(two)))
    return Delay(outcome, float(np.median(one)), float(np.median(two)), distance, cases)


def lost_positives(case: Case) -> tuple[float, float] | None:
    """Outcomes lost since the change, and positives lacking against the scores, of due cases."""
    rows, old = case.due_after, case.due_before
    if len(rows) < _FEW or len(old) < _FEW:
        return None
    share = float(in_time(old).mean())
    lost = share * len(rows) - float(in_time(rows).sum())
    p = calibrated(case.reference, rows.scores)
    lacking = share * float(p.sum()) - float((rows.outcomes[in_time(rows)] == 1).sum())
    return lost, lacking
