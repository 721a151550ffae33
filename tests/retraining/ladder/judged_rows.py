"""Rows whose outcomes are due, and policies, for tests of the ladder."""

import numpy as np
from numpy.typing import ArrayLike

from contract.sigmoid import sigmoids
from retraining.ladder.answers import Answers, answers_of
from retraining.ladder.comparison import Candidate
from retraining.ladder.evaluation import Judged, Link, Mask, Served
from retraining.ladder.option import Rung
from retraining.policy import Policy

SERVED = Served(Link(), 0.2)
SHIFTED = Link(0.8, 1.0)

BRIER = Policy.from_toml("[horizon]\ncases = 1000\n[costs]\nleast_gain = 0.001")
MONEY = Policy.from_toml(
    '[errors]\nunit = "EUR"\nfalse_negative = 1000\nfalse_positive = 100\n[horizon]\ncases = 1000\n'
    "[costs]\ncompute = 70\nreview = 20\nchange = 10\nflip = 2\nleast_gain = 0.5"
)


def judged(
    margins: ArrayLike,
    labels: ArrayLike,
    *,
    cases: ArrayLike | None = None,
    segments: dict[str, Mask] | None = None,
) -> Judged:
    """Each row a case of its own, unless cases are given."""
    found = np.asarray(labels, dtype=np.int8)
    numbers = np.arange(len(found)) if cases is None else np.asarray(cases, dtype=np.int64)
    return Judged(np.asarray(margins, dtype=np.float64), found, numbers, segments or {})


def drawn(link: Link, rows: int, seed: int = 0) -> Judged:
    """Rows whose true log odds are the link of the champion's margins."""
    generator = np.random.default_rng(seed)
    margins = generator.normal(-2, 1.2, rows)
    happened = generator.random(rows) < sigmoids(link.intercept + link.slope * margins)
    return judged(margins, happened)


def of_link(
    rows: Judged, link: Link, rung: Rung = "intercept", threshold: float = 0.2
) -> Candidate:
    """A candidate that keeps the trees."""
    return Candidate(rung, answers_of(rows.margins, link, threshold), link)


def of_scores(scores: ArrayLike, threshold: float = 0.2) -> Candidate:
    """A new model, by its scores."""
    return Candidate("refit", Answers(np.asarray(scores, dtype=np.float64), threshold), None)
