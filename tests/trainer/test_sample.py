"""The built-in sample is the same everywhere, and odd where the real data is."""

from dataclasses import replace

import numpy as np
import pytest

from contract.feature import Feature
from tests.gmsc import SCHEMA
from trainer.errors import DataRefused
from trainer.sample import make_sample

DATA = make_sample(SCHEMA)
COLUMN = dict(zip(SCHEMA.names, DATA.features.T, strict=True))
PAST_DUE = np.array([COLUMN[item.name] for item in SCHEMA.features if 98.0 in item.missing_codes])


def test_it_is_the_same_on_every_machine() -> None:
    """Another digest is another version of every bundle made from it."""
    assert DATA.sha256(SCHEMA) == PINNED


def test_it_says_that_it_is_the_sample() -> None:
    assert (DATA.source, DATA.is_sample) == ("built-in sample", True)


@pytest.mark.parametrize("feature", SCHEMA.features, ids=lambda feature: feature.name)
def test_each_value_is_possible(feature: Feature) -> None:
    values = COLUMN[feature.name].tolist()

    assert all(feature.accepts(None if np.isnan(value) else value) for value in values)


def test_labels_are_rare_as_in_the_real_data() -> None:
    assert 0.04 < DATA.labels.mean() < 0.10


def test_incomes_and_dependents_are_missing_at_the_real_rates() -> None:
    missing = {name: float(np.isnan(values).mean()) for name, values in COLUMN.items()}

    assert 0.18 < missing.pop("MonthlyIncome") < 0.22
    assert 0.02 < missing.pop("NumberOfDependents") < 0.035
    assert set(missing.values()) == {0.0}


def test_without_an_income_the_ratio_is_an_amount() -> None:
    no_income = ~(COLUMN["MonthlyIncome"] > 1)

    assert np.median(COLUMN["DebtRatio"][no_income]) > 100
    assert np.median(COLUMN["DebtRatio"][~no_income]) < 1
    assert (COLUMN["MonthlyIncome"] <= 1).sum() > 50


def test_the_codes_stand_in_all_three_columns_at_once() -> None:
    coded = np.isin(PAST_DUE, (96, 98))

    assert (coded.all(axis=0) == coded.any(axis=0)).all()
    assert coded[0].sum() > 10
    assert (PAST_DUE[:, ~coded[0]] < 96).all()


def test_one_borrower_has_no_age() -> None:
    assert (COLUMN["age"] == 0).sum() == 1


def test_some_utilizations_are_amounts() -> None:
    assert (COLUMN["RevolvingUtilizationOfUnsecuredLines"] > 100).sum() > 10


def test_some_borrowers_are_there_twice() -> None:
    np.testing.assert_array_equal(DATA.features[-100:], DATA.features[:100])
    assert DATA.labels[-100:].tolist() == DATA.labels[:100].tolist()


def test_another_data_set_has_no_sample() -> None:
    with pytest.raises(DataRefused, match=r"no built-in sample of .*: set DATA_PATH"):
        make_sample(replace(SCHEMA, key="other"))


PINNED = "0bd0fcc2b43c40af0c1744dc8e286bbefc602c93955ac4a61f7a494992ebe692"
