"""How large a change is, in multiples of the tolerances, and how strong it must be for that."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from benchmarks.diagnosis.world import Floats, World
from diagnosis.tolerances import Tolerances

TOLERANCES = Tolerances()


def movement(world: World, values: Floats, scores: Floats, weights: Floats | None = None) -> float:
    """The largest movement of a share from pool B to these rows, in multiples of its tolerance.

    Looked at are the rows below each quantile of a column or of the score, and those of each atom.
    """
    return float(np.abs(_shares(world, values, scores, weights) - _usual(world)).max())


@lru_cache(maxsize=8)
def _usual(world: World) -> Floats:
    return _shares(world, world.people, world.scores, None)


def _shares(world: World, values: Floats, scores: Floats, weights: Floats | None) -> Floats:
    profile = world.reference.profile
    weights = np.ones(len(scores)) if weights is None else weights
    total = weights.sum()
    found = []
    for column, x in zip(profile.columns, values.T, strict=True):
        there = ~np.isnan(x)
        found.append(np.array([weights[~there].sum()]) / TOLERANCES.atom)
        found.append(_below(column.edges, x[there], weights[there]) / TOLERANCES.share)
        atoms = [weights[x == atom].sum() for atom in column.atoms]
        found.append(np.array(atoms) / TOLERANCES.atom)
    found.append(_below(profile.score.edges, scores, weights) / TOLERANCES.share)
    shares: Floats = np.concatenate(found) / total
    return shares


def _below(edges: tuple[float, ...], x: Floats, weights: Floats) -> Floats:
    at = np.searchsorted(edges, x, side="right")
    below: Floats = np.bincount(at, weights, minlength=len(edges) + 1)[:-1].cumsum()
    return below


def solved(size: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """Where `size`, which rises, is as wanted; `high` where it is nowhere."""
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if size(middle) > wanted else (middle, high)
    return (low + high) / 2


@lru_cache(maxsize=8)
def dice(world: World, salt: int = 0) -> Floats:
    """(n,): a number from 0 to 1 for each of pool B, always the same."""
    return np.random.default_rng([7, salt]).random(len(world.people))


def tilted(direction: Floats, strength: float) -> Floats:
    """(n,): weights of pool B that rise with `direction`, their mean 1."""
    weights = np.exp(strength * direction)
    found: Floats = weights / weights.mean()
    return found


def loss(world: World) -> Floats:
    """(n,): the log loss to expect of each of pool B, of the truth itself."""
    p = world.chances
    found: Floats = -(p * np.log(p) + (1 - p) * np.log1p(-p))
    return found
