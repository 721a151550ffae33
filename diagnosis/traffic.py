"""Rows an hour by caller, of the last weeks; what is usual at an hour of the week."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diagnosis.hours import DAY, WEEK, Hours
from diagnosis.rows import KEYLESS
from diagnosis.tolerances import Tolerances
from diagnosis.trace import Look

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

MOST_CALLERS = 20
_KEPT_WEEKS = 8
_LEAST_WEEKS = 2
_EXPECTED_AT_LEAST = 5.0
_LEAST_ERROR = 0.03
_LEAST_A_DAY = 20.0
_FEW = 1.5
_LEAST_FREEDOM = 3
_UNKNOWN_SPREAD = 0.5
_MOST_SPANS = 50


@dataclass(eq=False)
class Traffic:
    """rows: (h, callers) of the hours since `first`; names: of the callers.

    odd: spans of hours of incidents that are over, which are not what is usual. alone: (h,), 1
    where no other version answered, 0 where one did: how many rows were left says nothing there.
    """

    first: int
    names: tuple[str, ...]
    rows: Counts
    odd: tuple[tuple[int, int], ...] = ()
    alone: Counts = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def __post_init__(self) -> None:
        # A state that was stored before this was known of counts all of its hours.
        unknown = np.ones(len(self.rows) - len(self.alone), dtype=np.int64)
        self.alone = np.append(unknown, self.alone)

    @classmethod
    def new(cls, hour: int) -> "Traffic":
        """Before the first hour."""
        return cls(hour, (), np.zeros((0, 0), dtype=np.int64))

    @property
    def end(self) -> int:
        """The hour after the last."""
        return self.first + len(self.rows)

    def add(self, names: tuple[str, ...], rows: Counts, *, alone: bool = True) -> None:
        """The next hour, (callers,); alone: whether no other version answered in it."""
        new = tuple(
            name for name, n in zip(names, rows, strict=True) if name not in self.names and n
        )
        if new:
            self.names += new
            self.rows = np.hstack([self.rows, np.zeros((len(self.rows), len(new)), np.int64)])
        found = dict(zip(names, rows.tolist(), strict=True))
        own = np.array([[found.get(name, 0) for name in self.names]], dtype=np.int64)
        self.rows = np.vstack([self.rows, own])
        self.alone = np.append(self.alone, int(alone))
        surplus = len(self.rows) - (_KEPT_WEEKS * WEEK + DAY)
        if surplus > 0:
            self.rows, self.first = self.rows[surplus:], self.first + surplus
            self.alone = self.alone[surplus:]

    def skip(self, first: int, end: int) -> None:
        """Leave the days of an incident that is over out of what is usual."""
        self.odd = (*self.odd, (first, end))[-_MOST_SPANS:]

    def is_odd(self, first: int, end: int) -> bool:
        """Whether some hours are in an incident that is over."""
        return any(low < end and first < high for low, high in self.odd)

    @property
    def _judged(self) -> NDArray[np.bool_]:
        """(24,): the hours of the last day that say something."""
        found: NDArray[np.bool_] = self.alone[-DAY:] > 0
        return found

    def _is_usual(self, day: int) -> bool:
        """Whether an earlier day can be compared with the last one, in its judged hours."""
        alone = self.alone[day - self.first : day - self.first + DAY] > 0
        return bool(alone[self._judged].all()) and not self.is_odd(day, day + DAY)

    def hours(self) -> Hours:
        """As counts without cells."""
        cells = np.zeros((*self.rows.shape, 0), dtype=np.int64)
        return Hours(self.first, self.names, self.rows, cells, self.alone > 0)

    def looks(
        self, tolerances: Tolerances, began: dict[str, int], since: dict[str, int]
    ) -> Iterator[tuple[str, Look]]:
        """At the end of a day: the volume and the callers' shares.

        began: from when on rows count; "" is the key of all, and a name may have its own. since: of
        each quantity that may have changed, from when on it is not what is usual.
        """
        day = self.end - DAY
        whole = self.rows.sum(axis=1)

        def place(name: str, first: int) -> tuple[int, int, int]:
            return day, max(first, began.get(name, -1)), since.get(name, day)

        yield from self._volume("rows", None, whole, tolerances, place("rows", began[""]))
        if len(self.names) < 2:
            return
        for at, caller in enumerate(self.names[:MOST_CALLERS]):
            own, said = self.rows[:, at], caller or KEYLESS
            first = max(self.first + int(np.argmax(own > 0)), began[""])
            name = f"rows, caller {said}"
            yield from self._volume(name, caller, own, tolerances, place(name, first))
            name = f"caller {said}"
            yield from self._share(name, caller, own, tolerances, place(name, began[""]))

    def _usual(self, rows: Counts, day: int, began: int, changed: int) -> Floats | None:
        """(weeks, judged hours): the same of earlier weeks that are whole, latest last."""

        def weeks(until: int) -> list[Counts]:
            return [
                rows[start - self.first : start - self.first + DAY][self._judged]
                for start in range(day - _KEPT_WEEKS * WEEK, day, WEEK)
                if max(self.first, began) <= start <= until - DAY and self._is_usual(start)
            ]

        found = weeks(changed)
        if len(found) < _LEAST_WEEKS:
            # What was before a change has been forgotten: the change is what is usual.
            found = weeks(day)
        return np.array(found, dtype=np.float64) if len(found) >= _LEAST_WEEKS else None

    def _volume(
        self,
        name: str,
        caller: str | None,
        rows: Counts,
        tolerances: Tolerances,
        place: tuple[int, int, int],
    ) -> Iterator[tuple[str, Look]]:
        day, began, changed = place
        usual = self._usual(rows, day, began, changed)
        if usual is None:
            return
        now, mean = rows[-DAY:][self._judged].astype(np.float64), usual[-4:].mean(axis=0)
        # An hour without any rows is a standstill, which is told elsewhere.
        judged = (now > 0) | (mean < _EXPECTED_AT_LEAST)
        n, expected = now[judged].sum(), mean[judged].sum()
        if expected < _LEAST_A_DAY or n == 0:
            return
        spread = self._spread(rows, day, min(changed, day), began)
        error = float(np.sqrt(_FEW * spread**2 + 1 / n + 1 / (expected * len(usual[-4:]))))
        tolerance = float(np.log1p(tolerances.volume))
        yield (
            "volume",
            Look(
                *(name, "rows", day, day + DAY, float(np.log(n / expected)), error, tolerance),
                baseline=(0.0, 0.0),
                learns=False,
                caller=caller,
                streams=1 + len(self.names),
                shown=float(expected / max(judged.sum(), 1)),
            ),
        )

    def _spread(self, rows: Counts, day: int, until: int, began: int) -> float:
        """How much days differ from the same days of other weeks, in logarithms.

        Mostly by the median, so that a day of a change does not hide the next one.
        """
        rest: list[float] = []
        freedom = 0
        for weekday in range(7):
            starts = range(day - weekday * DAY - 4 * WEEK, day, WEEK)
            same = [
                float(rows[s - self.first : s - self.first + DAY][self._judged].sum())
                for s in starts
                if max(self.first, began) <= s <= until - DAY and self._is_usual(s)
            ]
            logs = np.log([n for n in same if n > 0])
            if len(logs) > 1:
                freedom += len(logs) - 1
                rest += ((logs - logs.mean()) * np.sqrt(len(logs) / (len(logs) - 1))).tolist()
        if freedom < _LEAST_FREEDOM:
            return _UNKNOWN_SPREAD
        by_median = 1.48 * float(np.median(np.abs(rest)))
        return max(by_median, float(np.std(rest)) / 2, _LEAST_ERROR)

    def _share(
        self,
        name: str,
        caller: str,
        own: Counts,
        tolerances: Tolerances,
        place: tuple[int, int, int],
    ) -> Iterator[tuple[str, Look]]:
        """A caller's share of the rows against its share on the same day of earlier weeks."""
        day, began, changed = place
        mine = self._usual(own, day, began, changed)
        of = self._usual(self.rows.sum(axis=1), day, began, changed)
        n = float(self.rows[-DAY:][self._judged].sum())
        if mine is None or of is None or n == 0 or of.sum() == 0:
            return
        k, before = float(own[-DAY:][self._judged].sum()), float(mine.sum() / of.sum())
        chance = max(before * (1 - before), 1e-4)
        uneven, total, usually = self._usually(own, (day, began, min(changed, day)))
        known = chance * uneven / float(of.sum())
        # Each weekday has an error of its own: together they err less than one of them.
        of_all = float(np.sqrt(chance * uneven / max(total, float(of.sum()))))
        yield (
            "mix",
            Look(
                *(name, "share", day, day + DAY, usually + k / n - before),
                *(float(np.sqrt(_variance(k / n, n) * uneven + known)), tolerances.share),
                baseline=(usually, of_all),
                learns=False,
                caller=caller,
                streams=len(self.names),
            ),
        )

    def _usually(self, own: Counts, place: tuple[int, int, int]) -> tuple[float, float, float]:
        """Of a caller's share: the variance by weekday over chance, all rows, the mean."""
        day, began, changed = place
        squares = freedom = rows = all_mine = 0.0
        for before in range(day - 6 * DAY, day + DAY, DAY):
            mine = self._usual(own, before, began, changed)
            of = self._usual(self.rows.sum(axis=1), before, began, changed)
            if mine is None or of is None or not of.sum():
                continue
            k, n = mine.sum(axis=1), np.maximum(of.sum(axis=1), 1.0)
            share = k.sum() / n.sum()
            squares += float(np.sum((k - share * n) ** 2 / (n * max(share * (1 - share), 1e-4))))
            freedom, rows, all_mine = freedom + len(n) - 1, rows + n.sum(), all_mine + k.sum()
        uneven = squares / freedom if freedom else 1.0
        clear = freedom and uneven > 1 + 2 * np.sqrt(2 / freedom)
        return (uneven if clear else 1.0), float(rows), float(all_mine / max(rows, 1.0))


def _variance(share: float, rows: float) -> float:
    kept = (share * rows + 0.5) / (rows + 1)
    return kept * (1 - kept) / rows
