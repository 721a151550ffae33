"""The golden rows stand at the edges of what is possible, and a client could send each of them."""

from dataclasses import replace

import numpy as np
import pytest

from contract.feature import Feature, RatioOf
from contract.preprocessing import Matrix
from tests.bundles import random_rows
from tests.contract.tables import category, flag, number, table
from tests.gmsc import SCHEMA
from trainer.golden_rows import golden_rows
from trainer.sample import make_sample

NAMES = list(SCHEMA.names)
DATA = make_sample(SCHEMA).features
SENT = golden_rows(SCHEMA, DATA)
ROWS = np.array(SENT, dtype=np.float64)


@pytest.mark.parametrize(
    "features",
    [
        pytest.param(DATA, id="sample"),
        pytest.param(random_rows(3, 0), id="three rows"),
        pytest.param(np.full((5, 10), np.nan), id="all missing"),
    ],
)
def test_each_value_is_possible(features: Matrix) -> None:
    for row in golden_rows(SCHEMA, features):
        for feature, value in zip(SCHEMA.features, row, strict=True):
            assert feature.accepts(value)


@pytest.mark.parametrize(
    "ratio",
    [
        number("ratio", minimum=-100, maximum=-1, example=-5),
        number("ratio", minimum=10, maximum=1000, example=20),
        number("ratio", kind="integer", minimum=0, maximum=12_345, example=7),
    ],
    ids=["negative", "far from zero", "integer"],
)
def test_each_value_of_a_ratio_is_possible_whatever_its_range_is(ratio: Feature) -> None:
    schema = table(number("income"), replace(ratio, ratio_of=RatioOf("income", 1)))

    rows = golden_rows(schema, np.full((5, 2), np.nan))

    assert {row[0] for row in rows} >= {0.0, 1.0, None}
    assert all(ratio.accepts(row[1]) for row in rows)


@pytest.mark.parametrize("feature", SCHEMA.features, ids=lambda feature: feature.name)
def test_each_edge_of_each_feature_is_there(feature: Feature) -> None:
    values = ROWS[:, NAMES.index(feature.name)].tolist()

    assert {feature.minimum, feature.maximum, *feature.missing_codes} <= set(values)
    assert any(map(np.isnan, values)) == feature.nullable


def test_the_edge_between_ratio_and_amount_is_there() -> None:
    income, ratio = (ROWS[:, NAMES.index(name)] for name in ("MonthlyIncome", "DebtRatio"))
    amounts = income[ratio == 1e4]

    assert {0.0, 1.0, np.nextafter(1.0, 2.0)} <= set(amounts.tolist())
    assert np.isnan(amounts).any()


def test_all_that_can_be_missing_is_missing_together() -> None:
    nullable = [place for place, item in enumerate(SCHEMA.features) if item.nullable]

    assert np.isnan(ROWS[:, nullable]).all(axis=1).any()


def test_none_is_a_row_of_the_data() -> None:
    known = {row.tobytes() for row in DATA}

    assert not [row for row in ROWS if row.tobytes() in known]


def test_the_same_data_gives_the_same_rows() -> None:
    assert golden_rows(SCHEMA, DATA) == SENT


def test_each_edge_of_each_kind_is_there() -> None:
    schema = table(number(), flag(), category(), category("city", unknown="missing"))
    features = np.array([[1.0, 0.0, 1.0, 0.0], [2.0, 1.0, np.nan, 2.0], [3.0, np.nan, 1.0, 1.0]])

    rows = golden_rows(schema, features)

    assert all(all(map(Feature.accepts, schema.features, row)) for row in rows)
    assert {0, 1000, None, 2.0} <= {row[0] for row in rows}
    assert {row[1] for row in rows} == {False, True, None}
    assert {row[2] for row in rows} == {*schema.features[2].levels, None}
    assert {row[3] for row in rows} > {*schema.features[3].levels, None}


def test_of_many_levels_some_are_there_the_first_and_the_last_among_them() -> None:
    levels = tuple(f"level {place}" for place in range(254))
    schema = table(category(levels=levels, example=levels[0]))

    values = {row[0] for row in golden_rows(schema, np.array([[3.0]]))}

    assert {levels[0], levels[3], levels[-1]} <= values
    assert len(values) < 20
