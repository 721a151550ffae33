"""The identity of the data is that of its values, not of the file that they stand in."""

import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.gmsc import DECLARATION, SCHEMA
from tests.trainer.csv_text import COLUMNS, csv_text, rows
from trainer.data import Data
from trainer.sample import make_sample
from trainer.table import read_table

ROWS = rows(200)


def identity(path: Path, text: str) -> str:
    path.write_bytes(text.encode())
    return read_table(path, DECLARATION).sha256(SCHEMA)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data.csv"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(csv_text(ROWS, end="\r\n"), id="line ends"),
        pytest.param(csv_text(ROWS, index=False), id="no index"),
        pytest.param(csv_text(ROWS, COLUMNS[::-1]), id="order of the columns"),
        pytest.param(csv_text(ROWS).replace(",NA", ","), id="how missing is written"),
        pytest.param(csv_text(ROWS).replace(",45,", ",45.0,"), id="how a number is written"),
    ],
)
def test_how_the_file_is_written_does_not_matter(path: Path, text: str) -> None:
    plain = csv_text(ROWS)
    assert text != plain

    assert identity(path, text) == identity(path, plain)


def test_a_zip_and_its_name_do_not_matter(path: Path) -> None:
    plain = identity(path, csv_text(ROWS))
    with zipfile.ZipFile(path.with_name("other.zip"), "w") as archive:
        archive.write(path, "other.txt")

    assert read_table(path.with_name("other.zip"), DECLARATION).sha256(SCHEMA) == plain


@pytest.mark.parametrize("column", COLUMNS)
def test_one_changed_value_matters(path: Path, column: str) -> None:
    value = "0" if ROWS[77][column] != "0" else "1"
    changed = [*ROWS[:77], ROWS[77] | {column: value}, *ROWS[78:]]

    assert identity(path, csv_text(changed)) != identity(path, csv_text(ROWS))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param([ROWS[1], ROWS[0], *ROWS[2:]], id="order"),
        pytest.param(ROWS[:-1], id="one row less"),
        pytest.param([*ROWS, ROWS[-1]], id="one row twice"),
    ],
)
def test_another_list_of_rows_matters(path: Path, content: list[dict[str, str]]) -> None:
    assert identity(path, csv_text(content)) != identity(path, csv_text(ROWS))


def test_the_last_bit_of_a_value_matters() -> None:
    data = make_sample(SCHEMA)
    features = data.features.copy()
    features[5, 0] = np.nextafter(features[5, 0], 1)

    assert replace(data, features=features).sha256(SCHEMA) != data.sha256(SCHEMA)


def test_missing_is_not_zero() -> None:
    features = np.zeros((1, 10))
    missing = np.where(np.arange(10) == 4, np.nan, features)
    labels = np.zeros(1, np.int8)

    ids = {Data(of, labels, "x", False).sha256(SCHEMA) for of in (features, missing)}

    assert len(ids) == 2


def test_the_bits_of_nan_and_of_zero_do_not_matter() -> None:
    values = np.array([[0.0, np.nan] * 5])
    others = np.array([[-0.0, -np.nan] * 5])
    others.view(np.uint64)[0, 1] ^= np.uint64(1)
    labels = np.zeros(1, np.int8)
    assert values.tobytes() != others.tobytes()

    ids = {Data(of, labels, "x", False).sha256(SCHEMA) for of in (values, others)}

    assert len(ids) == 1


def test_the_declaration_matters() -> None:
    data = make_sample(SCHEMA)

    assert data.sha256(SCHEMA) != data.sha256(replace(SCHEMA, version=2))


def test_more_rows_than_are_hashed_at_once_all_count() -> None:
    features = np.zeros((250_000, 10))
    one = Data(features, np.zeros(len(features), np.int8), "x", False)
    before = one.sha256(SCHEMA)
    ids = set()
    for row in (0, 99_999, 100_000, 249_999):
        features[row, 3] = 1
        ids.add(one.sha256(SCHEMA))
        features[row, 3] = 0

    assert len(ids | {before}) == 5
