"""Two ways to answer the same cases, compared case by case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retraining.ladder import spans
from retraining.ladder.answers import Answers, Cases, Floats
from retraining.ladder.confidence import Span, Sums, cases_to_exceed, interval
from retraining.ladder.evaluation import Judged, Link, Served
from retraining.ladder.option import Interval, Rung
from retraining.policy import Policy


@dataclass(frozen=True, slots=True, eq=False)
class Candidate:
    """A rung as it would answer the rows of the evaluation.

    link: None where the trees are others.
    """

    rung: Rung
    answers: Answers
    link: Link | None

    @property
    def served(self) -> Served | None:
        """How it makes an answer of the champion's sums; None where it does not go by them."""
        return None if self.link is None else Served(self.link, self.answers.threshold)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What a candidate loses less in a case than another: sums over the cases, and the horizon."""

    sums: Sums
    span: Span
    alpha: float
    horizon: float

    @property
    def benefit(self) -> Interval:
        """Over the horizon."""
        mean = interval(self.sums, self.span, self.alpha)
        return Interval(*(self.horizon * v for v in (mean.estimate, mean.lower, mean.upper)))

    def needs(self, cost: float) -> int | None:
        """Further cases that would decide whether it wins more than the cost."""
        target = cost / self.horizon
        cases = cases_to_exceed(self.sums, self.span, self.alpha, target) or cases_to_exceed(
            self.sums.mirrored, self.span.mirrored, self.alpha, -target
        )
        return None if cases is None else max(1, cases - self.sums.n)


@dataclass(frozen=True, slots=True, eq=False)
class Estimation:
    """What all comparisons of a set of candidates have in common; alpha: of each of them."""

    evaluation: Judged
    cases: Cases
    champion: Candidate
    losses: Mapping[Rung, Floats]
    """Of each case, (m,): the champion's and each candidate's."""
    policy: Policy
    alpha: float
    horizon: float

    @classmethod
    def of(
        cls,
        evaluation: Judged,
        champion: Candidate,
        candidates: Sequence[Candidate],
        policy: Policy,
        *,
        alpha: float,
        horizon: float,
    ) -> "Estimation":
        """With what each of them loses."""
        cases = Cases.of(evaluation.cases)
        losses = {
            each.rung: cases.means(each.answers.losses(evaluation.labels, policy.errors))
            for each in (champion, *candidates)
        }
        return cls(evaluation, cases, champion, losses, policy, alpha, horizon)

    def compared(self, one: Candidate, other: Candidate) -> Compared:
        """One candidate's losses minus the other's."""
        differences = self.losses[one.rung] - self.losses[other.rung]
        span = spans.span(one.served, other.served, self.policy.errors)
        return Compared(Sums.of(differences), span, self.alpha, self.horizon)

    def flips(self, candidate: Candidate) -> float:
        """The share of the cases that are decided otherwise."""
        changed = candidate.answers.refused != self.champion.answers.refused
        return float(self.cases.means(changed.astype(np.float64)).mean())

    def is_not_inferior(self, candidate: Candidate, anchor: Answers) -> bool:
        """Whether it is surely not worse than the anchor beyond the margin."""
        rows = anchor.losses(self.evaluation.labels, self.policy.errors)
        losses = self.cases.means(rows)
        sums = Sums.of(losses - self.losses[candidate.rung])
        found = interval(sums, spans.span(None, None, self.policy.errors), self.alpha)
        return found.lower >= -self.policy.margins.anchor * float(losses.mean())
