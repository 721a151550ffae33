"""Each row decides for itself whether it is held out."""

import struct

import numpy as np
import pytest

from tests.bundles import random_rows
from tests.trainer.tables import loans
from trainer.data import Data
from trainer.errors import QualityRefused
from trainer.split import held_out, split

ROWS = random_rows(20_000, seed=5)


def test_new_rows_never_move_old_ones() -> None:
    more = np.concatenate([random_rows(300, seed=6), ROWS, random_rows(300, seed=8)])

    assert held_out(more, 0.2)[300:-300].tolist() == held_out(ROWS, 0.2).tolist()


def test_each_row_is_decided_alone_whatever_its_place() -> None:
    order = np.random.default_rng(0).permutation(len(ROWS))

    assert held_out(ROWS[order], 0.2).tolist() == held_out(ROWS, 0.2)[order].tolist()
    assert [held_out(row[np.newaxis], 0.2)[0] for row in ROWS[:50]] == held_out(ROWS, 0.2).tolist()[
        :50
    ]


def test_rows_beyond_what_is_hashed_at_once_are_decided_alike() -> None:
    many = np.tile(ROWS, (11, 1))

    assert held_out(many, 0.2).reshape(11, -1).tolist() == [held_out(ROWS, 0.2).tolist()] * 11


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9])
def test_about_the_share_is_held_out(share: float) -> None:
    found = held_out(ROWS, share).mean()

    # Four standard deviations of a fair draw.
    assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / len(ROWS))


def test_a_larger_share_only_adds_rows() -> None:
    assert not (held_out(ROWS, 0.2) & ~held_out(ROWS, 0.3)).any()


@pytest.mark.parametrize("column", range(10))
def test_every_feature_counts(column: int) -> None:
    """As many rows change sides as would by chance: 2 * 0.2 * 0.8."""
    other = ROWS.copy()
    other[:, column] = np.nan_to_num(other[:, column]) + 1

    moved = (held_out(other, 0.2) != held_out(ROWS, 0.2)).mean()

    assert 0.3 < moved < 0.34


def test_counts_that_hardly_differ_are_split_fairly() -> None:
    """Most rows of real data are small counts; a weak hash would favour one side."""
    rows = np.array(
        [[a, b, c, *[0.0] * 7] for a in range(20) for b in range(20) for c in range(20)]
    )

    assert abs(held_out(rows, 0.2).mean() - 0.2) < 0.02


def test_the_bits_of_nan_and_of_zero_do_not_matter() -> None:
    rows = np.zeros((500, 10))
    rows[:, 0] = np.arange(500)
    rows[:, 4] = np.nan
    others = rows.copy()
    others[:, 1] = -0.0
    others[:, 4] = -np.nan

    assert held_out(others, 0.2).tolist() == held_out(rows, 0.2).tolist()


def test_the_rule_is_the_one_that_its_name_stands_for() -> None:
    """Another outcome here needs another RULE, for it makes other models."""
    rows = np.abs(random_rows(200, seed=9))

    assert held_out(rows, 0.2).tolist() == [_is_held_out(row, 0.2) for row in rows.tolist()]


def _is_held_out(row: list[float], share: float) -> bool:
    """The rule once more, in whole numbers."""
    state, mask = 0, 2**64 - 1
    for value in row:
        (bits,) = struct.unpack("<Q", struct.pack("<d", value))
        state = (state + bits + 0x9E3779B97F4A7C15) & mask
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
        state ^= state >> 31
    return state < int(share * 2**64)


def by(kind: str, keys: list[float]) -> Data:
    return Data(np.zeros((len(keys), 3)), np.zeros(len(keys), np.int8), kind, False, np.array(keys))


TIME = loans('event_time = "at"\nsplit = "time"')
GROUP = loans('group = "customer"\nsplit = "group"')


def test_the_latest_rows_are_held_out() -> None:
    times = np.random.default_rng(0).permutation(1000).astype(float)

    apart = split(TIME, by("time", times.tolist()), 0.2)

    assert apart.sum() == 200
    assert times[apart].min() > times[~apart].max()


@pytest.mark.parametrize(
    ("times", "share", "expected"),
    [
        ([1, 1, 1, 2], 0.5, 1),
        ([1, 2, 2, 2], 0.5, 3),
        ([1, 2, 3, 3, 3, 3, 3, 3, 4, 5], 0.2, 2),
        ([1, 2, 3, 3, 3, 3, 3, 3, 3, 3], 0.2, 8),
        ([5, 6], 0.01, 1),
        ([5, 6], 0.99, 1),
    ],
)
def test_rows_of_one_time_stay_together(times: list[float], share: float, expected: int) -> None:
    apart = split(TIME, by("time", times), share)

    assert apart.sum() == expected
    assert not set(np.array(times)[apart]) & set(np.array(times)[~apart])


def test_a_single_time_splits_nothing_and_is_refused() -> None:
    with pytest.raises(QualityRefused, match="all rows have the same event time"):
        split(TIME, by("time", [7.0, 7.0]), 0.2)


def test_a_group_is_on_one_side_and_new_ones_move_none() -> None:
    hashes = np.random.default_rng(0).integers(0, 2**53, 500).astype(float)
    data = by("group", [*hashes, *hashes])

    apart = split(GROUP, data, 0.2)

    assert apart[:500].tolist() == apart[500:].tolist()
    assert apart[:100].tolist() == split(GROUP, by("group", hashes[:100].tolist()), 0.2).tolist()
    assert 60 < apart[:500].sum() < 140
