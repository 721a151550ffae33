"""The query string of the page: every state of it has an address.

?version=&caller=&route=&last=P7D|P30D|P90D|P1Y&by=hour|day|week&as_of=
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Literal, cast, get_args
from urllib.parse import urlencode

from contract.text import is_printable, shown
from monitor.page.words import iso

Last = Literal["P7D", "P30D", "P90D", "P1Y"]
Step = Literal["hour", "day", "week"]

DAYS: dict[Last, int] = {"P7D": 7, "P30D": 30, "P90D": 90, "P1Y": 365}
TITLES: dict[Last, str] = {"P7D": "7 days", "P30D": "30 days", "P90D": "90 days", "P1Y": "A year"}
_STEPS: dict[Last, tuple[Step, ...]] = {
    "P7D": ("hour", "day"),
    "P30D": ("day", "week"),
    "P90D": ("day", "week"),
    "P1Y": ("week", "day"),
}
"""What a length of time can be shown by; the first is the default."""

NO_KEY = "(no key)"
"""The caller of predictions that were asked for without a key; no key has such a name."""

_NAMES = ("version", "caller", "route", "last", "by", "as_of")
_MOST = 200
_EARLIEST, _LATEST = datetime(2000, 1, 2, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_AS_OF = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+ -]\d\d:\d\d))?")


class FilterWrong(ValueError):
    """The query string says what cannot be shown; the message is a sentence for its reader."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is shown; None is all of them, and as known at the last round."""

    version: str | None = None
    caller: str | None = None
    route: str | None = None
    last: Last = "P30D"
    by: Step | None = None
    as_of: datetime | None = None

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> "Filters":
        """Read a query string; what is empty is not given. Raises FilterWrong."""
        for name in query:
            if name not in _NAMES:
                raise FilterWrong(
                    f"{shown(name)} is no filter of this page; they are {', '.join(_NAMES)}."
                )
        given = {name: _text(name, query.get(name, "")) for name in _NAMES}
        filters = cls(
            version=given["version"],
            caller=given["caller"],
            route=given["route"],
            last=cast("Last", _one_of("last", given["last"] or "P30D", get_args(Last))),
            by=cast("Step", given["by"]),
            as_of=_moment(given["as_of"]) if given["as_of"] else None,
        )
        if filters.by is not None:
            _one_of("by", filters.by, get_args(Step))
            if filters.by not in _STEPS[filters.last]:
                raise FilterWrong(
                    f"by={filters.by} does not go with last={filters.last}; that is shown by"
                    f" {' or '.join(_STEPS[filters.last])}."
                )
        return filters

    @property
    def step(self) -> Step:
        """The length of time of one point."""
        return self.by or _STEPS[self.last][0]

    @property
    def steps(self) -> tuple[Step, ...]:
        """What this length of time can be shown by."""
        return _STEPS[self.last]

    @property
    def stored_caller(self) -> str | None:
        """The caller as the counts have it."""
        return "" if self.caller == NO_KEY else self.caller

    def spanning(self, last: Last) -> "Filters":
        """The same over another length of time, by the same step where that is possible."""
        return replace(self, last=last, by=self.by if self.by in _STEPS[last] else None)

    def stepping(self, by: Step) -> "Filters":
        """The same by another step."""
        return replace(self, by=by)

    def at(self, as_of: datetime | None) -> "Filters":
        """The same as of another moment; None: as of now."""
        return replace(self, as_of=as_of)

    def query(self) -> str:
        """The query string, with nothing in it that is the default."""
        said = {
            "version": self.version,
            "caller": self.caller,
            "route": self.route,
            "last": self.last if self.last != "P30D" else None,
            "by": self.by,
            "as_of": self.as_of and iso(self.as_of),
        }
        return urlencode({name: text for name, text in said.items() if text})

    def page(self) -> str:
        """Address of the page."""
        return "/" + (f"?{self.query()}" if self.query() else "")

    def table(self, name: str) -> str:
        """Address of a table, as CSV."""
        return f"/tables/{name}.csv" + (f"?{self.query()}" if self.query() else "")


def _text(name: str, text: str) -> str | None:
    if len(text) > _MOST or not is_printable(text):
        raise FilterWrong(f"{name} is no text of at most {_MOST} printable characters.")
    return text.strip() or None


def _one_of(name: str, text: str, allowed: tuple[str, ...]) -> str:
    if text not in allowed:
        raise FilterWrong(f"{name} is one of {', '.join(allowed)}, not {shown(text)}.")
    return text


def _moment(text: str) -> datetime:
    """A day, which is its beginning, or a time with its zone; to the minute."""
    if not _AS_OF.fullmatch(text):
        raise FilterWrong(
            "as_of is a day, as 2026-07-02, or a time with its zone, as 2026-07-02T13:00Z;"
            f" not {shown(text)}."
        )
    try:
        # An unescaped + of an address arrives as a space.
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise FilterWrong(f"as_of is no day of a calendar: {shown(text)}.") from error
    moment = moment.replace(tzinfo=moment.tzinfo or UTC)
    if not _EARLIEST - timedelta(days=1) <= moment < _LATEST:
        raise FilterWrong(f"as_of lies between the years 2000 and 2099; {shown(text)} does not.")
    return moment.astimezone(UTC).replace(second=0, microsecond=0)
