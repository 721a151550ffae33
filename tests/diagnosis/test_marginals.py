"""What is learnt of a source, and what is not."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from diagnosis import e_detector
from diagnosis.hours import DAY
from diagnosis.marginals import Marginals
from diagnosis.streams import Streams
from tests.diagnosis import streams_of_counts as made

REFERENCE = made.reference()
STREAMS = Streams.of(REFERENCE)
K = len(STREAMS)
MISSING = next(at for at, stream in enumerate(STREAMS.each) if stream.name == "income = missing")
NOBODY = np.zeros(K, dtype=bool)
SHARES = STREAMS.ones / STREAMS.rows


def _ones(draw: np.random.Generator, rows: int, missing: float) -> NDArray[np.int64]:
    ones = draw.binomial(rows, SHARES)
    ones[MISSING] = draw.binomial(rows, missing)
    present = np.flatnonzero(STREAMS.given == MISSING)
    ones[present] = draw.binomial(rows - ones[MISSING], SHARES[present])
    found: NDArray[np.int64] = ones.astype(np.int64)
    return found


Missing = Callable[[int], float]


def _usually(_: int) -> float:
    return 0.2


def _lived(
    days: int,
    rows: int = 200,
    *,
    anchored: bool = True,
    missing: Missing = _usually,
    heaps: int = 1,
) -> Marginals:
    found = Marginals.new(STREAMS, 0, anchored=anchored)
    _live_on(found, days, rows, missing, heaps)
    return found


def _live_on(
    found: Marginals, days: int, rows: int = 200, missing: Missing = _usually, heaps: int = 1
) -> None:
    first = found.counted.end
    draw, limits = np.random.default_rng([4, first]), found.limits(STREAMS)
    for hour in range(first, first + days * DAY):
        ones = _ones(draw, rows // heaps, missing(hour)) * heaps
        found.look(ones, rows // heaps * heaps, limits)
        if hour % DAY == DAY - 1:
            found.midnight(hour + 1, NOBODY)
            limits = found.limits(STREAMS)


def test_a_source_is_not_judged_by_itself_before_its_first_week_is_over() -> None:
    assert not _lived(7).usual.ready
    assert _lived(9).usual.ready


def test_a_source_of_few_rows_waits_until_there_are_enough() -> None:
    found = _lived(20, rows=4)
    assert not found.usual.ready

    _live_on(found, 5, rows=4)
    assert found.usual.ready


def test_what_is_usual_is_what_was_counted() -> None:
    usual = _lived(30).usual

    share, error = usual.shares()
    assert (np.abs(share - SHARES) < 5 * error + 0.02)[SHARES > 0.01].all()
    assert abs(share[MISSING] - 0.2) < 4 * error[MISSING]
    assert 0 < error[MISSING] < 0.003


def test_learning_ends_when_there_is_enough() -> None:
    found = _lived(37, rows=300)
    learnt = found.usual.ones.copy()

    assert found.usual.full
    _live_on(found, 4, rows=300)
    assert (found.usual.ones == learnt).all()


def test_a_doubtful_stream_is_not_learnt() -> None:
    found = _lived(26, missing=lambda hour: 0.2 if hour < 10 * DAY else 0.3)

    share, _ = found.usual.shares()
    assert abs(share[MISSING] - 0.2) < 0.01
    assert found.evidence[MISSING] > 20
    rest = np.delete(found.evidence, MISSING)
    assert rest.max() < 10


def test_rows_that_come_in_heaps_count_as_fewer() -> None:
    even, heaped = _lived(9, rows=400).usual, _lived(9, rows=400, heaps=20).usual

    common = SHARES > 0.05
    assert np.median(even.uneven[common]) == 1
    assert 10 < np.median(heaped.uneven[common]) < 25
    assert (_lived(12, rows=400, heaps=20).evidence < 12).all()


def test_heaps_are_seen_where_rows_come_once_a_day() -> None:
    found = Marginals.new(STREAMS, 0, anchored=True)
    draw, limits = np.random.default_rng(4), found.limits(STREAMS)
    for hour in range(120 * DAY):
        ones = _ones(draw, 10, 0.2) * 12 if hour % DAY == 0 else np.zeros(K, dtype=np.int64)
        found.look(ones, 120 if hour % DAY == 0 else 0, limits)
        if hour % DAY == DAY - 1:
            found.midnight(hour + 1, NOBODY)
            limits = found.limits(STREAMS)

    common = SHARES > 0.05
    assert np.median(found.usual.uneven[common]) > 3


def test_a_season_of_the_day_is_part_of_the_tolerance() -> None:
    def nightly(hour: int) -> float:
        return 0.2 + (0.06 if hour % DAY < 8 else -0.03)

    found = _lived(26, rows=2000, anchored=False, missing=nightly)

    assert found.usual.movement[MISSING] > 0.06
    assert found.tolerances(STREAMS)[MISSING] == found.usual.movement[MISSING]
    assert found.evidence[MISSING] < 19


def test_a_change_is_told_by_the_side_of_the_evidence() -> None:
    found = _lived(10, missing=lambda hour: 0.2 if hour < 9 * DAY else 0.5)

    up, down = e_detector.nothing(K), found.learned
    assert down[MISSING, 0].max() > down[MISSING, 1].max()
    assert up.shape == down.shape


def test_a_row_that_is_all_missing_says_nothing_of_the_values() -> None:
    found = Marginals.new(STREAMS, 0, anchored=True)
    ones = np.zeros(K, dtype=np.int64)
    ones[STREAMS.given == -1] = 50

    found.look(ones, 50, found.limits(STREAMS))

    values = STREAMS.given >= 0
    assert np.isfinite(found.evidence).all()
    assert (found.evidence[values] < 1).all()
