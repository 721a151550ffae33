"""The list of all incidents, by its own filters: version, state, time."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, cast, get_args
from urllib.parse import urlencode

from contract.text import shown
from monitor.database import Reader
from monitor.incidents import reading
from monitor.incidents.words import title
from monitor.page import records
from monitor.page.figures import Column, Table
from monitor.page.filters import Filters, FilterWrong
from monitor.page.records import Round
from monitor.page.sections.incidents import Item, item
from monitor.page.sections.linked import ordered
from monitor.page.words import iso, some

Which = Literal["all", "open", "closed"]
_NAMES = ("version", "state", "as_of")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is listed; None is all versions, and as known now."""

    version: str | None = None
    state: Which = "all"
    as_of: datetime | None = None

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> "Asked":
        """Read a query string; raises FilterWrong."""
        for name in query:
            if name not in _NAMES:
                raise FilterWrong(
                    f"{shown(name)} is no filter of this list; they are {', '.join(_NAMES)}."
                )
        given = Filters.parse({name: query.get(name, "") for name in ("version", "as_of")})
        state = query.get("state") or "all"
        if state not in get_args(Which):
            raise FilterWrong(f"state is one of {', '.join(get_args(Which))}, not {shown(state)}.")
        return cls(given.version, cast("Which", state), given.as_of)

    def query(self) -> str:
        """The query string, with nothing in it that is the default."""
        said = {
            "version": self.version,
            "state": self.state if self.state != "all" else None,
            "as_of": self.as_of and iso(self.as_of),
        }
        return urlencode({name: text for name, text in said.items() if text})

    def page(self) -> str:
        """Its address."""
        return "/incidents" + (f"?{self.query()}" if self.query() else "")

    def file(self) -> str:
        """Address of its CSV."""
        return "/incidents.csv" + (f"?{self.query()}" if self.query() else "")

    def of_state(self, state: Which) -> "Asked":
        """The same, of another state."""
        return replace(self, state=state)

    def at(self, as_of: datetime | None) -> "Asked":
        """The same as of another moment."""
        return replace(self, as_of=as_of)


@dataclass(frozen=True, slots=True)
class Listing:
    """What templates/incidents.html shows."""

    asked: Asked
    as_of: datetime
    round: Round
    items: tuple[Item, ...]
    versions: tuple[str, ...]
    still_open: int

    @property
    def head(self) -> str:
        """How many there are, and how many are open."""
        if self.asked.state == "closed":
            return f"{some('incident', len(self.items))} closed"
        if self.asked.state == "all" and self.items:
            return f"{some('incident', len(self.items))}, {self.still_open} open"
        return (
            "No incident is open"
            if not self.still_open
            else (f"{some('incident', self.still_open)} open")
        )

    @property
    def table(self) -> Table:
        """A row for each."""
        columns = tuple(
            Column(name, name)
            for name in (
                *("incident_id", "model_version", "opened_at", "closed_at", "ending", "onset"),
                *("cause", "action", "state", "title"),
            )
        )
        rows = tuple(
            (
                one.incident.incident_id,
                one.incident.model_version,
                iso(one.incident.opened_at),
                iso(one.incident.closed_at) if one.incident.closed_at else None,
                one.incident.ending,
                iso(one.incident.onset),
                one.incident.cause,
                one.incident.action,
                one.said.state_words,
                title(one.incident),
            )
            for one in self.items
        )
        return Table("incidents", "Incidents", columns, rows, "")


def read(connection: Reader, asked: Asked, now: datetime) -> Listing:
    """The incidents that are asked for; those that call for action first."""
    last = records.last_round(connection)
    shown_at = asked.as_of or (now if last.rolled_at is None else last.as_of)
    every = reading.incidents(connection, asked.as_of)
    versions = {one.model_version for one in every} | ({asked.version} if asked.version else set())
    own = [one for one in every if asked.version in {None, one.model_version}]
    still = [one for one in own if one.closed_at is None]
    chosen = {
        "all": own,
        "open": still,
        "closed": [one for one in own if one.closed_at is not None],
    }[asked.state]
    items = tuple(item(one, asked.as_of, shown_at) for one in ordered(chosen))
    return Listing(asked, shown_at, last, items, tuple(sorted(versions)), len(still))
