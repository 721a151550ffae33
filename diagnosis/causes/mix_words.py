"""What the callers' shares and the season say, as candidates."""

from diagnosis.case import Case
from diagnosis.causes.contrast import contrast
from diagnosis.causes.mix import Mix
from diagnosis.causes.part import Part
from diagnosis.causes.sides import Sides
from diagnosis.causes.words import percent
from diagnosis.finding import Candidate
from diagnosis.hours import WEEK

_CYCLES = 2 * WEEK
_SMALL = 0.01


def mix_part(sides: Sides, callers: Mix) -> Part:
    """Traffic mix, where a caller's share moved; each caller's own people are told elsewhere."""
    if not callers.moved:
        return Part()
    name = sides.names[callers.caller]
    before, after = (float(side[callers.caller]) for side in (callers.before, callers.after))
    start = contrast(sides.base, sides.later).distance
    left = contrast(callers.base, callers.later).distance
    explains = max(1 - left / start, 0.0) if start > _SMALL else 1.0
    said = name or "Whoever has no key"
    because = f"{said} sends {percent(after)} of the rows, {percent(before)} before."
    if callers.new:
        because = f"{said} is new and sends {percent(after)} of the rows."
    found = Candidate(
        "traffic_mix",
        min(explains, 1.0),
        segment={"caller": name},
        parameters={"before": before, "after": after},
        because=because,
    )
    return Part(holds=(found,))


def season_part(case: Case, sides: Sides, callers: Mix) -> Part:
    """Season, where only the hours of the week since the onset differ from those before.

    Two cycles must have been seen: one weekend does not tell what weekends are like.
    """
    times = sides.raw.times
    if not sides.live or callers.moved:
        return Part()
    if case.recurs:
        names = tuple(sorted({each.column for each in case.moved if each.column is not None}))
        because = "It came at the same hours a week before, and rows since are as those then."
        return Part(holds=(Candidate("season", 1.0, columns=names, because=because),))
    if float(times.max() - times.min()) < _CYCLES:
        return Part()
    found = contrast(sides.raw, sides.later)
    moved = found.moved()
    if not moved:
        return Part()
    names = tuple(sides.partition.profiles[column].name for column in moved)
    because = "Rows since the onset are as those of the same hours in the weeks before."
    return Part(holds=(Candidate("season", 1.0, columns=names, because=because),))
