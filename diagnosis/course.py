"""The course of a version: each closed hour is looked at, and incidents come and go."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from diagnosis import diagnose as diagnosing
from diagnosis.case import Case
from diagnosis.evidence import Event, Evidence
from diagnosis.finding import Diagnosis, Happening
from diagnosis.hours import DAY, Hours
from diagnosis.incidents import Incidents
from diagnosis.reference import Reference
from diagnosis.state import State
from diagnosis.watch import Watch

__all__ = ["Course", "Sensitivity", "State"]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """false_pages_per_year: of all that is watched of a version together, in the mean at most."""

    false_pages_per_year: float = 0.05


class Course:
    """Looks at hours that are over; holds nothing between looks but what it is given.

    Raises nothing for want of data: an hour without rows, or a day without outcomes, tells nothing.
    """

    def __init__(
        self,
        reference: Reference,
        sensitivity: Sensitivity = Sensitivity(),
        diagnose: Callable[[Case], Diagnosis] = diagnosing.diagnose,
    ) -> None:
        self.reference = reference
        self._watch = Watch(reference, sensitivity.false_pages_per_year)
        self._diagnose = diagnose

    def advance(
        self, state: State, hours: Hours, evidence: Evidence
    ) -> tuple[State, list[Happening]]:
        """Look at `hours`, those that were looked at already left out.

        The state that was given is not changed. A span that is cut, with the state stored in
        between, has the same happenings and ends in the same state. Hours that are missing between
        the state's next one and the first of `hours` count as hours without rows.
        """
        state = deepcopy(state)
        found: list[Happening] = []
        if hours.end <= state.hour:
            return state, found
        said = _by_hour(evidence.events(state.hour, hours.end))
        incidents = Incidents(state, self._watch, evidence, self._diagnose, found)
        limits = self._watch.limits(state)
        while state.hour < hours.end:
            hour = state.hour
            self._watch.hour(state, hours, hour, limits)
            state.hour = hour + 1
            if state.hour % DAY == 0:
                self._watch.day(state, evidence, incidents.held())
                limits = self._watch.limits(state)
            if state.began >= 0:
                incidents.judge()
                incidents.accept_told(said.get(hour, ()))
                if state.hour % DAY == 0:
                    incidents.day()
                if incidents.restarted:
                    limits = self._watch.limits(state)
                    incidents.restarted = False
        return state, found


def _by_hour(events: tuple[Event, ...]) -> dict[int, tuple[Event, ...]]:
    found: dict[int, tuple[Event, ...]] = {}
    for event in events:
        hour = int(np.floor(event.at))
        found[hour] = (*found.get(hour, ()), event)
    return found
