"""Two real servers, the second a copy of the first: the first dies, the second takes over."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from db.log.errors import PostgresAway
from local.programs import binary
from monitor import round as rounds
from monitor.database import Database
from tests.faults.conftest import MakeRig, Record
from tests.faults.rig import Rig, pause
from tests.faults.rounds import references
from tests.faults.scenario import survived
from tests.faults.server import Server


@pytest.fixture
def pair() -> Iterator[tuple[Server, Server]]:
    """A primary that commits when its standby has it too, and that standby, not started yet."""
    with TemporaryDirectory(prefix="faults-") as root:
        Path(root).chmod(0o755)
        primary = Server(Path(root) / "primary")
        primary.start()
        standby = primary.twin(Path(root) / "standby")
        try:
            yield primary, standby
        finally:
            standby.kill()
            primary.kill()


@pytest.mark.timeout(120)
def test_failover(pair: tuple[Server, Server], make_rig: MakeRig, record: Record) -> None:
    """The URL names both, the standby first: it takes no rows before it is promoted."""
    primary, standby = pair
    rig = make_rig(primary)
    _copy(primary, standby)
    standby.start()
    primary.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'")
    primary.sql("postgres", "SELECT pg_reload_conf()")
    hosts = f"127.0.0.1:{standby.port},127.0.0.1:{primary.port}"
    rig.service(DATABASE_URL=f"postgresql://api@{hosts}/{rig.database}").start()
    rig.api.wait_for_state("normal")

    with survived(rig, record, "primary killed, standby promoted", times_healthy=None):
        primary.kill()
        rig.api.wait_for_state("postgres_away")
        pause(1)
        assert "session is read-only" in rig.api.log_state()["reason"]
        rig.server = standby
        _assert_that_the_counts_can_be_read(rig)
        standby.sql("postgres", "SELECT pg_promote()")
        rig.api.wait_for_state("normal")

    assert standby.sql("postgres", "SELECT pg_is_in_recovery()") == [(False,)]


def _assert_that_the_counts_can_be_read(rig: Rig) -> None:
    """By the monitor, of a server that takes nothing; and that it says so where it would write."""
    database = Database(rig.monitor_url, lambda: None)
    with database.snapshot() as connection:
        assert len(connection.rows("SELECT as_of FROM rollup_state")) == 1
    with pytest.raises(PostgresAway, match="Postgres is read-only, as a standby is"):
        rounds.run(database, references())
    database.close()


def _copy(primary: Server, standby: Server) -> None:
    """A base backup that follows the primary, owned by whom the server runs as."""
    standby.directory.mkdir()
    data = standby.directory / "data"
    subprocess.run(
        [
            *(binary("pg_basebackup"), "--pgdata", str(data), "--write-recovery-conf"),
            *("--checkpoint=fast", "--dbname", primary.url("postgres")),
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )
    owner = (primary.directory / "data").stat()
    for path in [standby.directory, data, *data.rglob("*")]:
        os.chown(path, owner.st_uid, owner.st_gid)
