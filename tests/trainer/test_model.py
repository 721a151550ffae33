"""The same data gives the same model to the last bit, whatever machine it is trained on."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from contract.digest import sha256
from contract.preprocessing import Preprocessing
from tests.gmsc import DECLARATION, SCHEMA
from tests.trainer.conftest import Made
from tests.trainer.tables import loans
from trainer.context import Context
from trainer.data import Data
from trainer.model import identity, train
from trainer.pipeline import make, provenance_of
from trainer.progress import Progress
from trainer.sample import make_sample
from trainer.settings import TrainerSettings
from trainer.training import make_version

SCORES = """
import json
from tests.gmsc import DECLARATION, SCHEMA
from contract.digest import sha256
from trainer.model import train
from trainer.pipeline import provenance_of
from trainer.sample import make_sample
from trainer.settings import TrainerSettings
data, settings = make_sample(SCHEMA), TrainerSettings()
trained = train(DECLARATION, data, settings)
scores = trained.scorer.score(data.features)
print(json.dumps([provenance_of(DECLARATION, data, settings).version, sha256(scores.tobytes())]))
"""


@pytest.mark.parametrize(
    ("environment", "prefix"),
    [
        pytest.param(
            {"OMP_NUM_THREADS": "1", "TZ": "Pacific/Kiritimati", "LANG": "tr_TR.UTF-8"},
            [],
            id="one thread, another place",
        ),
        pytest.param(
            {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "1", "PYTHONHASHSEED": "12345"},
            [],
            id="two threads, one in BLAS, another hash seed",
        ),
        pytest.param(
            {"LC_ALL": "C", "PYTHONUTF8": "0"}, ["taskset", "-c", "0"], id="one core, no locale"
        ),
    ],
)
def test_another_environment_gives_the_same_version_and_scores(
    made: Made, environment: Mapping[str, str], prefix: list[str]
) -> None:
    if prefix and shutil.which(prefix[0]) is None:
        pytest.skip(f"there is no {prefix[0]} here")

    found = subprocess.run(
        [*prefix, sys.executable, "-c", SCORES],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )

    expected = sha256(made.trained.scorer.score(made.data.features).tobytes())
    assert json.loads(found.stdout) == [made.provenance.version, expected]


def test_training_again_in_one_process_gives_the_same_files(made: Made) -> None:
    again = make(DECLARATION, made.provenance, made.data, TrainerSettings(), Progress("console"))

    for name in set(again) - {"metadata.json"}:
        assert again[name] == made.files[name], name


def test_preprocessing_is_learnt_on_the_training_part_alone(made: Made) -> None:
    expected = Preprocessing.fit(SCHEMA, made.trained.training.features).describe()

    assert made.trained.preprocessing.describe() == expected
    assert expected != Preprocessing.fit(SCHEMA, made.data.features).describe()


def test_every_row_is_in_one_part(made: Made) -> None:
    training, held_out = made.trained.training, made.trained.held_out

    assert len(training) + len(held_out) == len(made.data)
    assert not {row.tobytes() for row in training.features} & {
        row.tobytes() for row in held_out.features
    }


def test_another_label_of_the_same_features_stays_in_their_part(made: Made) -> None:
    opposite = replace(made.data, labels=1 - made.data.labels)

    other = train(DECLARATION, opposite, TrainerSettings())

    np.testing.assert_array_equal(other.held_out.features, made.trained.held_out.features)


@pytest.mark.parametrize("setting", [{"seed": 1}, {"test_share": 0.25}])
def test_a_setting_of_the_training_makes_another_version(
    made: Made, setting: Mapping[str, float]
) -> None:
    settings = TrainerSettings.model_validate(setting)

    assert identity(DECLARATION, settings) != identity(DECLARATION, TrainerSettings())
    assert provenance_of(DECLARATION, made.data, settings).version != made.provenance.version


@pytest.mark.parametrize("setting", [{"min_auc": 0.5}, {"pinned_versions": "a"}])
def test_a_setting_of_the_work_around_it_does_not(made: Made, setting: Mapping[str, float]) -> None:
    settings = TrainerSettings.model_validate(setting)

    assert provenance_of(DECLARATION, made.data, settings).version == made.provenance.version


@pytest.mark.parametrize("income", [np.nan, 0.0, 5000.0])
def test_data_in_which_a_column_says_nothing_can_be_trained_on(made: Made, income: float) -> None:
    """All incomes missing, or none: then there is no ratio, or no amount, to learn a tail of."""
    features = made.data.features[:4000].copy()
    features[:, SCHEMA.names.index("MonthlyIncome")] = income
    data = Data(features, made.data.labels[:4000], "test", False)
    settings = TrainerSettings(min_auc=0.5)

    files = make(
        DECLARATION, provenance_of(DECLARATION, data, settings), data, settings, Progress("json")
    )

    scores = [case["probability"] for case in json.loads(files["golden.json"])["cases"]]
    assert np.isfinite(scores).all()
    assert len(set(scores)) > 1


def test_a_category_is_split_by_its_levels_and_not_by_their_order() -> None:
    """Every other level is the event: no threshold on a code could tell them apart."""
    draw = np.random.default_rng(0)
    features = np.column_stack([draw.random(4000), draw.integers(0, 4, 4000), np.zeros(4000)])
    labels = (features[:, 1] % 2).astype(np.int8)

    trained = train(loans(), Data(features, labels, "test", False), TrainerSettings())

    first = trained.model._predictors[0][0].nodes  # scikit-learn tells it nowhere else
    assert first["is_categorical"][0]
    assert first["is_leaf"].tolist() == [0, 1, 1]
    np.testing.assert_allclose(
        trained.scorer.score(trained.held_out.features),
        trained.model.predict_proba(trained.preprocessing.transform(trained.held_out.features))[
            :, 1
        ],
        atol=1e-12,
    )


def test_a_table_without_categories_is_fitted_as_ever(made: Made) -> None:
    assert made.trained.model.categorical_features == "from_dtype"


def test_rows_in_memory_make_a_version_as_those_of_a_file_do(tmp_path: Path) -> None:
    """The log's rows are trained on without a file."""
    context = Context.of(TrainerSettings(models_dir=tmp_path / "models"))
    sample = make_sample(SCHEMA)
    rows = replace(sample.part(np.arange(len(sample)) < 4000), source="prediction log")

    version = make_version(context, DECLARATION, rows)
    again = make_version(context, DECLARATION, rows)

    assert again == version
    assert context.store.active() is None
    loaded = context.store.load(version)
    assert loaded.metadata["data"]["source"] == "prediction log"
    assert loaded.metadata["data"]["sha256"] == rows.sha256(SCHEMA)
