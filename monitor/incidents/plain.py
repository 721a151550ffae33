"""Incidents as plain text for a terminal, in lines of at most 80 columns."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from monitor.incidents.incident import Incident
from monitor.incidents.phrases import part
from monitor.incidents.words import Words, title, words
from monitor.page.words import when

WIDTH = 80
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
        *_wrapped(title(incident), indent),
        *_wrapped(f"Since {when(incident.onset)}, version {incident.model_version}.", indent),
    ]
    return "\n".join(lines) + "\n"


def _head(said: Words) -> Iterator[str]:
    yield from _wrapped(f"Incident {said.incident_id}: {said.title}")
    yield from _wrapped(f"{said.state_words}.")
    yield ""
    yield from _wrapped(said.lead)


def _facts(said: Words) -> Iterator[str]:
    yield ""
    for name, text in said.facts:
        yield from _wrapped(text, " " * _NAMES, f"{name:{_NAMES}}")


def _diagnosis(said: Words) -> Iterator[str]:
    yield from _titled("Diagnosis", said.diagnosis)
    for each in said.candidates:
        begin = f"  {each.verdict:8} {part(each.explains):>5}  "
        yield from _wrapped(f"{each.name}. {each.why}".strip(), " " * len(begin), begin)
    yield from _titled("What would decide", said.decides)
    yield from _titled("Notes", *said.notes)


def _history(said: Words) -> Iterator[str]:
    yield ""
    yield "How it came about"
    for line in said.history:
        begin = f"  {when(line.at):24}"
        yield from _wrapped(f"{line.head} {line.text}".strip(), " " * len(begin), begin)


def _titled(name: str, *texts: str) -> Iterator[str]:
    """A title with its paragraphs; nothing where there are none."""
    if not any(texts):
        return
    yield ""
    yield name
    for text in texts:
        yield from _wrapped(text, "  ", "  ")


def _wrapped(text: str, indent: str = "", first: str | None = None) -> Iterable[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_on_hyphens=False,
    )
