"""Arrays of Postgres, as text, become numbers."""

import numpy as np
import pytest

from monitor.judging.row_form import counted_rows

WIDTHS = (7, 200, 200, 26, 26)
NAMES = ("states", "good_scores", "bad_scores", "good_ages", "bad_ages")
SUMS = [0.5, 1e-12, 7, 12.25, 0]


@pytest.mark.parametrize("rows", [0, 1, 5])
@pytest.mark.parametrize("most", [9, 2**40])
def test_every_number_is_read(rows: int, most: int) -> None:
    random = np.random.default_rng(most)
    whole = [[random.integers(0, most, width).tolist() for width in WIDTHS] for _ in range(rows)]

    found = counted_rows(
        24,
        [
            ("2026-01-05", None, "m1", "", *map(_text, (states, SUMS, *rest)))
            for states, *rest in whole
        ],
    )

    for place, name in enumerate(NAMES):
        assert getattr(found, name).tolist() == [row[place] for row in whole]
    assert found.sums.tolist() == [SUMS] * rows


def _text(numbers: list[float]) -> str:
    return "{" + ",".join(map(str, numbers)) + "}"
