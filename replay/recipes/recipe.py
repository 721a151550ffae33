"""What a recipe knows of a published data set, and the cases that it makes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Case:
    """One decision: what was known at `event`, and what became of it.

    features: as the declaration writes its table, by name. beside: further columns of the table
    that are no features. observed and due: when its outcome was known, and by when it had to be.
    """

    reference: str
    event: datetime
    features: Mapping[str, str]
    outcome: bool
    observed: datetime
    due: datetime
    client: str | None = None
    beside: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How cases are made of published files.

    first_day: of the stream, unless somebody asks for another. longest: after which time the
    outcome of every case is due. notes: what is left out because it tells the label, what is
    censored, and what else a reader should doubt, a sentence each.
    """

    published: str
    declaration: Path
    first_day: date
    longest: timedelta
    notes: tuple[str, ...]
    read: Callable[[Path], list[Case]]
    """Cases in the order of time, of a file, a zip or a directory; raises ReplayError, OSError."""
