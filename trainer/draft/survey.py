"""What a table's columns hold, in one pass and bounded memory."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from trainer.cells import Cells, number
from trainer.csv_file import Chunk
from trainer.key_columns import microseconds

# Of different texts in a column; more make no levels.
MOST_DISTINCT = 20_000
_MOST_ODD = 1000
_SOME = 1000
_NEARLY_ALL = 0.95
_SAMPLE_ROWS = 20_000
_SAMPLE_CELLS = 2_000_000

# As people write "no value"; the weak ones only where all other values are of one kind.
STRONG_MARKERS = ("NA", "N/A", "n/a", "NULL", "null", "NaN", "nan", "#N/A", "<NA>", "NaT")
WEAK_MARKERS = ("?", "-", "--", ".", "None", "none", "nil", "unknown", "Unknown", "missing")
MARKERS = frozenset({"", *STRONG_MARKERS, *WEAK_MARKERS})

_DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d")
TIME_FORMATS: tuple[str | None, ...] = (
    None,
    *(f"{day}{time}" for day in _DAYS for time in ("", " %H:%M", " %H:%M:%S", " %I:%M:%S %p")),
    "%d %b %Y",
    "%b %d, %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
)
"""ISO 8601, as None, and the forms of `strptime` that are tried."""


@dataclass(slots=True)
class ColumnSurvey:
    """What one column holds.

    counts: how often each text is there, None where there are too many. odd: the texts that are no
    numbers. low, high: of the numbers, some: the first of them; rises: each is above those before
    it. times: the forms that fit every text; is_time: a file with types says that they are times.
    """

    name: str
    rows: int = 0
    counts: "Counter[str] | None" = field(default_factory=Counter)
    odd: "Counter[str] | None" = field(default_factory=Counter)
    distinct_share: float = 0.0
    numbers: int = 0
    low: float = math.inf
    high: float = -math.inf
    some: list[float] = field(default_factory=list)
    integers: bool = True
    rises: bool = True
    times: list[str | None] = field(default_factory=lambda: list(TIME_FORMATS))
    is_time: bool = False

    def add(self, cells: Cells) -> None:
        """Look at some more of its values."""
        found = cells.texts.value_counts(sort=False)
        counts: dict[str, int] = dict(zip(found.index.tolist(), found.tolist(), strict=True))
        self.rows += len(cells.texts)
        self._count(counts)
        self._measure(counts, cells.decimal)
        self.is_time |= cells.is_time
        self._keep_times(counts)

    @property
    def distinct(self) -> int:
        """How many texts there are, at least."""
        return MOST_DISTINCT if self.counts is None else len(self.counts)

    @property
    def counts_up(self) -> bool:
        """Whether it is a whole number that is higher in each row."""
        return self.numbers == self.rows and self.integers and self.rises and self.is_distinct

    @property
    def is_distinct(self) -> bool:
        """Whether nearly every row has a value of its own, as far as that was counted."""
        return self.distinct_share >= _NEARLY_ALL

    @property
    def typical(self) -> float:
        """A number in the middle of some."""
        return sorted(self.some)[len(self.some) // 2]

    def _count(self, counts: dict[str, int]) -> None:
        if self.counts is None:
            return
        self.counts.update(counts)
        self.distinct_share = len(self.counts) / self.rows
        if len(self.counts) > MOST_DISTINCT:
            self.counts = None

    def _measure(self, counts: dict[str, int], decimal: str) -> None:
        for text, count in counts.items():
            value = number(text, decimal)
            if math.isfinite(value):
                self.integers &= value.is_integer()
                self.rises &= value > self.high
                self.low, self.high = min(self.low, value), max(self.high, value)
                self.numbers += count
                if len(self.some) < _SOME:
                    self.some.append(value)
            elif self.odd is not None:
                self.odd[text] += count
                if len(self.odd) > _MOST_ODD:
                    self.odd = None

    def _keep_times(self, counts: dict[str, int]) -> None:
        for text in counts:
            if not self.times:
                return
            if text not in MARKERS:
                self.times = [
                    form for form in self.times if not math.isnan(microseconds(text, form))
                ]


@dataclass(slots=True)
class Survey:
    """What a table holds: its columns, and some of its rows, evenly spread."""

    columns: list[ColumnSurvey]
    rows: int = 0
    sample: list[tuple[str, ...]] = field(default_factory=list)
    step: int = 1

    def add(self, chunk: Chunk, places: Sequence[int]) -> None:
        """Look at some more rows."""
        texts = []
        for place, column in zip(places, self.columns, strict=True):
            cells = chunk.cells[place]
            column.add(cells)
            texts.append(cells.texts.tolist())
        first = -self.rows % self.step
        rows = zip(*(values[first :: self.step] for values in texts), strict=True)
        self.sample += rows
        self.rows += chunk.rows
        most = max(1000, min(_SAMPLE_ROWS, _SAMPLE_CELLS // len(self.columns)))
        while len(self.sample) > most:
            self.sample = self.sample[::2]
            self.step *= 2


def survey_of(names: Sequence[str], places: Sequence[int], chunks: Iterator[Chunk]) -> Survey:
    """What the columns of these names, at these places of the file, hold."""
    survey = Survey([ColumnSurvey(name) for name in names])
    for chunk in chunks:
        survey.add(chunk, places)
    return survey
