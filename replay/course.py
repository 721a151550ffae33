"""The course of a replay: step by step, outcomes before predictions, and a round at the end."""

import time
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from replay.batches import Batch, Outcomes, Predictions
from replay.delivery import Delivery
from replay.journal import BEGIN, OUTCOMES, PREDICTIONS, ROUND, Journal, Place
from replay.logged import Mark
from replay.progress import Progress
from replay.rounds import Rounds
from replay.rows import Outcome, Prediction, Rows

Row = TypeVar("Row", Prediction, Outcome)


class Clock(NamedTuple):
    """How the stream's time goes."""

    unit: int
    """Length of a step in microseconds."""
    until: int | None
    """Where it stops before its end; a whole number of steps, in microseconds since 1970."""
    speed: float | None
    """Seconds of the stream in one second; None: as fast as it can."""


class Course:
    """Goes through the steps that are not done; again from its journal, wherever it ended."""

    def __init__(
        self,
        rows: Rows,
        journal: Journal,
        delivery: Delivery,
        makers: tuple[Predictions, Outcomes],
        *,
        rounds: Rounds | None,
        progress: Progress,
    ) -> None:
        """`rounds`: None for a replay without the monitor."""
        self._rows = rows
        self._journal = journal
        self._delivery = delivery
        self._predictions, self._outcomes = makers
        self._rounds = rounds
        self._progress = progress
        self._place = journal.place
        # Of a run that ended in the middle, one request was perhaps under way: the first.
        self._in_doubt = journal.is_resumed

    def run(self, clock: Clock) -> bool:
        """Send the stream, or what is left of it; False where it stops before the end.

        Raises ReplayError.
        """
        steps = self._rows.steps()
        left = range(max(steps.start, self._place.step), steps.stop)
        if self._rounds is not None and self._place == BEGIN:
            # Before anything can be seen.
            self._rounds.do(steps.start * clock.unit)
        began = time.monotonic()
        for step in left:
            if clock.until is not None and step * clock.unit >= clock.until:
                return False
            if self._place >= Place(step, ROUND):
                continue
            if clock.speed:
                due = began + (step - left.start) * clock.unit / 1e6 / clock.speed
                time.sleep(max(0.0, due - time.monotonic()))
            self._do(step, (step + 1) * clock.unit)
        return True

    def _do(self, step: int, end: int) -> None:
        for reports in self._outcomes.batches(self._rows.outcomes(step)):
            if (place := _place_of(reports, step, OUTCOMES)) > self._place:
                self._delivery.report(reports)
                self._progress.outcomes += len(reports.rows)
                self._acknowledge(place)
        marks = list(self._predict(step))
        if self._rounds is not None:
            # A round that did not see them all would find what no other replay finds.
            for mark in filter(None, marks):
                self._delivery.logged.see(mark)
            self._rounds.do(end)
        self._acknowledge(Place(step, ROUND))
        self._progress.at(end)

    def _predict(self, step: int) -> Iterator[Mark | None]:
        """Send what is left of a step; by what each of its batches is found again."""
        for batch in self._predictions.batches(self._rows.predictions(step)):
            if (place := _place_of(batch, step, PREDICTIONS)) > self._place:
                self._delivery.predict(batch, in_doubt=self._in_doubt)
                self._progress.predictions += len(batch.rows)
                self._acknowledge(place)
                self._progress.at(batch.rows[-1].time)
            yield self._delivery.mark(batch)

    def _acknowledge(self, place: Place) -> None:
        self._journal.acknowledge(place)
        self._place, self._in_doubt = place, False


def _place_of(batch: Batch[Row], step: int, kind: int) -> Place:
    last = batch.rows[-1]
    return Place(step, kind, last.client, last.time, last.number)
