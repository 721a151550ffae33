"""How the chance of a wrong promotion is spent: over all that is ever estimated, not over one."""

import math

from retraining.ladder.option import Rung
from retraining.policy import Policy


def share(alpha: float, k: int) -> float:
    """What the k-th set of challengers may spend, from 1 on: alpha 6 / (pi^2 k^2).

    The shares of all k add up to alpha. Every set counts that was estimated, also where nothing
    was promoted: it might have been.
    """
    if k < 1:
        raise ValueError(f"the sets of challengers are counted from 1, not from {k}")
    return alpha * 6 / (math.pi * k) ** 2


def rungs_of(policy: Policy) -> tuple[Rung, ...]:
    """The rungs that share it: fixed by the policy, and not by which of them could be fitted."""
    if policy.errors is None:
        return ("intercept", "slope", "refit")
    return ("threshold", "intercept", "slope", "refit")
