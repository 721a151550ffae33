"""Changes of what is recorded: the people and their outcomes stay as they are."""

import numpy as np

from benchmarks.diagnosis.draft import Change, Draft, Mask, When
from benchmarks.diagnosis.sizes import dice, movement, solved
from benchmarks.diagnosis.world import (
    LATE_30,
    LATE_60,
    LATE_90,
    UTILISATION,
    Floats,
    Places,
    World,
)

CODE = 98.0


def scaled(column: int, factor: float, when: When) -> Change:
    """A unit, or a decimal point, that is another one."""

    def apply(draft: Draft, mask: Mask) -> None:
        draft.values[mask, column] *= factor

    return Change("values", when, apply)


def lost(column: int, when: When) -> Change:
    """The values are missing."""
    return constant(column, np.nan, when)


def constant(column: int, value: float, when: When, *, only_missing: bool = False) -> Change:
    """One value in place of all, or of those that are missing."""

    def apply(draft: Draft, mask: Mask) -> None:
        missing = np.isnan(draft.values[:, column])
        draft.values[mask & (missing if only_missing else ~missing), column] = value

    return Change("values", when, apply)


def coded(when: When) -> Change:
    """The bureau's code for "unknown" in the three counts of late payments."""

    def apply(draft: Draft, mask: Mask) -> None:
        draft.values[_block(mask, LATE_30, LATE_60, LATE_90)] = CODE

    return Change("values", when, apply)


def swapped(one: int, other: int, when: When) -> Change:
    """Two columns that changed places."""

    def apply(draft: Draft, mask: Mask) -> None:
        draft.values[_block(mask, one, other)] = draft.values[_block(mask, other, one)]

    return Change("values", when, apply)


def shuffled(column: int, when: When) -> Change:
    """Values of other rows of the same hours, as by a join with the wrong key."""

    def apply(draft: Draft, mask: Mask) -> None:
        rows = np.flatnonzero(mask)
        # Within some thousand rows that follow one another, so that no change over time is lost.
        for start in range(0, len(rows), 2000):
            block = rows[start : start + 2000]
            draft.values[block, column] = draft.values[draft.draw.permutation(block), column]

    return Change("values", when, apply)


def rounded(column: int, step: float, when: When) -> Change:
    """A fault that is in no catalogue: the last digits are gone."""

    def apply(draft: Draft, mask: Mask) -> None:
        draft.values[mask, column] = np.round(draft.values[mask, column] / step) * step

    return Change("values", when, apply)


def exchanged(shift: float, when: When) -> Change:
    """Another model answers, and nobody says so; `shift` is added to its log odds."""

    def apply(draft: Draft, mask: Mask) -> None:
        draft.scores[mask] = shifted(draft.world.intruder.score(draft.values[mask]), shift)

    return Change("scores", when, apply)


def shifted(chances: Floats, shift: float | Floats) -> Floats:
    """Probabilities whose log odds are moved."""
    found: Floats = 1 / (1 + np.exp(-np.log(chances / (1 - chances)) - shift))
    return found


def _block(rows: Mask, *columns: int) -> tuple[Places, Places]:
    """The places of these columns in these rows."""
    found: tuple[Places, Places] = np.ix_(np.flatnonzero(rows), np.array(columns))  # type: ignore[assignment]
    return found


def share_for(world: World, column: int, value: float | None, wanted: float) -> float:
    """In how many rows one value, or code, must stand for a movement as wanted; None: missing."""
    salt = dice(world)
    columns = [LATE_30, LATE_60, LATE_90] if value == CODE else [column]

    def size(share: float) -> float:
        values = world.people.copy()
        hit = (salt < share) & ~np.isnan(values[:, column])
        values[_block(hit, *columns)] = np.nan if value is None else value
        return movement(world, values, world.scores)

    return solved(size, wanted, 0, 1)


def factor_for(world: World, column: int, wanted: float) -> float:
    """The factor above 1 that moves a column's quantiles as wanted."""

    def size(factor: float) -> float:
        values = world.people.copy()
        values[:, column] *= factor
        return movement(world, values, world.scores)

    return solved(size, wanted, 1, 20)


def scaled_share_for(world: World, column: int, factor: float, wanted: float) -> float:
    """In how many rows a factor must be at work for a movement as wanted."""
    salt = dice(world)

    def size(share: float) -> float:
        values = world.people.copy()
        values[salt < share, column] *= factor
        return movement(world, values, world.scores)

    return solved(size, wanted, 0, 1)


def swapped_share_for(world: World, one: int, other: int, wanted: float) -> float:
    """In how many rows two columns must change places for a movement as wanted."""
    salt = dice(world)

    def size(share: float) -> float:
        values, hit = world.people.copy(), salt < share
        values[_block(hit, one, other)] = values[_block(hit, other, one)]
        return movement(world, values, world.scores)

    return solved(size, wanted, 0, 1)


def shuffled_share_for(world: World, wanted: float) -> float:
    """In how many rows utilisation must be shuffled for the score to move as wanted; or all."""
    salt = dice(world)
    values = world.people.copy()
    values[:, UTILISATION] = np.random.default_rng(7).permutation(values[:, UTILISATION])
    scores = world.scorer.score(values)

    def size(share: float) -> float:
        return movement(world, world.people, np.where(salt < share, scores, world.scores))

    return solved(size, wanted, 0, 1)


def exchange_for(world: World, wanted: float) -> float:
    """What must be added to the intruder's log odds for the score to move as wanted."""
    scores = world.intruder.score(world.people)
    return solved(lambda by: movement(world, world.people, shifted(scores, by)), wanted, 0, 3)
