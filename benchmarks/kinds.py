"""A table with ten categories, for what they cost a row."""

import numpy as np

from contract.feature import Feature, Value
from contract.schema import DataSetSchema, Target
from contract.scoring import Scorer
from trainer.data import Data
from trainer.model import fit
from trainer.settings import TrainerSettings

_ROWS = 20_000
_CATEGORIES, _LEVELS, _NUMBERS = 10, 20, 6
_SEED = 20261126


def schema() -> DataSetSchema:
    """Ten categories of twenty levels, and six numbers."""
    levels = tuple(f"level {place}" for place in range(_LEVELS))
    categories = [
        Feature(
            name=f"category_{place}",
            kind="category",
            nullable=True,
            description="One of twenty levels",
            example=levels[0],
            levels=levels,
        )
        for place in range(_CATEGORIES)
    ]
    numbers = [
        Feature(
            name=f"number_{place}",
            kind="float",
            nullable=True,
            minimum=0,
            maximum=1,
            description="A share",
            example=0.5,
        )
        for place in range(_NUMBERS)
    ]
    return DataSetSchema("kinds", 1, "Kinds", (*categories, *numbers), Target("event", "An event"))


def fitted(declared: DataSetSchema) -> tuple[Scorer, list[list[Value]]]:
    """A model of the usual size, and a thousand rows as requests have them."""
    draw = np.random.default_rng(_SEED)
    codes = draw.integers(0, _LEVELS, (_ROWS, _CATEGORIES)).astype(np.float64)
    numbers = draw.random((_ROWS, _NUMBERS))
    features = np.column_stack([codes, numbers])
    features[draw.random(features.shape) < 0.05] = np.nan
    effect = draw.normal(size=(_CATEGORIES, _LEVELS))
    weights = np.take_along_axis(effect, np.nan_to_num(codes).astype(int).T, axis=1).sum(axis=0)
    labels = (weights + numbers.sum(axis=1) > 3 + 2 * draw.normal(size=_ROWS)).astype(np.int8)
    data = Data(features, labels, "made up", is_sample=True)
    scorer = fit(declared, data, TrainerSettings()).scorer
    return scorer, [_sent(declared, row) for row in features[:1000].tolist()]


def _sent(declared: DataSetSchema, row: list[float]) -> list[Value]:
    return [
        None
        if np.isnan(number)
        else feature.levels[int(number)]
        if feature.kind == "category"
        else number
        for feature, number in zip(declared.features, row, strict=True)
    ]
