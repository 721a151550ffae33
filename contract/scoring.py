"""The one scoring path: whoever asks for a probability asks here."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import treelite.sklearn
from numpy.typing import NDArray

from contract.feature import Value
from contract.preprocessing import Matrix, Preprocessing
from contract.trees import Trees


class Estimator(Protocol):
    """A fitted scikit-learn classifier of trees that treelite can import."""

    def predict_proba(self, X: Matrix) -> Matrix:  # noqa: N803 -- scikit-learn's own name
        """Probability of each class, (n, classes)."""
        ...


class Scorer:
    """Probabilities for rows of features.

    The trees are summed in their order, row by row, in double precision, so that a row's score
    depends neither on its neighbours nor on the number of threads.
    """

    def __init__(self, preprocessing: Preprocessing, model: Estimator) -> None:
        self._preprocessing = preprocessing
        self._row_preprocessing = preprocessing.row_form()
        self._trees = Trees(treelite.sklearn.import_model(model))

    def score(self, rows: Matrix, *, threads: int = 1) -> NDArray[np.float64]:
        """Probability of the target's event, (n,), for `rows`, (n, f), NaN where missing.

        threads: how many share the rows; 0: one for each core.
        """
        return self._trees.predict(self._preprocessing.transform(rows), threads=threads)

    def score_row(self, row: Sequence[Value]) -> float:
        """`score` of one row, to the same bit, in a third of the time; None where missing."""
        return self._trees.predict_row(self._row_preprocessing.transform(row))


def decide(probability: float, threshold: float) -> int:
    """1 where the probability reaches the threshold, else 0."""
    return int(probability >= threshold)
