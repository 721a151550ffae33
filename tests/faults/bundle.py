"""A small, real model bundle, made through the contract as the trainer does."""

from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from contract.bundle import Provenance, encode
from contract.datasets import DATASETS
from contract.preprocessing import Matrix, Preprocessing
from contract.store import ModelStore

SCHEMA = DATASETS["gmsc"]


def publish(models: Path) -> None:
    """Train on random rows, publish, activate."""
    generator = np.random.default_rng(7)
    rows = random_rows(generator, 3000)
    risk = rows[:, 0] + rows[:, 2] + generator.normal(size=len(rows))
    preprocessing = Preprocessing.fit(SCHEMA, rows)
    model = HistGradientBoostingClassifier(max_iter=40, random_state=0)
    model.fit(preprocessing.transform(rows), risk > np.median(risk))
    provenance = Provenance(SCHEMA, "0" * 64, is_sample=True, settings={"for": "fault tests"})
    files = encode(
        provenance,
        preprocessing=preprocessing,
        model=model,
        golden_rows=rows[:20],
        report={
            "data": {"source": "random rows", "rows": len(rows)},
            "metrics": {},
            "threshold": {"value": 0.5, "reason": "for fault tests"},
        },
        extras={},
    )
    store = ModelStore(models)
    store.publish(provenance.version, files)
    store.activate(provenance.version)


def random_rows(generator: np.random.Generator, count: int) -> Matrix:
    """Valid rows of features, all different."""
    columns = []
    for feature in SCHEMA.features:
        if feature.kind == "integer":
            column = generator.integers(1, 90, count).astype(np.float64)
        else:
            column = generator.gamma(2.0, 1.0 + 3000.0 * feature.nullable, count)
        if feature.nullable:
            column[generator.random(count) < 0.1] = np.nan
        columns.append(column)
    return np.column_stack(columns)
