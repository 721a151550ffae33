"""Where scikit-learn and treelite agree on categories, and which codes must not reach the trees."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from contract.trees import Trees
from tests.checkpoints import LEVELS, classifier, imported, table

UNSEEN = [3, 7, 11]
# Both sum the same leaves in another order.
ROUNDING = 1e-12


def _with_gaps(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    codes = rows[:, 1]
    return rows[~np.isin(codes, UNSEEN)]


def _without_missing(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.nan_to_num(rows)


FITTED: list[tuple[Any, Trees]] = []
for _rows in (
    table(2000, 1),
    _without_missing(table(2000, 2)),
    _with_gaps(table(2000, 3)),
):
    _model = classifier(_rows, categories=[1], trees=20, leaves=15)
    FITTED.append((_model, Trees.from_bytes(imported(_model).serialize_bytes())))
ALL, COMPLETE, GAPS = FITTED


@pytest.mark.parametrize("fitted", [ALL, COMPLETE], ids=["with missing", "without missing"])
def test_codes_that_were_learnt_and_missing_ones_go_the_same_way(
    fitted: tuple[Any, Trees],
) -> None:
    model, trees = fitted
    rows = table(20_000, 7)

    margins = trees.margins(rows)

    np.testing.assert_allclose(margins, _decisions(model, rows), rtol=0, atol=ROUNDING)


def test_a_code_that_was_not_learnt_must_be_missing_before_the_trees() -> None:
    """scikit-learn takes it for missing, treelite for a code of the right-hand side."""
    model, trees = GAPS
    rows = table(1000, 8)
    rows[:, 1] = np.resize([*UNSEEN, LEVELS], len(rows))
    missing = rows.copy()
    missing[:, 1] = np.nan

    expected = _decisions(model, rows)

    np.testing.assert_allclose(trees.margins(missing), expected, rtol=0, atol=ROUNDING)
    assert (np.abs(trees.margins(rows) - expected) > ROUNDING).any()


@pytest.mark.parametrize("levels", [2, 32, 33, 254, 255])
def test_as_many_levels_as_scikit_learn_takes_work(levels: int) -> None:
    rows = table(6000, 4)
    rows[levels:, 1] = np.random.default_rng(6).integers(0, levels, len(rows) - levels)
    rows[::17, 1] = np.nan
    rows[:levels, 1] = np.arange(levels)
    model = classifier(rows, categories=[1], trees=10, leaves=15)

    trees = Trees.from_bytes(imported(model).serialize_bytes())

    np.testing.assert_allclose(trees.margins(rows), _decisions(model, rows), rtol=0, atol=ROUNDING)


def test_the_same_model_is_the_same_bytes() -> None:
    model = classifier(table(2000, 1), categories=[1], trees=20, leaves=15)

    assert imported(model).serialize_bytes() == imported(ALL[0]).serialize_bytes()


def _decisions(model: Any, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """scikit-learn's own margins."""
    with threadpool_limits(limits=1):
        decisions: NDArray[np.float64] = model.decision_function(rows)
    return decisions
