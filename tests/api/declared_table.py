"""A table that a file declares, with every kind of feature: migrated, fitted, served."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from contract import datasets
from contract.bundle import encode
from contract.feature import Feature, Value
from contract.preprocessing import Preprocessing
from contract.provenance import Provenance
from contract.schema import DataSetSchema
from contract.scoring import Scorer
from contract.store import ModelStore
from contract.trees import Trees
from db.migrate import migrate
from local.postgres import LocalPostgres
from tests import plain
from tests.api.service import Service
from tests.conftest import Database, migrate_settings
from trainer.export import checkpoint

DECLARATION = """
key = "loans"
version = 3
title = "Loans: a \\"test\\""

[target]
name = "status"
description = "The loan went bad"
positive = "bad"
negative = "good"

[[features]]
name = "Amount: {EUR}"
kind = "float"
nullable = true
minimum = 0
maximum = 1e6
unit = "EUR"
description = "What was lent"
example = 1500.5

[[features]]
name = "months"
kind = "integer"
nullable = false
minimum = 1
maximum = 120
unit = "months"
description = "For how long"
example = 24

[[features]]
name = "returning"
kind = "boolean"
nullable = true
description = "Whether the borrower is known"
example = true

[[features]]
name = "channel / \\"way\\""
kind = "category"
nullable = true
description = "How it came"
levels = ["web", "Straße: 漢字", "a\\"b\\\\c"]
example = "web"

[[features]]
name = "Größe~1"
sql_name = "size"
kind = "category"
nullable = false
description = "Of the house"
levels = ["small", "large"]
unknown = "missing"
example = "large"
"""
ROWS: list[list[Value]] = [
    [1500.5, 24.0, True, "web", "large"],
    [None, 1.0, False, "Straße: 漢字", "tiny\t\\N\n: {"],
    [0.1 + 0.2, 120.0, None, None, "small"],
    [999_999.999, 7.0, True, 'a"b\\c', "x" * 200],
]


@pytest.fixture(scope="module")
def table_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("declared") / "loans.toml"
    file.write_text(DECLARATION, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def table_schema(table_file: Path) -> DataSetSchema:
    return datasets.declared(str(table_file)).schema


@pytest.fixture(scope="module")
def table_database(postgres: LocalPostgres, table_file: Path) -> Database:
    list(migrate(migrate_settings(postgres.admin_url, "loans", dataset=str(table_file))))
    return Database("loans", postgres.port)


@pytest.fixture(scope="module")
def table_scorer(table_schema: DataSetSchema, table_file: Path) -> Scorer:
    """Fitted on random rows, and published as the active model."""
    generator = np.random.default_rng(1)
    rows = np.column_stack([_column(feature, generator) for feature in table_schema.features])
    preprocessing = Preprocessing.fit(table_schema, rows)
    model = HistGradientBoostingClassifier(
        max_iter=10, categorical_features=preprocessing.categories, random_state=0
    )
    model.fit(preprocessing.transform(rows), np.nan_to_num(rows[:, 3]) + rows[:, 1] / 60 > 2)
    trees = checkpoint(model)
    provenance = Provenance(table_schema, "0" * 64, is_sample=False, settings={"seed": 0})
    store = ModelStore(table_file.parent / "models")
    store.publish(
        provenance.version,
        encode(
            provenance,
            preprocessing=preprocessing,
            trees=trees,
            golden_rows=[row for row in ROWS if str(row[4]).isprintable()],
            report={
                "data": {"source": "random rows", "rows": len(rows)},
                "metrics": {"auc": 0.9},
                "threshold": {"value": 0.25, "reason": "for tests"},
            },
            extras={"model_card.md": b"# For tests\n"},
        ),
    )
    store.activate(provenance.version)
    return Scorer(preprocessing, Trees.from_bytes(trees))


def _column(feature: Feature, generator: np.random.Generator) -> Any:
    if feature.kind == "boolean":
        column = generator.integers(0, 2, 2000).astype(np.float64)
    elif feature.kind == "category":
        column = generator.integers(0, len(feature.levels), 2000).astype(np.float64)
    else:
        column = np.round(generator.uniform(*feature.bounds, 2000))
    if feature.nullable:
        column[generator.random(2000) < 0.2] = np.nan
    return column


@pytest.fixture(scope="module")
def table_settings(
    table_file: Path, table_database: Database, table_scorer: Scorer
) -> dict[str, str]:
    models = table_file.parent / "models"
    return {"MODELS_DIR": str(models), "DATABASE_URL": table_database.url("api")}


@pytest.fixture(scope="module")
def table_client(table_settings: dict[str, str], table_file: Path) -> Iterator[httpx.Client]:
    with (
        Service(table_file.parent, table_settings | {"DATASET": str(table_file)}) as service,
        plain.Client(base_url=service.url, timeout=20) as client,
    ):
        yield client
