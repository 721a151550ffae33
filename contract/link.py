"""What lies between the trees' sum and the sigmoid, where a model was recalibrated."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.sigmoid import sigmoid, sigmoids

# Beyond the first a probability is 0 or 1 whatever the trees say; beyond the second all scores
# fall together, or none lies between 0 and 1.
_FARTHEST = 1000.0
_FLATTEST, _STEEPEST = 1e-3, 1e3


@dataclass(frozen=True, slots=True)
class Link:
    """From the trees' sum to what the sigmoid takes: intercept + slope * margin; slope > 0.

    A product and a sum, each rounded as IEEE 754 fixes it, in both forms: so they agree to the bit,
    and a probability never falls where the margin rises.
    """

    intercept: float = 0.0
    slope: float = 1.0

    def check(self) -> None:
        """Raise ValueError where no recalibration comes to such numbers."""
        if not abs(self.intercept) <= _FARTHEST:
            raise ValueError(
                f"an intercept of {self.intercept:g} is not between -{_FARTHEST:g} and"
                f" {_FARTHEST:g}"
            )
        if not _FLATTEST <= self.slope <= _STEEPEST:
            raise ValueError(
                f"a slope of {self.slope:g} is not between {_FLATTEST:g} and {_STEEPEST:g}"
            )

    def probability(self, margin: float) -> float:
        """`sigmoid` over the link, for one margin."""
        return sigmoid(self.intercept + self.slope * margin)

    def probabilities(self, margins: NDArray[np.float64]) -> NDArray[np.float64]:
        """`probability` of each of the margins, (n,), to the same bit."""
        # A product beyond all doubles is an infinite one, as in the form for one margin; finite
        # margins and a slope above 0 make no NaN of it, and the sigmoid ends before.
        with np.errstate(over="ignore"):
            return sigmoids(self.intercept + self.slope * margins)


IDENTITY = Link()
"""The link of every model that was not recalibrated."""
