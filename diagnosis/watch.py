"""All that is watched of a version, and when it counts as moved."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diagnosis.evidence import Evidence
from diagnosis.hours import DAY, Hours
from diagnosis.marginals import Limits, Marginals
from diagnosis.outcome_looks import OutcomeLooks
from diagnosis.reference import Reference
from diagnosis.row_looks import MOST, RowLooks
from diagnosis.state import Key, State
from diagnosis.streams import Streams
from diagnosis.trace import Look, Trace
from diagnosis.traffic import MOST_CALLERS, Traffic

_HOURS_A_YEAR, _DAYS_A_YEAR = 8766.0, 365.25
MOST_DUE = 30_000
# Of the false pages that are allowed, whose they may be. They sum up to 1.
_OVERALL, _CALLERS = 0.45, 0.2
_FAMILIES = {
    "outcomes": 0.2,
    "arrivals": 0.05,
    "volume": 0.03,
    "mix": 0.03,
    "agreement": 0.02,
    "repeated": 0.02,
}
assert abs(_OVERALL + _CALLERS + sum(_FAMILIES.values()) - 1) < 1e-9

_OF_MISSING = 0.4
# With so much evidence something has moved, where something else did for certain.
_BESIDE = 9.0
_OF_TRAFFIC = frozenset({"volume", "mix"})
OF_OUTCOMES = frozenset({"outcomes", "arrivals"})

Floats = NDArray[np.float64]
LimitsBySource = dict[str | None, Limits]


@dataclass(frozen=True, slots=True)
class Crossed:
    """A quantity whose evidence is at its threshold, or `beside` one that is."""

    key: Key
    evidence: float
    certain: bool


class Watch:
    """The streams of a reference, and how much evidence is enough."""

    def __init__(self, reference: Reference, false_pages_per_year: float) -> None:
        self.reference = reference
        self.streams = Streams.of(reference)
        self.outcomes = OutcomeLooks.of(reference)
        self._rate = false_pages_per_year
        self._log_parts = np.log(_parts(self.streams))

    # Taking in.

    def limits(self, state: State) -> LimitsBySource:
        """What hours are compared with until the next midnight; None is the key of all callers."""
        found: LimitsBySource = {}
        if state.overall is not None:
            found[None] = state.overall.limits(self.streams)
        for name, own in state.callers.items():
            found[name] = own.limits(self.streams)
        return found

    def hour(self, state: State, hours: Hours, hour: int, limits: LimitsBySource) -> None:
        """Take in an hour; one that `hours` lacks has no rows."""
        at = hour - hours.first
        there = 0 <= at < len(hours.rows)
        rows = hours.rows[at] if there else np.zeros(len(hours.names), dtype=np.int64)
        if state.began < 0 and not rows.any():
            return
        if state.began < 0:
            state.began, state.traffic = hour, Traffic.new(hour)
            state.rows = RowLooks.new(self.reference)
            state.overall = Marginals.new(self.streams, hour, anchored=True)
            limits[None] = state.overall.limits(self.streams)
        assert state.traffic is not None
        assert state.overall is not None
        alone = not there or hours.served is None or bool(hours.served[at])
        state.traffic.add(hours.names, rows, alone=alone)
        cells = hours.cells[at] if there else np.zeros((len(rows), len(self.streams.members)), int)
        ones, counted = self.streams.counted(cells)
        state.overall.look(ones.sum(axis=0), int(counted.sum()), limits[None])
        if len(hours.names) < 2 and not state.callers:
            return
        none = np.zeros(len(self.streams), dtype=np.int64)
        own = {name: (ones[c], int(counted[c])) for c, name in enumerate(hours.names)}
        for name, (_, n) in own.items():
            if n and name not in state.callers and len(state.callers) < MOST_CALLERS:
                state.callers[name] = Marginals.new(self.streams, hour, anchored=False)
                limits[name] = state.callers[name].limits(self.streams)
        for name, marginals in state.callers.items():
            marginals.look(*own.get(name, (none, 0)), limits[name])

    def day(self, state: State, evidence: Evidence, held: set[str]) -> None:
        """At a midnight: learn, and take in what is looked at once a day."""
        if state.overall is None or state.traffic is None or state.rows is None:
            return
        for name, marginals in state.sources():
            keys = (Key.counted(name, stream.name).text for stream in self.streams.each)
            marginals.midnight(state.hour, np.array([key in held for key in keys], dtype=bool))
        day = state.hour - DAY
        for family, look in self._looks(state, evidence, day):
            key = Key("daily", family, look.name).text
            trace = state.traces.setdefault(key, Trace.of(look))
            # Outcomes of the time of an incident that is over fall due long after it.
            odd = family in OF_OUTCOMES and state.traffic.is_odd(look.start, look.end)
            trace.look(look, held=key in held, odd=odd)

    def _looks(self, state: State, evidence: Evidence, day: int) -> Iterator[tuple[str, Look]]:
        assert state.traffic is not None
        assert state.rows is not None
        yield from state.traffic.looks(self.reference.tolerances, *_places(state))
        rows = evidence.rows(day, state.hour, state.hour, MOST)
        n = int(state.traffic.rows[-DAY:].sum())
        yield from state.rows.look(self.reference, rows, day, n)
        due = evidence.due(day, state.hour, MOST_DUE)
        state.due_cases += len(due)
        yield from self.outcomes.look(due)

    # Judging.

    def crossed(self, state: State, held: set[str]) -> list[Crossed]:
        """What is at its threshold; beside these, what is likely to have moved with them."""
        found = list(self._hourly(state, held))
        if state.hour % DAY == 0:
            found += self._daily(state, held)
        return found if any(each.certain for each in found) else []

    def _hourly(self, state: State, held: set[str]) -> Iterator[Crossed]:
        for number, (name, marginals) in enumerate(state.sources()):
            weight = _OVERALL if name is None else _CALLERS / (number * (number + 1))
            enough = np.log(_HOURS_A_YEAR / self._rate / weight) - self._log_parts
            if marginals.at_most < _BESIDE:
                continue
            evidence = marginals.evidence
            for k in np.flatnonzero(evidence >= _BESIDE):
                key = Key.counted(name, self.streams.each[k].name)
                if key.text not in held:
                    yield Crossed(key, float(evidence[k]), bool(evidence[k] >= enough[k]))

    def _daily(self, state: State, held: set[str]) -> Iterator[Crossed]:
        keys = {text: Key.of(text) for text in state.traces}
        sizes = dict.fromkeys(_FAMILIES, 0)
        for key in keys.values():
            sizes[key.caller] += 1
        for text, key in keys.items():
            evidence = state.traces[text].evidence
            weight = _FAMILIES[key.caller]
            enough = np.log(_DAYS_A_YEAR / self._rate / weight * sizes[key.caller])
            if evidence >= min(_BESIDE, enough) and text not in held:
                yield Crossed(key, evidence, bool(evidence >= enough))


def _parts(streams: Streams) -> Floats:
    """(K,): the part of each stream in the false pages of a source; they sum up to 1.

    What is missing is watched more keenly: it is what goes wrong most often, and by little.
    """
    missing = np.isin(np.arange(len(streams)), streams.given)
    if not missing.any() or missing.all():
        return np.full(len(streams), 1 / max(len(streams), 1))
    rest = (1 - _OF_MISSING) / (~missing).sum()
    found: Floats = np.where(missing, _OF_MISSING / missing.sum(), rest)
    return found


def _places(state: State) -> tuple[dict[str, int], dict[str, int]]:
    """From when on the traffic counts, and since when it may have changed, by name."""
    began, since = {"": state.began}, {}
    for trace in state.traces.values():
        if trace.suspected_from >= 0:
            since[trace.name] = trace.suspected_from
        if trace.restart >= 0:
            began[trace.name] = trace.restart
    for incident in state.incidents.values():
        keys = [Key.of(text) for text in incident.levels]
        if any(key.caller in _OF_TRAFFIC and key.source == "daily" for key in keys):
            low = incident.onset.low
            since |= {trace.name: low for trace in state.traces.values() if not trace.learns}
    return began, since
