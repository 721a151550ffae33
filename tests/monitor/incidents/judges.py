"""Judges of hours that are simple enough to know what they must find."""

from collections.abc import Callable
from copy import deepcopy

from diagnosis.evidence import Evidence
from diagnosis.finding import Happening, Moved, Onset, Opened
from diagnosis.hours import Hours
from diagnosis.reference import Reference
from diagnosis.state import State
from monitor.incidents.look import Looks
from monitor.incidents.versions import Versions
from tests.monitor.incidents import log


def nothing(_given: object) -> None:
    """Do nothing with it."""


class Counter:
    """Opens an incident in each hour with more than `many` rows; writes down what it is shown."""

    def __init__(self, reference: Reference, many: int = 1000) -> None:
        self.version = reference.version
        self.many = many
        self.seen: list[tuple[int, int, list[int], list[bool]]] = []
        self.before: Callable[[int], None] = nothing

    def advance(
        self, state: State, hours: Hours, evidence: Evidence
    ) -> tuple[State, list[Happening]]:
        """Every hour in order."""
        assert not evidence.events(hours.first, hours.first)
        assert hours.first >= state.hour
        assert hours.served is not None
        self.before(hours.first)
        state, found = deepcopy(state), list[Happening]()
        rows = hours.rows.sum(axis=1).tolist()
        for hour, count in zip(range(hours.first, hours.end), rows, strict=True):
            if count > self.many:
                state.numbers += 1
                onset = Onset(hour, hour, hour)
                moved = (Moved("rows", 0.0, float(count), "rows"),)
                found.append(Opened(state.numbers, hour + 1, onset, moved))
        state.hour = hours.end
        self.seen.append((hours.first, hours.end, rows, hours.served.tolist()))
        return state, found


class Judges:
    """A judge for each version, made when its first look is; they can be asked what they saw."""

    def __init__(self, versions: Versions, many: int = 1000) -> None:
        self.of: dict[str, Counter] = {}
        self.prepare: Callable[[Counter], None] = nothing
        self.looks = Looks(versions, self._make)
        self._many = many

    def _make(self, reference: Reference) -> Counter:
        judge = self.of.get(reference.version) or Counter(reference, self._many)
        self.of[reference.version] = judge
        self.prepare(judge)
        return judge

    def hours(self, version: str) -> list[int]:
        """Those that were shown of a version, from log.START on, in their order."""
        return [
            hour - log.FIRST
            for first, end, *_ in self.of[version].seen
            for hour in range(first, end)
        ]
