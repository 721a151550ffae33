"""Single cases with known truth, and the counts that a round would make of them."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from db.rollup import bins
from db.rollup.outcomes import STATES
from monitor.judging.counts import AGE_BINS, SCORE_BINS, Counts, utc

DAY = np.timedelta64(86_400, "s")


def moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, eq=False)
class Cases:
    """n cases; `observed` NaT: nobody ever says; `due` NaT: no time is declared."""

    made: NDArray[np.datetime64]
    due: NDArray[np.datetime64]
    score: NDArray[np.float64]
    bad: NDArray[np.bool_]
    observed: NDArray[np.datetime64]
    caller: NDArray[np.object_]

    def counted(self, as_of: datetime, hours: int = 24) -> Counts:
        """Rows as outcome_day, or outcome_hour, has them as of a time."""
        made = self.made <= utc(as_of)
        kept = Cases(*(getattr(self, name)[made] for name in self.__dataclass_fields__))
        unit = "D" if hours == 24 else "h"
        start = kept.made.astype(f"datetime64[{unit}]").astype("datetime64[h]")
        due_on = kept.due.astype("datetime64[D]")
        names, caller = np.unique(kept.caller.astype(str), return_inverse=True)
        key = np.stack([start.astype(np.int64), due_on.astype(np.int64), caller], axis=1)
        _, first, row = np.unique(key, axis=0, return_index=True, return_inverse=True)
        keys = zip(
            start[first],
            [None if np.isnat(day) else day for day in due_on[first]],
            ["m1"] * len(first),
            names[caller][first].tolist(),
            strict=True,
        )
        return Counts.of(hours, keys, *kept._arrays(row.ravel(), len(first), as_of))

    def _arrays(self, row: NDArray[np.intp], rows: int, as_of: datetime) -> list[object]:
        known = self.observed <= utc(as_of)
        state = np.where(known, np.where(self.bad, STATES.index("bad"), STATES.index("good")), 0)
        age = (self.observed - self.made) / DAY
        score_bin = np.searchsorted(bins.SCORES, self.score, side="right")
        age_bin = np.searchsorted(bins.AGES, np.where(known, age, 0), side="right")
        good, bad = known & ~self.bad, known & self.bad
        sums = ((good | True, 1), (good, 1), (good, 2), (bad, 1), (bad, 2))

        def grid(where: NDArray[np.bool_], place: NDArray[np.intp], size: int) -> object:
            flat = np.bincount((row * size + place)[where], minlength=rows * size)
            return flat.reshape(rows, size)

        return [
            grid(good | True, state, len(STATES)),
            np.stack(
                [
                    np.bincount(row, self.score**power * where, minlength=rows)
                    for where, power in sums
                ],
                axis=1,
            ),
            grid(good, score_bin, SCORE_BINS),
            grid(bad, score_bin, SCORE_BINS),
            grid(good, age_bin, AGE_BINS),
            grid(bad, age_bin, AGE_BINS),
        ]


def simulated(seed: int, per_day: int = 40, days: int = 28) -> Cases:
    """Cases from 5 January 2026 on, due after 30 days; one in five goes bad, as the score says.

    Bad news comes evenly over the first 20 days, good news over the last 20 of the 30.
    """
    random = np.random.default_rng(seed)
    n = per_day * days
    seconds = random.integers(0, 86_400 * days, n)
    made = np.datetime64("2026-01-05", "s") + seconds.astype("timedelta64[s]")
    score = random.beta(1, 4, n)
    bad = random.random(n) < score
    delay = np.where(bad, random.uniform(0, 20, n), random.uniform(10, 30, n)) * 86_400
    return Cases(
        made,
        made + 30 * DAY,
        score,
        bad,
        made + delay.astype("timedelta64[s]"),
        random.choice(np.array(["branch", "mobile"], dtype=object), n),
    )
