"""What a diagnosis is given: the rows on both sides of an onset, and what is known around it."""

from dataclasses import dataclass

from diagnosis.evidence import Event
from diagnosis.finding import Moved, Onset
from diagnosis.hours import Hours
from diagnosis.reference import Reference
from diagnosis.rows import Rows


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One incident as it stands at hour `at`; nothing in it is of a later hour.

    before: live rows of up to 28 days before the onset; empty where the version had none, and then
    the reference's sample stands in, or its profile alone. after: rows since the onset. due_before,
    due_after: those whose outcome fell due by `at`, NaN where it is missing. volume_before,
    volume_after: rows an hour by caller; of no hours where nothing was counted. rescored: how many
    scores the version's bundle does not give again, and of how many, (0, 0) where it is not at
    hand. events: what is known to have happened near the onset and since. recurs: whether the same
    moved at the same hours a week before and was back in between; then `before` is that week.
    """

    reference: Reference
    at: int
    onset: Onset
    moved: tuple[Moved, ...]
    before: Rows
    after: Rows
    due_before: Rows
    due_after: Rows
    volume_before: Hours
    volume_after: Hours
    rescored: tuple[int, int] = (0, 0)
    events: tuple[Event, ...] = ()
    recurs: bool = False
