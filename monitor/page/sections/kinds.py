"""The features of a version, each of its kind."""

from collections.abc import Iterator

import numpy as np

from contract.feature import Feature as Declared
from contract.profile import ColumnProfile
from monitor.page.facts import Facts
from monitor.page.sections.feature import Feature
from monitor.page.sections.levels import Boolean, Category
from monitor.page.sections.number import Number, OneValue, most_frequent
from monitor.page.window import Ints

# A value that so many rows of training have says more by its share than percentiles could.
_MOST_ROWS = 0.5


def features_of(facts: Facts) -> Iterator[Feature]:
    """The features of the version that is shown, in the order of its declaration."""
    assert facts.version is not None
    assert facts.version.declaration is not None
    assert facts.layout is not None
    by_step = facts.window.by_step(facts.counts.seen.cells.T).T
    recent = facts.counts.seen.cells[facts.window.last_days()].sum(axis=0)
    for declared, place in zip(
        facts.version.declaration.features, facts.layout.places, strict=True
    ):
        training = np.array(place.column.counts.both, dtype=np.int64)
        own = slice(place.start, place.end)
        yield kind_of(declared, place.column, training)(
            declared,
            place.column,
            facts.version.name,
            facts.window,
            by_step[:, own],
            recent[own],
            training,
        )


def kind_of(declared: Declared, column: ColumnProfile, training: Ints) -> type[Feature]:
    """How a feature is drawn, by what it holds."""
    if column.kind == "category":
        return Category
    if column.kind == "boolean":
        return Boolean
    at = most_frequent(declared, column, training)
    if at and training[at] / training[1:].sum() >= _MOST_ROWS:
        return OneValue
    return Number
