"""PgBouncer between the api and Postgres, by transaction."""

from contextlib import ExitStack

from tests.db.log.pooler import pgbouncer
from tests.faults.conftest import Record
from tests.faults.rig import API_PASSWORD, Rig, pause
from tests.faults.scenario import survived


def test_one_of_two_killed(rig: Rig, record: Record) -> None:
    """The URL names both; a replay goes through the second."""
    with pgbouncer(rig.server.port, password=API_PASSWORD) as second, ExitStack() as killed:
        first = killed.enter_context(pgbouncer(rig.server.port, password=API_PASSWORD))
        hosts = f"127.0.0.1:{first},127.0.0.1:{second}"
        rig.service(DATABASE_URL=f"postgresql://api@{hosts}/{rig.database}").start()
        rig.api.wait_for_state("normal")

        with survived(rig, record, "one of two PgBouncers killed", times_healthy=None):
            killed.close()
            pause(1)
            rig.api.wait_for_state("normal")
