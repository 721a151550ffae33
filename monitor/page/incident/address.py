"""Addresses of an incident: of its page as of a time, of its tables, of its JSON."""

from dataclasses import dataclass, replace
from datetime import datetime

from monitor.page.filters import Filters


@dataclass(frozen=True, slots=True)
class Address:
    """Of an incident as of a time; None: as known now."""

    incident_id: int
    as_of: datetime | None = None

    @property
    def _query(self) -> str:
        query = Filters(as_of=self.as_of).query()
        return f"?{query}" if query else ""

    def page(self) -> str:
        """Its page."""
        return f"/incidents/{self.incident_id}{self._query}"

    def table(self, name: str) -> str:
        """One of its tables, as CSV."""
        return f"/incidents/{self.incident_id}/{name}.csv{self._query}"

    def document(self) -> str:
        """Its JSON."""
        return f"/api/incidents/{self.incident_id}{self._query}"

    def overview(self) -> str:
        """The page of the service as of the same time."""
        return f"/{self._query}"

    def listing(self) -> str:
        """The list of all as of the same time."""
        return f"/incidents{self._query}"

    def at(self, as_of: datetime | None) -> "Address":
        """The same as of another moment."""
        return replace(self, as_of=as_of)
