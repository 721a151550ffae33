"""What a section is made of: figures, tables and checks, as the templates take them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from markupsafe import Markup

State = Literal["act", "ask", "known", "ok", "wait", "shown"]
"""Action due, undetermined, explained, as expected, not judged yet; shown, and not
judged: nothing tests it, or it cannot be told by these filters."""

Cell = str | float | None

_ROWS = 30


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the list at the top: the section `id`, and its state in a sentence.

    `headline` is what the whole page says if action is due, or if it is worth a look, and `lead`
    the sentence below, where that says more than the text.
    """

    id: str
    name: str
    state: State
    text: str
    headline: str = ""
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart with its title, what it shows, and a note below."""

    title: str | Markup
    sub: str | Markup
    svg: Markup
    note: str | Markup = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its name in the CSV, its head, and how a number is shown.

    Without a head it is in the CSV alone.
    """

    key: str
    head: str
    shown: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The figures behind a chart; the first column is the rows' header.

    `name` is that of its CSV, which holds all rows, and each number as it is. The page shows at
    most 30: the last, which are the latest, or those at the top where they are put in order.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    nothing: str = "no rows"
    ranked: bool = False

    @property
    def shown(self) -> list[list[tuple[str, Column]]]:
        """The rows that the page shows: each cell as text, with its column."""
        return [
            [
                (self._text(cell, column), column)
                for cell, column in zip(row, self.columns, strict=True)
                if column.head
            ]
            for row in (self.rows[:_ROWS] if self.ranked else self.rows[-_ROWS:])
        ]

    @property
    def part(self) -> str:
        """Which of the rows the page shows; empty if it shows them all."""
        if len(self.rows) <= _ROWS:
            return ""
        return f"the {'first' if self.ranked else 'last'} {_ROWS} of {len(self.rows):,} rows"

    @property
    def title(self) -> str:
        """What the fold says."""
        return f"Table, {self.part}" if self.part else "Table"

    def _text(self, cell: Cell, column: Column) -> str:
        if cell is None:
            return self.nothing
        return cell if isinstance(cell, str) else column.shown(cell) if column.shown else str(cell)


@dataclass(frozen=True, slots=True)
class Group:
    """Figures that stand side by side: so many (1 to 6) where there is room for them."""

    across: int
    figures: tuple[Figure, ...]
    title: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the page: sentences, then figures, then tables.

    `waits` stands in the place of an empty one: what it waits for, and until when or what to do.
    `tables` are shown, `folds` are behind the charts, `files` are CSV alone, made when asked for.
    """

    title: str
    check: Check
    lead: tuple[str | Markup, ...] = ()
    waits: tuple[str | Markup, str | Markup] | None = None
    groups: tuple[Group, ...] = ()
    tables: tuple[Table, ...] = ()
    folds: tuple[Table, ...] = ()
    notes: tuple[str | Markup, ...] = ()
    files: Mapping[str, Callable[[], Table]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """Its place in the page."""
        return self.check.id
