"""The one scoring path: whoever asks for a probability asks here."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from contract.encoding import Encoding
from contract.feature import Value
from contract.link import IDENTITY, Link
from contract.preprocessing import Matrix, Preprocessing
from contract.row_preprocessing import RowPreprocessing
from contract.sigmoid import sigmoid, sigmoids
from contract.trees import Trees


class Scorer:
    """Probabilities for rows of features.

    The trees are summed in their order, row by row, in double precision, and what follows is made
    of the basic operations of IEEE 754: a row's score depends neither on its neighbours nor on the
    number of threads, nor on the processor.
    """

    def __init__(self, preprocessing: Preprocessing, trees: Trees, link: Link = IDENTITY) -> None:
        """Raises ValueError where the trees take other inputs than the preprocessing makes."""
        outputs = len(preprocessing.output_names)
        if trees.inputs != outputs:
            raise ValueError(f"trees of {trees.inputs} inputs, and {outputs} are made for them")
        self._encoding = Encoding(preprocessing.levels)
        self._preprocessing = preprocessing
        self._row_preprocessing = RowPreprocessing(preprocessing)
        self._trees = trees
        # Chosen once: a model that was not recalibrated has no operation more than ever.
        is_plain = link == IDENTITY
        self._probability = sigmoid if is_plain else link.probability
        self._probabilities = sigmoids if is_plain else link.probabilities

    def score(self, rows: Matrix, *, threads: int = 1) -> NDArray[np.float64]:
        """Probability of the target's event, (n,), for `rows`, (n, f), NaN where missing.

        A category is the place of its level. threads: how many share the rows; 0: one for each
        core.
        """
        return self._probabilities(self.margins(rows, threads=threads))

    def margins(self, rows: Matrix, *, threads: int = 1) -> NDArray[np.float64]:
        """The trees' sum for each of `rows`, (n,), before any link; for who fits one."""
        inputs = self._preprocessing.transform(rows)
        return self._trees.margins(inputs, threads=threads)

    def score_rows(self, rows: Sequence[Sequence[Value]]) -> NDArray[np.float64]:
        """`score` of rows as they were received, None where missing."""
        return self.score(self._encoding.encode(rows))

    def score_row(self, row: Sequence[Value]) -> float:
        """`score_rows` of one row, to the same bit, in a third of the time."""
        return self._probability(self._trees.margin_row(self._row_preprocessing.transform(row)))


def decide(probability: float, threshold: float) -> int:
    """1 where the probability reaches the threshold, else 0."""
    return int(probability >= threshold)
