"""The outcomes no longer fit the scores: for all alike, in one group, or in no simple way."""

from dataclasses import dataclass

import numpy as np

from diagnosis.causes import groups, odds
from diagnosis.causes.groups import Group
from diagnosis.causes.odds import Fit
from diagnosis.reference import Reference
from diagnosis.rows import Floats, Rows

# The log likelihood that a group must win: some hundreds of groups are looked at.
SURE = 9.0
# That one factor must win.
_CLEAR = 5.0
FEW_POSITIVES = 25


@dataclass(frozen=True, slots=True, eq=False)
class Concept:
    """Fits to the due cases since the change, all on top of what was expected.

    all: one factor; tilted: one factor and a slope; group: the best group, and inside: its factor;
    beside: the factor of the others once the group has its own; further: what the best group still
    wins beside one factor and a slope.
    before_group: the factor of the group before the change.
    """

    cases: int
    positives: int
    expected: float
    all: Fit
    tilted: Fit
    group: Group | None
    inside: Fit | None
    before_group: Fit | None
    beside: Fit | None
    further: Group | None
    left: Group | None

    @property
    def log_odds(self) -> float:
        """Of the one factor."""
        return float(self.all.factors[0])

    @property
    def error(self) -> float:
        """Of it."""
        return float(self.all.errors[0])

    def moved(self, tolerance: float) -> bool:
        """Whether the outcomes left what was expected by more than chance and tolerance do."""
        limit = 0.6 * np.log1p(tolerance)
        whole = self.all.gain > _CLEAR + 3 and abs(self.log_odds) > limit
        tilted = self.tilted.gain > SURE + 2 and bool(
            np.abs(self.tilted.factors[1]) > limit or abs(self.log_odds) > limit
        )
        part = (
            self.group is not None
            and self.inside is not None
            and self.group.gain > SURE
            and abs(float(self.inside.factors[0])) > limit
            and self.changed
        )
        return bool(whole or tilted or part)

    @property
    def changed(self) -> bool:
        """Whether the group's odds are not what they were before."""
        if self.inside is None or self.before_group is None:
            return self.inside is not None
        change = float(self.inside.factors[0] - self.before_group.factors[0])
        return abs(change) > 3 * float(np.hypot(self.inside.errors[0], self.before_group.errors[0]))

    @property
    def refutes_calibration(self) -> bool:
        """Whether a group is left after one factor and a slope for all."""
        return self.further is not None and self.further.gain > SURE

    @property
    def refutes_group(self) -> bool:
        """Whether the others, or a second group, are not as before."""
        outside = self.beside is not None and self.beside.gain > _CLEAR
        return outside or (self.left is not None and self.left.gain > SURE)


def concept(
    reference: Reference,
    before: tuple[Rows, Floats],
    after: tuple[Rows, Floats],
    without: frozenset[int] = frozenset(),
) -> Concept | None:
    """What the outcomes of due cases say; each side has its cases and their expected log odds.

    None where there are too few.
    """
    rows, offset = _labelled(*after)
    old, old_offset = _labelled(*before)
    outcomes = rows.outcomes
    if not 0 < outcomes.sum() < len(rows) or outcomes.sum() < FEW_POSITIVES:
        return None
    if old.outcomes.sum() >= 4 * FEW_POSITIVES:
        # What the scores lacked before the change is no part of it.
        lack = float(odds.intercept(old_offset, old.outcomes).factors[0])
        offset, old_offset = offset + lack, old_offset + lack
    looked_at = groups.splits(reference, rows, without)
    whole, tilted = odds.intercept(offset, outcomes), odds.slope(offset, outcomes)
    group = groups.best(looked_at, offset, outcomes)
    further = groups.best(looked_at, tilted.offset, outcomes)
    inside = beside = left = before_group = None
    if group is not None:
        inside = odds.of_group(offset, outcomes, group.mask)
        beside = odds.of_group(inside.offset, outcomes, ~group.mask)
        left = groups.best(looked_at, inside.offset, outcomes)
        before_group = _before(reference, group, old, old_offset, without)
    return Concept(
        *(len(rows), int(outcomes.sum()), float(_chance(offset).sum()), whole, tilted),
        *(group, inside, before_group, beside, further, left),
    )


def _before(
    reference: Reference, group: Group, rows: Rows, offset: Floats, without: frozenset[int]
) -> Fit | None:
    if rows.outcomes.sum() < FEW_POSITIVES:
        return None
    mask = inside_of(reference, group, rows)
    del without
    return odds.of_group(offset, rows.outcomes, mask) if mask.any() else None


def inside_of(
    reference: Reference, group: Group, rows: Rows
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """(n,): whether each row is of the group."""
    name, text = group.segment
    if group.column is None:
        return (
            rows.callers == rows.names.index(text)
            if text in rows.names
            else np.zeros(len(rows), np.bool_)
        )
    values = rows.values[:, group.column]
    if text == "= missing":
        return np.isnan(values)
    if text.startswith("= "):
        levels = reference.profile.columns[group.column].levels or ("false", "true")
        level = text[2:]
        return values == levels.index(level) if level in levels else np.isinf(values)
    del name
    if " to < " in text:
        low, high = map(float, text.split(" to < "))
        return (values >= low) & (values < high)
    return values < float(text[2:]) if text[0] == "<" else values >= float(text[2:])


def _labelled(rows: Rows, offset: Floats) -> tuple[Rows, Floats]:
    known = rows.labelled
    return rows.of(known), offset[known]


def _chance(offset: Floats) -> Floats:
    found: Floats = 1 / (1 + np.exp(-offset))
    return found
