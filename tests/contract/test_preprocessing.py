"""Preprocessing says of each value what the declaration says, and learns only the tails."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from contract.preprocessing import TAIL, Matrix, Preprocessing
from tests.bundles import random_rows
from tests.gmsc import SCHEMA

NAMES = list(SCHEMA.names)
AGE, RATIO, INCOME = map(NAMES.index, ("age", "DebtRatio", "MonthlyIncome"))
AMOUNT = len(NAMES)
PAST_DUE = [place for place, item in enumerate(SCHEMA.features) if 98.0 in item.missing_codes]
UNBOUNDED = Preprocessing.fit(SCHEMA, np.full((1, len(NAMES)), np.nan))
LEARNT = Preprocessing.fit(SCHEMA, random_rows(5000, seed=1))

TYPICAL = np.array([SCHEMA.example[name] for name in NAMES], dtype=np.float64)


def transformed(changes: dict[int, float]) -> Matrix:
    row = TYPICAL.copy()
    for place, value in changes.items():
        row[place] = value
    inputs: Matrix = UNBOUNDED.transform(row[np.newaxis])[0]
    return inputs


def test_the_outputs_are_the_features_and_the_amount() -> None:
    assert UNBOUNDED.output_names == (*NAMES, "DebtRatio.amount")


def test_a_typical_row_passes_unchanged() -> None:
    np.testing.assert_array_equal(transformed({}), [*TYPICAL, np.nan])


def test_there_are_three_past_due_counts() -> None:
    assert [NAMES[place] for place in PAST_DUE] == [
        "NumberOfTime30-59DaysPastDueNotWorse",
        "NumberOfTimes90DaysLate",
        "NumberOfTime60-89DaysPastDueNotWorse",
    ]


@pytest.mark.parametrize("place", PAST_DUE)
def test_the_codes_are_missing_values(place: int) -> None:
    found = [bool(np.isnan(transformed({place: code})[place])) for code in (95, 96, 97, 98, 99)]

    assert found == [False, True, False, True, False]


def test_the_codes_mean_nothing_elsewhere() -> None:
    others = {place: 96.0 for place in range(len(NAMES)) if place not in PAST_DUE}

    assert (transformed(others)[list(others)] == 96.0).all()


@pytest.mark.parametrize("zero", [0.0, -0.0])
def test_age_0_is_a_missing_value_and_zero_elsewhere_is_zero(zero: float) -> None:
    found = transformed(dict.fromkeys(range(len(NAMES)), zero))

    assert np.isnan(found[AGE])
    assert found[PAST_DUE].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("income", [np.nan, 0.0, 0.5, 1.0])
def test_without_an_income_the_ratio_is_an_amount(income: float) -> None:
    found = transformed({INCOME: income, RATIO: 2500.0})

    assert np.isnan(found[RATIO])
    assert found[AMOUNT] == 2500.0
    np.testing.assert_array_equal(found[INCOME], income)


@pytest.mark.parametrize("income", [np.nextafter(1.0, 2.0), 2.0, 6000.0])
def test_with_an_income_above_1_the_ratio_is_a_ratio(income: float) -> None:
    found = transformed({INCOME: income, RATIO: 2500.0})

    assert found[RATIO] == 2500.0
    assert np.isnan(found[AMOUNT])


def test_missing_stays_missing() -> None:
    found = LEARNT.transform(np.full((2, len(NAMES)), np.nan))

    assert np.isnan(found).all()


def test_the_tails_are_drawn_in_to_values_that_were_seen() -> None:
    rows = np.tile(TYPICAL, (10_001, 1))
    rows[:, RATIO] = np.arange(10_001.0)
    learnt = Preprocessing.fit(SCHEMA, np.random.default_rng(0).permutation(rows))
    low, high = round(10_000 * TAIL), round(10_000 * (1 - TAIL))

    found = learnt.transform(rows)[:, RATIO]

    assert found[[0, low - 1, low, low + 1]].tolist() == [low, low, low, low + 1]
    assert found[[high - 1, high, high + 1, -1]].tolist() == [high - 1, high, high, high]


def test_codes_do_not_reach_the_tails() -> None:
    rows = np.tile(TYPICAL, (100, 1))
    rows[:50, PAST_DUE] = 98.0

    learnt = Preprocessing.fit(SCHEMA, rows)

    assert (learnt.upper[PAST_DUE] == TYPICAL[PAST_DUE]).all()


def test_a_column_that_is_missing_throughout_has_no_tails() -> None:
    assert (UNBOUNDED.lower == -np.inf).all()
    assert (UNBOUNDED.upper == np.inf).all()


def test_it_learns_from_the_rows_given_and_from_nothing_later() -> None:
    training, later = random_rows(500, seed=3), random_rows(500, seed=4) * 1000
    learnt = Preprocessing.fit(SCHEMA, training)
    before = learnt.describe()

    learnt.transform(later)

    assert learnt.describe() == before == Preprocessing.fit(SCHEMA, training).describe()
    assert before != Preprocessing.fit(SCHEMA, np.concatenate([training, later])).describe()


def test_neither_fitting_nor_transforming_changes_the_rows() -> None:
    rows = random_rows(50, seed=5)
    before = rows.copy()

    Preprocessing.fit(SCHEMA, rows).transform(rows)

    np.testing.assert_array_equal(rows, before)


def test_a_reader_finds_the_parameters_in_words() -> None:
    described = LEARNT.describe()

    assert described["missing_codes"] == {
        "age": [0.0],
        **{NAMES[place]: [96.0, 98.0] for place in PAST_DUE},
    }
    assert described["ratios"] == [
        {"ratio": "DebtRatio", "of": "MonthlyIncome", "above": 1, "otherwise": "DebtRatio.amount"}
    ]


VALUES = st.one_of(
    st.just(np.nan),
    st.sampled_from([0.0, -0.0, 1.0, np.nextafter(1.0, 2.0), 96.0, 98.0, 1e9]),
    st.floats(0, 1e9),
)


@given(arrays.arrays(np.float64, st.tuples(st.integers(1, 8), st.just(10)), elements=VALUES))
@settings(deadline=None)
def test_each_row_is_transformed_for_itself_bit_for_bit(rows: Matrix) -> None:
    together = LEARNT.transform(rows)
    alone = np.concatenate([LEARNT.transform(row[np.newaxis]) for row in rows])

    assert together.tobytes() == alone.tobytes()
