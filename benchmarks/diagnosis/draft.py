"""A stream while it is drawn: rows in the order of time, and what is known of each only here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.diagnosis.world import CALLERS, SHARES, Floats, Places, World

Mask = NDArray[np.bool_]
Stage = Literal["volume", "people", "law", "values", "scores", "outcomes", "sent"]

# Monday 2026-01-05, in hours since 2000-01-01.
START = int((datetime(2026, 1, 5, tzinfo=UTC) - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds()) // 3600  # fmt: skip # noqa: E501
DUE_HOURS = 720.0
_WEEK = np.array([1.1, 1.12, 1.1, 1.08, 1.1, 0.8, 0.7])
_MORE_MOBILE_AT_THE_WEEKEND = 0.04


@dataclass(frozen=True)
class When:
    """Which rows a change befalls: a share of them, all or one caller's, from an onset on.

    Hours are of the stream; `ramp` hours pass until the share is reached, and from `end` on nothing
    is left of it. `weekend`: on Saturdays and Sundays alone.
    """

    onset: float
    end: float = np.inf
    ramp: float = 0.0
    share: float = 1.0
    caller: str | None = None
    weekend: bool = False

    def share_at(self, hours: Floats) -> Floats:
        """Of the rows at these hours of the stream that it may befall, how many it does."""
        risen = np.clip((hours - self.onset) / self.ramp, 0, 1) if self.ramp else 1.0
        there = (hours >= self.onset) & (hours < self.end)
        if self.weekend:
            there &= (hours // 24) % 7 >= 5
        return np.where(there, risen * self.share, 0.0)

    def befalls(self, draft: "Draft", hours: Floats) -> Mask:
        """Which rows it befalls, at these hours."""
        found: Mask = draft.draw.random(len(hours)) < self.share_at(hours)
        if self.caller is not None:
            found &= draft.callers == draft.names.index(self.caller)
        return found


@dataclass(frozen=True)
class Change:
    """Something that happens to a stream: `apply` changes the rows of the mask in place.

    Of `volume`, factor says by how much the rows an hour are multiplied. by_outcome: the hours of
    `when` are those in which an outcome is observed.
    """

    stage: Stage
    when: When
    apply: Callable[["Draft", Mask], None] | None = None
    factor: float = 1.0
    by_outcome: bool = False


@dataclass(eq=False)
class Draft:
    """n rows; `times` are hours of the stream, `delays` hours."""

    world: World
    draw: np.random.Generator
    names: tuple[str, ...]
    times: Floats
    callers: Places
    people: Places
    values: Floats = field(init=False)
    chances: Floats = field(init=False)
    scores: Floats = field(init=False)
    outcomes: Floats = field(init=False)
    delays: Floats = field(init=False)
    lost: Mask = field(init=False)
    changed: Mask = field(init=False)
    """Whose values are no longer those of the person."""
    foreign: Mask = field(init=False)
    """Whose score the served model does not give."""

    def __len__(self) -> int:
        return len(self.times)

    def take(self, rows: Places) -> None:
        """Keep these rows, in this order; a row may come more than once."""
        for name in (
            "times", "callers", "people", "values", "chances", "scores", "outcomes", "delays",
            "lost", "changed", "foreign",
        ):  # fmt: skip
            setattr(self, name, getattr(self, name)[rows])

    def redraw(self, mask: Mask, weights: Floats) -> None:
        """Other people in these rows: as likely as `weights`, (people,), says."""
        for caller in np.unique(self.callers[mask]):
            rows = np.flatnonzero(mask & (self.callers == caller))
            own = self.world.of_callers[:, min(caller, len(CALLERS) - 1)]
            self.people[rows] = choose(self.draw, own * weights, len(rows))


def usual_rows(rows_an_hour: float, hours: int) -> Floats:
    """(hours, callers): the rows to expect, by the day of the week and the hour of the day."""
    at = np.arange(hours)
    day = np.arange(24)
    of_day = 0.35 + np.exp(-0.5 * ((day - 11) / 3) ** 2) + 0.8 * np.exp(-0.5 * ((day - 18) / 2.5) ** 2)  # fmt: skip # noqa: E501
    rows = rows_an_hour * _WEEK[(at // 24) % 7] * (of_day / of_day.mean())[at % 24]
    weekend = (at // 24) % 7 >= 5
    # Its mean over the week's rows is none: at the weekend more of mobile, on other days less.
    share = _WEEK[5:].sum() / _WEEK.sum()
    more = np.where(weekend, _MORE_MOBILE_AT_THE_WEEKEND, -_MORE_MOBILE_AT_THE_WEEKEND * share / (1 - share))  # fmt: skip # noqa: E501
    shares = SHARES + more[:, None] * np.array([-0.6, 1.0, -0.4])
    found: Floats = rows[:, None] * shares
    return found


def drawn(
    world: World,
    changes: Sequence[Change],
    draw: np.random.Generator,
    *,
    rows_an_hour: float,
    hours: int,
    coverage: float,
    names: tuple[str, ...] = CALLERS,
) -> Draft:
    """The rows of a stream with these changes."""
    expected = np.zeros((hours, len(names)))
    expected[:, : len(CALLERS)] = usual_rows(rows_an_hour, hours)
    at: Floats = np.arange(hours, dtype=np.float64) + 0.5
    for change in _of(changes, "volume"):
        columns = slice(None) if change.when.caller is None else names.index(change.when.caller)
        if change.when.caller is not None and columns >= len(CALLERS):  # type: ignore[operator]
            # A new caller's rows are told as a share of those of all others.
            expected[:, columns] += change.factor * change.when.share_at(at) * expected.sum(1)
        else:
            factor = 1 + (change.factor - 1) * change.when.share_at(at)
            expected[:, columns] *= factor[:, None] if change.when.caller is None else factor
    counts = draw.poisson(expected)
    hour = np.repeat(np.arange(hours), counts.sum(1))
    callers = np.concatenate([np.repeat(np.arange(len(names)), row) for row in counts])
    times = hour + draw.random(len(hour))
    order = np.argsort(times, kind="stable")
    draft = Draft(world, draw, names, times[order], callers[order], np.zeros(len(hour), np.int64))
    draft.redraw(np.ones(len(draft), dtype=bool), np.ones(len(world.people)))
    _fill(draft, changes, coverage)
    return draft


def _fill(draft: Draft, changes: Sequence[Change], coverage: float) -> None:
    world, draw = draft.world, draft.draw
    _apply(draft, changes, "people")
    draft.chances = world.chances[draft.people].copy()
    _apply(draft, changes, "law")
    draft.outcomes = (draw.random(len(draft)) < draft.chances).astype(np.float64)
    draft.values = world.people[draft.people]
    draft.scores = world.scores[draft.people]
    draft.changed = np.zeros(len(draft), dtype=bool)
    draft.foreign = np.zeros(len(draft), dtype=bool)
    # Bad news arrives a little sooner, as it does; the median of all is ten days.
    median = np.where(draft.outcomes == 1, 8.0, 10.15) * 24
    draft.delays = median * np.exp(0.5 * draw.standard_normal(len(draft)))
    draft.lost = draw.random(len(draft)) >= coverage
    _apply(draft, changes, "values")
    if draft.changed.any():
        draft.scores[draft.changed] = world.scorer.score(draft.values[draft.changed])
    for stage in ("scores", "outcomes", "sent"):
        _apply(draft, changes, stage)
    draft.take(np.argsort(draft.times, kind="stable"))


def _apply(draft: Draft, changes: Sequence[Change], stage: Stage) -> None:
    for change in _of(changes, stage):
        hours = draft.times + draft.delays if change.by_outcome else draft.times
        mask = change.when.befalls(draft, hours)
        if stage == "values":
            draft.changed |= mask
        if stage == "scores":
            draft.foreign |= mask
        if change.apply is not None:
            change.apply(draft, mask)


def _of(changes: Sequence[Change], stage: Stage) -> list[Change]:
    return [change for change in changes if change.stage == stage]


def choose(draw: np.random.Generator, weights: Floats, count: int) -> Places:
    """Places drawn with replacement, as likely as their weights."""
    summed = np.cumsum(weights)
    found: Places = np.searchsorted(summed, draw.random(count) * summed[-1], side="right")
    return np.minimum(found, len(summed) - 1)
