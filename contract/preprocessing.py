"""Frozen preprocessing: what the declaration says of a feature's values, with tails learnt once."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contract.feature import Value
from contract.schema import DataSetSchema

Matrix = NDArray[np.float64]

# The share of training values beyond each tail that is drawn in to the tail's edge.
TAIL = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Preprocessing:
    """Maps rows of features to the model's inputs, each row for itself.

    Not a scikit-learn transformer: its checks and copies cost more than the whole budget of one
    prediction (docs/decisions/0002-scoring-path.md). Pickled in a bundle: a change of its fields
    or of its arithmetic raises `contract.bundle.FORMAT`.

    codes: (c, f), each row holds for every feature one value that means "missing", or NaN.
    ratios: for each ratio: its column, its base's column, the base above which it is a ratio, and
    the output column that takes it where it is an amount.
    lower, upper: (k,), the edges of the tails, of f features and the amounts.
    """

    codes: Matrix
    ratios: tuple[tuple[int, int, float, int], ...]
    lower: Matrix
    upper: Matrix
    output_names: tuple[str, ...]

    @classmethod
    def fit(cls, schema: DataSetSchema, rows: Matrix) -> "Preprocessing":
        """Learn the tails on `rows`, (n, f), of the training part only."""
        names = list(schema.names)
        ratios = []
        for index, feature in enumerate(schema.features):
            if feature.ratio_of:
                base = names.index(feature.ratio_of.feature)
                ratios.append((index, base, feature.ratio_of.above, len(names)))
                names.append(f"{feature.name}.amount")
        unbounded = cls(
            codes=_codes([feature.missing_codes for feature in schema.features]),
            ratios=tuple(ratios),
            lower=np.full(len(names), -np.inf),
            upper=np.full(len(names), np.inf),
            output_names=tuple(names),
        )
        lower, upper = np.array([_tails(column) for column in unbounded.transform(rows).T]).T
        return cls(unbounded.codes, unbounded.ratios, lower, upper, unbounded.output_names)

    def transform(self, rows: Matrix) -> Matrix:
        """Inputs of the model, (n, k), for `rows`, (n, f); NaN is missing in both."""
        features = self.codes.shape[1]
        inputs = np.empty((len(rows), len(self.lower)))
        received = inputs[:, :features]
        received[:] = rows
        for code in self.codes:
            np.copyto(received, np.nan, where=received == code)
        for ratio, base, above, amount in self.ratios:
            # Written as "not above", for a missing base compares false.
            is_amount = ~(inputs[:, base] > above)
            inputs[:, amount] = np.where(is_amount, inputs[:, ratio], np.nan)
            inputs[is_amount, ratio] = np.nan
        np.maximum(inputs, self.lower, out=inputs)
        np.minimum(inputs, self.upper, out=inputs)
        return inputs

    def row_form(self) -> "RowPreprocessing":
        """The same for a single row."""
        return RowPreprocessing(self)

    def describe(self) -> dict[str, object]:
        """The parameters for a reader of metadata.json."""
        return {
            "tail": TAIL,
            "tails": {
                name: [_edge(low), _edge(high)]
                for name, low, high in zip(self.output_names, self.lower, self.upper, strict=True)
            },
            "missing_codes": {
                name: sorted({float(code) for code in column if not np.isnan(code)})
                for name, column in zip(self.output_names, self.codes.T, strict=False)
                if not np.isnan(column).all()
            },
            "ratios": [
                {
                    "ratio": self.output_names[ratio],
                    "of": self.output_names[base],
                    "above": above,
                    "otherwise": self.output_names[amount],
                }
                for ratio, base, above, amount in self.ratios
            ],
        }


def _edge(value: float) -> float | None:
    """None where nothing was learnt: JSON has no infinity."""
    return float(value) if np.isfinite(value) else None


class RowPreprocessing:
    """`Preprocessing.transform` for one row, on plain Python numbers.

    Fifteen calls of numpy for a single row cost 10 microseconds in a loop of their own and 40
    between the other work of a request, whose code has taken the processor's caches. Nothing is
    calculated in either form, values are only compared and chosen, so both give the same doubles;
    the golden rows prove it at every load.
    """

    def __init__(self, of: Preprocessing) -> None:
        self._codes = [frozenset(column[~np.isnan(column)].tolist()) for column in of.codes.T]
        self._amounts = [np.nan] * len(of.ratios)
        self._ratios = of.ratios
        self._edges = list(zip(of.lower.tolist(), of.upper.tolist(), strict=True))

    def transform(self, row: Sequence[Value]) -> list[float]:
        """Inputs of the model for one row; None or NaN is missing, NaN in what comes back."""
        inputs = [
            value if isinstance(value, float) and value not in codes else _NAN
            for value, codes in zip(row, self._codes, strict=True)
        ]
        inputs += self._amounts
        for ratio, base, above, amount in self._ratios:
            # Written as "not above", for a missing base compares false.
            if not inputs[base] > above:
                inputs[amount], inputs[ratio] = inputs[ratio], _NAN
        # Not min and max, for which a NaN is no value to keep.
        return [
            low if value < low else high if value > high else value  # noqa: FURB136
            for value, (low, high) in zip(inputs, self._edges, strict=True)
        ]


_NAN = float("nan")


def _codes(codes: Sequence[tuple[float, ...]]) -> Matrix:
    deepest = max((len(column) for column in codes), default=0)
    padded = [(*column, *[np.nan] * (deepest - len(column))) for column in codes]
    return np.array(padded, dtype=np.float64).T.reshape(deepest, len(codes))


def _tails(column: Matrix) -> tuple[float, float]:
    present = column[~np.isnan(column)]
    if len(present) == 0:
        return -np.inf, np.inf
    # Observed values, not interpolations between two: an edge is then a value that exists.
    low, high = np.quantile(present, (TAIL, 1 - TAIL), method="nearest")
    return float(low), float(high)
