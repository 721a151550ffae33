"""The model: fixed, sensible, and the same to the last bit wherever it is trained."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from contract.declaration import Declaration
from contract.preprocessing import Preprocessing
from contract.schema import DataSetSchema
from contract.scoring import Scorer
from contract.trees import Trees
from trainer.data import Data
from trainer.evaluation import require_both_labels
from trainer.export import checkpoint
from trainer.settings import TrainerSettings
from trainer.split import RULES, split

# Chosen once, on the real data; more trees or leaves gain nothing there and cost each prediction.
PARAMETERS: dict[str, Any] = {
    "max_iter": 100,
    "learning_rate": 0.08,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 50,
    "l2_regularization": 1.0,
    "early_stopping": False,
}


@dataclass(frozen=True, slots=True, eq=False)
class Fitted:
    """What some rows teach; trees: the model as data, scorer: all of it in one."""

    preprocessing: Preprocessing
    model: HistGradientBoostingClassifier
    trees: bytes
    scorer: Scorer


@dataclass(frozen=True, slots=True, eq=False)
class Trained(Fitted):
    """A model with all that it learnt, and the rows that it learnt from or not."""

    training: Data
    held_out: Data


def identity(declaration: Declaration, settings: TrainerSettings) -> dict[str, Any]:
    """The settings that make the version id."""
    costs = {} if declaration.costs is None else {"costs": declaration.costs.model_dump()}
    return {
        "seed": settings.seed,
        "test_share": settings.test_share,
        "split": RULES[declaration.split],
        "model": "HistGradientBoostingClassifier",
        "parameters": PARAMETERS,
        **costs,
        **declaration.tolerances_declared,
    }


def train(declaration: Declaration, data: Data, settings: TrainerSettings) -> Trained:
    """Fit preprocessing and model on the training part; raises QualityRefused."""
    apart = split(declaration, data, settings.test_share)
    training, test = data.part(~apart), data.part(apart)
    require_both_labels(training, "training")
    require_both_labels(test, "held-out")
    found = fit(declaration.schema, training, settings)
    return Trained(found.preprocessing, found.model, found.trees, found.scorer, training, test)


def fit(schema: DataSetSchema, training: Data, settings: TrainerSettings) -> Fitted:
    """Learn preprocessing and trees from the rows."""
    preprocessing = Preprocessing.fit(schema, training.features)
    categories = preprocessing.categories
    # Only where there are some: the model of a table without is the same object as ever.
    own_splits = {"categorical_features": categories} if categories else {}
    model = HistGradientBoostingClassifier(random_state=settings.seed, **PARAMETERS, **own_splits)
    inputs = preprocessing.transform(training.features)
    # scikit-learn cannot bin a column without a value; a constant one teaches the same: nothing.
    inputs[:, np.isnan(inputs).all(axis=0)] = 0
    # One thread: sums of gradients are added up per thread, and doubles in another order are
    # another sum. The same model must come out whatever the number of cores. What is left is the
    # C library's exp() in the training, whose last bit differs between processors with and without
    # fused multiply-add; what was trained scores alike on both.
    with threadpool_limits(limits=1):
        model.fit(inputs, training.labels)
    trees = checkpoint(model)
    return Fitted(preprocessing, model, trees, Scorer(preprocessing, Trees.from_bytes(trees)))
