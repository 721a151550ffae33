"""How much traffic came: more or less of the same, or the same requests again."""

from dataclasses import dataclass

import numpy as np

from diagnosis.case import Case
from diagnosis.causes.part import Part
from diagnosis.causes.words import percent
from diagnosis.finding import Candidate
from diagnosis.hours import DAY, WEEK, Hours
from diagnosis.rows import Floats, Rows

_SOON = 1.0
_FEW_PAIRS = 15
_LEAST_AGAIN = 0.05
_FEW_HOURS = 6
_FEW_BEFORE = 200
_DAYS_SURE = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Repeats:
    """Rows that say again what the row before said, as a share of all other rows, by caller."""

    before: float
    after: float
    by_caller: Floats
    names: tuple[str, ...]
    sure: bool


def traffic_side(case: Case) -> Part:
    """Duplicates, and volume that they do not explain."""
    again = repeats(case)
    found: tuple[Candidate, ...] = (_again(again),) if again.sure else ()
    ratio, days = _ratio(case)
    limit = np.log1p(0.9 * case.reference.tolerances.volume)
    explained = np.log1p(again.after) - np.log1p(again.before) if again.sure else 0.0
    if ratio is not None and abs(np.log(max(ratio, 1e-3)) - explained) > limit:
        found = (*found, _volume(ratio, days))
    return Part(holds=found)


def _again(repeats: Repeats) -> Candidate:
    most = int(np.argmax(repeats.by_caller))
    rest = np.delete(repeats.by_caller, most)
    alone = len(rest) > 0 and rest.max() < 0.3 * repeats.by_caller[most]
    segment = {"caller": repeats.names[most]} if alone else None
    where = f" from {repeats.names[most]}" if alone else ""
    return Candidate(
        "duplicates", 1.0, segment=segment,
        parameters={"before": repeats.before, "after": repeats.after},
        because=f"{percent(repeats.after)} of the requests{where} came again within an hour with"
        f" the same values, {percent(repeats.before)} before.",
    )  # fmt: skip


def _volume(ratio: float, days: str) -> Candidate:
    return Candidate(
        "volume", 1.0, parameters={"ratio": ratio},
        because=f"{days} {ratio:.2f} times as many rows came as at the same hours of the weeks"
        " before.",
    )  # fmt: skip


def _ratio(case: Case) -> tuple[float | None, str]:
    """Rows over those usual at the hour of the week: since the onset, or in its first days."""
    before, after = case.volume_before, case.volume_after
    if before.alone.sum() < DAY or after.alone.sum() < _FEW_HOURS:
        return None, ""
    usual = _usual(before)
    hours = after.first + np.arange(len(after.rows))
    # An hour that another version answered in has rows of this one, and not all there were.
    expected = np.where(after.alone, usual[hours % WEEK], 0.0)
    rows = np.where(after.alone, after.rows.sum(1), 0)
    found = []
    spans = (
        (len(rows), "Since the onset"), (DAY, "On the first day"), (2 * DAY, "In two days"),
    )  # fmt: skip
    for span, said in spans:
        if span <= len(rows) and expected[:span].sum() > 20:
            found.append((float(rows[:span].sum() / expected[:span].sum()), said))
    if not found:
        return None, ""
    whole = found[0]
    limit = np.log1p(case.reference.tolerances.volume)
    if abs(np.log(max(whole[0], 1e-3))) > 0.8 * limit:
        return whole
    short = max(found, key=lambda pair: abs(np.log(max(pair[0], 1e-3))))
    return short if abs(np.log(max(short[0], 1e-3))) > 1.5 * limit else whole


def _usual(hours: Hours) -> Floats:
    """(168,): rows to expect at each hour of the week."""
    at = ((hours.first + np.arange(len(hours.rows))) % WEEK)[hours.alone]
    rows = hours.rows.sum(1).astype(np.float64)[hours.alone]
    times = np.bincount(at, minlength=WEEK)
    found = np.where(times > 0, np.bincount(at, rows, WEEK) / np.maximum(times, 1), np.nan)
    # An hour of the week that was never seen is as the same hour of other days.
    of_day = np.array([np.nanmean(np.append(found[h::DAY], rows.mean())) for h in range(DAY)])
    filled: Floats = np.where(np.isnan(found), of_day[np.arange(WEEK) % DAY], found)
    return filled


def repeats(case: Case) -> Repeats:
    """How many requests came again within an hour, judged by the pairs that a sample holds.

    Since the onset, or in its first two days, whatever is more. Equal rows may be usual, as the
    rooms of a group that are booked one by one: nothing is sure without rows of before, nor within
    what the share of a day does by itself.
    """
    part_before = _part(case.before, case.volume_before)
    before, _ = _pairs(case.before, part_before)
    known = len(case.before) >= _FEW_BEFORE
    natural = _natural(case.before, part_before) if known else np.inf
    part = _part(case.after, case.volume_after)
    first = case.after.of(case.after.times < case.onset.hour + 2 * DAY)
    found = [_repeats(rows, part, before, natural) for rows in (case.after, first)]
    return max(found, key=lambda each: (each.sure, each.after))


def _repeats(rows: Rows, part: float, before: float, natural: float) -> Repeats:
    after, pairs = _pairs(rows, part)
    own = [_pairs(rows.of(rows.callers == at), part)[0] for at in range(len(rows.names))]
    chance = np.sqrt(max(pairs, 1.0)) / max(len(rows) * part, 1e-9)
    more = after - before
    days = len(np.unique(rows.times // DAY))
    sure = pairs >= _FEW_PAIRS and more > _LEAST_AGAIN and more > 5 * chance
    sure = sure and more > _DAYS_SURE * natural / np.sqrt(max(days, 1))
    return Repeats(before, after, np.array(own), rows.names, bool(sure))


def _natural(rows: Rows, part: float) -> float:
    """The standard deviation of the share that came again, from day to day."""
    days = rows.times // DAY
    shares = [_pairs(rows.of(days == day), part)[0] for day in np.unique(days)]
    return float(np.std(shares, ddof=1)) if len(shares) > 2 else 0.0


def _part(rows: Rows, hours: Hours) -> float:
    """The part of all rows that the sample is."""
    total = int(hours.rows.sum())
    return min(len(rows) / total, 1.0) if total else 1.0


def _pairs(rows: Rows, part: float) -> tuple[float, float]:
    """The share of requests that came again, and the pairs of the sample that say so."""
    if len(rows) < 2:
        return 0.0, 0.0
    salt = np.random.default_rng(5).normal(size=rows.values.shape[1] + 2)
    values = np.nan_to_num(rows.values, nan=-7.25e5, posinf=-3.5e5)
    keys = np.column_stack([values, rows.scores, rows.callers]) @ salt
    order = np.lexsort((rows.times, keys))
    same = (np.diff(keys[order]) == 0) & (np.diff(rows.times[order]) <= _SOON)
    pairs = float(same.sum())
    # Of a request and its repetition a sample of this part holds both with this chance.
    again = pairs / max(len(rows) * part, 1e-9)
    # Of all rows; of the first requests it is more.
    return again / max(1 - again, 0.2), pairs
