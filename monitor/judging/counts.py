"""Counts of outcomes as arrays: rows of outcome_day or outcome_hour, or of the log itself."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from math import fsum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from db.rollup import bins
from db.rollup.outcomes import STATES, SUMS

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Times = NDArray[np.datetime64]
Names = NDArray[np.object_]

SCORE_BINS = len(bins.SCORES) + 1
AGE_BINS = len(bins.AGES) + 1


def utc(moment: datetime) -> np.datetime64:
    """A time with a zone as numpy has it: UTC, to the microsecond."""
    assert moment.tzinfo
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")


@dataclass(frozen=True, slots=True)
class States:
    """Predictions by what their reports say; a partition."""

    unreported: int = 0
    interim: int = 0
    good: int = 0
    bad: int = 0
    retracted: int = 0
    unobservable: int = 0
    contested: int = 0

    @property
    def predictions(self) -> int:
        """All of them."""
        return self.unknown + self.known + self.set_aside

    @property
    def known(self) -> int:
        """Those with a final word, good or bad."""
        return self.good + self.bad

    @property
    def unknown(self) -> int:
        """Those of which a final word may still come."""
        return self.unreported + self.interim

    @property
    def set_aside(self) -> int:
        """Those whose reports do not say good or bad: taken back, never to be known, contested."""
        return self.retracted + self.unobservable + self.contested

    def __add__(self, other: "States") -> "States":
        pairs = ((getattr(self, f.name), getattr(other, f.name)) for f in fields(States))
        return States(*(mine + its for mine, its in pairs))


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """n rows, in any order; any number of them may have the same keys.

    A row speaks of the predictions of `hours` from `start` (UTC, business time). Sums are of
    probabilities, or of their squares; bins are those of db/rollup/bins.py.
    """

    hours: int
    start: Times
    """(n,), datetime64[h]."""
    due_on: Times
    """(n,), datetime64[D]: the day (UTC) on which they are due; NaT where no time is declared."""
    due_last: Times
    """(n,): the last such day, where a row speaks of several: all of them are due, or none is."""
    version: Names
    """(n,) of text."""
    caller: Names
    """(n,) of text; empty where there was no key."""
    states: Ints
    """(n, 7): predictions by the states of `STATES`."""
    sums: Floats
    """(n, 5): those of `SUMS`."""
    good_scores: Ints
    """(n, 200): the good ones by probability."""
    bad_scores: Ints
    """(n, 200): the bad ones by probability."""
    good_ages: Ints
    """(n, 26): the good ones by days from business time to observation."""
    bad_ages: Ints
    """(n, 26): the bad ones so."""

    @classmethod
    def of(cls, hours: int, keys: Iterable[tuple[Any, Any, str, str]], *arrays: Any) -> Self:
        """From keys (start, due_on or None, version, caller), and the arrays in their order."""
        found = list(keys)
        start, due_on, version, caller = zip(*found, strict=True) if found else ((), (), (), ())
        widths = (len(STATES), len(SUMS), SCORE_BINS, SCORE_BINS, AGE_BINS, AGE_BINS)
        kinds: tuple[Any, ...] = (np.int64, np.float64, np.int64, np.int64, np.int64, np.int64)
        days = np.array([day if day is not None else "NaT" for day in due_on], "datetime64[D]")
        return cls(
            hours,
            np.array(start, dtype="datetime64[h]"),
            days,
            days,
            np.array(version, dtype=object),
            np.array(caller, dtype=object),
            *(
                np.asarray(array, dtype=kind).reshape(len(found), width)
                for array, kind, width in zip(arrays, kinds, widths, strict=True)
            ),
        )

    def __len__(self) -> int:
        return len(self.start)

    def where(self, wanted: Flags | Ints | slice) -> "Counts":
        """The rows that are wanted: flags, (n,), places, or a slice, which copies nothing."""
        rest = (getattr(self, f.name)[wanted] for f in fields(self) if f.name != "hours")
        return Counts(self.hours, *rest)

    @property
    def nbytes(self) -> int:
        """What the arrays take of the memory."""
        return sum(getattr(self, f.name).nbytes for f in fields(self) if f.name != "hours")

    @property
    def end(self) -> Times:
        """(n,): when the predictions of each row are all made."""
        return self.start + np.timedelta64(self.hours, "h")

    def due(self, as_of: datetime) -> Flags:
        """(n,): whether the whole day on which they are due is over; never without such a day."""
        over: Flags = self.due_last + np.timedelta64(1, "D") <= utc(as_of)
        return over

    @property
    def open(self) -> Flags:
        """(n,): whether no due time is declared; then a report counts at once."""
        return np.isnat(self.due_on)

    def total(self, among: Flags | None = None) -> States:
        """All rows, or those of (n,) flags, by state."""
        states = self.states if among is None else self.states[among]
        return States(*states.sum(axis=0).tolist())

    def sum(self, name: str) -> float:
        """One of `SUMS`, over all rows, the same in any order of them."""
        return fsum(self.sums[:, SUMS.index(name)].tolist())


def together(parts: list[Counts]) -> Counts:
    """Rows of the same length in time, one after the other."""
    names = Counts.__slots__[1:]
    return Counts(
        parts[0].hours, *(np.concatenate([getattr(part, name) for part in parts]) for name in names)
    )
