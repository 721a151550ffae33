"""Which quantities moved together: those of one column and source, and groups of one onset."""

from collections.abc import Sequence
from dataclasses import dataclass

from diagnosis import change_point
from diagnosis.change_point import Series
from diagnosis.finding import Onset
from diagnosis.state import Key, State
from diagnosis.watch import Crossed, Watch

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


def about(watch: Watch, state: State, key: Key) -> tuple[str, str, str]:
    """Source, caller and column of a quantity; of daily ones, the family is part of the caller."""
    if key.source == "daily":
        trace = state.traces[key.text]
        return key.source, f"{key.caller} {trace.caller or ''}", trace.column or ""
    return key.source, key.caller, watch.streams.each[watch.places[key.name]].column or ""


def groups(watch: Watch, state: State, crossed: Sequence[Crossed]) -> list[Group]:
    """Strongest first."""
    by: dict[tuple[str, str, str], list[Crossed]] = {}
    for each in crossed:
        by.setdefault(about(watch, state, each.key), []).append(each)
    found = []
    for what, members in by.items():
        best = max(members, key=lambda each: each.evidence)
        onset = onset_of(watch, state, [best.key])
        found.append(Group(what, tuple(members), onset))
    return sorted(found, key=lambda each: -each.best.evidence)


def onset_of(watch: Watch, state: State, keys: Sequence[Key]) -> Onset:
    """When all of them changed, by the first few."""
    series = [watch.series(state, key) for key in keys[:_MOST_SERIES]]
    return change_point.onset(series, *_span(series, state.hour))


def _span(series: Sequence[Series], hour: int) -> tuple[int, int]:
    firsts = [float(each.starts.min()) for each in series if len(each.starts)]
    return (int(min(firsts)) if firsts else hour - 1), hour


def together(first: Onset, second: Onset, *, same_column: bool) -> bool:
    """Whether two changes may have one onset."""
    slack = _SLACK_OF_COLUMN if same_column else _SLACK
    return first.low - slack <= second.high and second.low - slack <= first.high
