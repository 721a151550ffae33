"""Where rows and events come from: the log, or a generator of streams with known causes."""

from dataclasses import dataclass
from typing import Literal, Protocol

from diagnosis.rows import Rows

EventKind = Literal["activation", "note", "caller_first", "caller_last"]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that is known to have happened, at an hour (a fraction counts) since 2000."""

    at: float
    kind: EventKind
    text: str
    """The version, the note, or the caller's name."""


class Evidence(Protocol):
    """Samples of one version's rows; the same question has the same answer.

    Hours count from 2000-01-01 00:00 UTC. A sample has about `most` rows at the most, drawn
    without regard to what is in them; all rows where there are no more. Of outcomes it holds what
    was observed before `as_of`.
    """

    def rows(self, first: int, end: int, as_of: int, most: int) -> Rows:
        """Of the cases from hour `first` until before `end`."""

    def due(self, first: int, end: int, most: int) -> Rows:
        """Of the cases whose outcome fell due from `first` until before `end`, as of `end`."""

    def rescored(self, first: int, end: int, most: int) -> tuple[int, int]:
        """How many of a sample's scores the version's bundle does not give again, and of how many.

        (0, 0) where the bundle is not at hand.
        """

    def events(self, first: int, end: int) -> tuple[Event, ...]:
        """What is known to have happened, in order."""
