"""What is true of a stream: what a diagnosis is judged by, and never sees."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnosis.finding import Cause

ONLY_OUTCOMES_TELL: frozenset[Cause] = frozenset(
    {"label_shift", "calibration", "concept_global", "concept_segment", "outcome_collection"}
)
"""Causes that no one can name before outcomes are there."""


@dataclass(frozen=True)
class Truth:
    """The causes of a stream, the first of them the main one; none where nothing changes.

    accepted: other names that are no mistake, as where a change lies between two. columns: those
    at fault or drawn from other people; segment: `{"caller": ...}` or `{"age": "< 32"}`. Hours are
    of the stream. actionable: None where a careful person may say either. pages: whether a page is
    due, or must not come, or None where either is right.
    """

    scenario: str
    severity: float
    causes: tuple[Cause, ...] = ()
    accepted: frozenset[Cause] = frozenset()
    columns: tuple[str, ...] = ()
    segment: Mapping[str, str] | None = None
    onset: float | None = None
    end: float | None = None
    actionable: bool | None = False
    pages: bool | None = True
    needs_outcomes: bool = False
    effect: Mapping[str, float] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[Cause]:
        """All that a diagnosis may say without being wrong."""
        return frozenset(self.causes) | self.accepted or frozenset({"none"})
