"""The note by which somebody accepts an incident: its state is the new normal."""

import re

_FORM = re.compile(r"accept ([1-9][0-9]{0,17})(?:: .*)?")


def written(incident_id: int, because: str) -> str:
    """The text of the note."""
    return f"accept {incident_id}: {because}"


def accepted(text: str) -> int | None:
    """The incident that a note accepts, by its incident_id; None of any other note."""
    found = _FORM.fullmatch(text)
    return int(found[1]) if found else None
