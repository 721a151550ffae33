"""The daily look at a sample of rows: do the columns still go together, did rows come twice?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diagnosis.reference import Reference
from diagnosis.rows import Rows
from diagnosis.trace import Look

Floats = NDArray[np.float64]

MOST = 5000
_LEAST_ROWS = 200
_LEAST_AGREEMENT = 0.02
_AGREEMENT_TOLERANCE = 0.2
_MOST_REPEATED = 0.3
LEARNT_DAYS = 7
_MISSING = -1.7e308


def rank_correlations(values: Floats) -> Floats:
    """Spearman's, of all pairs of columns, (f, f); a missing value has the middle rank."""
    n, f = values.shape
    ranks = np.zeros((n, f))
    for at in range(f):
        there = ~np.isnan(values[:, at])
        if there.sum() > 1:
            own = _ranks(values[there, at])
            ranks[there, at] = own - own.mean()
    lengths = np.sqrt((ranks**2).sum(axis=0))
    scaled = ranks / np.where(lengths > 0, lengths, 1.0)
    found: Floats = scaled.T @ scaled
    np.fill_diagonal(found, 0.0)
    return found


def _ranks(values: Floats) -> Floats:
    """(n,): 1 for the least; equal values share the middle of their ranks.

    As scipy.stats has it, which takes longer to import than the rest of the monitor.
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    middles: Floats = np.cumsum(counts) - (counts - 1) / 2
    return middles[places]


@dataclass(eq=False)
class RowLooks:
    """What is usual of a version's samples.

    agreement: (f, f), rank correlations of the reference's sample or, summed up, of the first days.
    again, squares: of the first days, rows that came before, and the squares of their numbers.
    """

    agreement: Floats
    of_sample: bool
    days: int
    again: float
    squares: float

    @classmethod
    def new(cls, reference: Reference) -> "RowLooks":
        """Before the first day."""
        f, sample = len(reference.profile.columns), reference.sample
        if sample is not None and len(sample) >= _LEAST_ROWS:
            return cls(rank_correlations(sample.values), True, 0, 0.0, 0.0)
        return cls(np.zeros((f, f)), False, 0, 0.0, 0.0)

    def look(
        self, reference: Reference, rows: Rows, day: int, all_rows: int
    ) -> Iterator[tuple[str, Look]]:
        """At the end of a day, of a sample of its rows, that were `all_rows`."""
        if len(rows) < _LEAST_ROWS:
            return
        now = rank_correlations(rows.values)
        again = _repeated(rows.values)
        if self.days < LEARNT_DAYS:
            if not self.of_sample:
                self.agreement = np.round(self.agreement + now / LEARNT_DAYS, 9)
            self.days, self.again = self.days + 1, self.again + again
            self.squares += float(len(rows)) ** 2
        if self.of_sample or self.days >= LEARNT_DAYS:
            yield from self._agreement(reference, now, len(rows), day)
        if self.days >= LEARNT_DAYS:
            part = len(rows) / max(all_rows, len(rows))
            yield from self._repeats(reference, again, len(rows), part, day)

    def _agreement(
        self, reference: Reference, now: Floats, n: int, day: int
    ) -> Iterator[tuple[str, Look]]:
        """How much of a column's rank correlations with the others is there: 1 all, 0 none.

        A column that was joined by the wrong key keeps its distribution and loses these.
        """
        whole = (self.agreement**2).sum(axis=0)
        for at, column in enumerate(reference.profile.columns):
            if whole[at] >= _LEAST_AGREEMENT:
                kept = float(now[at] @ self.agreement[at] / whole[at])
                # The errors of a column's correlations are about 1 / sqrt(n), and go together.
                error = float(np.sqrt(1.5 / (n * whole[at])))
                yield (
                    "agreement",
                    Look(
                        *(f"rank agreement, {column.name}", "ratio", day, day + 24, kept, error),
                        *(_AGREEMENT_TOLERANCE,),
                        column=column.name,
                        streams=len(whole),
                    ),
                )

    def _repeats(
        self, reference: Reference, again: float, n: int, part: float, day: int
    ) -> Iterator[tuple[str, Look]]:
        """The share of rows that came before, beyond those that chance makes of so many rows."""
        # Of few that are equal by chance there are as many as there are pairs of rows.
        usual = self.again / self.squares * n**2
        if usual > _MOST_REPEATED * n:
            return
        error = 1.5 * float(np.sqrt(max(again, usual) + 1)) / n / part
        value = (again - usual) / n / part
        tolerance = reference.tolerances.share
        yield (
            "repeated",
            Look("repeated rows", "share", day, day + 24, value, error, tolerance, falls=False),
        )


def _repeated(values: Floats) -> float:
    """Rows less the different ones; values are alike where both are missing."""
    found = np.ascontiguousarray(np.where(np.isnan(values), _MISSING, values + 0.0))
    whole = found.view(np.dtype((np.void, found.dtype.itemsize * found.shape[1]))).ravel()
    return float(len(whole) - len(np.unique(whole)))
