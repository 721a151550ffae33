"""Frozen preprocessing: what the declaration says of a feature's values, with tails learnt once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import BaseModel, ConfigDict, Field

from contract import stored_json
from contract.digest import canonical_json
from contract.feature import Level, Number
from contract.schema import DataSetSchema
from contract.text import Line

Matrix = NDArray[np.float64]

# The share of training values beyond each tail that is drawn in to the tail's edge.
TAIL = 0.001


@dataclass(frozen=True, slots=True, eq=False)
class Preprocessing:
    """Maps rows of features to the model's inputs, each row for itself.

    Not a scikit-learn transformer: its checks and copies cost more than the whole budget of one
    prediction (docs/decisions/0002-scoring-path.md). Its form in a bundle is `preprocessing.json`:
    a change of that form or of the arithmetic raises `contract.bundle.FORMAT`.

    levels: for each feature the levels of a category, whose places are the model's codes; none for
    other kinds. codes: (c, f), each row holds for every feature one value that means "missing", or
    NaN. known: of each category with levels that the training rows do not have, its column, and for
    each place what the trees know it by: itself, or NaN. ratios: for each ratio: its column, its
    base's column, the base above which it is a ratio, and the output column that takes it where it
    is an amount. lower, upper: (k,), the edges of the tails, of f features and the amounts.
    """

    levels: tuple[tuple[str, ...], ...]
    codes: Matrix
    known: tuple[tuple[int, Matrix], ...]
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
        levels = tuple(feature.levels for feature in schema.features)
        unbounded = cls(
            levels=levels,
            codes=_codes([feature.missing_codes for feature in schema.features]),
            known=_known(levels, list(map(_unseen, levels, rows.T))),
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
        return replace(unbounded, lower=lower, upper=upper)

    @property
    def categories(self) -> list[int]:
        """The columns of the model's inputs that hold a category's code."""
        return [place for place, levels in enumerate(self.levels) if levels]

    @property
    def missing(self) -> tuple[tuple[float, ...], ...]:
        """For each feature the values that mean "missing"; of a category, places of levels."""
        unseen = {category: np.flatnonzero(np.isnan(known[:-1])) for category, known in self.known}
        return tuple(
            tuple(unseen[at].astype(np.float64).tolist()) if at in unseen else _present(column)
            for at, column in enumerate(self.codes.T)
        )

    def transform(self, rows: Matrix) -> Matrix:
        """Inputs of the model, (n, k), for `rows`, (n, f); NaN is missing in both."""
        features = self.codes.shape[1]
        inputs = np.empty((len(rows), len(self.lower)))
        received = inputs[:, :features]
        received[:] = rows
        for code in self.codes:
            np.copyto(received, np.nan, where=received == code)
        for category, known in self.known:
            # A missing value takes the last of them, which is NaN.
            places = np.fmin(received[:, category], len(known) - 1)
            received[:, category] = known[places.astype(np.intp)]
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
            codes=self.missing,
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
        by_feature = list(zip(read.levels, read.codes, strict=True))
        return cls(
            levels=read.levels,
            codes=_codes([() if levels else codes for levels, codes in by_feature]),
            known=_known(read.levels, [codes if levels else () for levels, codes in by_feature]),
            ratios=read.ratios,
            lower=lower,
            upper=upper,
            output_names=read.outputs,
        )

    def describe(self) -> dict[str, object]:
        """The parameters for a reader of metadata.json."""
        missing = list(zip(self.output_names, self.levels, self.missing, strict=False))
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
        for levels, codes in zip(self.levels, self.codes, strict=True):
            if levels and not set(codes) <= set(range(len(levels))):
                raise ValueError("an unseen level is not there")
        for at, (ratio, base, _, amount) in enumerate(self.ratios):
            if ratio >= features or base >= features or amount != features + at:
                raise ValueError("a ratio is of columns that are not there")


def _unseen(levels: Sequence[str], column: Matrix) -> Matrix:
    """The places of a category's levels that its training rows do not have."""
    return np.setdiff1d(np.arange(len(levels)), column) if levels else np.empty(0)


def _present(column: Matrix) -> tuple[float, ...]:
    return tuple(column[~np.isnan(column)].tolist())


def _edge(value: float) -> float | None:
    """None where nothing was learnt: JSON has no infinity."""
    return float(value) if np.isfinite(value) else None


def _known(
    levels: Sequence[Sequence[str]], unseen: Sequence[ArrayLike]
) -> tuple[tuple[int, Matrix], ...]:
    """Of each category with unseen levels its column, and what the trees know each place by."""
    tables = []
    for at, (each, absent) in enumerate(zip(levels, unseen, strict=True)):
        places = np.asarray(absent, dtype=np.intp)
        if places.size:
            known = np.arange(len(each) + 1, dtype=np.float64)
            known[[*places, len(each)]] = np.nan
            tables.append((at, known))
    return tuple(tables)


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
