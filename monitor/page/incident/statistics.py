"""The figures behind the sentences, for those who check them."""

from collections.abc import Iterator, Mapping
from math import isfinite

from monitor.incidents.cause_names import name
from monitor.incidents.incident import Incident
from monitor.page.figures import Cell, Column, Table
from monitor.page.words import number


def moved(incident: Incident) -> Table:
    """Each stream that left its tolerance."""
    columns = (
        Column("stream", "Stream"),
        Column("caller", "Caller"),
        Column("before", "Before", _fine),
        Column("after", "After", _fine),
        Column("reading", "Unit"),
        Column("log_evidence", "Evidence, natural logarithm", number),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (each.stream, each.caller, each.before, each.after, each.reading, each.log_evidence)
        for each in incident.moved
    )
    caption = "What moved, and the logarithm of its e-detector's value, which opens at a threshold"
    return Table("moved", caption, columns, rows, "", ranked=True)


def fitted(incident: Incident) -> Table | None:
    """What was fitted of each candidate, and the facts of the diagnosis; None before the first."""
    found = incident.latest
    if found is None:
        return None
    rows: list[tuple[Cell, ...]] = []
    for each in (*found.candidates, *found.secondary):
        rows.append((name(each), "explains", each.explains))
        rows += [(name(each), key, value) for key, value in each.parameters.items()]
    rows += [("Diagnosis", key, value) for key, value in _plain(found.facts)]
    columns = (
        Column("of", "Of"),
        Column("figure", "Figure"),
        Column("value", "Value", _fine),
    )
    if not rows:
        return None
    return Table(
        "fitted", "What was fitted, and what it goes by", columns, tuple(rows), ranked=True
    )


def _plain(facts: Mapping[str, object], before: str = "") -> Iterator[tuple[str, Cell]]:
    """Figures and texts among the facts, by the path that leads to them."""
    for key, value in facts.items():
        path = f"{before}{key}"
        if isinstance(value, bool):
            yield path, "yes" if value else "no"
        elif isinstance(value, int | float) and isfinite(value):
            yield path, float(value)
        elif isinstance(value, str):
            yield path, value
        elif isinstance(value, Mapping):
            yield from _plain(value, f"{path}, ")


def _fine(value: float) -> str:
    return number(value, 5)
