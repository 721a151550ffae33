"""The daily look at what fell due: outcomes against scores, how many are known, and how soon.

Only cases whose outcome fell due that day are judged, whenever they were predicted: of those that
are not due, bad news is known first.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diagnosis import calibration, e_detector
from diagnosis.reference import Reference
from diagnosis.rows import KEYLESS, Rows
from diagnosis.segments import Segment, members, segments
from diagnosis.trace import Look, Test

Floats = NDArray[np.float64]

_LEAST_CASES = 20
_LEAST_EXPECTED = 0.2


@dataclass(frozen=True, slots=True, eq=False)
class OutcomeLooks:
    """What is looked at, of a reference; anchors: offset and error of each segment, or None."""

    reference: Reference
    segments: tuple[Segment, ...]
    overall: tuple[float, float] | None
    anchors: tuple[tuple[float, float] | None, ...]
    auc: tuple[float, float] | None

    @classmethod
    def of(cls, reference: Reference) -> "OutcomeLooks":
        """What the held-out part says of the recalibrated scores, with its own uncertainty."""
        found, counts = segments(reference), reference.profile.score.counts
        good, bad = (
            np.array(each, dtype=np.float64) for each in (counts.negatives, counts.positives)
        )
        area = calibration.auc_of_counts(good, bad)
        errors = _errors(good, bad)
        bands = [_error_of(errors[each.cells]) if each.at is None else None for each in found]
        anchors = [None if error is None else (0.0, error) for error in bands]
        overall = _error_of(errors)
        of_sample = _by_sample(reference, found)
        return cls(
            reference,
            found,
            None if overall is None else (0.0, overall),
            tuple(mine or theirs for mine, theirs in zip(anchors, of_sample, strict=True)),
            area,
        )

    def look(self, due: Rows) -> Iterator[tuple[str, Look]]:
        """Of the cases that fell due on a day: (family, look)."""
        if len(due) == 0:
            return
        yield from self._process(due)
        known = due.of(due.labelled)
        if len(known) == 0:
            return
        callers = [at for at in range(len(known.names)) if (known.callers == at).any()]
        inside = np.column_stack(
            [
                np.ones((len(known), 1), dtype=bool),
                members(self.segments, self.reference, known),
                *((known.callers == at)[:, None] for at in callers),
            ]
        )
        chances = calibration.expected(self.reference.profile.score, known.scores)
        names: list[tuple[str, str | None, str | None, tuple[float, float] | None]] = [
            ("observed/expected", None, None, self.overall)
        ]
        for segment, anchor in zip(self.segments, self.anchors, strict=True):
            names.append((f"observed/expected, {segment.name}", segment.column, None, anchor))
        names += [
            (f"observed/expected, caller {known.names[at] or KEYLESS}", None, known.names[at], None)
            for at in callers
        ]
        span = _span(known)
        tolerance = float(np.log1p(self.reference.tolerances.observed_over_expected))
        found = calibration.cohorts(inside, known.outcomes, chances)
        for (name, column, caller, anchor), cohort in zip(names, found, strict=True):
            if cohort.expected.sum() >= _LEAST_EXPECTED:
                offset, error = cohort.offset()
                yield (
                    "outcomes",
                    Look(
                        *(name, "ratio", *span, offset, error, tolerance),
                        test=_tilts(cohort, tolerance),
                        anchor=anchor,
                        column=column,
                        caller=caller,
                        shown=1.0,
                        streams=len(names),
                    ),
                )
        yield from self._ranking(known, span)

    def _ranking(self, known: Rows, span: tuple[int, int]) -> Iterator[tuple[str, Look]]:
        edges = self.reference.profile.score.edges
        places = np.searchsorted(edges, known.scores, side="right").astype(np.int64)
        found = calibration.auc(known.outcomes, places, len(edges) + 1)
        if found is not None:
            area, error = found
            tolerance = self.reference.tolerances.auc
            look = Look("auc", "auc", *span, area, max(error, 1e-3), tolerance, anchor=self.auc)
            yield "outcomes", look

    def _process(self, due: Rows) -> Iterator[tuple[str, Look]]:
        """Coverage and delay, of all and of each caller."""
        callers = [at for at in range(len(due.names)) if (due.callers == at).any()]
        parts: list[tuple[str, str | None, Rows]] = [("", None, due)]
        if len(callers) > 1:
            parts += [
                (f", caller {due.names[at] or KEYLESS}", due.names[at], due.of(due.callers == at))
                for at in callers
            ]
        for ending, caller, rows in parts:
            if len(rows) >= _LEAST_CASES:
                yield "arrivals", self._coverage(ending, caller, rows, 2 * len(parts))
            delay = self._delay(ending, caller, rows, 2 * len(parts))
            if delay is not None:
                yield "arrivals", delay

    def _coverage(self, ending: str, caller: str | None, rows: Rows, streams: int) -> Look:
        n, k = len(rows), int(rows.labelled.sum())
        tolerance = self.reference.tolerances.coverage
        share = (k + 0.5) / (n + 1)
        return Look(
            *(f"coverage{ending}", "share", *_span(rows), k / n),
            *(float(np.sqrt(share * (1 - share) / n)), tolerance),
            test=_shares(k, n, tolerance),
            caller=caller,
            streams=streams,
        )

    def _delay(self, ending: str, caller: str | None, rows: Rows, streams: int) -> Look | None:
        known = rows.of(rows.labelled & np.isfinite(rows.observed))
        n = len(known)
        if n < _LEAST_CASES:
            return None
        # Of the time until a case is due: of a version's first days only what is due soon is due,
        # and more cases that are due late are no later outcomes.
        lags = known.due - known.times
        lags = np.where(np.isfinite(lags), np.maximum(lags, 1.0), 1.0)
        delays = np.log(np.maximum(known.observed - known.times, 0.05) / lags)
        reach = 0.5 / np.sqrt(n)
        low, middle, high = np.quantile(delays, [0.5 - reach, 0.5, 0.5 + reach])
        return Look(
            *(f"delay{ending}", "hours", *_span(known), float(middle)),
            *(max(float(high - low) / 2, 0.01), float(np.log1p(self.reference.tolerances.delay))),
            caller=caller,
            streams=streams,
            shown=float(np.median(lags)),
        )


def _tilts(cohort: calibration.Cohort, tolerance: float) -> Test:
    return lambda low, high: cohort.log_e(low, high, tolerance)


def _shares(k: int, n: int, tolerance: float) -> Test:
    def test(low: float, high: float) -> Floats:
        shares = e_detector.Shares.of(np.array(low), np.array(high), np.array(tolerance))
        return shares.log_e(np.array(float(k)), np.array(float(n)))

    return test


def _span(rows: Rows) -> tuple[int, int]:
    """From the hour of the first case until behind that of the last, by business time."""
    return int(np.floor(rows.times.min())), int(np.floor(rows.times.max())) + 1


def _errors(good: Floats, bad: Floats) -> Floats:
    """(bins,): what each bin of the score adds to the information on the odds."""
    rows = np.maximum(good + bad, 1.0)
    share = bad / rows
    return rows * share * (1 - share)


def _error_of(information: Floats) -> float | None:
    total = float(information.sum())
    return 1 / float(np.sqrt(total)) if total >= 1 else None


def _by_sample(
    reference: Reference, found: tuple[Segment, ...]
) -> list[tuple[float, float] | None]:
    sample = reference.sample
    if sample is None or not len(sample) or not sample.labelled.any():
        return [None] * len(found)
    known = sample.of(sample.labelled)
    chances = calibration.expected(reference.profile.score, known.scores)
    inside = members(found, reference, known)
    made = calibration.cohorts(inside, known.outcomes, chances)
    return [each.offset() if each.expected.sum() >= 1 else None for each in made]
