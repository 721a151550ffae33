"""What a model says of the cases, and what that loses."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retraining.ladder.evaluation import Labels, Link, Margins, Mask
from retraining.policy import Errors

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Scores (n,), and from which of them on a case is refused."""

    scores: Floats
    threshold: float

    @property
    def refused(self) -> Mask:
        """Whether each is refused, (n,)."""
        found: Mask = self.scores >= self.threshold
        return found

    def losses(self, labels: Labels, errors: Errors | None) -> Floats:
        """Of each, (n,): what the decision costs, or the squared error of the score."""
        if errors is None:
            squares: Floats = np.square(self.scores - labels)
            return squares
        missed = errors.false_negative * ((labels == 1) & ~self.refused)
        alarms = errors.false_positive * ((labels == 0) & self.refused)
        costs: Floats = missed + alarms
        return costs


def answers_of(margins: Margins, link: Link, threshold: float) -> Answers:
    """What is answered where the trees' sums go through a link, as it is served."""
    return Answers(link.probabilities(margins), threshold)


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Which rows are of one case: a case counts once, for its rows go together."""

    places: NDArray[np.intp]
    rows: NDArray[np.intp]

    @classmethod
    def of(cls, cases: NDArray[np.int64]) -> "Cases":
        """By the number of each row's case, (n,)."""
        _, places, rows = np.unique(cases, return_inverse=True, return_counts=True)
        return cls(places, rows)

    def means(self, values: Floats) -> Floats:
        """The mean of each case's rows, (m,)."""
        found: Floats = np.bincount(self.places, values, len(self.rows)) / self.rows
        return found
