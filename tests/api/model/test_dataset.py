"""A model is served where it is of the declared data set, and refused where it is not."""

from pathlib import Path

import pytest

from api.model.dataset import check_dataset
from api.settings import ApiSettings, ModelRefused
from contract import datasets
from tests.api.service import Service
from tests.contract.tables import table
from tests.gmsc import SCHEMA

GMSC = Path(datasets.__file__).with_name("gmsc.toml")


def test_the_declaration_may_be_built_in_or_a_file_of_any_name(tmp_path: Path) -> None:
    file = tmp_path / "credit.toml"
    file.write_bytes(GMSC.read_bytes())

    check_dataset(ApiSettings(), "v", SCHEMA)
    check_dataset(ApiSettings(dataset=str(file)), "v", SCHEMA)


def test_a_model_of_another_data_set_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "credit.toml"
    file.write_bytes(GMSC.read_bytes())

    with pytest.raises(ModelRefused, match=r"v is a model of loans, and DATASET is gmsc: set"):
        check_dataset(ApiSettings(), "v", table())
    with pytest.raises(ModelRefused, match=r"DATASET is .*credit\.toml, which declares gmsc: set"):
        check_dataset(ApiSettings(dataset=str(file)), "v", table())


@pytest.mark.parametrize("text", [None, "key = 'loans'", "\0"])
def test_the_service_does_not_start_with_a_file_that_declares_nothing(
    settings: dict[str, str], tmp_path: Path, text: str | None
) -> None:
    file = tmp_path / "loans.toml"
    if text is not None:
        file.write_text(text)

    status, told = Service(tmp_path, settings | {"DATASET": str(file)}).run()

    assert status == 1
    assert f"DATASET cannot be read: {file}" in told
    assert "Traceback" not in told
