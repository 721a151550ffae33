"""PostgreSQL finds the bins of a profile where numpy finds them, to the last bit."""

import math

import numpy as np

from tests.conftest import Database

EDGES = [-1.5, 0.0, 0.1, 1 / 3, 1.0, 5e8]


def test_a_bin_is_the_same_to_both(database: Database) -> None:
    values = [
        *(-math.inf, math.inf, -0.0, 0.0, 5e-324, -5e-324, 1e308, -1e308),
        *(near for edge in EDGES for near in _around(edge)),
    ]

    found = database.query(
        "SELECT width_bucket(x, %s::float8[]) FROM unnest(%s::float8[]) WITH ORDINALITY AS t (x, n)"
        " ORDER BY n",
        EDGES,
        values,
    )

    assert [row[0] for row in found] == np.searchsorted(EDGES, values, side="right").tolist()


def _around(edge: float) -> tuple[float, float, float]:
    return math.nextafter(edge, -math.inf), edge, math.nextafter(edge, math.inf)
