"""Cases that are due as the log knows them, as of a time: for whoever trains, fits and judges."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from contract.preprocessing import Matrix
from db.rollup.span import ORIGIN

Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]

_MICROSECOND = timedelta(microseconds=1)
STATES = ("good", "bad", "overdue", "contested", "retracted", "unobservable")
_GOOD, _BAD, _, _CONTESTED = range(4)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """n rows that are due, in the order in which they were settled; times in microseconds of 2000.

    features: (n, f), as the trainer takes them: NaN where missing, a category the place of its
    level. states: (n,), places in STATES. names: (n, 3), the case's identity; cases: (n,), its
    number. callers: (n,), places in `caller_names`, -1 for one of few rows. decided: (n,), 1
    where the prediction was that the event happens. touched: (n,), whether a fault did.
    """

    features: Matrix
    states: Integers
    times: Integers
    due: Integers
    settled: Integers
    names: Matrix
    cases: Integers
    callers: Integers
    decided: Integers
    touched: Mask
    caller_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.states)

    @property
    def usable(self) -> Mask:
        """(n,): whether it can be learnt from: settled, not contested, and no fault touched it."""
        settled: Mask = self.states <= _BAD
        return settled & ~self.touched

    @property
    def contested(self) -> Mask:
        """(n,): whether its reports contradict one another."""
        found: Mask = self.states == _CONTESTED
        return found

    @property
    def labels(self) -> NDArray[np.int8]:
        """(n,): 1 where the event happened; meant only where a row is usable."""
        return np.equal(self.states, _BAD).astype(np.int8)


def microseconds(moment: datetime) -> int:
    """A time as rows have it."""
    return (moment - ORIGIN) // _MICROSECOND


def moment_of(number: int) -> datetime:
    """The time that `microseconds` numbers so."""
    return ORIGIN + _MICROSECOND * int(number)
