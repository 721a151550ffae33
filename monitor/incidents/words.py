"""An incident as people read it: the same sentences for the page, the command line, the webhook."""

from dataclasses import dataclass
from datetime import datetime

from diagnosis.finding import Cost, Diagnosis
from monitor.incidents import action_words, candidate_words, cause_names, cause_words, moved_words
from monitor.incidents.candidate_words import CandidateWords
from monitor.incidents.history_words import Line, history
from monitor.incidents.incident import Incident
from monitor.incidents.moved_words import Tense
from monitor.incidents.phrases import affected, between, cases, condition, numbers, sentence
from monitor.incidents.told import Told, first_moved
from monitor.page.figures import State
from monitor.page.words import listed, some, when

_ORDINARY = frozenset(
    {"A", "Bad", "Cases", "It", "Missing", "No", "Only", "Other", "Outcomes", "Rows", "Scores"}
    | {"Something", "The"}
)
"""Words that a clause may begin with, and that are no names."""
_MOST = 4
"""Of what moved so many are said; the statistics have them all."""
_UNKNOWN = Diagnosis(0, "undetermined", (), False, "wait")


@dataclass(frozen=True, slots=True)
class Words:
    """All that is said of an incident. Sentences end with a full stop; title and state do not."""

    incident_id: int
    title: str
    state: State
    state_words: str
    lead: str
    moved: tuple[str, ...]
    since: str
    where: str
    cost: str
    to_do: str
    diagnosis: str
    candidates: tuple[CandidateWords, ...]
    decides: str
    notes: tuple[str, ...]
    history: tuple[Line, ...]

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """The table of facts below the title, without the state."""
        return (
            ("What moved", " ".join(self.moved)),
            ("Since when", self.since),
            ("Where", self.where),
            ("Cost", self.cost),
            ("What to do", self.to_do),
        )


def words(incident: Incident, now: datetime) -> Words:
    """Of an incident as it is known at `now`, which only says for how long it has been open."""
    found, told = incident.latest, _told(incident)
    return Words(
        incident.incident_id,
        title(incident),
        action_words.state(incident),
        action_words.state_words(incident, now),
        _lead(incident),
        _moved(incident, told),
        since(incident),
        _where(incident, told),
        _cost(found.cost if found else None),
        action_words.to_do(incident, told),
        _diagnosis(found),
        candidate_words.candidates(found) if found else (),
        candidate_words.decides(found.decides) if found and found.decides else "",
        tuple(map(sentence, found.notes)) if found else (),
        history(incident),
    )


def title(incident: Incident) -> str:
    """What happened, to whom, how much; and that the cause is open, while it is."""
    found, told = incident.latest, _told(incident)
    if found is None or found.undetermined:
        said = first_moved(told)
        end = "" if incident.closed_at else "; the cause is open"
    else:
        said, end = cause_words.clause(told), ""
        for second in found.secondary[:1]:
            said += f", and {continued(cause_words.clause(told.beside(second)))}"
        if len(found.secondary) > 1:
            said += f", and {some('other change', len(found.secondary) - 1)}"
    if incident.ending == "back":
        end = f", for {action_words.lasted(incident)}"
    return said + end


def continued(clause: str) -> str:
    """A clause in the midst of a sentence: with a small letter, unless it begins with a name."""
    first = clause.split(" ", 1)[0]
    return clause[0].lower() + clause[1:] if first in _ORDINARY else clause


def since(incident: Incident) -> str:
    """The onset with its interval."""
    low, high = incident.onset_interval
    interval = between(low, high)
    return (
        f"{when(incident.onset)}, {interval}, by business time."
        if interval
        else (f"{when(incident.onset)}, by business time.")
    )


def _moved(incident: Incident, told: Told) -> tuple[str, ...]:
    every = moved_words.condensed(incident.moved)
    said = [sentence(moved_words.clause(each, told.tense)) for each in every[:_MOST]]
    if more := len(incident.moved) - len(said):
        said.append(f"{some('other figure', more)} moved as well.")
    return tuple(said)


def _lead(incident: Incident) -> str:
    found = incident.latest
    begin = f"Since {when(incident.onset)}."
    if found is None:
        return f"{begin} It is diagnosed at the next look."
    if found.undetermined:
        return f"{begin} {candidate_words.remaining(found)}"
    said = cause_names.MEANINGS[found.cause]
    for second in found.secondary:
        said += f" Beside it: {cause_names.MEANINGS[second.cause]}"
    if incident.closed_at is not None:
        return f"{said} {_over(incident)}"
    goes_on = "" if found.cause == "none" else " It goes on."
    return f"{said}{goes_on} {action_words.short(found)}"


def _over(incident: Incident) -> str:
    assert incident.closed_at is not None
    length = action_words.lasted(incident)
    if incident.ending == "back":
        return f"It lasted {length}, until {when(incident.closed_at)}."
    reason = sentence(incident.reason or "It is closed", begins=True)
    return f"{reason} Closed on {when(incident.closed_at)}."


def _where(incident: Incident, told: Told) -> str:
    columns = [column for column in told.columns if column not in told.segment]
    if columns:
        said = [listed(columns), *(condition(*each) for each in told.segment.items())]
    else:
        said = [cases(told.segment)] if told.segment else []
    if rows := affected(told.fitted.get("rows")):
        said.append(rows.strip())
    said.append(f"version {incident.model_version}")
    text = ", ".join(said)
    return f"{text if columns else text[0].upper() + text[1:]}."


def _cost(cost: Cost | None) -> str:
    if cost is None or (cost.expected is None and cost.measured is None):
        return "Not estimated."
    said = []
    if cost.measured is not None:
        before, after = numbers(*cost.measured)
        said.append(
            f"{after} instead of {before} ({cost.unit}), measured on"
            f" {some('due case', cost.cases)}."
        )
    if cost.expected is not None:
        before, after = numbers(*cost.expected)
        said.append(
            f"{after} instead of {before} ({cost.unit}), as the scores expect it, if the"
            " risk at the same features is unchanged."
        )
    return " ".join(said)


def _diagnosis(found: Diagnosis | None) -> str:
    if found is None:
        return "Not diagnosed yet."
    if found.undetermined:
        return f"Undetermined. {candidate_words.remaining(found)}"
    parts = (
        cause_names.MEANINGS[found.cause],
        candidate_words.fitted(found),
        candidate_words.explained(found),
    )
    return " ".join(filter(None, parts))


def _told(incident: Incident) -> Told:
    tense = Tense(past=incident.ending == "back")
    return Told.of(incident.latest or _UNKNOWN, incident.moved, incident.model_version, tense)
