"""Sending batches, each exactly once whatever becomes of the answers.

A batch of predictions is logged as a whole or not at all, but the service knows no repetition:
where an answer was lost, the log is asked.
"""

from collections.abc import Callable, Iterable

from replay.batches import Batch, Outcomes, Predictions, Row
from replay.clients import Clients
from replay.errors import NotNow, ReplayError, RowsRefused
from replay.journal import Journal, Reject
from replay.logged import Logged, Mark
from replay.patience import Patience
from replay.rows import Outcome, Prediction, Rows
from replay.service import Service


class Delivery:
    """Hands batches to the service, and keeps what it refuses in the journal."""

    def __init__(
        self,
        service: Service,
        clients: Clients,
        journal: Journal,
        rows: Rows,
        *,
        settle: float,
        strict: bool,
        say: Callable[[str], None],
    ) -> None:
        """`settle`: as Logged has it; `strict`: whether the first row that is refused ends it."""
        self._service = service
        self._clients = clients
        self._journal = journal
        self._rows = rows
        self.logged = Logged(service, clients, settle, say)
        self._strict = strict
        self._say = say

    def report(self, batch: Batch[Outcome]) -> None:
        """Report outcomes: to do it again is harmless. Raises ReplayError."""
        patience = Patience(self._say)
        rest = self._left_of(batch, "outcome")
        while rest.rows:
            try:
                self._service.report(Outcomes.body(rest), self._clients.headers(batch.client))
            except RowsRefused as refusal:
                rest = self._without(rest, refusal, "outcome")
            except NotNow as error:
                patience.wait(error)
            else:
                return

    def predict(self, batch: Batch[Prediction], *, in_doubt: bool) -> None:
        """Have a batch scored and logged; `in_doubt`: it may have been sent before.

        Raises ReplayError.
        """
        patience = Patience(self._say)
        rest = self._left_of(batch, "prediction")
        while rest.rows:
            if in_doubt and self._is_logged(rest, patience):
                return
            in_doubt = False
            try:
                self._service.predict(Predictions.body(rest), self._clients.headers(batch.client))
            except RowsRefused as refusal:
                rest = self._without(rest, refusal, "prediction")
            except NotNow as error:
                in_doubt = error.sent
                patience.wait(error)
            else:
                return

    def mark(self, batch: Batch[Prediction]) -> Mark | None:
        """By what a batch that was answered is found; None where all of it was refused."""
        rest = self._left_of(batch, "prediction")
        return Mark.of(rest) if rest.rows else None

    def _is_logged(self, batch: Batch[Prediction], patience: Patience) -> bool:
        first = batch.rows[0]
        same = self._rows.same_before(first)
        before = sum(not self._journal.refused("prediction", each, each) for each in same)
        return self.logged.holds(first, before, patience)

    def _left_of(self, batch: Batch[Row], kind: str) -> Batch[Row]:
        """What of it was not refused before."""
        numbers = [row.number for row in batch.rows]
        refused = self._journal.refused(kind, min(numbers), max(numbers))
        return batch.without(refused) if refused else batch

    def _without(self, batch: Batch[Row], refusal: RowsRefused, kind: str) -> Batch[Row]:
        """What is left when the rows are kept as refused; raises ReplayError where it is strict."""
        rejects = list(_rejects(batch.rows, refusal, kind))
        self._journal.refuse(rejects)
        if self._strict:
            first = rejects[0]
            raise ReplayError(
                f"row {first.number:,}, {first.field}: {first.detail}; --strict ends at the first"
                " row that is refused"
            )
        return batch.without({reject.number for reject in rejects})


def _rejects(rows: Iterable[Row], refusal: RowsRefused, kind: str) -> Iterable[Reject]:
    numbers = [row.number for row in rows]
    for place, field, detail in refusal.errors:
        yield Reject(numbers[place], kind, field, detail)
