"""Rows of every kind become the numbers that the preprocessing knows, one or many of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.encoding import Encoding
from contract.feature import Value
from contract.preprocessing import Matrix, Preprocessing
from contract.row_preprocessing import RowPreprocessing
from tests.contract.tables import category, flag, number, table

LEVELS = tuple("abcdefgh")
SCHEMA = table(
    number(missing_codes=(98, 99)),
    category("first", levels=LEVELS, example="a", unknown="missing"),
    flag(),
    category("second", levels=LEVELS, example="a"),
    number("months", kind="integer", example=3),
)
ENCODING = Encoding([feature.levels for feature in SCHEMA.features])
NAN = float("nan")

# Of the first category all levels but these, of the second all of them.
UNSEEN = [0, 3, 7]


def training_rows() -> Matrix:
    draw = np.random.default_rng(5)
    first = draw.choice(np.setdiff1d(np.arange(8.0), UNSEEN), 400)
    second, months, flags = (draw.integers(0, most, 400) for most in (8, 60, 2))
    rows = np.column_stack([draw.random(400) * 1000, first, flags, second, months])
    rows[::9] = np.nan
    return rows


FITTED = Preprocessing.fit(SCHEMA, training_rows())

numbers = st.none() | st.sampled_from([0.0, -0.0, 98.0, 99.0]) | st.floats(0, 1000)
levels = st.none() | st.sampled_from(LEVELS)
rows = st.lists(
    st.tuples(numbers, levels | st.text(), st.none() | st.booleans(), levels, numbers),
    min_size=1,
    max_size=5,
)


def test_each_kind_has_its_numbers() -> None:
    found = ENCODING.encode([(5.5, "c", True, "a", 3), (None, "?", False, None, 4)])

    np.testing.assert_array_equal(found, [[5.5, 2, 1, 0, 3], [NAN, NAN, 0, NAN, 4]])


@pytest.mark.parametrize("count", [4, 6])
def test_a_row_of_another_length_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="zip"):
        ENCODING.encode([["a"] * count, ["a"] * count])


def test_levels_that_training_rows_lack_are_missing_and_others_themselves() -> None:
    places = np.arange(8.0)
    received = np.full((8, 5), np.nan)
    received[:, 1] = received[:, 3] = places

    found = FITTED.transform(received)

    expected = np.where(np.isin(places, UNSEEN), np.nan, places)
    np.testing.assert_array_equal(found[:, [1, 3]], np.column_stack([expected, places]))


def test_a_reader_finds_them_by_their_names() -> None:
    assert FITTED.describe()["unseen_levels"] == {"first": ["a", "d", "h"]}


def test_what_is_missing_is_kept_in_the_order_of_the_features() -> None:
    document = FITTED.to_json()

    again = Preprocessing.from_json(document)

    assert again.missing == FITTED.missing == ((98, 99), (0, 3, 7), (), (), ())
    assert again.to_json() == document


@pytest.mark.parametrize("place", [b"-1.0", b"0.5", b"8.0"])
def test_an_unseen_level_that_is_not_there_is_damage(place: bytes) -> None:
    document = FITTED.to_json()
    changed = document.replace(b"[0.0,3.0,7.0]", b"[0.0,3.0," + place + b"]")
    assert changed != document

    with pytest.raises(ValueError, match="an unseen level is not there"):
        Preprocessing.from_json(changed)


@given(rows)
def test_one_row_becomes_what_it_becomes_among_others(sent: list[list[Value]]) -> None:
    together = FITTED.transform(ENCODING.encode(sent))

    alone = [RowPreprocessing(FITTED).transform(row) for row in sent]

    np.testing.assert_array_equal(together, alone)
