"""The reference profile of a model, counted on the rows that it has not seen."""

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from contract.cells import Cells, Column, place
from contract.feature import Feature
from contract.profile import MAX_ATOMS, CellCounts, ColumnProfile, Profile, ScoreProfile
from contract.schema import DataSetSchema
from trainer.data import Data, Labels
from trainer.evaluation import Scores

# Twenty bins, each of one row in twenty of what the atoms leave.
_QUANTILES = np.arange(1, 20) / 20
# A value that so many rows have is a cell of its own.
_ATOM = 0.01


def profile_of(schema: DataSetSchema, held_out: Data, scores: Scores) -> Profile:
    """The profile of the held-out rows, (n, f), with their scores, (n,)."""
    labels = held_out.labels
    return Profile(
        rows=len(labels),
        positives=int(labels.sum()),
        columns=tuple(
            _column(feature, values, labels)
            for feature, values in zip(schema.features, held_out.features.T, strict=True)
        ),
        score=_score(scores, labels),
    )


def _column(feature: Feature, values: Column, labels: Labels) -> ColumnProfile:
    if feature.kind == "category":
        empty = _empty(feature, levels=feature.levels)
    elif feature.kind == "boolean":
        empty = _empty(feature, atoms=(0.0, 1.0))
    else:
        present = values[~np.isnan(values)]
        atoms = _atoms(present, feature.missing_codes, len(values))
        rest = present[~np.isin(present, atoms)]
        empty = _empty(
            feature,
            atoms=tuple(atoms),
            edges=_edges(rest),
            minimum=float(present.min()) if len(present) else None,
            maximum=float(present.max()) if len(present) else None,
        )
    counts = _counts(place(empty, values), labels, empty.cells)
    return empty.model_copy(update={"counts": counts})


def _empty(feature: Feature, **cells: object) -> ColumnProfile:
    nothing = {"negatives": (), "positives": ()}
    return ColumnProfile.model_validate(
        {"name": feature.name, "kind": feature.kind, "counts": nothing, **cells}
    )


def _atoms(present: Column, codes: tuple[float, ...], rows: int) -> list[float]:
    values, counts = np.unique(present + 0.0, return_counts=True)
    often = values[counts >= max(_ATOM * rows, 2)].tolist()
    return sorted({*map(float, codes), *often})[:MAX_ATOMS]


def _edges(values: Column) -> tuple[float, ...]:
    """Values that exist, each once: many quantiles of a count are one number."""
    if len(values) == 0:
        return ()
    found = np.unique(np.quantile(values, _QUANTILES, method="nearest") + 0.0)
    return tuple(found.tolist())


def _score(scores: Scores, labels: Labels) -> ScoreProfile:
    edges = _edges(scores)
    places = np.searchsorted(edges, scores, side="right")
    isotonic = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(scores, labels)
    return ScoreProfile(
        edges=edges,
        counts=_counts(places, labels, len(edges) + 1),
        scores=_plain(isotonic.X_thresholds_),
        calibrated=_plain(isotonic.y_thresholds_),
    )


def _plain(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.asarray(values, dtype=np.float64).tolist())


def _counts(places: Cells, labels: Labels, cells: int) -> CellCounts:
    of = [np.bincount(places[labels == label], minlength=cells).tolist() for label in (0, 1)]
    return CellCounts(negatives=tuple(of[0]), positives=tuple(of[1]))
