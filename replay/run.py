"""A run: from a file, a service and what an earlier run left to the end of the stream."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from contract.datasets import declared
from contract.declaration import Source
from contract.schema import DataSetSchema, SchemaError
from replay import rejects
from replay.batches import Limits, Outcomes, Predictions
from replay.clients import Clients
from replay.course import Clock, Course
from replay.delivery import Delivery
from replay.duration import Duration
from replay.errors import ReplayError
from replay.journal import Journal
from replay.preparation import Form, digest_of
from replay.progress import Progress
from replay.rounds import Rounds
from replay.rows import Rows
from replay.service import Service
from replay.state import discard, journal_in, kept, prepared

# Under the 1 MiB that a body may have by default.
_MOST_BYTES = 900_000
_MOST_REPORTS = 5_000

Say = Callable[[str], None]


class Wanted(NamedTuple):
    """What is to be done."""

    file: Path
    state: Path
    """Directory of the journal and the rows."""
    rejects: Path
    clock: Clock
    rounds: bool
    due: str | None
    """ISO 8601: how long after its event an outcome is due, where no column says when."""
    resume: bool
    strict: bool
    settle: float
    keys: dict[str, str]
    dataset: str


def run(wanted: Wanted, service: Service, say: Say) -> bool:
    """Replay the file; False where it stops before its end, as it was told.

    Raises ReplayError, or OSError.
    """
    try:
        with journal_in(wanted.state) as journal:
            if journal.is_done and wanted.resume:
                say(f"{wanted.file}: it was sent to its end; nothing is left")
                return True
            return _Run(wanted, service, journal, say).go()
    except sqlite3.Error as error:
        raise ReplayError(
            f"{wanted.state}: {error}: see that the disk has room, and go on with --resume"
        ) from error


class _Run:
    def __init__(self, wanted: Wanted, service: Service, journal: Journal, say: Say) -> None:
        self._wanted = wanted
        self._service = service
        self._journal = journal
        self._say = say
        self._schema = service.schema()
        self._progress = Progress(say)
        self._rounds = Rounds(say)

    def go(self) -> bool:
        wanted, journal = self._wanted, self._journal
        about = {
            "file (SHA-256)": digest_of(wanted.file),
            "declaration": self._schema.id,
            "step, in microseconds": wanted.clock.unit,
            "outcome due": wanted.due,
        }
        if journal.about is None or journal.is_done:
            rows, clients = self._begun(about)
        elif wanted.resume:
            rows, clients = kept(wanted.state, journal, about, wanted.keys)
        else:
            raise ReplayError(
                f"{wanted.state}: a replay was interrupted. --resume goes on with it; to begin anew"
                " in a fresh database say another --state, or remove the directory"
            )
        try:
            ended = self._course(rows, clients).run(wanted.clock)
        finally:
            rows.close()
            self._tell()
        if ended:
            journal.finish()
            discard(wanted.state)
        return ended

    def _begun(self, about: dict[str, Any]) -> tuple[Rows, Clients]:
        """Check the whole file, and that the log does not know it; then it is begun."""
        wanted, say = self._wanted, self._say
        clients = Clients(wanted.keys)
        form = Form(
            schema=self._schema,
            words=_words(wanted.dataset, self._schema),
            clients=clients,
            unit=wanted.clock.unit,
            due=None if wanted.due is None else Duration.read(wanted.due),
            digest=about["file (SHA-256)"],
        )
        rows, ignored = prepared(wanted.state, wanted.file, form, self._progress.read)
        if ignored:
            say(f"ignored columns: {', '.join(ignored)}")
        if not wanted.keys:
            say("REPLAY_KEYS is not set: all clients are one caller")
        instances, reports = self._service.most()
        limits = Limits(instances, min(reports, _MOST_REPORTS), _MOST_BYTES)
        self._delivery(rows, clients).logged.check_new(rows.first())
        self._journal.begin({**about, "limits": limits, "clients": clients.names})
        return rows, clients

    def _course(self, rows: Rows, clients: Clients) -> Course:
        limits = Limits(*(self._journal.about or {})["limits"])
        place = self._journal.place
        done = rows.sent_before(place)
        self._progress.resume(done, rows.count())
        return Course(
            rows,
            self._journal,
            self._delivery(rows, clients),
            (Predictions(self._schema, limits), Outcomes(limits)),
            rounds=self._rounds if self._wanted.rounds else None,
            progress=self._progress,
        )

    def _delivery(self, rows: Rows, clients: Clients) -> Delivery:
        wanted = self._wanted
        return Delivery(
            *(self._service, clients, self._journal, rows),
            settle=wanted.settle,
            strict=wanted.strict,
            say=self._say,
        )

    def _tell(self) -> None:
        """What came of it."""
        refused = self._journal.rejected_rows()
        where = ""
        if refused:
            rejects.write(self._wanted.rejects, self._journal.rejects())
            where = f"; {refused:,} rows were refused: see {self._wanted.rejects}"
        self._say(f"{self._progress.summary}{self._rounds.summary}{where}")


def _words(dataset: str, schema: DataSetSchema) -> Source:
    """How missing values, true and false are written: as the declaration of DATASET says.

    Where the service serves another one, as tables are written that say nothing of it.
    """
    try:
        declaration = declared(dataset)
    except SchemaError as error:
        raise ReplayError(f"DATASET: {error}") from error
    return declaration.source if declaration.schema.id == schema.id else Source()
