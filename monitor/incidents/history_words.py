"""How a diagnosis came about: a line for each record, none of which is ever changed."""

from dataclasses import dataclass
from datetime import datetime

from diagnosis.finding import Diagnosis
from monitor.incidents import action_words, candidate_words, cause_names, cause_words, moved_words
from monitor.incidents.incident import Incident
from monitor.incidents.moved_words import Tense
from monitor.incidents.phrases import part, sentence
from monitor.incidents.told import Told, holding


@dataclass(frozen=True, slots=True)
class Line:
    """What was written at a time; `diagnosed` where it is a diagnosis."""

    at: datetime
    head: str
    text: str
    diagnosed: bool = False


def history(incident: Incident) -> tuple[Line, ...]:
    """As it was opened, each diagnosis, as it was closed."""
    first = moved_words.condensed(incident.moved)[:1]
    moved = [sentence(moved_words.clause(each, Tense())) for each in first]
    lines = [Line(incident.opened_at, "Opened.", " ".join(moved))]
    for each in incident.diagnoses:
        said = Told.of(each.diagnosis, incident.moved, incident.model_version, Tense())
        lines.append(_line(each.at, each.diagnosis, said))
    if incident.closed_at is not None:
        head = sentence(action_words.ended(incident))
        lines.append(Line(incident.closed_at, head, sentence(incident.reason or "", begins=True)))
    return tuple(lines)


def _line(at: datetime, found: Diagnosis, told: Told) -> Line:
    chosen = holding(found)
    if found.undetermined:
        said = candidate_words.remaining(found)
        if found.decides:
            said += f" {candidate_words.decides(found.decides)}"
        return Line(at, "Undetermined.", said, diagnosed=True)
    head = cause_names.name(chosen) if chosen else cause_names.NAMES[found.cause]
    said = sentence(cause_words.clause(told))
    if chosen is not None:
        said += f" It explains {part(chosen.explains)} of the movement."
    for second in found.secondary:
        said += f" Beside it: {sentence(cause_names.name(second))}"
    due = action_words.short(found)
    return Line(at, sentence(head), f"{said} {due}".strip(), diagnosed=True)
