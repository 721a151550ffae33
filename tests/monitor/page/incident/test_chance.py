"""A difference in few rows is not taken for a change."""

import numpy as np
import pytest

from monitor.page.incident.chance import beyond_chance


def test_samples_of_one_population_do_not_differ_beyond_chance() -> None:
    rng = np.random.default_rng(11)
    for rows in ((100_000, 80), (2000, 2000), (50, 1_000_000)):
        for share in (0.001, 0.2, 0.5):
            before, after = (rng.binomial(many, share, 250) / many for many in rows)
            found = [
                beyond_chance(one, other, rows) for one, other in zip(before, after, strict=True)
            ]
            # A rare value among few rows scatters further than its standard error says.
            assert sum(each > 0.02 for each in found) == 0


@pytest.mark.parametrize("rows", [(100_000, 20_000), (0, 20_000)])
def test_a_true_difference_is_found_a_little_short(rows: tuple[int, int]) -> None:
    assert 0.18 < beyond_chance(0.2, 0.4, rows) < 0.2


def test_of_no_rows_nothing_is_said() -> None:
    assert beyond_chance(0.2, 0.9, (1000, 0)) == 0
