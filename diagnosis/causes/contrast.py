"""How two crowds of rows differ: in each column, and in how the columns go together."""

from dataclasses import dataclass

import numpy as np

from diagnosis.causes.crowd import Crowd
from diagnosis.causes.partition import SURE, Partition, normal_scores, value_order
from diagnosis.rows import Floats

# Natural movement within this part of its tolerance refutes no cause.
_NATURAL = 0.3
_PAIR_TOLERANCE = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """Later rows against those they are compared with.

    differences, errors: (s,), of the share of each stream, with the standard error. agreement,
    agreement_errors: (f, f), of the mean product of two columns' normal scores. distances: (f,),
    chi-square per row of each column, less what chance makes of it.
    """

    partition: Partition
    differences: Floats
    errors: Floats
    agreement: Floats
    agreement_errors: Floats
    distances: Floats
    chi_squares: Floats
    """(f,): of the cells of each column."""

    def chi_square(self, without: tuple[int, ...]) -> float:
        """Of the cells of all columns but some, and of how all columns go together."""
        kept = np.delete(self.chi_squares, list(without))
        pairs = np.triu(self.agreement / self.agreement_errors, 1)
        return float(kept.sum() + (pairs**2).sum())

    @property
    def distance(self) -> float:
        """The size of the whole movement, less what chance makes of it."""
        return float(np.maximum(self.distances, 0.0).sum()) + self.disagreement

    @property
    def disagreement(self) -> float:
        """The part of it that is in how columns go together."""
        upper = np.triu_indices(len(self.agreement), 1)
        squares = self.agreement[upper] ** 2 - self.agreement_errors[upper] ** 2
        return max(float(squares.sum()), 0.0)

    @property
    def excess(self) -> Floats:
        """(s,): by how many standard errors each stream is beyond natural movement."""
        beyond = np.abs(self.differences) - _NATURAL * self.partition.tolerances
        found: Floats = beyond / self.errors
        return found

    @property
    def pair_excess(self) -> Floats:
        """(f, f): the same of each pair of columns."""
        beyond = np.abs(self.agreement) - _NATURAL * _PAIR_TOLERANCE
        found: Floats = np.triu(beyond / self.agreement_errors, 1)
        return found

    def moved(self) -> tuple[int, ...]:
        """Columns of which a stream moved, those that moved most first."""
        worst = np.full(len(self.distances), -np.inf)
        np.maximum.at(worst, self.partition.columns, self.excess - self.partition.sure)
        order = np.argsort(-worst, kind="stable")
        return tuple(int(at) for at in order if worst[at] > 0)

    @property
    def is_still(self) -> bool:
        """Whether nothing moved, not even where it is known that something did."""
        return not self.moved() and self.is_quiet()

    def is_quiet(self, sure: float = SURE) -> bool:
        """Whether nothing moved beyond what is natural."""
        quiet = not len(self.excess) or float(self.excess.max()) <= sure
        return quiet and float(self.pair_excess.max(initial=0.0)) <= sure

    @property
    def apart(self) -> int:
        """The column that agrees least with the others as it did."""
        pairs = np.maximum(self.pair_excess, 0.0)
        return int(np.argmax(pairs.sum(0) + pairs.sum(1)))

    def worst(self) -> str:
        """What moved most, in words."""
        excess = self.excess
        at = int(np.argmax(excess))
        pairs = self.pair_excess
        if float(pairs.max(initial=0.0)) > float(excess[at]):
            one, other = np.unravel_index(int(np.argmax(pairs)), pairs.shape)
            names = [self.partition.profiles[int(place)].name for place in (one, other)]
            return f"{names[0]} and {names[1]} do not go together as before"
        points = 100 * float(self.differences[at])
        return f"the share of {self.partition.labels[at]} is still off by {points:+.1f} points"


def contrast(base: Crowd, later: Crowd) -> Contrast:
    """How `later` differs from `base`."""
    cells = base.partition
    one, two = base.shares, later.shares
    sizes = max(base.size, 1.0), max(later.size, 1.0)
    p, q = cells.streams @ one, cells.streams @ two
    # One row more keeps the error of a share of 0 above 0.
    errors = np.sqrt(sum((s * (1 - s) + 1 / n) / n for s, n in zip((p, q), sizes, strict=True)))
    order = value_order(cells)
    scores = normal_scores((one + two) / 2, cells.starts, order)
    means, variances = zip(*(_products(crowd, scores) for crowd in (base, later)), strict=True)
    agreement_errors = np.sqrt(sum(v / n for v, n in zip(variances, sizes, strict=True)) + 1e-12)
    return Contrast(
        *(cells, q - p, errors, means[1] - means[0], agreement_errors),
        *_distances(cells, one, two, sizes),
    )


def _products(crowd: Crowd, scores: Floats) -> tuple[Floats, Floats]:
    """(f, f): means and variances of the products of two columns' normal scores."""
    weights = crowd.weights / max(float(crowd.weights.sum()), 1e-300)
    normal = scores[crowd.cells]
    normal = normal - weights @ normal
    mean = normal.T @ (normal * weights[:, None])
    square = (normal**2).T @ (normal**2 * weights[:, None])
    return mean, np.maximum(square - mean**2, 0.0)


def _distances(
    cells: Partition, one: Floats, two: Floats, sizes: tuple[float, float]
) -> tuple[Floats, Floats]:
    middle = (one * sizes[0] + two * sizes[1]) / sum(sizes)
    held = middle > 0
    parts = np.where(held, (two - one) ** 2 / np.where(held, middle, 1.0), 0.0)
    starts = cells.starts[:-1]
    free = np.add.reduceat(held.astype(np.float64), starts) - 1
    sums = np.add.reduceat(parts, starts)
    chance = 1 / sizes[0] + 1 / sizes[1]
    return sums - free * chance, sums / chance
