"""Frozen preprocessing: what the declaration says of a feature's values, with tails learnt once."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from contract import stored_json
from contract.digest import canonical_json
from contract.feature import Feature, Level, Number, Value
from contract.schema import DataSetSchema
from contract.text import Line

Matrix = NDArray[np.float64]

# The share of training values beyond each tail that is drawn in to the tail's edge.
TAIL = 0.001

_NAN = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Preprocessing:
    """Maps rows of features to the model's inputs, each row for itself.

    Not a scikit-learn transformer: its checks and copies cost more than the whole budget of one
    prediction (docs/decisions/0002-scoring-path.md). Its form in a bundle is `preprocessing.json`:
    a change of that form or of the arithmetic raises `contract.bundle.FORMAT`.

    levels: for each feature the levels of a category, whose places are the model's codes; none for
    other kinds. codes: (c, f), each row holds for every feature one value that means "missing", or
    NaN; of a category, the codes of the levels that the training rows do not have, of which the
    trees know nothing. ratios: for each ratio: its column, its base's column, the base above which
    it is a ratio, and the output column that takes it where it is an amount. lower, upper: (k,),
    the edges of the tails, of f features and the amounts.
    """

    levels: tuple[tuple[str, ...], ...]
    codes: Matrix
    ratios: tuple[tuple[int, int, float, int], ...]
    lower: Matrix
    upper: Matrix
    output_names: tuple[str, ...]

    @classmethod
    def fit(cls, schema: DataSetSchema, rows: Matrix) -> Self:
        """Learn the tails on `rows`, (n, f), of the training part only."""
        names = list(schema.names)
        ratios = []
        for index, feature in enumerate(schema.features):
            if feature.ratio_of:
                base = names.index(feature.ratio_of.feature)
                ratios.append((index, base, feature.ratio_of.above, len(names)))
                names.append(f"{feature.name}.amount")
        unbounded = cls(
            levels=tuple(feature.levels for feature in schema.features),
            codes=_codes(list(map(_missing, schema.features, rows.T))),
            ratios=tuple(ratios),
            lower=np.full(len(names), -np.inf),
            upper=np.full(len(names), np.inf),
            output_names=tuple(names),
        )
        numeric = [feature.is_numeric for feature in schema.features]
        numeric += [True] * len(ratios)
        lower, upper = np.array(
            [
                _tails(column) if has_tails else (-np.inf, np.inf)
                for has_tails, column in zip(numeric, unbounded.transform(rows).T, strict=True)
            ]
        ).T
        return cls(unbounded.levels, unbounded.codes, unbounded.ratios, lower, upper, tuple(names))

    @property
    def categories(self) -> list[int]:
        """The columns of the model's inputs that hold a category's code."""
        return [place for place, levels in enumerate(self.levels) if levels]

    def encode(self, rows: Sequence[Sequence[Value]]) -> Matrix:
        """Rows of requests, (n, f), as `transform` takes them.

        Missing is NaN, true and false are 1 and 0, and a category's value is the place of its
        level; a text that no level names is missing.
        """
        places = [{level: float(at) for at, level in enumerate(each)} for each in self.levels]
        return np.array(
            [
                [
                    place.get(value, _NAN) if isinstance(value, str) else value
                    for value, place in zip(row, places, strict=True)
                ]
                for row in rows
            ]
            if self.categories
            else rows,
            dtype=np.float64,
        )

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

    def to_json(self) -> bytes:
        """`preprocessing.json`."""
        document = _Document(
            levels=self.levels,
            codes=tuple(_present(column) for column in self.codes.T),
            ratios=self.ratios,
            edges=tuple(
                (_edge(low), _edge(high)) for low, high in zip(self.lower, self.upper, strict=True)
            ),
            outputs=self.output_names,
        )
        return canonical_json(document.model_dump())

    @classmethod
    def from_json(cls, document: bytes) -> Self:
        """Read what `to_json` wrote; raises ValueError where the document is something else."""
        read = stored_json.parsed(_Document, document)
        read.check()
        edges = [
            (-np.inf if low is None else low, np.inf if high is None else high)
            for low, high in read.edges
        ]
        lower, upper = np.array(edges, dtype=np.float64).T
        return cls(read.levels, _codes(read.codes), read.ratios, lower, upper, read.outputs)

    def describe(self) -> dict[str, object]:
        """The parameters for a reader of metadata.json."""
        codes = map(_present, self.codes.T)
        missing = list(zip(self.output_names, self.levels, codes, strict=False))
        return {
            "tail": TAIL,
            "tails": {
                name: [_edge(low), _edge(high)]
                for name, low, high in zip(self.output_names, self.lower, self.upper, strict=True)
            },
            "missing_codes": {
                name: sorted(set(codes)) for name, levels, codes in missing if codes and not levels
            },
            "unseen_levels": {
                name: [levels[int(code)] for code in codes]
                for name, levels, codes in missing
                if codes and levels
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


class _Document(BaseModel):
    """What `preprocessing.json` holds; its lists are in the order of the features."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    levels: tuple[tuple[Level, ...], ...]
    codes: tuple[tuple[Number, ...], ...]
    ratios: tuple[
        tuple[
            Annotated[int, Field(ge=0)],
            Annotated[int, Field(ge=0)],
            Number,
            Annotated[int, Field(ge=0)],
        ],
        ...,
    ]
    edges: tuple[tuple[float | None, float | None], ...]
    outputs: tuple[Line, ...]

    def check(self) -> None:
        """Raise ValueError where its lists do not fit one another."""
        features, outputs = len(self.levels), len(self.outputs)
        if len(self.codes) != features or len(self.edges) != outputs:
            raise ValueError("its lists differ in length")
        if features == 0 or outputs != features + len(self.ratios):
            raise ValueError("its outputs are not the features and an amount for each ratio")
        for at, (ratio, base, _, amount) in enumerate(self.ratios):
            if ratio >= features or base >= features or amount != features + at:
                raise ValueError("a ratio is of columns that are not there")


def _missing(feature: Feature, column: Matrix) -> tuple[float, ...]:
    """The values of a feature that mean "missing", given its training rows."""
    unseen = set(range(len(feature.levels))) - set(column[~np.isnan(column)].tolist())
    return (*feature.missing_codes, *map(float, sorted(unseen)))


def _present(column: Matrix) -> tuple[float, ...]:
    return tuple(column[~np.isnan(column)].tolist())


def _edge(value: float) -> float | None:
    """None where nothing was learnt: JSON has no infinity."""
    return float(value) if np.isfinite(value) else None


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
