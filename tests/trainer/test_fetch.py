"""The real data is fetched whole and as it was, or nothing is written."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.gmsc import DECLARATION, SCHEMA
from trainer.errors import FetchFailed
from trainer.fetch import NAME, fetch, original_form
from trainer.sample import make_sample
from trainer.table import read_table

SAMPLE = make_sample(SCHEMA)


def from_shuffled() -> pd.DataFrame:
    """The sample as OpenML would have it."""
    frame = pd.DataFrame(SAMPLE.features, columns=list(SCHEMA.names))
    frame["FinancialDistressNextTwoYears"] = np.where(SAMPLE.labels == 1, "Yes", "No")
    return frame.sample(frac=1, random_state=42).reset_index(drop=True)


CONTENT = original_form(SCHEMA, from_shuffled())
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def never() -> pd.DataFrame:
    raise AssertionError("there was nothing to fetch")


def test_the_rows_come_back_in_their_first_order(tmp_path: Path) -> None:
    path = fetch(SCHEMA, tmp_path, from_shuffled, SHA256)

    data = read_table(path, DECLARATION)
    assert path == tmp_path / NAME
    assert data.labels.tolist() == SAMPLE.labels.tolist()
    # A number under 0.0001 has three digits in the original file.
    np.testing.assert_allclose(data.features, SAMPLE.features, rtol=0.005)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("value", "text"),
    [(np.nan, "NA"), (6000.0, "6000"), (0.766126609, "0.766126609"), (1.32e-05, "1.32E-05")],
)
def test_numbers_are_written_as_in_the_original(value: float, text: str) -> None:
    frame = from_shuffled().head(1).assign(MonthlyIncome=value)

    line = original_form(SCHEMA, frame).decode().splitlines()[1]

    assert line.split(",")[6] == text


def test_the_form_is_that_of_the_original() -> None:
    lines = CONTENT.decode().split("\r\n")

    assert lines[0].startswith(",SeriousDlqin2yrs,RevolvingUtilizationOfUnsecuredLines,age,")
    assert lines[1].startswith("1,")
    assert lines[-1] == ""
    assert len(lines) == len(SAMPLE) + 2


def test_a_file_that_is_there_already_is_not_fetched_again(tmp_path: Path) -> None:
    path = fetch(SCHEMA, tmp_path, from_shuffled, SHA256)
    before = path.stat()

    assert fetch(SCHEMA, tmp_path, never, SHA256) == path
    assert path.stat() == before


def test_somebodys_file_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("mine")

    with pytest.raises(FetchFailed, match="is there and is another file: move it away, or"):
        fetch(SCHEMA, tmp_path, never, SHA256)

    assert (tmp_path / NAME).read_text() == "mine"


def test_other_data_than_expected_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(
        FetchFailed, match=r"is not the data it was: SHA-256 .* nothing was written"
    ):
        fetch(SCHEMA, tmp_path, lambda: from_shuffled().replace({"age": {50.0: 51.0}}), SHA256)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda frame: frame.drop(columns="age"),
        lambda frame: frame.drop(columns="FinancialDistressNextTwoYears"),
        lambda frame: frame.replace({"FinancialDistressNextTwoYears": {"Yes": "Maybe"}}),
        lambda frame: frame.assign(age="old"),
        lambda frame: frame.head(0),
    ],
    ids=["a feature missing", "the target missing", "another label", "text", "empty"],
)
def test_another_form_than_expected_is_refused(tmp_path: Path, spoil: object) -> None:
    assert callable(spoil)

    with pytest.raises(FetchFailed, match="is not the data it was"):
        fetch(SCHEMA, tmp_path, lambda: spoil(from_shuffled()), SHA256)

    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_not_there_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    with pytest.raises(FetchFailed, match=r"cannot write .*: No such file or directory"):
        fetch(SCHEMA, tmp_path / "none", never, SHA256)


def test_without_a_network_the_error_says_what_to_do(tmp_path: Path) -> None:
    """The command itself, with a proxy at an address on which nobody listens."""
    nowhere = "http://127.0.0.1:1"
    proxies = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), nowhere)

    found = subprocess.run(
        [sys.executable, "-m", "trainer", "fetch"],
        env={**os.environ, **proxies, "no_proxy": "", "FETCH_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 1
    assert found.stdout == ""
    assert found.stderr.startswith("fetch failed: OpenML's data set 46929 cannot be fetched")
    assert "Connection refused" in found.stderr
    assert "by hand" in found.stderr
    assert found.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_force_replaces_another_file_once_the_new_one_is_right(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text("mine")

    with pytest.raises(FetchFailed, match="is not the data it was"):
        fetch(SCHEMA, tmp_path, lambda: from_shuffled().head(9), SHA256, force=True)
    assert path.read_text() == "mine"

    fetch(SCHEMA, tmp_path, from_shuffled, SHA256, force=True)
    assert path.read_bytes() == CONTENT
    assert list(tmp_path.iterdir()) == [path]
