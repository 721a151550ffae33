"""Two real servers, the second a copy of the first: the first dies, the second takes over."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from local.programs import binary
from tests.faults.conftest import MakeRig, Record
from tests.faults.rig import pause
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
        rig.server = standby
        standby.sql("postgres", "SELECT pg_promote()")
        rig.api.wait_for_state("normal")

    assert standby.sql("postgres", "SELECT pg_is_in_recovery()") == [(False,)]


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
