"""The world that streams are drawn from: people, how likely each is the event, and a served model.

People are the rows of the data (GMSC_CSV names the real ones). p*(x), the truth, is boosted trees
on all of them, calibrated on scores of folds that they have not seen; every outcome, of the
training and of the streams, is drawn from it. The people of pool A train the served model, those of
pool B make the streams, and equal rows are in one pool.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from benchmarks.rows import data
from contract.cells import place
from contract.profile import Profile
from contract.scoring import Scorer
from contract.trees import Trees
from diagnosis.reference import Reference
from diagnosis.rows import ANONYMOUS, Rows
from tests.gmsc import DECLARATION, SCHEMA
from trainer.data import Data
from trainer.model import train
from trainer.profile import profile_of
from trainer.settings import TrainerSettings
from trainer.threshold import choose_threshold

Floats = NDArray[np.float64]
Places = NDArray[np.int64]

# Raise it whenever something else is to be made of the same rows.
_FORM = 1
_SEED = 20260105
_SHARE_OF_A = 0.6
NAMES = list(SCHEMA.names)
CALLERS = ("branch", "mobile", "broker")
SHARES = np.array([0.5, 0.3, 0.2])
"""The callers' usual shares of the rows."""

(UTILISATION, AGE, LATE_30, DEBT_RATIO, INCOME, LINES, LATE_90, HOUSES, LATE_60, DEPENDENTS) = range(10)  # fmt: skip # noqa: E501


@dataclass(eq=False)
class World:
    """Pool B, and the reference of the model that was trained on pool A.

    people: (n, features) of pool B; chances: p* of each. trees and preprocessing are the served
    model, `other` the trees of one that somebody may put in its place.
    """

    people: Floats
    chances: Floats
    preprocessing: Any
    trees: bytes
    other: bytes
    reference: Reference
    is_sample: bool

    @cached_property
    def scorer(self) -> Scorer:
        """The served model."""
        return Scorer(self.preprocessing, Trees.from_bytes(self.trees))

    @cached_property
    def intruder(self) -> Scorer:
        """The model that takes its place."""
        return Scorer(self.preprocessing, Trees.from_bytes(self.other))

    @cached_property
    def scores(self) -> Floats:
        """What the served model says of the people."""
        return self.scorer.score(self.people)

    @cached_property
    def standing(self) -> Floats:
        """(n, features): the normal score of each value's rank; 0 where it is missing."""
        return np.column_stack([_normal(column) for column in self.people.T])

    @cached_property
    def of_callers(self) -> Floats:
        """(n, callers): how likely a caller sends each person; they sum up to 1."""
        age, use, lines = (self.standing[:, at] for at in (AGE, UTILISATION, LINES))
        tilts = np.column_stack([0.2 * age, -0.25 * age + 0.1 * use, 0.2 * use - 0.1 * lines])
        chances = SHARES * np.exp(tilts)
        for _ in range(50):
            chances /= chances.sum(1, keepdims=True)
            chances *= SHARES / chances.mean(0)
        found: Floats = chances / chances.sum(1, keepdims=True)
        return found

    @cached_property
    def cells(self) -> Places:
        """(n, features + 1): the cell of each person in each column, and of the score."""
        return cells_of(self.reference.profile, self.people, self.scores)


def cells_of(profile: Profile, values: Floats, scores: Floats) -> Places:
    """(n, features + 1): the cells of rows, those of the score last."""
    columns = [place(c, v) for c, v in zip(profile.columns, values.T, strict=True)]
    return np.column_stack([*columns, np.searchsorted(profile.score.edges, scores, side="right")])


def world(cache: Path | None = None) -> World:
    """The world of the real rows where GMSC_CSV names them, else of the built-in sample.

    It takes a minute to make, and is kept in `cache`, else in a directory for temporary files.
    """
    source = os.environ.get("GMSC_CSV", "")
    stamp = Path(source).stat().st_mtime_ns if source else 0
    key = hashlib.sha256(f"{_FORM} {source} {stamp} {np.__version__}".encode()).hexdigest()[:16]
    directory = cache or Path(tempfile.gettempdir()) / f"diagnosis-bench-{os.getuid()}"
    path = directory / f"world-{key}.joblib"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(f".{os.getpid()}")
        joblib.dump(make(data()), unfinished)
        unfinished.replace(path)
    found: World = joblib.load(path)
    return found


def make(rows: Data) -> World:
    """A world of these rows."""
    draw = np.random.default_rng(_SEED)
    with threadpool_limits(limits=1):
        chances = truth(rows)
    in_a = _pool_a(rows.features, draw)
    labels = (draw.random(len(rows)) < chances).astype(np.int8)
    of_a = Data(rows.features[in_a], labels[in_a], "pool A", is_sample=rows.is_sample)
    settings = TrainerSettings()
    trained = train(DECLARATION, of_a, settings)
    # The intruder learnt from a third of the rows: the same form, other scores.
    third = of_a.part(np.arange(len(of_a)) % 3 == 0)
    other = train(DECLARATION, third, settings)
    held_out = trained.held_out
    scores = trained.scorer.score(held_out.features)
    reference = Reference(
        version="bench",
        features=SCHEMA.features,
        profile=profile_of(SCHEMA, held_out, scores),
        threshold=choose_threshold(DECLARATION, trained, settings).value,
        sample=_sample(held_out, scores),
    )
    return World(
        people=rows.features[~in_a],
        chances=chances[~in_a],
        preprocessing=trained.preprocessing,
        trees=trained.trees,
        other=other.trees,
        reference=reference,
        is_sample=rows.is_sample,
    )


def truth(rows: Data) -> Floats:
    """p* of each row."""
    model = HistGradientBoostingClassifier(
        learning_rate=0.06, max_iter=150, max_leaf_nodes=15, min_samples_leaf=60,
        l2_regularization=1.0, random_state=0, early_stopping=False,
    )  # fmt: skip
    values, labels = rows.features, rows.labels
    unseen = np.zeros(len(rows))
    for fit, rest in StratifiedKFold(3, shuffle=True, random_state=0).split(values, labels):
        unseen[rest] = model.fit(values[fit], labels[fit]).predict_proba(values[rest])[:, 1]
    calibrate = IsotonicRegression(out_of_bounds="clip").fit(unseen, labels)
    chances = calibrate.predict(model.fit(values, labels).predict_proba(values)[:, 1])
    # A model knows the rows that it was fitted on too well: the mean stays what it is in the data.
    odds = np.log(np.clip(chances, 5e-4, 0.97) / (1 - np.clip(chances, 5e-4, 0.97)))
    low, high = -2.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        above = (1 / (1 + np.exp(-odds - middle))).mean() > labels.mean()
        low, high = (low, middle) if above else (middle, high)
    found: Floats = 1 / (1 + np.exp(-odds - (low + high) / 2))
    return found


def _pool_a(values: Floats, draw: np.random.Generator) -> NDArray[np.bool_]:
    """Whether each row is in pool A; equal rows are in the same."""
    comparable = np.nan_to_num(values, nan=-1.0)
    _, group = np.unique(comparable, axis=0, return_inverse=True)
    chosen = draw.random(group.max() + 1) < _SHARE_OF_A
    found: NDArray[np.bool_] = chosen[group.ravel()]
    return found


def _sample(held_out: Data, scores: Floats) -> Rows:
    nowhen = np.zeros(len(held_out))
    return Rows(
        values=held_out.features,
        scores=scores,
        callers=np.zeros(len(held_out), dtype=np.int64),
        times=nowhen,
        outcomes=held_out.labels.astype(np.float64),
        observed=nowhen,
        due=nowhen,
        names=(ANONYMOUS,),
    )


def _normal(column: Floats) -> Floats:
    there = ~np.isnan(column)
    found = np.zeros(len(column))
    ranks = rankdata(column[there])
    found[there] = norm.ppf((ranks - 0.5) / max(there.sum(), 1))
    return found
