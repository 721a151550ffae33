"""Asks for an incident's diagnosis, often enough, and says what is another one than before."""

from collections.abc import Callable

from diagnosis.case import Case
from diagnosis.evidence import Evidence
from diagnosis.finding import Diagnosed, Diagnosis, Happening, Moved
from diagnosis.gathering import gather
from diagnosis.reference import Reference
from diagnosis.state import OpenIncident, State

_GROWN = 1.2
_MORE_CASES = 100


class Asking:
    """Asks `diagnose`; what it says that is new is added to `found`."""

    def __init__(
        self,
        state: State,
        reference: Reference,
        evidence: Evidence,
        diagnose: Callable[[Case], Diagnosis],
        found: list[Happening],
    ) -> None:
        self._state = state
        self._reference = reference
        self._evidence = evidence
        self._diagnose = diagnose
        self._found = found

    def is_due(self, incident: OpenIncident) -> bool:
        """Whether rows since the onset, or outcomes, are a fifth more than at the last one."""
        rows, cases = self._rows(incident), self._cases(incident)
        more = cases >= _GROWN * incident.cases and cases > incident.cases + _MORE_CASES
        return rows >= _GROWN * incident.rows or more

    def ask(self, incident: OpenIncident, moved: tuple[Moved, ...]) -> None:
        """Diagnose as of now."""
        state = self._state
        assert state.traffic is not None
        # Of what comes again, the first time is what it is compared with.
        onset = incident.onset.later(max(incident.again, 0))
        case = gather(
            self._reference,
            self._evidence,
            state.traffic.hours(),
            at=state.hour,
            onset=onset,
            moved=moved,
            recurs=incident.recurs,
        )
        incident.rows, incident.cases = max(self._rows(incident), 1), self._cases(incident)
        found = self._diagnose(case)
        if found.actionable or found.undetermined:
            incident.harmless_since = -1
        elif incident.harmless_since < 0:
            incident.harmless_since = state.hour
        incident.cause, said = found.cause, _gist(found)
        if said != incident.said:
            incident.said = said
            self._found.append(Diagnosed(incident.number, state.hour, found))

    def _cases(self, incident: OpenIncident) -> int:
        return self._state.due_cases - incident.cases_at_onset

    def _rows(self, incident: OpenIncident) -> int:
        traffic = self._state.traffic
        assert traffic is not None
        return int(traffic.rows[max(incident.onset.hour - traffic.first, 0) :].sum())


def _gist(found: Diagnosis) -> str:
    """What a diagnosis says, without its figures."""
    remain = sorted(
        f"{each.cause} {' '.join(each.columns)}"
        for each in found.candidates
        if each.refuted_by is None
    )
    segment = sorted((found.segment or {}).items())
    return repr((found.cause, found.columns, segment, found.action, remain))
