"""A tiny, real bundle, made through the contract as the trainer makes its own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from contract.bundle import encode
from contract.derivation import Change, metadata_of
from contract.derivation import encode as encode_derived
from contract.link import Link
from contract.preprocessing import Matrix, Preprocessing
from contract.provenance import Provenance
from contract.request import Values
from contract.scoring import Scorer
from contract.store import ModelStore
from contract.trees import Trees
from tests.gmsc import SCHEMA
from trainer.export import checkpoint

PROVENANCE = Provenance(SCHEMA, "0" * 64, is_sample=False, settings={"seed": 0})


@dataclass(frozen=True)
class Fitted:
    """What a bundle is made of, and the rows that it was fitted on."""

    rows: Matrix
    preprocessing: Preprocessing
    model: Any
    trees: bytes

    @property
    def scorer(self) -> Scorer:
        return Scorer(self.preprocessing, Trees.from_bytes(self.trees))


def fit(count: int = 500, seed: int = 7) -> Fitted:
    rows = random_rows(count, seed)
    preprocessing = Preprocessing.fit(SCHEMA, rows)
    model = HistGradientBoostingClassifier(max_iter=5, random_state=0)
    model.fit(preprocessing.transform(rows), rows[:, 2] + rows[:, 6] > 90)
    return Fitted(rows, preprocessing, model, checkpoint(model))


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


def as_sent(rows: Matrix) -> list[Values]:
    """The rows as a request has them."""
    return [[None if np.isnan(value) else value for value in row] for row in rows.tolist()]


def files_of(
    fitted: Fitted,
    provenance: Provenance = PROVENANCE,
    extras: Mapping[str, bytes] | None = None,
) -> dict[str, bytes]:
    return encode(
        provenance,
        preprocessing=fitted.preprocessing,
        trees=fitted.trees,
        golden_rows=as_sent(fitted.rows[:20]),
        report={
            "data": {"source": "random rows", "rows": len(fitted.rows)},
            "metrics": {"auc": 0.9},
            "threshold": {"value": 0.25, "reason": "for tests"},
        },
        extras={"model_card.md": b"# For tests\n"} if extras is None else extras,
    )


def publish(root: Path, fitted: Fitted, provenance: Provenance = PROVENANCE) -> Path:
    """Publish and activate; the bundle's directory."""
    store = ModelStore(root)
    store.publish(provenance.version, files_of(fitted, provenance))
    store.activate(provenance.version)
    return store.path(provenance.version)


def publish_derived(root: Path, parent: str, link: Link, threshold: float = 0.25) -> str:
    """Publish a version with another's trees; its id. It is not activated."""
    store = ModelStore(root)
    metadata, files = store.check(parent)
    change = Change(link, threshold, "for tests", rows_sha256=None, reason="for tests")
    said = metadata_of(metadata, change)
    version: str = said["version"]
    extras = {name: files[name] for name in files if name.endswith(".md")}
    store.publish(version, encode_derived(files, said, metrics=metadata["metrics"], extras=extras))
    return version
