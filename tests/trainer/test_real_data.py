"""On the real data: read exactly, given back exactly, and learnt from as was measured."""

import csv
import io
import math
import os
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.gmsc import DECLARATION, SCHEMA
from trainer.data import Data
from trainer.evaluation import evaluate, score
from trainer.fetch import ORIGINAL_SHA256, fetch, original_form
from trainer.model import train
from trainer.settings import TrainerSettings
from trainer.table import read_table


@pytest.fixture(scope="module")
def archive() -> Path:
    path = os.environ.get("GMSC_CSV")
    if not path:
        pytest.skip("GMSC_CSV does not name the zip of the real data")
    return Path(path)


@pytest.fixture(scope="module")
def original(archive: Path) -> bytes:
    with zipfile.ZipFile(archive) as file:
        return file.read(file.namelist()[0])


@pytest.fixture(scope="module")
def data(archive: Path) -> Data:
    return read_table(archive, DECLARATION)


@pytest.fixture(scope="module")
def openml(data: Data) -> pd.DataFrame:
    """The data as OpenML has it: shuffled, without the index, the target renamed."""
    frame = pd.DataFrame(data.features, columns=list(SCHEMA.names))
    frame["FinancialDistressNextTwoYears"] = np.where(data.labels == 1, "Yes", "No")
    return frame.sample(frac=1, random_state=42).reset_index(drop=True)


def test_every_value_is_what_python_reads(data: Data, original: bytes) -> None:
    reader = csv.DictReader(io.StringIO(original.decode()))
    rows = list(reader)
    expected = np.array(
        [
            [math.nan if row[name] == "NA" else float(row[name]) for name in SCHEMA.names]
            for row in rows
        ]
    )

    assert data.labels.tolist() == [int(row[SCHEMA.target.name]) for row in rows]
    assert data.features.shape == (150_000, 10)
    assert int(data.labels.sum()) == 10_026
    np.testing.assert_array_equal(data.features, expected)


def test_openmls_rows_give_the_original_file_byte_for_byte(
    openml: pd.DataFrame, original: bytes
) -> None:
    assert original_form(SCHEMA, openml) == original


def test_fetching_writes_the_original_file_once(
    openml: pd.DataFrame, original: bytes, tmp_path: Path
) -> None:
    path = fetch(SCHEMA, tmp_path, lambda: openml)
    written = path.stat()

    assert path.read_bytes() == original
    again = fetch(SCHEMA, tmp_path, lambda: openml).stat()
    # Not all of it: to read a file may change when it was read last.
    assert (again.st_ino, again.st_mtime_ns) == (written.st_ino, written.st_mtime_ns)
    assert len(ORIGINAL_SHA256) == 64


def test_the_model_is_as_good_as_was_measured(data: Data) -> None:
    trained = train(DECLARATION, data, TrainerSettings())

    scores = score(trained.scorer, trained.held_out.features)
    metrics = evaluate(trained.held_out, scores, 0.5)

    assert metrics["auc"] >= 0.860
    assert metrics["average_precision"] >= 0.38
    assert metrics["brier"] <= 0.051
    assert abs(metrics["rows"] / len(data) - 0.2) < 0.005
