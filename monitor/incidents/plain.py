"""Incidents as plain text for a terminal, in lines of at most 80 columns."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from monitor.incidents.incident import Incident
from monitor.incidents.phrases import part
from monitor.incidents.words import Words, title, words
from monitor.page.words import when
from monitor.terminal import wrapped

_NAMES = 12
"""Columns of the names in the table of facts."""


def listing(incidents: Sequence[Incident], now: datetime, *, only_open: bool = False) -> str:
    """Each in three lines: its number and state, its title, since when."""
    if not incidents:
        return "No incident is open.\n" if only_open else "No incident was opened yet.\n"
    return "\n".join(_entry(incident, now) for incident in incidents)


def explanation(incident: Incident, now: datetime) -> str:
    """All that the page says of one."""
    said = words(incident, now)
    return "\n".join([*_head(said), *_facts(said), *_diagnosis(said), *_history(said), ""])


def _entry(incident: Incident, now: datetime) -> str:
    said = words(incident, now)
    number = str(incident.incident_id)
    indent = " " * (len(number) + 2)
    lines = [
        f"{number}  {said.state_words}",
        *wrapped(title(incident), indent),
        *wrapped(f"Since {when(incident.onset)}, version {incident.model_version}.", indent),
    ]
    return "\n".join(lines) + "\n"


def _head(said: Words) -> Iterator[str]:
    yield from wrapped(f"Incident {said.incident_id}: {said.title}")
    yield from wrapped(f"{said.state_words}.")
    yield ""
    yield from wrapped(said.lead)


def _facts(said: Words) -> Iterator[str]:
    yield ""
    for name, text in said.facts:
        yield from wrapped(text, " " * _NAMES, f"{name:{_NAMES}}")


def _diagnosis(said: Words) -> Iterator[str]:
    yield from _titled("Diagnosis", said.diagnosis)
    for each in said.candidates:
        begin = f"  {each.verdict:8} {part(each.explains):>5}  "
        yield from wrapped(f"{each.name}. {each.why}".strip(), " " * len(begin), begin)
    yield from _titled("What would decide", said.decides)
    yield from _titled("Notes", *said.notes)


def _history(said: Words) -> Iterator[str]:
    yield ""
    yield "How it came about"
    for line in said.history:
        begin = f"  {when(line.at):24}"
        yield from wrapped(f"{line.head} {line.text}".strip(), " " * len(begin), begin)


def _titled(name: str, *texts: str) -> Iterator[str]:
    """A title with its paragraphs; nothing where there are none."""
    if not any(texts):
        return
    yield ""
    yield name
    for text in texts:
        yield from wrapped(text, "  ", "  ")
