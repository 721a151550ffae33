"""A service with incidents: counts that moved at their onset, outcomes, notes, and the records."""

from dataclasses import replace
from datetime import UTC, datetime

from diagnosis.finding import Moved
from monitor.incidents.incident import Incident
from monitor.page.indicators import Indicators
from monitor.page.records import Version
from tests.conftest import Database
from tests.monitor.incidents import made
from tests.monitor.page import story

END = datetime(2026, 5, 28, tzinfo=UTC)
"""20 days after the onset: so long the income lies a cell on."""
GROUPS = [
    {
        "by": "age",
        "group": group,
        "before": {"cases": cases, "observed": bad, "expected": bad * 1.01},
        "after": {"cases": cases // 2, "observed": after, "expected": bad / 2},
    }
    for group, cases, bad, after in (
        ("< 32", 900, 118, 104),
        ("others", 12700, 914, 461),
    )
]


def incidents() -> tuple[Incident, ...]:
    """One of each kind that the page draws, by their numbers."""
    each = (
        made.closed("missing"),
        made.accepted(),
        _grouped(made.settled()),
        made.incident("undetermined"),
        made.incident("volume"),
        made.compound(),
        made.partial(),
        made.incident("concept_global"),
    )
    return tuple(_drawn(replace(one, incident_id=at)) for at, one in enumerate(each, 1))


def tell(database: Database, *, rate: int = 3000) -> None:
    """Four months by day, the last 25 days by hour, outcomes of 100 days."""
    story.register(database)
    story.tell(database, 120, end=END, hours_of=25, rate=rate)
    story.add_outcomes(database, 100, end=END)
    story.counted(database, END)
    watch(database)
    database.query(
        "INSERT INTO operator_note (at, body, written_by) VALUES"
        " ('2026-05-08T02:30Z', 'app 4.2 <b>rolled out</b> at mobile', 'ops')"
    )
    made.keep(database, *incidents())


def watch(database: Database) -> None:
    """A look at every hour."""
    database.query(
        "INSERT INTO watch_state (model_version, looked_until, state, as_of)"
        " VALUES (%s, %s, '{}', %s)",
        *(story.VERSION, END, END),
    )


def _grouped(incident: Incident) -> Incident:
    """With what the diagnosis told apart."""
    *others, last = incident.diagnoses
    found = replace(last.diagnosis, facts={"groups": GROUPS, "rows to fit": 4000})
    return replace(incident, diagnoses=(*others, replace(last, diagnosis=found)))


def _drawn(incident: Incident) -> Incident:
    """With the names of streams that the version has, the nearest ones."""
    version = Version(story.VERSION, None, None, {}, story.declaration(), story.profile())
    names = [stream.name for stream in Indicators.of(version).streams.each]
    return replace(incident, moved=tuple(_nearest(each, names) for each in incident.moved))


def _nearest(moved: Moved, names: list[str]) -> Moved:
    head, sign, value = moved.stream.partition(" < ")
    if not sign or moved.reading != "share" or moved.stream in names:
        return moved
    cuts = [float(name.partition(" < ")[2]) for name in names if _cut(name, head)]
    return replace(
        moved, stream=f"{head} < {min(cuts, key=lambda cut: abs(cut - float(value))):.6g}"
    )


def _cut(name: str, head: str) -> bool:
    return name.startswith(f"{head} < ") and "," not in name
