"""The link is as near to the true one as it says, never falls, and has one value in two forms."""

import math
import struct
import sys
from collections.abc import Callable
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from contract.sigmoid import sigmoid, sigmoids

EDGE = 708.0
PER_UNIT = 128 / math.log(2)  # steps of the table
# What the module promises, relatively.
BOUND = Fraction(1, 2**51)

margin = st.one_of(
    st.floats(-EDGE, EDGE),
    st.floats(-8, 8),
    st.floats(-1, 1).map(lambda value: value * 2.0**-30),
    st.integers(-130_000, 130_000).map(lambda steps: (steps + 0.5) / PER_UNIT),
    st.sampled_from([0.0, -0.0, EDGE, -EDGE, sys.float_info.min, 5e-324, 36.7, 37.5, -36.7]),
)


def _single(margins: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([sigmoid(value) for value in margins.tolist()])


FORMS = pytest.mark.parametrize("form", [_single, sigmoids])


@given(margin)
@example(2.6)
@settings(max_examples=500, deadline=None)
def test_it_is_within_its_bound_of_the_true_value(value: float) -> None:
    with localcontext(prec=60):
        true = Fraction(1 / (1 + (-Decimal(value)).exp()))

    assert abs(Fraction(sigmoid(value)) - true) <= BOUND * true


def test_most_values_are_the_nearest_double_or_the_next() -> None:
    margins = np.random.default_rng(1).normal(0, 4, 5000).tolist()
    with localcontext(prec=60):
        true = [1 / (1 + (-Decimal(value)).exp()) for value in margins]

    off = [
        abs(Decimal(sigmoid(value)) - exact) / Decimal(math.ulp(float(exact)))
        for value, exact in zip(margins, true, strict=True)
    ]

    assert sum(error <= 1 for error in off) > 0.93 * len(off)
    assert max(off) < 2


@given(st.lists(st.floats(allow_nan=False) | margin, max_size=40))
@settings(deadline=None)
def test_both_forms_give_the_same_bits(values: list[float]) -> None:
    together = sigmoids(np.array(values, dtype=np.float64))

    assert together.shape == (len(values),)
    assert [_bits(value) for value in together.tolist()] == [
        _bits(sigmoid(value)) for value in values
    ]


def test_both_forms_give_the_same_bits_on_many_margins() -> None:
    margins = np.concatenate(
        [np.random.default_rng(2).normal(0, scale, 50_000) for scale in (1e-9, 0.1, 3, 300)]
    )

    assert sigmoids(margins).tobytes() == _single(margins).tobytes()


def test_it_does_not_fall_where_the_table_goes_on_a_step() -> None:
    """Within a step each operation is monotone; each border between two is looked at here."""
    borders = (np.arange(-131_000, 131_000) + 0.5) / PER_UNIT
    borders = borders[np.abs(borders) < EDGE]
    around = [borders]
    for _ in range(4):
        around = [np.nextafter(around[0], -np.inf), *around, np.nextafter(around[-1], np.inf)]
    neighbours = np.stack(around, axis=1)
    steps = np.rint(-neighbours * PER_UNIT)
    assert (steps[:, 0] == steps[:, -1] + 1).all()

    probabilities = sigmoids(neighbours.ravel()).reshape(neighbours.shape)

    assert (np.diff(probabilities, axis=1) >= 0).all()


@pytest.mark.parametrize(
    "start", [0.0, 1e-300, 1e-17, 1e-8, 1e-4, 0.002, 0.01, 0.3, 1.0, 5.5, 40.0]
)
@pytest.mark.parametrize("sign", [-1.0, 1.0])
def test_it_does_not_fall_between_neighbouring_doubles(start: float, sign: float) -> None:
    first = np.float64(start).view(np.int64)
    margins = sign * np.arange(first, first + 200_000).view(np.float64)

    probabilities = sigmoids(margins)

    assert (np.diff(probabilities) * sign >= 0).all()


@FORMS
def test_it_stays_what_it_is_beyond_its_edges(
    form: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> None:
    margins = np.array([-np.inf, -sys.float_info.max, -745.0, -708.5, -EDGE])

    assert form(margins).tolist() == [sigmoid(-EDGE)] * 5
    assert form(-margins).tolist() == [1.0] * 5
    assert sys.float_info.min < sigmoid(-EDGE) < 1e-307


def test_what_is_known_exactly() -> None:
    assert sigmoid(0.0) == sigmoid(-0.0) == 0.5
    assert sigmoid(40.0) == 1.0
    assert sigmoid(-1.0).hex() == "0x1.136561454ba86p-2"
    assert sigmoid(3.0).hex() == "0x1.e7b7cbc36fabdp-1"


@FORMS
def test_a_margin_that_is_no_number_is_refused(
    form: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> None:
    with pytest.raises(ValueError, match="NaN"):
        form(np.array([0.0, math.nan]))


def _bits(value: float) -> bytes:
    return struct.pack("<d", value)
