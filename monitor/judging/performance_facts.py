"""All that the words on performance go by."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from monitor.judging.answer import Unsaid
from monitor.judging.cohort import Cohort, Step
from monitor.judging.held_out import HeldOut
from monitor.judging.maturity import first_due
from monitor.judging.naive import labelled_so_far
from monitor.judging.performance import (
    CohortPerformance,
    Performance,
    joined,
    of_cohort,
    performance,
)
from monitor.judging.reading import Known


@dataclass(frozen=True, slots=True)
class PerformanceFacts:
    """How the scores did in the cohorts that are shown, as of a time."""

    as_of: datetime
    step: Step
    cohorts: tuple[CohortPerformance, ...]
    """All, in order; also those that are not due."""
    whole: Performance | Unsaid | None
    """All wholly due cohorts together; None where none is."""
    some_due: bool
    """Whether anything is due, if not a whole cohort."""
    next_due: date | None
    judged_from: tuple[datetime, datetime] | None
    """Start of the first cohort that is not wholly due, and from when on it can be judged."""
    undated: bool
    naive: tuple[int, int]
    """Bad and known ones among what is not due."""
    held_out: HeldOut | None
    """Of the one version that answered; None where several did, or it is not known."""
    versions: int

    @property
    def due(self) -> tuple[CohortPerformance, ...]:
        """The wholly due cohorts, with whatever can be said of them."""
        return tuple(each for each in self.cohorts if each.is_due)


def performance_facts(
    known: Known, parts: tuple[Cohort, ...], step: Step, held_out: Mapping[str, HeldOut]
) -> PerformanceFacts:
    """All that the section's words go by; `parts` are the cohorts of what is known."""
    counts, as_of = known.counts, known.as_of
    due = joined(parts, as_of)
    waiting = next((part for part in parts if not part.is_due(as_of)), None)
    versions = set(counts.version.tolist())
    return PerformanceFacts(
        as_of,
        step,
        tuple(of_cohort(part, as_of) for part in parts),
        None if due is None else performance(due),
        bool(counts.due(as_of).any()),
        first_due(counts, as_of),
        (waiting.start, waiting.due_from(as_of) or waiting.end) if waiting else None,
        bool(counts.open.any()),
        labelled_so_far(counts, as_of),
        held_out.get(next(iter(versions))) if len(versions) == 1 else None,
        len(versions),
    )
