"""The bounds of a mean hold at every look, and are near enough to be of use."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from retraining.ladder.confidence import Span, Sums, cases_to_exceed, interval, lower_bound
from retraining.ladder.spending import share

Draw = Callable[[np.random.Generator], NDArray[np.float64]]

RUNS, CASES = 200, 2_000
LOOKS = range(50, CASES + 1, 50)


def rare_losses(generator: np.random.Generator) -> NDArray[np.float64]:
    """Mean 0, very skewed: -1 in one case of a hundred."""
    return np.where(generator.random(CASES) < 0.01, -1.0, 0.01 / 0.99)


def rare_wins(generator: np.random.Generator) -> NDArray[np.float64]:
    return -0.05 * rare_losses(generator)


def drifting(generator: np.random.Generator) -> NDArray[np.float64]:
    """A mean that wanders, and is never above 0 so far."""
    means = -0.1 * np.sin(np.arange(CASES) / CASES * np.pi)
    return means + generator.uniform(-0.9, 0.9, CASES)


@pytest.mark.parametrize(
    ("draw", "span"),
    [
        (rare_losses, Span(-1.0, 1.0)),
        (rare_wins, Span(-0.001, 0.05)),
        (drifting, Span(-1.0, 1.0)),
    ],
)
def test_a_mean_that_is_not_above_0_is_hardly_ever_taken_for_it_at_any_look(
    draw: Draw, span: Span
) -> None:
    wrong = 0
    for seed in range(RUNS):
        d = draw(np.random.default_rng(seed))
        totals, squares = np.cumsum(d), np.cumsum(np.square(d))
        wrong += any(
            lower_bound(Sums(n, totals[n - 1], squares[n - 1]), span, 0.1) > 0 for n in LOOKS
        )

    assert wrong <= 0.1 * RUNS


def test_an_ordinary_interval_would_be_wrong_far_more_often() -> None:
    """What the test above finds: the same looks at a usual bound of the same alpha."""
    wrong = 0
    for seed in range(RUNS):
        d = np.random.default_rng(seed).uniform(-1, 1, CASES)
        means = np.cumsum(d) / np.arange(1, CASES + 1)
        wrong += any(means[n - 1] - 1.2816 * d[:n].std() / np.sqrt(n) > 0 for n in LOOKS)

    assert wrong > 0.2 * RUNS


def test_the_bounds_close_in_on_the_mean() -> None:
    d = np.random.default_rng(0).normal(0.02, 0.1, 100_000).clip(-1, 1)

    widths = []
    for n in (1_000, 10_000, 100_000):
        found = interval(Sums.of(d[:n]), Span(-1, 1), 0.05)
        assert found.lower < 0.02 < found.upper
        widths.append((found.upper - found.lower) / (2 * 1.645 * 0.1 / n**0.5))

    # In what a single look would have: the first is of few, the last of many.
    assert widths == sorted(widths, reverse=True)
    assert widths[0] < 3.0
    assert widths[-1] < 2.2


def test_the_bounds_are_mirrored_with_the_differences() -> None:
    d = np.random.default_rng(0).uniform(-0.1, 0.3, 500)

    found = interval(Sums.of(d), Span(-0.1, 0.3), 0.05)
    mirrored = interval(Sums.of(-d), Span(-0.3, 0.1), 0.05)

    assert (mirrored.lower, mirrored.upper) == (-found.upper, -found.lower)


def test_a_narrower_span_tells_more() -> None:
    sums = Sums.of(np.random.default_rng(0).uniform(-0.01, 0.02, 300))

    assert lower_bound(sums, Span(-0.01, 1.0), 0.05) > lower_bound(sums, Span(-1.0, 1.0), 0.05)


def test_of_nothing_nothing_is_known() -> None:
    found = interval(Sums(0, 0.0, 0.0), Span(-0.3, 0.2), 0.05)
    assert (found.lower, found.upper) == (-0.3, 0.2)

    found = interval(Sums.of(np.array([0.1])), Span(-0.3, 0.2), 0.05)
    assert (found.lower, found.upper) == (-0.3, 0.2)


def test_what_cannot_differ_does_not() -> None:
    found = interval(Sums.of(np.zeros(10)), Span(0.0, 0.0), 0.05)

    assert (found.lower, found.upper) == (0.0, 0.0)


def test_how_many_cases_decide_is_what_then_decides() -> None:
    sums, span = Sums(1_000, 20.0, 40.0), Span(-1.0, 1.0)

    needed = cases_to_exceed(sums, span, 0.05, 0.01)

    assert needed is not None
    assert lower_bound(sums.grown(needed), span, 0.05) > 0.01
    assert lower_bound(sums.grown(needed * 9 // 10), span, 0.05) <= 0.01
    assert cases_to_exceed(sums, span, 0.05, 0.02) is None
    assert cases_to_exceed(sums, span, 0.05, 0.0199999) is None


def test_all_shares_of_alpha_add_up_to_it() -> None:
    shares = [share(0.05, k) for k in range(1, 100_000)]

    assert 0.0499 < sum(shares) <= 0.05
    assert shares[0] == pytest.approx(0.0304, abs=1e-4)
    with pytest.raises(ValueError, match="counted from 1"):
        share(0.05, 0)
