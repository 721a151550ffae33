"""A stream that goes through the stack by one command, and goes on after it was stopped."""

from pathlib import Path

import pytest

from tests.compose.conftest import Compose
from tests.replay import made

pytestmark = [pytest.mark.compose, pytest.mark.timeout(1800)]


def test_a_stream_is_replayed_and_counted(compose: Compose, tmp_path: Path) -> None:
    stream = made.write(tmp_path / "stream.csv", made.rows(30, days=2))
    stream.chmod(0o644)
    mount = ("--volume", f"{stream}:/streams/stream.csv:ro")
    command = ("run", "--rm", "-T", *mount, "replay", "run", "/streams/stream.csv")

    try:
        half = compose.run(*command, "--outcome-due", "P1D", "--until", "2026-01-06")
        rest = compose.run(*command, "--outcome-due", "P1D", "--resume")

        assert "--resume goes on" in half.stderr
        assert "30 of 30 rows" in rest.stderr
        ((logged, counted),) = compose.sql(
            "SELECT (SELECT count(*) FROM prediction_log WHERE event_time IS NOT NULL),"
            " (SELECT sum(predictions) FROM monitoring.predictions_per_hour WHERE hour < now())"
        )
        assert logged == "30"
        assert int(counted) >= 30
    finally:
        # Other tests of this stack look at now.
        compose.run("run", "--rm", "-T", "monitor", "clock", "release", check=False)
