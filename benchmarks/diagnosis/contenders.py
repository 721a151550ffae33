"""Who is measured: each takes the reference, all hours and the evidence, and says what happened."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.diagnosis import dummies
from diagnosis.evidence import Evidence
from diagnosis.finding import Happening
from diagnosis.hours import Hours
from diagnosis.reference import Reference


@dataclass
class Watch:
    """How long the rounds of a contender took, in seconds."""

    rounds: list[float] = field(default_factory=list)


Contender = Callable[[Reference, Hours, Evidence, Watch], list[Happening]]


def ours(reference: Reference, hours: Hours, evidence: Evidence, watch: Watch) -> list[Happening]:
    """The course of the diagnosis, day by day."""
    from diagnosis.course import Course, Sensitivity, State  # noqa: PLC0415

    course = Course(reference, Sensitivity())
    state = State.new(hours.first)
    found: list[Happening] = []
    for day in days(hours):
        began = time.perf_counter()
        state, happened = course.advance(state, day, evidence)
        watch.rounds.append(time.perf_counter() - began)
        found += happened
    return found


def days(hours: Hours) -> list[Hours]:
    """Day by day."""
    return [
        Hours(hours.first + at, hours.names, hours.rows[at : at + 24], hours.cells[at : at + 24])
        for at in range(0, len(hours.rows), 24)
    ]


CONTENDERS: dict[str, Contender] = {
    "ours": ours,
    "never": dummies.never,
    "always": dummies.always,
}
