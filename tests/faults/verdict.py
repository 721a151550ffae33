"""Whether the promise was kept: every answered prediction in the log, once, bit for bit."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.log.directory import others
from db.log.segment import Frame, frames
from tests.faults.load import UNKNOWN, Exchange


@dataclass(frozen=True, slots=True)
class Verdict:
    """Each list names ids or references; a kept promise has all of them empty."""

    answered: int
    logged: int
    unanswered: int
    """Logged, but their request got a 503 or no answer: allowed."""
    missing: list[str]
    twice: list[str]
    altered: list[str]
    unexplained: list[str]
    """Logged, though their request was refused otherwise or answered with another id."""
    pending: int

    @property
    def kept(self) -> bool:
        """Whether the promise was kept, and nothing is still to come."""
        broken = self.missing or self.twice or self.altered or self.unexplained
        return not broken and self.pending == 0

    def __str__(self) -> str:
        lists = (self.missing, self.twice, self.altered, self.unexplained)
        names = ("missing", "twice", "altered", "unexplained")
        counts = ", ".join(f"{len(found)} {name}" for name, found in zip(names, lists, strict=True))
        return f"{self.answered} answered, {self.logged} logged: {counts}, {self.pending} pending"


def judge(
    exchanges: list[Exchange], logged: list[tuple[str, str | None, float]], *, pending: int
) -> Verdict:
    """Compare what was answered with what is logged: id, reference and probability of each row."""
    requests = {exchange.reference: exchange for exchange in exchanges}
    answered = {
        prediction_id: probability
        for exchange in exchanges
        for prediction_id, probability in exchange.predictions.items()
    }
    ids = Counter(row[0] for row in logged)
    references = Counter(row[1] for row in logged)
    altered, unexplained, unanswered = [], [], 0
    for prediction_id, reference, probability in logged:
        request = requests.get(reference or "")
        if request is None or request.status not in {200, UNKNOWN, 503}:
            unexplained.append(prediction_id)
        elif request.status != 200:
            unanswered += 1
        elif prediction_id not in request.predictions:
            unexplained.append(prediction_id)
        elif probability.hex() != answered[prediction_id].hex():
            altered.append(prediction_id)
    return Verdict(
        answered=len(answered),
        logged=len(logged),
        unanswered=unanswered,
        missing=[item for item in answered if item not in ids],
        twice=[
            *(item for item, count in ids.items() if count > 1),
            # A request without an answer is logged at most once too.
            *(item for item in requests if references[item] > requests[item].rows),
        ],
        altered=altered,
        unexplained=unexplained,
        pending=pending,
    )


def logged_rows(connection: Any, run_id: str) -> list[tuple[str, str | None, float]]:
    """What the log holds of a run of the load client."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT prediction_id::text, client_reference, probability FROM prediction_log"
            " WHERE client_reference LIKE %s",
            (f"{run_id}-%",),
        )
        rows: list[tuple[str, str | None, float]] = cursor.fetchall()
        return rows


def abandoned_rows(spool: Path) -> int:
    """Rows in the spool's directories, quarantine included, whoever they belong to."""
    count = 0
    quarantine = spool / "quarantine"
    for directory in [*others(spool, None), quarantine]:
        for segment in sorted(directory.glob("*.seg")):
            items = frames(segment.read_bytes())
            count += sum(item.rows for item in items if isinstance(item, Frame))
    return count
