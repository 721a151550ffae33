"""Who is measured: each takes the reference, all hours and the evidence, and says what happened."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.diagnosis import dummies, rivals
from diagnosis.course import Course, Sensitivity
from diagnosis.evidence import Evidence
from diagnosis.finding import Happening
from diagnosis.hours import Hours
from diagnosis.reference import Reference
from diagnosis.state import State


@dataclass
class Watch:
    """Processor time of the rounds, in seconds, and the memory where that is another process's."""

    rounds: list[float] = field(default_factory=list)
    peak_mb: float | None = None


Contender = Callable[[Reference, Hours, Evidence, Watch], list[Happening]]


def ours(reference: Reference, hours: Hours, evidence: Evidence, watch: Watch) -> list[Happening]:
    """The course of the diagnosis, day by day."""
    course = Course(reference, Sensitivity())
    state = State.new(hours.first)
    found: list[Happening] = []
    for day in days(hours):
        began = time.process_time()
        state, happened = course.advance(state, day, evidence)
        watch.rounds.append(time.process_time() - began)
        found += happened
    return found


def days(hours: Hours) -> list[Hours]:
    """Day by day."""
    return [
        Hours(hours.first + at, hours.names, hours.rows[at : at + 24], hours.cells[at : at + 24])
        for at in range(0, len(hours.rows), 24)
    ]


def _rival(name: str) -> Contender:
    def contend(
        reference: Reference, hours: Hours, evidence: Evidence, watch: Watch
    ) -> list[Happening]:
        found, seconds, watch.peak_mb = rivals.asked(name, reference, hours, evidence)
        watch.rounds.append(seconds)
        return found

    return contend


CONTENDERS: dict[str, Contender] = {
    "ours": ours,
    "never": dummies.never,
    "always": dummies.always,
    "evidently": _rival("evidently"),
    "nannyml": _rival("nannyml"),
}
