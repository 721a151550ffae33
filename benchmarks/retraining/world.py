"""Borrowers with a known chance of the event, and models that are fitted on some of them."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from contract.sigmoid import sigmoids

Floats = NDArray[np.float64]
Generator = np.random.Generator

FEATURES = 4


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """P(event | x) = sigmoid(intercept + weights x + bend x_0^2), x normal about `centre`."""

    intercept: float = -2.4
    weights: Floats = field(default_factory=lambda: np.array([0.9, -0.7, 0.5, 0.0]))
    bend: float = 0.0
    centre: Floats = field(default_factory=lambda: np.zeros(FEATURES))

    def margins(self, x: Floats) -> Floats:
        """The true log odds of rows (n, FEATURES)."""
        found: Floats = self.intercept + x @ self.weights + self.bend * np.square(x[:, 0])
        return found

    def draw(self, generator: Generator, rows: int) -> tuple[Floats, NDArray[np.int8]]:
        """Rows (n, FEATURES) and whether the event happened to each, (n,)."""
        x = self.centre + generator.standard_normal((rows, FEATURES))
        happened = generator.random(rows) < sigmoids(self.margins(x))
        return x, happened.astype(np.int8)

    def after(self, **changes: object) -> "World":
        """The same world with something in it changed."""
        return replace(self, **changes)  # type: ignore[arg-type]  # the caller names its members


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A logistic regression: coefficients (1 + FEATURES,), of the intercept first."""

    coefficients: Floats

    def margins(self, x: Floats) -> Floats:
        """Log odds of rows (n, FEATURES)."""
        found: Floats = self.coefficients[0] + x @ self.coefficients[1:]
        return found

    @classmethod
    def fit(cls, x: Floats, labels: NDArray[np.int8]) -> "Model":
        """By Newton's method, a little drawn to 0."""
        design = np.column_stack([np.ones(len(x)), x])
        found = np.zeros(design.shape[1])
        for _ in range(15):
            scores = sigmoids(design @ found)
            gradient = design.T @ (labels - scores) - found
            curvature = (design.T * (scores * (1 - scores))) @ design + np.eye(len(found))
            found = found + np.linalg.solve(curvature, gradient)
        return cls(found)
