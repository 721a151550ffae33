"""One row scored alone is scored as among others, whatever its values are."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract.preprocessing import Preprocessing
from contract.row_preprocessing import RowPreprocessing
from tests import bundles
from tests.gmsc import SCHEMA

FITTED = bundles.fit()
SCORER = FITTED.scorer
EDGES = sorted({*FITTED.preprocessing.lower.tolist(), *FITTED.preprocessing.upper.tolist()})

value = st.one_of(
    st.none(),
    st.sampled_from([0.0, -0.0, 0.5, 1.0, 96.0, 98.0, 1e9, *EDGES]),
    st.floats(0, 1e9),
)
row = st.lists(value, min_size=len(SCHEMA.features), max_size=len(SCHEMA.features))


@given(row)
def test_the_row_form_makes_the_same_inputs(values: list[float | None]) -> None:
    expected = FITTED.preprocessing.transform(np.array([values], dtype=np.float64))[0]

    inputs = RowPreprocessing(FITTED.preprocessing).transform(values)

    np.testing.assert_array_equal(np.array(inputs), expected)


@given(st.lists(row, min_size=1, max_size=5))
def test_a_row_alone_has_the_bits_that_it_has_among_others(rows: list[list[float | None]]) -> None:
    together = SCORER.score(np.array(rows, dtype=np.float64)).tolist()

    alone = [SCORER.score_row(values) for values in rows]

    assert [struct.pack("<d", score) for score in alone] == [
        struct.pack("<d", score) for score in together
    ]


def test_rows_without_ratios_or_codes_have_a_row_form_too() -> None:
    plain = Preprocessing(((), ()), np.empty((0, 2)), (), (), np.zeros(2), np.ones(2), ("a", "b"))

    assert RowPreprocessing(plain).transform([2.0, -1.0]) == [1.0, 0.0]


@pytest.mark.parametrize("count", [0, 9, 11])
def test_a_row_of_another_length_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="zip"):
        SCORER.score_row([1.0] * count)


def test_inputs_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="inputs"):
        SCORER._trees.margin_row([1.0])
