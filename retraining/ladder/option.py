"""An action that could be taken, with what it would win and cost; and which one is proposed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contract.link import Link

Rung = Literal["nothing", "threshold", "intercept", "slope", "refit"]
RUNGS: tuple[Rung, ...] = ("nothing", "threshold", "intercept", "slope", "refit")
"""From the lowest to the highest: each changes more of what is served than the one before."""

Verdict = Literal[
    "fix_pipeline", "wait", "nothing", "threshold", "recalibrate", "refit", "redesign"
]
"""What is proposed: `recalibrate` is the rung intercept or slope, `redesign` a person's work."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and a confidence interval that holds at every look; unit: the policy's."""

    estimate: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class SegmentChange:
    """What an option does to a segment; auc, calibration: after minus before, None if unknown.

    rows and bads: of the evaluation. harmed: worse than before beyond the policy's margin.
    """

    segment: str
    rows: int
    bads: int
    auc: float | None
    calibration: float | None
    harmed: bool


@dataclass(frozen=True, slots=True)
class Beyond:
    """What an option wins over the horizon beyond a lower rung, compared case by case."""

    rung: Rung
    benefit: Interval


@dataclass(frozen=True, slots=True)
class Option:
    """A rung, estimated on rows that neither model has seen.

    loss: mean of a case, in the policy's unit. benefit: over the horizon, champion minus option.
    cost: of doing it, flips included. flips: share of the cases that are decided otherwise.
    """

    rung: Rung
    link: Link | None
    """None where the option has other trees."""
    threshold: float
    loss: float
    benefit: Interval
    cost: float
    flips: float
    segments: tuple[SegmentChange, ...]
    anchored: bool
    """Not inferior to the anchor, the first model that was approved, beyond the margin."""
    pays: bool
    """The lower bound of the benefit is above the cost, and nothing forbids it."""
    why_not: str | None
    """A sentence, None where it pays."""
    needs: int | None = None
    """Further due cases, about, that would decide whether it pays; None where it is decided, or
    where no number of them would decide it."""
    beyond: tuple[Beyond, ...] = ()
    """What it wins beyond each rung below it."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is to be done, in one word, with the reason as a sentence for people."""

    verdict: Verdict
    rung: Rung | None
    """The rung that the verdict stands for; None where it is none of the ladder."""
    reason: str
    next_look: datetime | None
    """When more can be known; None where waiting adds nothing."""
    more_cases: int | None
    """Due cases that would decide, about; None where that is not what lacks."""
