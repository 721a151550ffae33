"""What a course remembers between its rounds."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from diagnosis import stored
from diagnosis.counted import Counted
from diagnosis.finding import Onset
from diagnosis.marginals import Marginals
from diagnosis.row_looks import RowLooks
from diagnosis.trace import Trace
from diagnosis.traffic import Traffic
from diagnosis.usual import Usual


@dataclass(frozen=True, slots=True)
class Key:
    """Names a quantity: a stream of the hourly counts, or a trace that is looked at daily.

    source: `overall`, `caller`, or `daily`. caller: of a daily one its family stands here.
    """

    source: str
    caller: str
    name: str

    @classmethod
    def counted(cls, caller: str | None, stream: str) -> "Key":
        """Of a stream of hourly counts, of all callers where it is of none."""
        return cls("overall", "", stream) if caller is None else cls("caller", caller, stream)

    @property
    def text(self) -> str:
        """As a key of JSON."""
        return "\n".join((self.source, self.caller, self.name))

    @classmethod
    def of(cls, text: str) -> "Key":
        """The key that has a text."""
        return cls(*text.split("\n"))


@dataclass(eq=False)
class OpenIncident:
    """An incident that has not ended.

    levels: of each quantity that moved, by the text of its key, what it was and what it is, each in
    its own scale. untold: something moved that no happening has said. said: what the last diagnosis
    says, None before the first. rows, cases: rows since the onset and cases due since then, when it
    was made. harmless_since: since when it is explained and needs no action; -1 while it is not.
    again: how many hours after the onset the same came again at the same hours of the week, 0 where
    it had come a week before, -1 where it did neither. off_at: the last midnight at which it was
    not back. eased: whether some of it was back since.
    """

    number: int
    opened_at: int
    onset: Onset
    levels: dict[str, tuple[float, float]] = field(default_factory=dict)
    untold: bool = False
    said: str | None = None
    rows: int = 0
    cases: int = 0
    cases_at_onset: int = 0
    harmless_since: int = -1
    cause: str = ""
    again: int = -1
    off_at: int = -1
    eased: bool = False

    @property
    def recurs(self) -> bool:
        """Whether it comes every week."""
        return self.again >= 0


@dataclass(eq=False)
class State:
    """hour: the next one to look at. numbers: how many incidents there have been.

    harmless: of a column, the interval of hours in which its last incident began that was harmless
    and is over.

    Bounded: 42 days and 48 hours of each stream's counts, overall and of at most twenty callers;
    70 days of each daily trace; eight weeks of rows an hour by caller. With ten columns and three
    callers it is about a megabyte of JSON.
    """

    hour: int
    began: int = -1
    numbers: int = 0
    due_cases: int = 0
    overall: Marginals | None = None
    callers: dict[str, Marginals] = field(default_factory=dict)
    traffic: Traffic | None = None
    rows: RowLooks | None = None
    traces: dict[str, Trace] = field(default_factory=dict)
    incidents: dict[str, OpenIncident] = field(default_factory=dict)
    harmless: dict[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def new(cls, first_hour: int) -> "State":
        """Before the first look, which is at `first_hour`."""
        return cls(hour=first_hour)

    def sources(self) -> Iterator[tuple[str | None, Marginals]]:
        """Whose rows are counted: of all callers, named None, and then of each."""
        if self.overall is not None:
            yield None, self.overall
        yield from self.callers.items()

    def to_json(self) -> dict[str, Any]:
        """Plain and finite."""
        return {"format": stored.FORMAT, "state": stored.plain(self)}

    @classmethod
    def from_json(cls, document: dict[str, Any]) -> "State":
        """What `to_json` made; raises ValueError where it is of another form."""
        if document.get("format") != stored.FORMAT:
            raise ValueError(
                f"the stored state has the format {document.get('format')!r}, and this release"
                f" reads {stored.FORMAT}: begin again, with State.new at the version's first hour"
            )
        found = stored.restored(document["state"], _RECORDS)
        assert isinstance(found, cls)
        return found


_RECORDS = {
    each.__name__: each
    for each in (State, Marginals, Counted, Usual, Traffic, RowLooks, Trace, OpenIncident, Onset)
}
