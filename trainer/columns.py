"""What each column of the table may hold, from the declaration."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from contract.declaration import Declaration, Source
from contract.feature import Feature
from trainer.cells import Cells, Floats, Mask
from trainer.key_columns import GroupColumn, LabelColumn, TimeColumn

Rule = tuple[str, Mask]
"""What must be, and the rows in which it is not."""


class Column(Protocol):
    """A column of the file that is read, by the name in its header."""

    @property
    def name(self) -> str:
        """As the header has it."""
        ...

    def read(self, cells: Cells) -> tuple[Floats, list[Rule]]:
        """The values as numbers, NaN where missing, and the rules that some rows break."""
        ...


@dataclass(frozen=True, slots=True)
class FeatureColumn:
    """A column that the model is given: a number, 1 or 0, or the place of a level among all."""

    feature: Feature
    source: Source

    @property
    def name(self) -> str:
        """Name of the feature."""
        return self.feature.name

    def read(self, cells: Cells) -> tuple[Floats, list[Rule]]:
        """The values as numbers, NaN where missing, and the rules that some rows break."""
        missing = cells.missing(self.source.missing)
        values: Floats
        match self.feature.kind:
            case "category":
                values, rules = self._levels(cells, missing)
            case "boolean":
                values, rules = self._booleans(cells, missing)
            case _:
                values, rules = self._numbers(cells, missing)
        # A level wins over a marker, so that a country can be NA.
        absent = missing & np.isnan(values) & (not self.feature.nullable)
        rules.append(("must not be missing", absent))
        return values, rules

    def _numbers(self, cells: Cells, missing: Mask) -> tuple[Floats, list[Rule]]:
        numbers = cells.numbers(missing)
        no_number = ~np.isfinite(numbers) & ~missing
        low, high = self.feature.bounds
        possible = (numbers >= low) & (numbers <= high)
        if self.feature.kind == "integer":
            possible &= np.floor(numbers) == numbers
        return numbers, [
            (f"must be a number{_hint(cells)}", no_number),
            (f"must be {self.feature.allowed}", ~possible & ~no_number & ~missing),
        ]

    def _booleans(self, cells: Cells, missing: Mask) -> tuple[Floats, list[Rule]]:
        source = self.source
        values: Floats = np.full(len(cells.texts), np.nan)
        values[cells.among(source.false)] = 0.0
        values[cells.among(source.true)] = 1.0
        either = f"one of {_listed(source.true)}, or of {_listed(source.false)}"
        return values, [(f"must be {either}", np.isnan(values) & ~missing)]

    def _levels(self, cells: Cells, missing: Mask) -> tuple[Floats, list[Rule]]:
        codes = {level: float(code) for code, level in enumerate(self.feature.levels)}
        values = cells.mapped(codes)
        if self.feature.unknown == "missing":
            return values, []
        return values, [(f"must be {self.feature.allowed}", np.isnan(values) & ~missing)]


def columns_of(declaration: Declaration) -> list[Column]:
    """The features in the declaration's order, the target, and what the split goes by."""
    source = declaration.source
    columns: list[Column] = [FeatureColumn(item, source) for item in declaration.schema.features]
    columns.append(LabelColumn(declaration.target, source))
    if declaration.split == "time":
        assert declaration.event_time is not None
        columns.append(TimeColumn(declaration.event_time, source))
    elif declaration.split == "group":
        assert declaration.group is not None
        columns.append(GroupColumn(declaration.group, source))
    return columns


def broken(rules: list[Rule]) -> Iterator[Rule]:
    """Those that some row breaks."""
    return ((rule, mask) for rule, mask in rules if mask.any())


def _hint(cells: Cells) -> str:
    return "" if cells.decimal == "." else " with a decimal comma, without separated thousands"


def _listed(texts: tuple[str, ...]) -> str:
    return ", ".join(f'"{text}"' for text in texts)
