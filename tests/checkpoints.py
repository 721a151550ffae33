"""Small treelite checkpoints, as the trainer makes them, and damaged ones."""

from typing import Any

import numpy as np
import treelite
import treelite.sklearn
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

INPUTS = 3
LEVELS = 12


def table(count: int, seed: int) -> NDArray[np.float64]:
    """Rows of a number, a category, code 0 to LEVELS - 1, and a number; a tenth missing."""
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(count, INPUTS))
    rows[:, 1] = generator.integers(0, LEVELS, count)
    rows[generator.random(rows.shape) < 0.1] = np.nan
    return rows


def classifier(
    rows: NDArray[np.float64], *, categories: list[int], trees: int = 2, leaves: int = 6
) -> Any:
    """A classifier of few trees that has learnt from the rows."""
    effects = np.random.default_rng(5).normal(size=256)
    known = np.nan_to_num(rows, nan=1.0)
    labels = effects[known[:, 1].astype(int)] + known[:, 0] > 0
    model = HistGradientBoostingClassifier(
        max_iter=trees,
        max_leaf_nodes=leaves,
        min_samples_leaf=10,
        early_stopping=False,
        categorical_features=categories,
        random_state=0,
    )
    with threadpool_limits(limits=1):
        return model.fit(rows, labels)


def imported(model: Any) -> treelite.Model:
    """The classifier as treelite has it."""
    # Its importer casts the missing category, which no split names, to an integer.
    with np.errstate(invalid="ignore"):
        return treelite.sklearn.import_model(model)


def numerical() -> bytes:
    return bytes(imported(classifier(table(300, 0), categories=[])).serialize_bytes())


def categorical() -> bytes:
    return bytes(imported(classifier(table(300, 0), categories=[1])).serialize_bytes())


def with_field(checkpoint: bytes, name: str, value: NDArray[Any] | str) -> bytes:
    """The checkpoint with another value of a field of its head."""
    model = treelite.Model.deserialize_bytes(checkpoint)
    model.get_header_accessor().set_field(name, value)
    return bytes(model.serialize_bytes())


def with_tree_field(checkpoint: bytes, name: str, value: NDArray[Any]) -> bytes:
    """The checkpoint with other values of a field of its first tree."""
    model = treelite.Model.deserialize_bytes(checkpoint)
    model.get_tree_accessor(0).set_field(name, value)
    return bytes(model.serialize_bytes())


def tree_field(checkpoint: bytes, name: str) -> NDArray[Any]:
    """A copy of a field of the first tree."""
    model = treelite.Model.deserialize_bytes(checkpoint)
    values: NDArray[Any] = model.get_tree_accessor(0).get_field(name).copy()
    return values
