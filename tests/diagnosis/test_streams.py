"""Indicator streams say of counts what could be counted of rows."""

import numpy as np

from diagnosis.streams import Streams
from tests.diagnosis import streams_of_counts as made

REFERENCE = made.reference()
STREAMS = Streams.of(REFERENCE)
NAMES = [stream.name for stream in STREAMS.each]


def test_every_kind_of_column_has_its_streams() -> None:
    assert {"income = missing", "late = 98", "region = north", "owner = true"} <= set(NAMES)
    assert "region = a text that no level names" in NAMES
    assert any(name.startswith("income < ") for name in NAMES)
    assert any(name.startswith("score < ") for name in NAMES)
    assert any(name.endswith("beyond the reference") for name in NAMES)
    assert len(NAMES) == len(set(NAMES))


def test_a_stream_counts_the_rows_that_its_name_says() -> None:
    values = made.people(np.random.default_rng(3), 2000)
    values[:7, 0] = 1e8
    ones, rows = STREAMS.counted(made.cells_of(REFERENCE, values))

    assert rows == 2000
    for name, count in zip(NAMES, ones.tolist(), strict=True):
        column, sign, bound = name.split(" ")[:3]
        if column == "income" and sign == "<" and "beyond" not in name:
            edge = min(REFERENCE.profile.columns[0].edges, key=lambda e: abs(e - float(bound)))
            assert count == (values[:, 0] < edge).sum(), name
        if column == "late" and sign == "=" and bound != "missing":
            assert count == (values[:, 1] == float(bound)).sum(), name
        if column == "late" and sign == "<" and "beyond" not in name:
            assert count == (values[:, 1] < float(bound)).sum(), name
    top = next(name for name in NAMES if name.startswith("income > "))
    assert ones[NAMES.index(top)] >= 7
    assert ones[NAMES.index("region = south")] == (values[:, 2] == 1).sum()
    assert ones[NAMES.index("income = missing")] == np.isnan(values[:, 0]).sum()


def test_the_tolerance_is_that_of_an_atom_or_of_a_share() -> None:
    by_name = {stream.name: stream for stream in STREAMS.each}

    assert by_name["income = missing"].tolerance == REFERENCE.tolerances.atom
    assert by_name[NAMES[-1]].tolerance == REFERENCE.tolerances.share
    assert by_name[NAMES[-1]].column is None


def test_the_ones_of_the_reference_are_those_of_its_held_out_part() -> None:
    missing = REFERENCE.profile.columns[0].counts
    at = NAMES.index("income = missing")

    assert STREAMS.ones[at] == missing.negatives[0] + missing.positives[0]
    assert STREAMS.rows[at] == REFERENCE.profile.rows
    below = next(at for at, name in enumerate(NAMES) if name.startswith("income < "))
    assert STREAMS.rows[below] == REFERENCE.profile.rows - STREAMS.ones[at]
