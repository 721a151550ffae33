"""Very many rows in the spool: the start does not wait for them, and they are soon in Postgres."""

import time

import pytest

from db.log import Context, RowFormat, Stamp
from db.log.form import Form
from db.log.spool import Batch, Spool
from tests.faults.conftest import Record
from tests.faults.processes import wait_until
from tests.faults.rig import FULL, Rig
from tests.faults.scenario import survived
from tests.gmsc import SCHEMA

_FRAME_ROWS = 200


@pytest.mark.parametrize("rows", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow_faults)])
@pytest.mark.timeout(300)
def test_rows_of_a_dead_process_are_drained_beside_live_ones(
    rig: Rig, record: Record, rows: int
) -> None:
    healthy = rig.api.start()
    rig.api.stop()
    _leave_behind(rig, rows)

    with_backlog = rig.api.start()
    began = time.monotonic()
    with survived(rig, record, f"{rows:,} rows wait in the spool", times_healthy=None):
        wait_until(
            lambda: len(list(rig.spool.glob("*-*"))) == 1,
            seconds=60,
            what="the rows of the dead process are in Postgres",
        )
        seconds = time.monotonic() - began

    (lag,) = rig.sql(
        "SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM"
        " logged_at - predicted_at)) FROM prediction_log WHERE client_reference IS NOT NULL"
    )[0]
    (there,) = rig.sql("SELECT count(*) FROM prediction_log WHERE client_reference IS NULL")[0]
    assert there == rows
    # Live rows come first: behind the others they would wait for as long as those take.
    assert lag < max(1, seconds / 2)
    if FULL:  # times: see scenario.py
        assert with_backlog < healthy + 1
        assert seconds < 60 * max(0.2, rows / 1_000_000)


def _leave_behind(rig: Rig, rows: int) -> None:
    """A spool directory whose process is gone."""
    row_format = RowFormat(SCHEMA)
    spool = Spool(rig.spool, Form(row_format.columns), max_bytes=2**40, segment_bytes=2**24)
    context = Context("a-request", "/predict", "a-model", SCHEMA.id, 0.5)
    values = list(SCHEMA.example.values())
    for _ in range(rows // _FRAME_ROWS):
        lines = [
            row_format.encode(context, Stamp.now(), values, 0.25, 0, duration_ms=1.0)
            for _ in range(_FRAME_ROWS)
        ]
        spool.append(Batch(b"".join(lines), _FRAME_ROWS, [], due=0.0))
    spool.sync()
    spool.close()
