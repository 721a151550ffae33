"""A champion, and the challengers that are fitted on rows of a world."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.retraining.world import Floats, Model
from contract.sigmoid import sigmoids
from retraining.ladder.answers import Answers, answers_of
from retraining.ladder.comparison import Candidate
from retraining.ladder.evaluation import Judged, Link, Served
from retraining.ladder.fitting import (
    CannotFit,
    fitted_intercept,
    fitted_slope,
    fitted_threshold,
)
from retraining.ladder.option import Rung
from retraining.policy import Policy

Margins = Callable[[Floats], Floats]
Labels = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows of a world, with the cases that they are of."""

    x: Floats
    labels: Labels
    cases: NDArray[np.int64]

    @classmethod
    def one_each(cls, x: Floats, labels: Labels) -> "Rows":
        """Each row a case of its own."""
        return cls(x, labels, np.arange(len(labels)))

    def __getitem__(self, part: slice) -> "Rows":
        return Rows(self.x[part], self.labels[part], self.cases[part])

    def judged(self, champion: Margins) -> Judged:
        """As the ladder sees them; segments: the halves of the first feature."""
        low = self.x[:, 0] < 0
        segments = {"x0 < 0": low, "x0 >= 0": ~low}
        return Judged(champion(self.x), self.labels, self.cases, segments)


@dataclass(frozen=True, slots=True, eq=False)
class Challengers:
    """What was fitted once, and can answer any rows; a rung that could not be fitted is not there.

    refit: the margins of the new model, None where there is none.
    """

    champion: Margins
    served: Served
    threshold: float | None
    links: dict[Rung, Link]
    refit: Margins | None

    @classmethod
    def fit(cls, champion: Margins, served: Served, rows: Rows, policy: Policy) -> "Challengers":
        """On the fit part."""
        fit = rows.judged(champion)
        links: dict[Rung, Link] = {}
        threshold = None
        refit: Margins | None = None
        try:
            links["intercept"] = fitted_intercept(fit, served)
            links["slope"] = fitted_slope(fit)
            refit = Model.fit(rows.x, rows.labels).margins
            if policy.errors is not None:
                threshold = fitted_threshold(fit, served, policy.errors)
        except CannotFit:
            # As a service would: what cannot be fitted is no candidate.
            pass
        return cls(champion, served, threshold, links, refit)

    def answer(self, x: Floats) -> list[Candidate]:
        """What each of them says of rows (n, FEATURES)."""
        margins, served = self.champion(x), self.served
        found = [
            Candidate(rung, answers_of(margins, link, served.threshold), link)
            for rung, link in self.links.items()
        ]
        if self.threshold is not None:
            answers = answers_of(margins, served.link, self.threshold)
            found.append(Candidate("threshold", answers, served.link))
        if self.refit is not None:
            answers = Answers(sigmoids(self.refit(x)), served.threshold)
            found.append(Candidate("refit", answers, None))
        return found
