"""No line of the log and no reason in quarantine quotes what a caller sent."""

import logging
from pathlib import Path

import pytest

from tests.conftest import Database
from tests.security.spool import FORMAT, columns, leave, line, segment, with_log

SENT = "jane.doe@example.org"
ROW = line()[1]
CELLS = ROW.split(b"\t")

BAD: dict[str, bytes] = {
    "a key": segment(columns(*FORMAT.columns), (ROW.replace(CELLS[0], SENT.encode()), 1)),
    "a time": segment(columns(*FORMAT.columns), (ROW.replace(CELLS[1], SENT.encode()), 1)),
    "a number": segment(
        columns(*FORMAT.columns), (ROW.replace(b"\t45\t", b"\t%s\t" % SENT.encode()), 1)
    ),
    "a check": segment(columns(*FORMAT.columns), (ROW.replace(b"request", SENT.encode() * 20), 1)),
    "a byte": segment(
        columns(*FORMAT.columns), (ROW.replace(b"request", SENT.encode() + b"\xff"), 1)
    ),
    "a form": segment(b'{"columns": "%s' % SENT.encode(), (ROW, 1)),
    "a field": segment(columns(*FORMAT.columns), (ROW[:-1] + b"\t%s\n" % SENT.encode(), 1)),
}


@pytest.mark.parametrize("name", BAD)
def test_a_refused_row_is_described_without_its_values(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    leave(tmp_path, BAD[name])
    quarantine = tmp_path / "quarantine"

    with caplog.at_level(logging.DEBUG):
        with_log(database, tmp_path, lambda _: any(quarantine.glob("*.seg")))

    (reason,) = [path.read_text() for path in quarantine.glob("*.txt")]
    for text in [reason, *(item.getMessage() for item in caplog.records)]:
        assert "jane" not in text
    (kept,) = [path.read_bytes() for path in quarantine.glob("*.seg")]
    assert SENT.encode() in kept


def test_the_reason_names_the_column(database: Database, tmp_path: Path) -> None:
    leave(tmp_path, BAD["a number"])

    with_log(database, tmp_path, lambda log: log.counters.quarantined == 1)

    (reason,) = [path.read_text() for path in (tmp_path / "quarantine").glob("*.txt")]
    assert reason == "22P02 invalid_text_representation, column age\n"
