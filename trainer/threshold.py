"""From where on the prediction is 1: chosen on scores of rows that their model had not seen."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sklearn.metrics import precision_recall_curve

from contract.declaration import Costs, Declaration
from trainer.data import Labels
from trainer.evaluation import Scores, score
from trainer.model import Trained, fit
from trainer.settings import TrainerSettings
from trainer.split import FOLDS, folds

_WAYS = {
    "hash": "out-of-fold scores of the training part (folds by a hash of the row)",
    "group": "out-of-fold scores of the training part (folds by a hash of the group)",
    "time": "scores of the training part by models of earlier rows alone",
}
_SEEN = (
    "the training part, as the model that was fitted on it scores it: too few rows of one label for"
    " scores of rows not seen"
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """From this probability on the prediction is 1."""

    value: float
    reason: str


class Scored(NamedTuple):
    """Rows to choose a threshold on; where: which they are, in words."""

    labels: Labels
    scores: Scores
    where: str


def choose_threshold(
    declaration: Declaration, trained: Trained, settings: TrainerSettings
) -> Threshold:
    """The threshold of a model, by what the two kinds of error cost, else by F1.

    Its own scores of the rows that it was fitted on are too good: a threshold chosen on them would
    not be the best for any other row.
    """
    scored = _unseen(declaration, trained, settings)
    if declaration.costs is None:
        return by_f1(scored)
    return by_costs(scored, declaration.costs)


def by_f1(scored: Scored) -> Threshold:
    """The probability that balances the two kinds of error best; the lowest where several do."""
    precision, recall, thresholds = precision_recall_curve(scored.labels, scored.scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(float).tiny)
    best = int(np.argmax(f1[:-1]))
    return Threshold(
        value=float(thresholds[best]),
        reason=(
            f"highest F1 ({f1[best]:.3f}) on {scored.where}: no costs of the two kinds of error"
            " are declared, so neither is preferred"
        ),
    )


def by_costs(scored: Scored, costs: Costs) -> Threshold:
    """The probability from which on acting costs least; the lowest where several do.

    1 where it costs least never to act: no score is as high.
    """
    values, places = np.unique(scored.scores, return_inverse=True)
    positives = np.bincount(places, weights=scored.labels, minlength=len(values))
    negatives = np.bincount(places, weights=1 - scored.labels, minlength=len(values))
    # At each value as the threshold: the positives below it are missed, the negatives from it on
    # are false alarms; the last entry is a threshold above all.
    missed = np.concatenate([[0.0], np.cumsum(positives)])
    alarms = np.concatenate([np.cumsum(negatives[::-1])[::-1], [0.0]])
    total = costs.false_positive * alarms + costs.false_negative * missed
    best = int(np.argmin(total))
    return Threshold(
        value=float(values[best]) if best < len(values) else 1.0,
        reason=(
            f"lowest cost ({total[best] / len(scored.labels):,.4g} a row) on {scored.where}: a"
            f" false positive costs {costs.false_positive:,g}, a false negative"
            f" {costs.false_negative:,g}"
        ),
    )


def _unseen(declaration: Declaration, trained: Trained, settings: TrainerSettings) -> Scored:
    training = trained.training
    usable = [
        (fitted, scored)
        for fitted, scored in folds(declaration, training)
        if scored.any() and _has_both(training.labels[fitted])
    ]
    rows = np.logical_or.reduce([scored for _, scored in usable], initial=False)
    if not usable or not _has_both(training.labels[rows]):
        return Scored(training.labels, score(trained.scorer, training.features), _SEEN)
    scores = np.full(len(training), np.nan)
    for fitted, scored in usable:
        found = fit(declaration.schema, training.part(fitted), settings)
        scores[scored] = score(found.scorer, training.features[scored])
    some = "" if len(usable) == FOLDS else f", {len(usable)} of {FOLDS} folds"
    return Scored(
        training.labels[rows],
        scores[rows],
        f"{_WAYS[declaration.split]}, {int(rows.sum()):,} rows{some}",
    )


def _has_both(labels: Labels) -> bool:
    return 0 < int(labels.sum()) < len(labels)
