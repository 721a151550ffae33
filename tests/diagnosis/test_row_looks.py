"""What a day's sample of rows tells: ranks that go together, and rows that came before."""

import numpy as np

from diagnosis.row_looks import LEARNT_DAYS, RowLooks, rank_correlations
from diagnosis.trace import Trace
from tests.diagnosis import streams_of_counts as made
from tests.diagnosis.streams_of_counts import Floats

REFERENCE = made.reference()


def _lived(days: int, change: object, *, sample: bool = True, rows: int = 3000) -> dict[str, Trace]:
    reference = REFERENCE if sample else made.reference(sample=False)
    draw, looks = np.random.default_rng(3), RowLooks.new(reference)
    traces: dict[str, Trace] = {}
    for day in range(days):
        values = made.people(draw, rows)
        if day >= days - 4 and callable(change):
            values = change(draw, values)
        found = made.rows_of(values, np.full(len(values), 24.0 * day))
        for _, look in looks.look(reference, found, 24 * day, len(values)):
            traces.setdefault(look.name, Trace.of(look)).look(look, held=False)
    return traces


def _shuffled(draw: np.random.Generator, values: Floats) -> Floats:
    return np.column_stack([draw.permutation(values[:, 0]), values[:, 1:]])


def _sent_again(draw: np.random.Generator, values: Floats) -> Floats:
    again = draw.random(len(values)) < 0.15
    return np.concatenate([values, values[again]])


def test_a_shuffled_column_loses_its_ranks_and_no_quiet_one_does() -> None:
    for sample in (True, False):
        quiet = _lived(20, None, sample=sample)
        shuffled = _lived(20, _shuffled, sample=sample)

        assert max(trace.evidence for trace in quiet.values()) < 6
        found = shuffled["rank agreement, income"]
        assert found.evidence > 15
        assert abs(found.after(24 * 16)) < 0.25
        assert found.column == "income"


def test_rows_that_are_sent_again_are_seen() -> None:
    found = _lived(LEARNT_DAYS + 12, _sent_again)["repeated rows"]

    assert found.evidence > 10
    assert 0.05 < found.after(24 * (LEARNT_DAYS + 8)) < 0.2


def test_fewer_equal_rows_than_usual_are_no_incident() -> None:
    def rounded(_: np.random.Generator, values: Floats) -> Floats:
        return np.column_stack([np.arange(1.0, 1 + len(values)), values[:, 1:]])

    assert _lived(LEARNT_DAYS + 12, rounded)["repeated rows"].evidence < 3


def test_a_constant_and_an_empty_column_have_no_correlation() -> None:
    values = np.column_stack([np.ones(50), np.full(50, np.nan), np.arange(50), np.arange(50)])

    found = rank_correlations(values)

    assert np.isfinite(found).all()
    assert (found[:2] == 0).all()
    assert found[2, 3] == 1


def test_a_few_rows_say_nothing() -> None:
    assert _lived(9, None, rows=50) == {}
