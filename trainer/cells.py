"""The values of one column as the file has them, and what they say as numbers."""

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NUMBER_WITH_COMMA = re.compile(r"[+-]?(?:\d+,?\d*|,\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Some values of a column, by their lines in the file.

    nulls: those that a file with types says are missing; None: it has no types. is_plain: nothing
    stands in them but what makes numbers, so that Python's float() admits what is one. decimal:
    what separates a number's fraction. is_time: they are times of a file with types, in ISO 8601.
    """

    texts: "pd.Series[Any]"
    nulls: Mask | None = None
    is_plain: bool = False
    decimal: str = "."
    is_time: bool = False

    def among(self, values: tuple[str, ...]) -> Mask:
        """Which of them are one of these texts."""
        found = self.texts.isin(values).to_numpy()
        return found if self.nulls is None else found & ~self.nulls

    def missing(self, markers: tuple[str, ...]) -> Mask:
        """Which of them say that there is no value."""
        found = self.texts.isin(markers).to_numpy()
        return found if self.nulls is None else found | self.nulls

    def numbers(self, missing: Mask) -> Floats:
        """The doubles nearest to the texts; NaN where a text is none, or it is missing."""
        values = self.texts.mask(missing, "nan").to_numpy(dtype=object)
        if self.is_plain:
            # Where some text is no number: one by one, to tell which.
            with suppress(ValueError):
                return values.astype(np.float64)
        return np.array([number(text, self.decimal) for text in values], dtype=np.float64)

    def mapped(self, values: Mapping[str, float]) -> Floats:
        """What stands for each text; NaN where nothing does, or the cell is null."""
        found: Floats = np.array(
            self.texts.map(values).to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64
        )
        if self.nulls is not None:
            found[self.nulls] = np.nan
        return found

    def where(self, broken: Mask, unit: str) -> str:
        """A few of the values, each with its place."""
        lines = self.texts.index[broken]
        found = ", ".join(f"{unit} {line}: {self.texts[line]!r}" for line in lines[:3])
        return found + (f" and {len(lines) - 3:,} more" if len(lines) > 3 else "")


def number(text: str, decimal: str = ".") -> float:
    """The double nearest to a text; NaN where it is no number."""
    if decimal == ",":
        return float(text.replace(",", ".")) if _NUMBER_WITH_COMMA.fullmatch(text) else np.nan
    return float(text) if _NUMBER.fullmatch(text) else np.nan
