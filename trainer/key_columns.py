"""The columns that are no features and that a training reads: the label, and what splits the rows.

Each gives its values as doubles, with the rules that some rows break.
"""

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from contract.declaration import Label, Source, TargetColumn
from contract.text import shown
from trainer.cells import Cells, Floats, Mask, number

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
# What a double holds exactly.
_HASH_BITS = 53


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """The target: 1.0 where it is the event."""

    target: TargetColumn
    source: Source

    @property
    def name(self) -> str:
        """Name of the target."""
        return self.target.name

    def read(self, cells: Cells) -> tuple[Floats, list[tuple[str, Mask]]]:
        """1.0, 0.0, or NaN where it is neither."""
        labels = np.full(len(cells.texts), np.nan)
        for value, of in ((0.0, self.target.negatives), (1.0, self.target.positives)):
            labels[self._are(cells, of)] = value
        rule = f"the label must be {self._in_words()}"
        return labels, [(rule, np.isnan(labels))]

    def _are(self, cells: Cells, values: tuple[Label, ...]) -> Mask:
        found = cells.among(self._texts(values))
        numbers = [float(item) for item in values if _is_number(item)]
        if not numbers:
            return found
        missing = cells.missing(self.source.missing)
        return found | np.isin(cells.numbers(missing), numbers)

    def _texts(self, values: tuple[Label, ...]) -> tuple[str, ...]:
        texts: list[str] = [item for item in values if isinstance(item, str)]
        for item in values:
            if isinstance(item, bool):
                texts += self.source.true if item else self.source.false
        return tuple(texts)

    def _in_words(self) -> str:
        negative, positive = map(_either, (self.target.negatives, self.target.positives))
        return f"{negative} or {positive}"


@dataclass(frozen=True, slots=True)
class TimeColumn:
    """Times, in microseconds since 1970 in UTC: a double holds them exactly."""

    name: str
    source: Source

    def read(self, cells: Cells) -> tuple[Floats, list[tuple[str, Mask]]]:
        """The times; NaN where a text is none."""
        form = None if cells.is_time else self.source.time_format
        missing = cells.missing(self.source.missing)
        # Many rows share a time, as days do.
        times = {text: microseconds(text, form) for text in cells.texts[~missing].unique()}
        values = cells.mapped(times)
        values[missing] = np.nan
        expected = form or "ISO 8601, as 2024-05-31 or 2024-05-31T23:59:59+02:00"
        return values, [
            ("must not be missing, for the split goes by it", missing),
            (f"must be a time ({expected})", np.isnan(values) & ~missing),
        ]


@dataclass(frozen=True, slots=True)
class GroupColumn:
    """Groups by a hash of their texts, a whole number below 2**53."""

    name: str
    source: Source

    def read(self, cells: Cells) -> tuple[Floats, list[tuple[str, Mask]]]:
        """The hashes; NaN where there is no group."""
        missing = cells.missing(self.source.missing)
        hashes = {text: _hash(text) for text in cells.texts[~missing].unique()}
        values = cells.mapped(hashes)
        return values, [("must not be missing, for the split goes by it", missing)]


def microseconds(text: str, form: str | None) -> float:
    """The time since 1970 in UTC, NaN where the text is no time; one without an offset is UTC."""
    try:
        found = datetime.fromisoformat(text) if form is None else datetime.strptime(text, form)
        # Not through a float of seconds, which would round.
        moment = found if found.tzinfo else found.replace(tzinfo=UTC)
        return float((moment - _EPOCH) // _MICROSECOND)
    except (ValueError, OverflowError):
        return np.nan


def is_number(text: str, decimal: str) -> bool:
    """Whether a text is a number."""
    return not np.isnan(number(text, decimal))


def _hash(text: str) -> float:
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    return float(int.from_bytes(digest[:8], "big") >> (64 - _HASH_BITS))


def _is_number(value: Label) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _either(values: tuple[Label, ...]) -> str:
    texts = [
        str(item).lower()
        if isinstance(item, bool)
        else f'"{shown(item)}"'
        if isinstance(item, str)
        else f"{item:g}"
        for item in values
    ]
    return " or ".join(texts)
