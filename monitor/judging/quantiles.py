"""Quantiles of the gamma and the beta distribution, for exact intervals; to about ten digits."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from math import exp, lgamma, log, sqrt
from statistics import NormalDist

NORMAL = NormalDist()
_TINY, _SMALL, _STEPS = 1e-300, 3e-16, 100_000
# At each look the cohorts that did not change ask for the same ones.
_KEPT = 10_000


@lru_cache(_KEPT)
def gamma_quantile(share: float, shape: float) -> float:
    """Below which a gamma variable of scale 1 lies with that probability; `shape` > 0."""
    assert 0 < share < 1
    assert shape > 0
    # Wilson and Hilferty (1931) say about where it is.
    cube = 1 - 1 / (9 * shape) + NORMAL.inv_cdf(share) / (3 * sqrt(shape))
    guess = shape * max(cube, 0.05) ** 3

    def density(x: float) -> float:
        return exp((shape - 1) * log(x) - x - lgamma(shape))

    high = max(2 * guess, 1.0)
    while gamma_share(high, shape) < share:
        high *= 2
    return _root(lambda x: gamma_share(x, shape) - share, density, guess, high)


@lru_cache(_KEPT)
def beta_quantile(share: float, a: float, b: float) -> float:
    """Below which a beta variable lies with that probability; `a`, `b` > 0."""
    assert 0 < share < 1
    assert min(a, b) > 0
    mean = a / (a + b)
    spread = sqrt(mean * (1 - mean) / (a + b + 1))
    guess = min(max(mean + NORMAL.inv_cdf(share) * spread, mean / 10), 1 - (1 - mean) / 10)
    scale = lgamma(a + b) - lgamma(a) - lgamma(b)

    def density(x: float) -> float:
        return exp(scale + (a - 1) * log(x) + (b - 1) * log(1 - x))

    return _root(lambda x: beta_share(x, a, b) - share, density, guess, 1.0)


def gamma_share(x: float, shape: float) -> float:
    """The regularised lower incomplete gamma function P(shape, x)."""
    if x <= 0:
        return 0.0
    front = exp(shape * log(x) - x - lgamma(shape))
    if x < shape + 1:
        term = total = 1 / shape
        step = shape
        while term > total * _SMALL:
            step += 1
            term *= x / step
            total += term
        return front * total
    # The continued fraction of the upper one.
    terms = ((-n * (n - shape), x + 1 - shape + 2 * n) for n in range(1, _STEPS))
    return 1 - front / _fraction(x + 1 - shape, terms)


def beta_share(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(1 - x, b, a)  # there the fraction converges fast
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(1 - x)) / a
    return front / _fraction(1.0, ((_beta_term(n, x, a, b), 1.0) for n in range(1, _STEPS)))


def _beta_term(n: int, x: float, a: float, b: float) -> float:
    m = n // 2
    if n % 2:
        return -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
    return m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))


def _fraction(first: float, terms: Iterator[tuple[float, float]]) -> float:
    """The value of first + n1 / (d1 + n2 / (d2 + ...)), by the modified method of Lentz."""
    value = c = first or _TINY
    d = 0.0
    for numerator, denominator in terms:
        d = 1 / (denominator + numerator * d or _TINY)
        c = denominator + numerator / c or _TINY
        value *= c * d
        if abs(c * d - 1) < _SMALL:
            break
    return value


def _root(
    above: Callable[[float], float], slope: Callable[[float], float], guess: float, high: float
) -> float:
    """Where a rising function crosses 0, between 0 and `high`: Newton's steps, else halves."""
    low, x = 0.0, guess
    for _ in range(200):
        distance = above(x)
        low, high = (x, high) if distance < 0 else (low, x)
        steepness = slope(x)
        new = x - distance / steepness if steepness > _TINY else low
        if not low < new < high:
            new = (low + high) / 2
        if abs(new - x) <= 1e-13 * new or new in (low, high):
            return new
        x = new
    return x
