"""What the rungs of the ladder are estimated on: cases that are due, and what models say."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.link import Link

__all__ = ["Judged", "Labels", "Link", "Margins", "Mask", "Served"]

Margins = NDArray[np.float64]
Labels = NDArray[np.int8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """Rows that are due and uncontested, in the order in which they fell due.

    Of n rows: margins (n,): the champion's, without its link; labels (n,): 1 is the target's event;
    cases (n,): the number of each row's case, for the rows of one case are no independent evidence;
    segments: by name, (n,), whether a row is in it; a row may be in several.
    """

    margins: Margins
    labels: Labels
    cases: NDArray[np.int64]
    segments: Mapping[str, Mask]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, slots=True)
class Served:
    """How the champion makes an answer of a margin."""

    link: Link
    threshold: float
