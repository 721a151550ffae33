"""Observed over expected, drawn against the tolerance that was declared."""

from datetime import UTC, datetime

import numpy as np

from monitor.judging.row_form import counted_rows
from monitor.page.incident.due import Due, Pair, Side
from monitor.page.incident.strips import strips


def test_what_is_within_the_declared_tolerance_is_not_drawn_as_beyond_it() -> None:
    pair = Pair("All", Side(10_000, 1000, 1000.0), Side(10_000, 1300, 1000.0))
    due = Due({"caller": (pair,)}, counted_rows(24, []), datetime(2026, 3, 1, tzinfo=UTC))
    assert np.isclose(pair.after.ratio.value, 1.3)  # type: ignore[union-attr]

    drawn = {tolerance: str(strips(due, tolerance)[0].rows[0][1]) for tolerance in (0.15, 0.5)}

    assert "wrong" in drawn[0.15]
    assert "wrong" not in drawn[0.5]
