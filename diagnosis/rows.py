"""A sample of scored rows, with what is known of their outcomes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Mask = NDArray[np.bool_]

ANONYMOUS = ""
"""The name of whoever calls without a key."""
KEYLESS = "without a key"
"""What stands for it in the names of streams."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """n rows of one version; times are hours since 2000-01-01 00:00 UTC, of business time."""

    values: Floats
    """(n, features), as `contract.cells.place` takes them: NaN is missing, a category the place of
    its level, infinity a text that no level names."""
    scores: Floats
    """(n,): the logged probability."""
    callers: Places
    """(n,): places in `names`."""
    times: Floats
    """(n,)"""
    outcomes: Floats
    """(n,): 1 where the event happened, 0 where it did not, NaN where no settled report says so."""
    observed: Floats
    """(n,): when the outcome was observed; NaN where there is none."""
    due: Floats
    """(n,): when the outcome is due; infinity where no due time is declared."""
    names: tuple[str, ...] = (ANONYMOUS,)
    """Names of the callers."""

    def __len__(self) -> int:
        return len(self.scores)

    def of(self, chosen: Mask | Places) -> "Rows":
        """Some of them, by a mask or by their places."""
        return Rows(
            *(self.values[chosen], self.scores[chosen], self.callers[chosen], self.times[chosen]),
            *(self.outcomes[chosen], self.observed[chosen], self.due[chosen], self.names),
        )

    @property
    def labelled(self) -> Mask:
        """(n,): those with an outcome, due or not."""
        known: Mask = ~np.isnan(self.outcomes)
        return known
