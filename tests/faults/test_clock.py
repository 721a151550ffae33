"""What may happen to the clock: rows carry the time that it showed, and none is lost."""

from pathlib import Path

from tests.faults.conftest import Record
from tests.faults.rig import Rig, pause
from tests.faults.scenario import survived

HOUR = 3600
DAY = 24 * HOUR


def test_the_clock_jumps(rig: Rig, record: Record, tmp_path: Path) -> None:
    """Back, forward, and into months that have no partition yet, also while Postgres is away."""
    clock = tmp_path / "clock"
    clock.write_text("0")
    rig.service(faults={"clock": str(clock)}).start()
    before = _partitions(rig)

    with survived(rig, record, "clock: -1 h, +1 h, +3 d, +200 d, -200 d", times_healthy=None):
        for shift in (-HOUR, HOUR, 3 * DAY, 200 * DAY, -200 * DAY):
            _set(clock, shift)
            pause(1)
            rig.network("cut")
            pause(0.5)
            rig.network("pass")
        _set(clock, 0)

    assert _partitions(rig) >= before + 2


def _set(clock: Path, shift: int) -> None:
    staged = clock.with_suffix(".staged")
    staged.write_text(str(shift))
    staged.replace(clock)


def _partitions(rig: Rig) -> int:
    (count,) = rig.sql(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'prediction_log'::regclass"
    )[0]
    return int(count)
