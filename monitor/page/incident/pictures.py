"""The columns that an incident names, before and after, against training."""

from dataclasses import dataclass
from itertools import chain
from math import isnan

import numpy as np

from contract.feature import Feature as Declared
from contract.profile import ColumnProfile
from monitor.incidents.incident import Incident
from monitor.incidents.moved_words import condensed
from monitor.page.cells import shares
from monitor.page.charts import Plot
from monitor.page.figures import Cell, Column, Figure, Table
from monitor.page.incident.around import Around
from monitor.page.incident.chance import beyond_chance
from monitor.page.incident.groups import Group, groups
from monitor.page.indicators import layout_of
from monitor.page.sections.drawing import round_up
from monitor.page.sections.feature import Feature
from monitor.page.sections.kinds import kind_of
from monitor.page.window import Ints
from monitor.page.words import count, share

MOST = 4
_HEIGHT = 172
_LABELS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A column with its cells in training, before and after."""

    feature: Feature
    training: Ints
    before: Ints
    after: Ints

    @property
    def column(self) -> ColumnProfile:
        """Its profile."""
        return self.feature.column


def named(incident: Incident) -> list[str]:
    """The columns of the diagnosis, then those that moved; each once."""
    found = incident.latest
    own = chain(
        found.columns if found else (),
        *(each.columns for each in (found.secondary if found else ())),
        (each.column for each in condensed(incident.moved) if each.column is not None),
    )
    return list(dict.fromkeys(own))


def compared(around: Around, name: str) -> Compared | None:
    """A column by its name; None where the version has none such, or no profile."""
    version = around.version
    if version.profile is None or version.declaration is None:
        return None
    for declared, place in zip(
        version.declaration.features, layout_of(version).places, strict=True
    ):
        if declared.name == name:
            own = slice(place.start, place.end)
            feature = _feature(declared, place.column, around)
            return Compared(feature, feature.training, around.before[own], around.after[own])
    return None


def _feature(declared: Declared, column: ColumnProfile, around: Around) -> Feature:
    training = np.array(column.counts.both, dtype=np.int64)
    nothing = np.zeros((len(around.window.steps), column.cells), dtype=np.int64)
    kind = kind_of(declared, column, training)
    return kind(
        *(declared, column, around.version.name, around.window),
        *(nothing, nothing[0], training),
    )


def picture(of: Compared, tolerance: float) -> Figure:
    """Bars side by side: grey training, hollow before, solid after; `tolerance` is of a share."""
    every = shares(np.array([of.training, of.before, of.after]))
    every = np.nan_to_num(every)
    rows = int(of.before.sum()), int(of.after.sum())
    found = groups(of.feature.declared, of.column, every)
    values = np.array([every[:, list(group.cells)].sum(axis=1) for group in found])
    top = round_up(float(values.max())) if values.size else 1.0
    plot = Plot((0, max(len(found), 1)), (0, top * 1.08), _HEIGHT, _label(of), top=14)
    plot.yticks([0, top], lambda value: share(value, 0 if top >= 0.05 else 1))
    for at, (trained, before, after) in enumerate(values.tolist()):
        held = before if rows[0] else trained
        beyond = beyond_chance(held, after, rows) > tolerance
        plot.rect(at + 0.06, at + 0.94, 0, trained, "band")
        plot.rect(at + 0.3, at + 0.7, 0, after, "fill-warn" if beyond else "fill")
        if of.before.sum():
            plot.interval(at + 0.5, before, 0, "hollow", 3.25)
    plot.xticks(_ticks(found))
    unit = of.feature.declared.unit
    sub = "share of the rows with each value" + (f", {unit}" if unit else "")
    return Figure(of.feature.title, sub, plot.svg(), _note(of))


def _ticks(found: tuple[Group, ...]) -> list[tuple[float, str, str]]:
    """Named cells in their middle; of numbers a few, where they begin."""
    single = [at for at, group in enumerate(found) if not _is_number(group.name)]
    numbers = [at for at in range(len(found)) if at not in single]
    every = max(1, round(len(numbers) / _LABELS))
    ticks = [
        (at + 0.5, found[at].name[:12], "wide2" if place % 2 else "")
        for place, at in enumerate(single)
        if found[at].name != "least"
    ]
    # A name is wider than its bar: the numbers leave it room.
    room = len(single) + 1 if single else 0
    shown = [at for place, at in enumerate(numbers) if place % every == every // 2 and at > room]
    ticks += [
        (float(at), found[at].name, "wide2" if place % 2 else "") for place, at in enumerate(shown)
    ]
    return sorted(ticks)


def _is_number(name: str) -> bool:
    return name[:1].isdigit() or name[:1] == "\N{MINUS SIGN}"


def _label(of: Compared) -> str:
    return f"{of.feature.name} by value. {_said(of)}"


def _note(of: Compared) -> str:
    return f"{_said(of)}. Grey: training; ring: before; bar: since the onset."


def _said(of: Compared) -> str:
    measure, unit = of.feature.measure, of.feature.declared.unit
    unit = f" {unit}" if unit and measure == "median" else ""
    first = f"{measure} {_of(of, of.before)} before, {_of(of, of.after)}{unit} after"
    parts = [first[0].upper() + first[1:]]
    lost = [int(cells[0]) / max(int(cells.sum()), 1) for cells in (of.before, of.after)]
    if max(lost) > 0:
        parts.append(f"missing in {share(lost[0])} before, {share(lost[1])} after")
    return "; ".join(parts)


def _of(of: Compared, cells: Ints) -> str:
    return of.feature.said(cells) if cells.sum() else "no rows"


def table(every: list[Compared]) -> Table:
    """What is drawn, one cell of a column to a row."""
    columns = (
        Column("feature", "Feature"),
        Column("from", "Value, or from"),
        Column("training_share", "Training", _fine),
        Column("before_share", "Before", _fine),
        Column("after_share", "After", _fine),
        Column("before_rows", "Rows before", count),
        Column("after_rows", "Rows after", count),
    )
    rows: list[tuple[Cell, ...]] = []
    for of in every:
        parts = shares(np.array([of.training, of.before, of.after]))
        whole = np.nan_to_num(parts)
        for group in groups(of.feature.declared, of.column, whole):
            at = list(group.cells)
            three = parts[:, at].sum(axis=1).tolist()
            rows.append(
                (
                    *(of.feature.name, group.name),
                    *(None if isnan(value) else value for value in three),
                    *(int(of.before[at].sum()), int(of.after[at].sum())),
                )
            )
    return Table("columns", "Before and after, by value", columns, tuple(rows), "no rows", True)


def _fine(value: float) -> str:
    return share(value, 2)
