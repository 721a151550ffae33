"""A small, real bundle, made through the contract in a fraction of a second."""

from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from contract.bundle import Provenance, encode
from contract.datasets.give_me_some_credit import GIVE_ME_SOME_CREDIT as SCHEMA
from contract.preprocessing import Matrix, Preprocessing
from contract.store import ModelStore

CARD = b"# Model card\n\nFor tests.\n"
THRESHOLD = 0.25


def random_rows(count: int, seed: int) -> Matrix:
    """Valid rows with nulls, codes and long fractions."""
    generator = np.random.default_rng(seed)
    columns = []
    for feature in SCHEMA.features:
        if feature.kind == "integer":
            column = generator.integers(0, 100, count).astype(np.float64)
        else:
            column = generator.gamma(0.5, 1.0 + 5000.0 * feature.nullable, count)
        if feature.nullable:
            column[generator.random(count) < 0.2] = np.nan
        columns.append(column)
    return np.column_stack(columns)


def publish(models: Path, *, is_sample: bool = False, seed: int = 7) -> str:
    """Train, publish, activate; the version."""
    rows = random_rows(2000, seed)
    risk = np.nan_to_num(rows[:, 0]) + rows[:, 2] / 50
    preprocessing = Preprocessing.fit(SCHEMA, rows)
    model = HistGradientBoostingClassifier(max_iter=30, random_state=0)
    model.fit(preprocessing.transform(rows), risk > np.quantile(risk, 0.8))
    provenance = Provenance(SCHEMA, "0" * 64, is_sample=is_sample, settings={"seed": seed})
    report = {
        "data": {"source": "random rows", "rows": len(rows)},
        "metrics": {"auc": 0.9},
        "threshold": {"value": THRESHOLD, "reason": "for tests"},
    }
    files = encode(
        provenance,
        preprocessing=preprocessing,
        model=model,
        golden_rows=rows[:20],
        report=report,
        extras={"model_card.md": CARD},
    )
    store = ModelStore(models)
    store.publish(provenance.version, files)
    store.activate(provenance.version)
    return provenance.version
