"""Percentiles, shares and distances out of cells."""

from math import isnan

import numpy as np
import pytest

from monitor.page.cells import Scale, apart, apart_by_chance, shares


def rows(*counts: int) -> np.ndarray:
    return np.array([counts], dtype=np.int64)


def test_values_lie_evenly_within_a_bin() -> None:
    scale = Scale((0.0, 10.0, 20.0), ())

    found = scale.percentile(rows(0, 10, 10, 0), 0.5)
    assert (found.values[0], found.open[0]) == (10.0, 0)
    assert scale.percentile(rows(0, 10, 10, 0), 0.25).values[0] == 5.0


def test_an_atom_is_itself_and_parts_the_bin_around_it() -> None:
    scale = Scale((0.0, 10.0), (5.0,))

    # Atom, below 0, from 0 to 10, from 10 on.
    assert scale.percentile(rows(100, 0, 2, 0), 0.5).values[0] == 5.0
    assert scale.percentile(rows(0, 0, 10, 0), 0.8).values[0] == pytest.approx(8.0)


def test_a_bin_without_an_end_bounds_a_percentile_and_says_so() -> None:
    scale = Scale((0.0, 10.0), ())
    low, high = scale.percentile(rows(9, 1, 0), 0.5), scale.percentile(rows(0, 1, 9), 0.5)

    assert (low.values[0], low.open[0]) == (0.0, -1)
    assert (high.values[0], high.open[0]) == (10.0, 1)


def test_a_code_that_means_missing_is_no_value() -> None:
    cells = rows(50, 1, 0, 4, 0)

    assert Scale((0.0, 10.0), (98.0, 99.0), (98.0,)).percentile(cells, 0.5).values[0] < 10
    assert Scale((0.0, 10.0), (98.0, 99.0)).percentile(cells, 0.5).values[0] == 98.0


def test_of_nothing_there_is_no_percentile() -> None:
    assert isnan(Scale((0.0,), ()).percentile(rows(0, 0), 0.5).values[0])
    # Without edges and atoms nothing is known of any value.
    assert isnan(Scale((), ()).percentile(rows(3), 0.5).values[0])
    assert np.isnan(shares(rows(0, 0))).all()


@pytest.mark.parametrize("seed", range(5))
def test_percentiles_are_within_a_bin_of_those_of_the_values(seed: int) -> None:
    values = np.random.default_rng(seed).gamma(2, 3, 5000)
    edges = tuple(np.quantile(values, np.arange(1, 20) / 20).tolist())
    counts = np.bincount(np.searchsorted(edges, values, side="right"), minlength=20)

    for q in (0.1, 0.37, 0.5, 0.9):
        found = Scale(edges, ()).percentile(counts[None, :], q).values[0]
        assert np.quantile(values, q - 0.05) <= found <= np.quantile(values, q + 0.05)


def test_a_distance_is_the_share_of_rows_that_lie_elsewhere() -> None:
    training = np.array([50, 50, 0])

    assert apart(np.array([500, 500, 0]), training) == 0
    assert apart(np.array([10, 50, 40]), training) == pytest.approx(0.4)
    assert apart(np.array([0, 0, 7]), training) == 1


def test_chance_is_what_two_samples_of_one_population_are_apart() -> None:
    rng = np.random.default_rng(4)
    p = np.full(20, 1 / 20)
    found = [apart(rng.multinomial(1000, p), rng.multinomial(4000, p)) for _ in range(300)]

    expected = apart_by_chance(rng.multinomial(1000, p), rng.multinomial(4000, p))
    assert expected == pytest.approx(float(np.mean(found)), rel=0.05)
