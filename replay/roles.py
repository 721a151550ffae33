"""The columns of a stream that are no features: times, references, clients, outcomes."""

from collections.abc import Sequence

from contract.case import MAX_REFERENCE, is_reference
from contract.text import shown
from replay.clients import Clients
from replay.columns import Columns
from replay.duration import Duration
from replay.moments import microseconds, moment_of, number_of, text_of
from replay.stream import Block

_TIME = "must be a time of RFC 3339 with its offset, from 2000 to 2099, as 2026-03-01T09:30:00Z"
_REFERENCE = f"must be 1 to {MAX_REFERENCE} printable characters with no space at either end"
_OUTCOMES = {"0": "0", "1": "1", "0.0": "0", "1.0": "1"}
_SHOWN = 40


class Roles:
    """Reads them of one block after the other, and notes what is wrong."""

    def __init__(self, where: str, columns: Columns, clients: Clients, prefix: str) -> None:
        """`where` begins each complaint; `prefix` each reference that is made for want of one."""
        self._where = where
        self._columns = columns
        self._clients = clients
        self._prefix = prefix
        self.complaints: list[str] = []

    def complain(self, number: int, column: str, cell: str, reason: str) -> None:
        """Note what is wrong with a cell of the row with this number."""
        found = f"{shown(cell, _SHOWN)!r}" if cell else "nothing"
        self.complaints.append(f"{self._where} {number:,}, column {column}: {found}: {reason}")

    def times(self, block: Block, role: str) -> list[int | None]:
        """Of each row, None where nothing is said; event_time must be said."""
        cells = self._cells(block, role)
        found = [microseconds(cell) if cell else None for cell in cells]
        if None in found:
            for number, cell, time in zip(block.numbers, cells, found, strict=True):
                if time is None and (cell or role == "event_time"):
                    self.complain(number, role, cell, _TIME)
        return found

    def references(self, block: Block) -> list[str]:
        """Of each row; made where it has none, for by it a row is found again."""
        cells = self._cells(block, "reference")
        for number, cell in zip(block.numbers, cells, strict=True):
            if not is_reference(cell) or cell[:1] == " " or cell[-1:] == " ":
                self.complain(number, "reference", cell, _REFERENCE)
        if "" not in cells:
            return list(cells)
        return [
            cell or f"{self._prefix}-{number}"
            for number, cell in zip(block.numbers, cells, strict=True)
        ]

    def clients(self, block: Block) -> list[int | None]:
        """Place of each row's client."""
        cells = self._cells(block, "client")
        # In the order of the rows, and not of a set: the places must be those of another time.
        known = {name: self._clients.place(name) for name in dict.fromkeys(cells)}
        if None in known.values():
            for number, cell in zip(block.numbers, cells, strict=True):
                if known[cell] is None:
                    self.complain(number, "client", cell, "has no key in REPLAY_KEYS")
        return [known[cell] for cell in cells]

    def dues(
        self, block: Block, times: Sequence[int | None], after: Duration | None
    ) -> list[str | None]:
        """When each outcome is due, as RFC 3339 writes it; None: as the model's declaration says.

        `after`: so long after the event where the row does not say it.
        """
        said = self.times(block, "outcome_due")
        due: list[str | None] = []
        for number, own, time in zip(block.numbers, said, times, strict=True):
            moment = own
            if own is None and after is not None and time is not None:
                try:
                    moment = number_of(after.after(moment_of(time)))
                except (OverflowError, ValueError):
                    self.complain(number, "event_time", "", "its outcome is due beyond 2099")
            due.append(None if moment is None else text_of(moment))
        return due

    def outcomes(self, block: Block, observed: Sequence[int | None]) -> list[str]:
        """What is reported of each row that has an outcome_time."""
        cells = self._cells(block, "outcome")
        found = [_OUTCOMES.get(cell, "") for cell in cells]
        if "" in found and any(observed):
            reason = "must be 0 or 1 where there is an outcome_time"
            for number, cell, outcome, time in zip(
                block.numbers, cells, found, observed, strict=True
            ):
                if time is not None and not outcome:
                    self.complain(number, "outcome", cell, reason)
        return found

    def _cells(self, block: Block, role: str) -> Sequence[str]:
        place = self._columns.roles.get(role)
        return [""] * len(block.numbers) if place is None else block.columns[place]
