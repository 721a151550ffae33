"""Against scipy, which the monitor's image does not have."""

import pytest
from scipy import stats

from monitor.judging.quantiles import beta_quantile, beta_share, gamma_quantile, gamma_share

SHARES = (1e-4, 0.025, 0.5, 0.975, 0.9999)


@pytest.mark.parametrize("shape", [0.5, 1, 2, 3.7, 10, 100, 1e4, 1e6])
def test_a_quantile_of_the_gamma_distribution(shape: float) -> None:
    for share in SHARES:
        assert gamma_quantile(share, shape) == pytest.approx(
            stats.gamma.ppf(share, shape), rel=1e-9
        )


@pytest.mark.parametrize("a", [0.5, 1, 2, 13, 1e3, 1e6])
@pytest.mark.parametrize("b", [0.5, 1, 7, 30, 1e3, 1e6])
def test_a_quantile_of_the_beta_distribution(a: float, b: float) -> None:
    for share in SHARES:
        assert beta_quantile(share, a, b) == pytest.approx(stats.beta.ppf(share, a, b), rel=1e-8)


def test_beyond_the_ends_there_is_nothing_or_all() -> None:
    assert gamma_share(0, 3) == 0
    assert (beta_share(0, 2, 3), beta_share(1, 2, 3)) == (0, 1)
