"""The life of incidents: one for each lasting change, from its opening to its end."""

import re
from collections.abc import Callable, Sequence

from diagnosis.case import Case
from diagnosis.evidence import Event, Evidence
from diagnosis.finding import (
    Diagnosed,
    Diagnosis,
    Ended,
    Ending,
    Extended,
    Happening,
    Moved,
    Opened,
)
from diagnosis.gathering import gather
from diagnosis.grouping import Group, about, groups, onset_of, together
from diagnosis.state import Key, OpenIncident, State
from diagnosis.watch import DAY, OF_OUTCOMES, Watch

_GROWN = 1.2
_LASTED = 14 * DAY
_SETTLING = 7 * DAY
_MOST_MOVED = 60
_ACCEPT = re.compile(r"\s*accept\s+(\d+)\s*", re.IGNORECASE)


class Incidents:
    """Those of a state, which it changes; what happens is added to `found`.

    restarted: whether something is compared with another baseline from now on.
    """

    def __init__(
        self,
        state: State,
        watch: Watch,
        evidence: Evidence,
        diagnose: Callable[[Case], Diagnosis],
        found: list[Happening],
    ) -> None:
        self._state = state
        self._watch = watch
        self._evidence = evidence
        self._diagnose = diagnose
        self._found = found
        self.restarted = False

    def held(self, but: OpenIncident | None = None) -> set[str]:
        """Keys of what moved in an open incident: it opens no other."""
        every = self._state.incidents.values()
        return {text for each in every if each is not but for text in each.levels}

    def judge(self) -> None:
        """Open or extend for what is at its threshold."""
        crossed = self._watch.crossed(self._state, self.held())
        if not crossed:
            return
        left: list[Group] = []
        grown: dict[int, OpenIncident] = {}
        for group in groups(self._watch, self._state, crossed):
            incident = self._home(group)
            if incident is None:
                left.append(group)
            elif self._join(incident, group):
                grown[incident.number] = incident
        while any(group.certain for group in left):
            first = next(group for group in left if group.certain)
            same = [
                group
                for group in left
                if group is first or together(first.onset, group.onset, same_column=False)
            ]
            left = [group for group in left if group not in same]
            self._open(same)
        # At midnight `day` tells, once all is known.
        if self._state.hour % DAY:
            for incident in grown.values():
                self._tell_more(incident)

    def _home(self, group: Group) -> OpenIncident | None:
        for incident in self._state.incidents.values():
            columns = {about(self._watch, self._state, Key.of(text))[2] for text in incident.levels}
            same = group.about[2] in columns
            if together(incident.onset, group.onset, same_column=same):
                return incident
        return None

    def _join(self, incident: OpenIncident, group: Group) -> bool:
        """Whether the group is about something that had not moved yet."""
        known = {about(self._watch, self._state, Key.of(text))[1:] for text in incident.levels}
        self._add(incident, [group])
        incident.untold = True
        return group.about[1:] not in known

    def _add(self, incident: OpenIncident, new: Sequence[Group]) -> None:
        for group in new:
            for each in group.members:
                before = self._watch.before(self._state, each.key)
                after = self._watch.after(self._state, each.key, incident.onset.hour)
                incident.levels[each.key.text] = (before, after)

    def _open(self, new: Sequence[Group]) -> None:
        state = self._state
        state.numbers += 1
        onset = onset_of(self._watch, state, [group.best.key for group in new])
        incident = OpenIncident(state.numbers, state.hour, onset)
        incident.cases_at_onset = state.due_cases
        state.incidents[str(incident.number)] = incident
        self._add(incident, new)
        moved = self._moved(incident)
        self._found.append(Opened(incident.number, state.hour, onset, moved))
        self._ask(incident)

    def _moved(self, incident: OpenIncident) -> tuple[Moved, ...]:
        """What moved, that with the most evidence first."""
        found = [
            self._watch.moved(self._state, Key.of(text), *levels)
            for text, levels in incident.levels.items()
        ]
        return tuple(sorted(found, key=lambda each: -each.log_evidence)[:_MOST_MOVED])

    def _tell_more(self, incident: OpenIncident) -> None:
        incident.untold = False
        moved = self._moved(incident)
        at = self._state.hour
        self._found.append(Extended(incident.number, at, incident.onset, moved))
        incident.rows = 0

    def day(self) -> None:
        """At a midnight: what is back, what is known better, and why."""
        for incident in list(self._state.incidents.values()):
            if self._is_back(incident):
                self._end(incident, "back", "all that moved is back to what it was")
                continue
            self._refresh(incident)
            if self._has_grown(incident):
                self._ask(incident)
            since = max(incident.harmless_since, incident.onset.hour)
            if incident.harmless_since >= 0 and self._state.hour - since >= _LASTED:
                days = _LASTED // DAY
                said = (
                    f"explained ({incident.cause}), no action is due, and it lasts for {days} days"
                )
                self._accept(incident, said)

    def _is_back(self, incident: OpenIncident) -> bool:
        """Rows decide where there are such: outcomes of the time of trouble are due later."""
        keys = {Key.of(text): levels for text, levels in incident.levels.items()}
        of_rows = {
            key: levels
            for key, levels in keys.items()
            if key.source != "daily" or key.caller not in OF_OUTCOMES
        }
        told = [
            self._watch.is_back(self._state, key, incident.onset.hour, levels)
            for key, levels in (of_rows or keys).items()
        ]
        return True in told and False not in told

    def _refresh(self, incident: OpenIncident) -> None:
        """Levels and onset anew in its first week; later it may be on its way back."""
        state = self._state
        if state.hour - incident.opened_at <= _SETTLING:
            moved = [Key.of(text) for text in incident.levels]
            best: dict[tuple[str, str, str], tuple[float, Key]] = {}
            for key in moved:
                what = about(self._watch, state, key)
                found = (self._watch.moved(state, key, 0.0, 0.0).log_evidence, key)
                best[what] = max(best.get(what, found), found, key=lambda each: each[0])
            order = sorted(best.values(), key=lambda each: -each[0])
            onset = onset_of(self._watch, state, [key for _, key in order])
            old = incident.onset
            narrower = 2 * (onset.high - onset.low) < old.high - old.low
            # The first look is biased: what happened to move most is what was looked at.
            if narrower or not old.low <= onset.hour <= old.high:
                incident.onset, incident.untold = onset, True
            incident.levels = {
                text: (before, self._watch.after(state, Key.of(text), incident.onset.hour))
                for text, (before, _) in incident.levels.items()
            }
        if incident.untold:
            self._tell_more(incident)

    def _has_grown(self, incident: OpenIncident) -> bool:
        rows, cases = self._rows(incident), self._state.due_cases - incident.cases_at_onset
        return rows >= _GROWN * incident.rows or (
            cases >= _GROWN * incident.cases and cases > incident.cases + 100
        )

    def _rows(self, incident: OpenIncident) -> int:
        traffic = self._state.traffic
        assert traffic is not None
        return int(traffic.rows[max(incident.onset.hour - traffic.first, 0) :].sum())

    def _ask(self, incident: OpenIncident) -> None:
        state = self._state
        assert state.traffic is not None
        case = gather(
            self._watch.reference,
            self._evidence,
            state.traffic.hours(),
            at=state.hour,
            onset=incident.onset,
            moved=self._moved(incident),
        )
        incident.rows = max(self._rows(incident), 1)
        incident.cases = state.due_cases - incident.cases_at_onset
        found = self._diagnose(case)
        harmless = not found.actionable and not found.undetermined
        if not harmless:
            incident.harmless_since = -1
        elif incident.harmless_since < 0:
            incident.harmless_since = state.hour
        incident.cause = found.cause
        said = _gist(found)
        if said != incident.said:
            incident.said = said
            self._found.append(Diagnosed(incident.number, state.hour, found))

    def accept_told(self, events: Sequence[Event]) -> None:
        """Notes that accept an incident, by its number: `accept 3`."""
        for event in events:
            told = _ACCEPT.fullmatch(event.text) if event.kind == "note" else None
            incident = self._state.incidents.get(str(int(told[1]))) if told else None
            if incident is not None:
                self._accept(incident, f"accepted by the note {event.text.strip()!r}")

    def _accept(self, incident: OpenIncident, reason: str) -> None:
        self._watch.accept(self._state, incident.onset.hour, self.held(but=incident))
        self.restarted = True
        self._end(
            incident, "accepted", f"{reason}; later rows are compared with those since the onset"
        )

    def _end(self, incident: OpenIncident, ending: Ending, reason: str) -> None:
        if ending == "back":
            for text in incident.levels:
                self._watch.forget(self._state, Key.of(text))
            self._watch.skip(self._state, incident.onset.low)
        del self._state.incidents[str(incident.number)]
        self._found.append(Ended(incident.number, self._state.hour, ending, reason))


def _gist(found: Diagnosis) -> str:
    """What a diagnosis says, without its figures."""
    remain = sorted(
        f"{each.cause} {' '.join(each.columns)}"
        for each in found.candidates
        if each.refuted_by is None
    )
    segment = sorted((found.segment or {}).items())
    return repr((found.cause, found.columns, segment, found.action, remain))
