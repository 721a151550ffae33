"""The life of incidents: one for each lasting change, from its opening to its end."""

import re
from collections.abc import Callable, Sequence

from diagnosis.asking import Asking
from diagnosis.case import Case
from diagnosis.evidence import Event, Evidence
from diagnosis.finding import Diagnosis, Ended, Ending, Extended, Happening, Moved, Onset, Opened
from diagnosis.grouping import Group, groups, onset_of, together
from diagnosis.hours import DAY, WEEK
from diagnosis.quantities import Quantities
from diagnosis.state import Key, OpenIncident, State
from diagnosis.watch import OF_OUTCOMES, Watch

LASTED = 14 * DAY
"""Hours after which a change that is explained and needs no action is the new state."""

_SETTLING = 7 * DAY
_MOST_MOVED = 60
_MOST_WEEKS = 8
# What a season may be taken for while one of its weeks is known: no fault, and no known harm.
_OF_SEASONS = frozenset({"season", "covariate_harmless", "traffic_mix", "undetermined"})
_ACCEPT = re.compile(r"\s*accept\s+(\d{1,18})\s*(:.*)?", re.IGNORECASE | re.DOTALL)


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
        self._quantities = Quantities(watch.streams, state)
        self._asking = Asking(state, watch.reference, evidence, diagnose, found)
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
        for group in groups(self._quantities, crossed):
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
            columns = {self._quantities.about(Key.of(text))[2] for text in incident.levels}
            same = group.about[2] in columns
            if together(incident.onset, group.onset, same_column=same):
                return incident
            weeks = _weeks_later(incident.onset, group.onset) if same else 0
            if weeks and (incident.recurs or incident.eased) and incident.cause in _OF_SEASONS:
                incident.again = incident.again if incident.recurs else weeks * WEEK
                return incident
        return None

    def _join(self, incident: OpenIncident, group: Group) -> bool:
        """Whether the group is about something that had not moved yet."""
        known = {self._quantities.about(Key.of(text))[1:] for text in incident.levels}
        self._add(incident, [group])
        incident.untold = True
        return group.about[1:] not in known

    def _add(self, incident: OpenIncident, new: Sequence[Group]) -> None:
        for group in new:
            for each in group.members:
                before = self._quantities.before(each.key)
                after = self._quantities.after(each.key, incident.onset.hour)
                incident.levels[each.key.text] = (before, after)

    def _open(self, new: Sequence[Group]) -> None:
        state = self._state
        state.numbers += 1
        onset = onset_of(self._quantities, [group.best.key for group in new])
        incident = OpenIncident(state.numbers, state.hour, onset)
        incident.cases_at_onset = state.due_cases
        incident.again, incident.off_at = 0 if self._recurs(new, onset) else -1, state.hour
        state.incidents[str(incident.number)] = incident
        self._add(incident, new)
        moved = self._moved(incident)
        self._found.append(Opened(incident.number, state.hour, onset, moved))
        self._asking.ask(incident, moved)

    def _recurs(self, new: Sequence[Group], onset: Onset) -> bool:
        """Whether a harmless change of a column began at the same hours a week before."""
        known = (self._state.harmless.get(group.about[2]) for group in new)
        before = (Onset(low, low, high) for low, high in filter(None, known))
        return any(_weeks_later(each, onset) == 1 for each in before)

    def _moved(self, incident: OpenIncident) -> tuple[Moved, ...]:
        """What moved, that with the most evidence first."""
        found = [
            self._quantities.moved(Key.of(text), *levels)
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
            told = self._told_back(incident)
            back = True in told and False not in told
            if not back:
                incident.off_at = self._state.hour
            # What comes every week is not over while the hours at which it comes are still ahead.
            season = incident.recurs and incident.cause in _OF_SEASONS
            if back and (not season or self._state.hour - incident.off_at >= WEEK):
                self._end(incident, "back", "all that moved is back to what it was")
                continue
            incident.eased |= True in told
            if True not in told:
                self._refresh(incident)
            if incident.untold:
                self._tell_more(incident)
            if self._asking.is_due(incident):
                self._asking.ask(incident, self._moved(incident))
            since = max(incident.harmless_since, incident.onset.hour)
            if incident.harmless_since >= 0 and self._state.hour - since >= LASTED:
                days = LASTED // DAY
                said = (
                    f"explained ({incident.cause}), no action is due, and it lasts for {days} days"
                )
                self._accept(incident, said)

    def _told_back(self, incident: OpenIncident) -> list[bool | None]:
        """Of what moved, whether it is back, None where that cannot be told.

        Rows decide where there are such: outcomes of the time of trouble are due later.
        """
        keys = {Key.of(text): levels for text, levels in incident.levels.items()}
        of_rows = {
            key: levels
            for key, levels in keys.items()
            if key.source != "daily" or key.caller not in OF_OUTCOMES
        }
        return [
            self._quantities.is_back(key, incident.onset.hour, levels)
            for key, levels in (of_rows or keys).items()
        ]

    def _refresh(self, incident: OpenIncident) -> None:
        """Levels and onset anew in its first week, while nothing is on its way back."""
        state = self._state
        if state.hour - incident.opened_at <= _SETTLING:
            moved = [Key.of(text) for text in incident.levels]
            best: dict[tuple[str, str, str], tuple[float, Key]] = {}
            for key in moved:
                what = self._quantities.about(key)
                found = (self._quantities.moved(key, 0.0, 0.0).log_evidence, key)
                best[what] = max(best.get(what, found), found, key=lambda each: each[0])
            order = sorted(best.values(), key=lambda each: -each[0])
            onset = onset_of(self._quantities, [key for _, key in order])
            old = incident.onset
            narrower = 2 * (onset.high - onset.low) < old.high - old.low
            # The first look is biased: what happened to move most is what was looked at. A later
            # one knows days where it knew hours, and corrects it only where it contradicts it.
            if narrower or onset.high < old.low or onset.low > old.high:
                incident.onset, incident.untold = onset, True
            incident.levels = {
                text: (before, self._quantities.after(Key.of(text), incident.onset.hour))
                for text, (before, _) in incident.levels.items()
            }

    def accept_told(self, events: Sequence[Event]) -> None:
        """Notes that accept an incident, by its number: `accept 3`, or `accept 3: why`."""
        for event in events:
            told = _ACCEPT.fullmatch(event.text) if event.kind == "note" else None
            incident = self._state.incidents.get(str(int(told[1]))) if told else None
            if incident is not None:
                self._accept(incident, f"accepted by the note {event.text.strip()!r}")

    def _accept(self, incident: OpenIncident, reason: str) -> None:
        self._quantities.accept(incident.onset.hour, self.held(but=incident))
        self.restarted = True
        self._end(
            incident, "accepted", f"{reason}; later rows are compared with those since the onset"
        )

    def _end(self, incident: OpenIncident, ending: Ending, reason: str) -> None:
        if ending == "back":
            self._remember(incident)
            for text in incident.levels:
                self._quantities.forget(Key.of(text))
            self._quantities.skip(incident.onset.low)
        del self._state.incidents[str(incident.number)]
        self._found.append(Ended(incident.number, self._state.hour, ending, reason))

    def _remember(self, incident: OpenIncident) -> None:
        """A fault that comes every week stays one: only what was harmless may be a season."""
        if incident.harmless_since < 0:
            return
        for text in incident.levels:
            column = self._quantities.about(Key.of(text))[2]
            if column:
                self._state.harmless[column] = (incident.onset.low, incident.onset.high)


def _weeks_later(first: Onset, second: Onset) -> int:
    """How many weeks after the first a second change began, at the same hours; 0 if it did not."""
    for weeks in range(1, _MOST_WEEKS):
        if together(first.later(weeks * WEEK), second, same_column=False):
            return weeks
    return 0
