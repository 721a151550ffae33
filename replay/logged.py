"""What the log holds of a stream, asked row by row.

A row is found by its reference and the time of its event, as soon as it is in Postgres. That it
will not come any more is certain only when all that is on its way is younger, and the spool of a
dead process would have been found.
"""

import time
from collections.abc import Callable
from typing import NamedTuple

from replay.batches import Batch
from replay.clients import Clients
from replay.errors import NotNow, ReplayError
from replay.moments import text_of
from replay.patience import Patience
from replay.rows import Prediction
from replay.service import Service

SETTLE_SECONDS = 5.0
"""After how long a batch is held for lost; a dead process' spool is looked for every three."""
_PAUSE_SECONDS = 0.2


class Mark(NamedTuple):
    """The last row of a batch, and how many of its rows have the same case and time."""

    row: Prediction
    times: int

    @classmethod
    def of(cls, batch: Batch[Prediction]) -> "Mark":
        """By what the batch is found."""
        last = batch.rows[-1]
        own = (last.reference, last.time)
        return cls(last, sum((row.reference, row.time) == own for row in batch.rows))


class Logged:
    """Asks the service what its log holds."""

    def __init__(
        self, service: Service, clients: Clients, settle: float, say: Callable[[str], None]
    ) -> None:
        """`settle`: after how many seconds a batch that is not there is held for lost."""
        self._service = service
        self._clients = clients
        self._settle = settle
        self._say = say

    def see(self, mark: Mark) -> None:
        """Wait until a batch that was answered can be read in the log; raises ReplayError.

        What was answered out of the spool comes there in the order in which it was sent.
        """
        row = mark.row
        away = NotNow(
            f"row {row.number:,} was acknowledged and is not in the log: is this another database"
            " than at the beginning, or is Postgres away?",
            sent=False,
            seconds=_PAUSE_SECONDS,
        )
        patience = Patience(self._say)
        while (found := self._count(row, patience)) is None or found < mark.times:
            patience.wait(away)

    def check_new(self, first: Prediction) -> None:
        """Check by its first row that the log does not hold the stream; raises ReplayError."""
        patience = Patience(self._say)
        while (found := self._count(first, patience)) is None:
            continue
        if found:
            raise ReplayError(
                f"the log has reference {first.reference} of {text_of(first.time)} already: the"
                " stream was replayed into this database before. Take a fresh database, or the"
                " directory with the journal of that run (--state) and --resume"
            )

    def holds(self, first: Prediction, before: int, patience: Patience) -> bool:
        """Whether a batch that begins with this row is in the log.

        `before`: how many rows of its case and time were sent before it. Raises ReplayError.
        """
        began = time.monotonic()
        while True:
            oldest = self._oldest(patience)
            found = self._count(first, patience)
            if found is not None and found > before:
                return True
            if found is None or oldest is None:
                began = time.monotonic()
            # Half of the time is left to a request that was not yet a row when it was asked first.
            elif time.monotonic() - began >= max(self._settle, oldest + self._settle / 2):
                return False
            time.sleep(_PAUSE_SECONDS)

    def _count(self, row: Prediction, patience: Patience) -> int | None:
        """How many rows of this case and time are in the log; None where it cannot be told."""
        try:
            known = self._service.known(row.reference, self._clients.headers(row.client))
        except NotNow as error:
            patience.wait(error)
            return None
        return known.count(row.time)

    def _oldest(self, patience: Patience) -> float | None:
        try:
            return self._service.oldest_seconds()
        except NotNow as error:
            patience.wait(error)
            return None
