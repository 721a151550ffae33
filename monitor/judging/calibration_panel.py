"""The table of observed and expected by height of the score."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from monitor.judging.calibration import Group
from monitor.judging.ticks import rounded_up
from monitor.page.charts import axis, strip
from monitor.page.figures import Cell, Column, Table
from monitor.page.words import count, number, share


@dataclass(frozen=True, slots=True)
class Strips:
    """Calibration: a row for each group of scores, and its interval on one axis for all."""

    axis: Markup
    rows: tuple[tuple[str, str, str, str, str, Markup], ...]
    """Scores, cases, bad, observed with interval, expected, and the strip."""
    table: Table


def strips(groups: Sequence[Group]) -> Strips | None:
    """Of groups in order of score; None where there is none."""
    if not groups:
        return None
    top = min(rounded_up(max(max(group.observed.high, group.most) for group in groups)), 1.0)
    ticks = (0.0, top / 2, top)
    rows = tuple(_strip(group, top, ticks) for group in groups)
    return Strips(
        axis(0, top, ticks, lambda value: share(value, 0 if top >= 0.1 else 1)),
        rows,
        _groups(groups),
    )


def _strip(
    group: Group, top: float, ticks: Sequence[float]
) -> tuple[str, str, str, str, str, Markup]:
    seen, due = group.observed, share(group.expected)
    text = f"{share(seen.value)} ({share(seen.low)} to {share(seen.high)})"
    marks = ((seen.low, seen.value, seen.high, ""), (None, group.expected, None, "hollow"))
    label = f"Observed {text}, expected {due}"
    scores = f"{number(group.low, 2)} to {number(group.high, 2)}"
    picture = strip(0, top, marks, label, ticks=ticks)
    return scores, count(group.cases), count(group.bad), text, due, picture


def _groups(groups: Sequence[Group]) -> Table:
    shown: Callable[[float], str] = share
    columns = (
        Column("score_from", "Scores from"),
        Column("score_to", "to", number),
        Column("judged", "Due, known", count),
        Column("bad", "Bad", count),
        Column("observed", "Observed", shown),
        Column("observed_low", "from", shown),
        Column("observed_high", "to", shown),
        Column("expected", "Expected", shown),
        Column("expected_least", "at least", shown),
        Column("expected_most", "at most", shown),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            *(number(group.low), group.high, group.cases, group.bad),
            *(group.observed.value, group.observed.low, group.observed.high),
            *(group.expected, group.least, group.most),
        )
        for group in groups
    )
    return Table("calibration", "Wholly due cases by height of their score", columns, rows)
