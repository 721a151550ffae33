"""Which quantities moved together: those of one column and source, and groups of one onset."""

from collections.abc import Sequence
from dataclasses import dataclass

from diagnosis import change_point
from diagnosis.change_point import Series
from diagnosis.finding import Onset
from diagnosis.quantities import Quantities
from diagnosis.state import Key
from diagnosis.watch import Crossed

_SLACK = 24
_SLACK_OF_COLUMN = 72
_MOST_SERIES = 6


@dataclass(frozen=True, slots=True)
class Group:
    """Quantities of one column and source; their best one stands for them."""

    about: tuple[str, str, str]
    members: tuple[Crossed, ...]
    onset: Onset

    @property
    def best(self) -> Crossed:
        """The one with the most evidence."""
        return max(self.members, key=lambda each: each.evidence)

    @property
    def certain(self) -> bool:
        """Whether one of them is at its threshold."""
        return any(each.certain for each in self.members)


def groups(quantities: Quantities, crossed: Sequence[Crossed]) -> list[Group]:
    """Strongest first."""
    by: dict[tuple[str, str, str], list[Crossed]] = {}
    for each in crossed:
        by.setdefault(quantities.about(each.key), []).append(each)
    found = []
    for what, members in by.items():
        best = max(members, key=lambda each: each.evidence)
        onset = onset_of(quantities, [best.key])
        found.append(Group(what, tuple(members), onset))
    return sorted(found, key=lambda each: -each.best.evidence)


def onset_of(quantities: Quantities, keys: Sequence[Key]) -> Onset:
    """When all of them changed, by the first few."""
    series = [quantities.series(key) for key in keys[:_MOST_SERIES]]
    return change_point.onset(series, *_span(series, quantities.state.hour))


def _span(series: Sequence[Series], hour: int) -> tuple[int, int]:
    firsts = [float(each.starts.min()) for each in series if len(each.starts)]
    return (int(min(firsts)) if firsts else hour - 1), hour


def together(first: Onset, second: Onset, *, same_column: bool) -> bool:
    """Whether two changes may have one onset."""
    slack = _SLACK_OF_COLUMN if same_column else _SLACK
    return first.low - slack <= second.high and second.low - slack <= first.high
