"""The outcomes no longer fit the scores: for all alike, in one group, or in no simple way."""

from dataclasses import dataclass, replace

import numpy as np

from diagnosis.causes import groups, odds
from diagnosis.causes.calibrated import sigmoid
from diagnosis.causes.groups import Group, Judged
from diagnosis.causes.odds import Fit
from diagnosis.reference import Reference
from diagnosis.rows import Floats, Rows

# The log likelihood that a group must win: some thousand groups are looked at.
SURE = 9.0
_VERY_SURE = 11.0
# That one factor must win.
CLEAR = 5.0
FEW_POSITIVES = 25
_ENOUGH_BEFORE = 100
_DOUBT = 8.0
_UNKNOWN = 3.0


@dataclass(frozen=True, slots=True, eq=False)
class Concept:
    """Fits to the due cases since the change, all on top of what was expected.

    all: one factor; tilted: one factor and a slope; group: the best group, and inside: its factor;
    beside: the factor of the others once the group has its own; further: what the best group still
    wins beside one factor and a slope; left: what another one wins beside the group.
    """

    cases: int
    positives: int
    expected: float
    all: Fit
    tilted: Fit
    group: Group | None
    inside: Fit | None
    beside: Fit | None
    further: Group | None
    left: Group | None
    doubt: float = 0.0
    """What every group must win more, where the expectation is not the score's own."""

    @property
    def log_odds(self) -> float:
        """Of the one factor."""
        return float(self.all.factors[0])

    @property
    def error(self) -> float:
        """Of it."""
        return float(self.all.errors[0])

    @property
    def flat(self) -> float:
        """What one factor wins, and a slope where it is worth one."""
        return max(self.all.gain, self.tilted.gain - 2)

    @property
    def grouped(self) -> float:
        """What the best group wins."""
        return max(self.group.gain - self.doubt, 0.0) if self.group else 0.0

    @property
    def beyond(self) -> float:
        """What a group wins beside one factor and a slope."""
        return max(self.further.gain - self.doubt, 0.0) if self.further else 0.0

    @property
    def outside(self) -> float:
        """What the others win, or another group, beside the best group."""
        others = self.beside.gain + 4 if self.beside else 0.0
        return max(others, self.left.gain if self.left else 0.0) - self.doubt

    def moved(self, tolerance: float, *, known: bool) -> bool:
        """Whether the outcomes left what was expected by more than chance and tolerance do.

        known: whether that they did is known from elsewhere, so that less of it is enough.
        """
        more = 0.0 if known else _UNKNOWN
        limit = 0.5 * np.log1p(tolerance)
        whole = self.all.gain > CLEAR + 2 + more and abs(self.log_odds) > limit
        tilted = self.tilted.gain > _VERY_SURE + more and abs(float(self.tilted.factors[1])) > limit
        part = (
            self.inside is not None
            and self.grouped > SURE + more
            and abs(float(self.inside.factors[0])) > limit
        )
        return bool(whole or tilted or part)

    @property
    def says(self) -> str:
        """`flat`, `group`, `global`, or `open` where it cannot be told."""
        if self.beyond > _VERY_SURE and self.outside > _VERY_SURE:
            return "global"
        if self.beyond > SURE and self.grouped > self.flat + 6:
            return "group" if self.outside < SURE else "open"
        if self.beyond < SURE and self.flat > CLEAR + 2:
            if self.flat > self.grouped - 4 or self.outside > _VERY_SURE:
                return "flat"
            if self.grouped > self.flat + 8 and self.beyond > SURE - 2:
                return "group"
        return "open"


def concept(
    reference: Reference,
    before: tuple[Rows, Floats],
    after: tuple[Rows, Floats],
    further: tuple[tuple[Rows, Floats], ...] = (),
    without: frozenset[int] = frozenset(),
) -> Concept | None:
    """What the outcomes of due cases say; each side has its cases and their expected log odds.

    further: labelled rows of the reference, which tell what its scores lack of a group. without:
    columns at fault. None where there are too few cases.
    """
    rows, offset = _labelled(*after)
    old, old_offset = _labelled(*before)
    outcomes = rows.outcomes
    if not 0 < outcomes.sum() < len(rows) or outcomes.sum() < FEW_POSITIVES:
        return None
    if old.outcomes.sum() >= _ENOUGH_BEFORE:
        # What the scores lacked before the change is no part of it.
        lack = odds.slope(old_offset, old.outcomes).factors
        middle = old_offset.mean()
        offset = offset + lack[0] + lack[1] * (offset - middle)
        old_offset = old_offset + lack[0] + lack[1] * (old_offset - middle)
    for more, its_offset in further:
        old, old_offset = _both(old, more), np.concatenate([old_offset, its_offset])
    judged = Judged(offset, outcomes, old_offset, old.outcomes)
    looked_at = groups.splits(reference, _both(rows, old), without)
    return replace(_concept(rows, judged, looked_at), doubt=_DOUBT if without else 0.0)


def _concept(rows: Rows, judged: Judged, looked_at: list[groups.Split]) -> Concept:
    offset, outcomes = judged.offset, judged.outcomes
    whole, tilted = odds.intercept(offset, outcomes), odds.slope(offset, outcomes)
    group = groups.best(looked_at, judged)
    further = groups.best(looked_at, judged.with_offset(tilted.offset))
    inside = beside = left = None
    if group is not None:
        inside = odds.of_group(offset, outcomes, group.mask)
        beside = odds.of_group(inside.offset, outcomes, ~group.mask)
        left = groups.best(looked_at, judged.with_offset(inside.offset))
    return Concept(
        *(len(rows), int(outcomes.sum()), float(sigmoid(offset).sum()), whole, tilted),
        *(group, inside, beside, further, left),
    )


def _labelled(rows: Rows, offset: Floats) -> tuple[Rows, Floats]:
    known = rows.labelled
    return rows.of(known), offset[known]


def _both(one: Rows, two: Rows) -> Rows:
    """The rows of both; callers that the first does not name are nobody's, -1."""
    table = np.array([one.names.index(n) if n in one.names else -1 for n in two.names])
    callers = table[two.callers] if len(two) else two.callers
    join = np.concatenate
    return Rows(
        *(join([one.values, two.values]), join([one.scores, two.scores])),
        *(join([one.callers, callers]), join([one.times, two.times])),
        *(join([one.outcomes, two.outcomes]), join([one.observed, two.observed])),
        *(join([one.due, two.due]), one.names),
    )
