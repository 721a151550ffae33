"""What may happen to Postgres: the answers go on, and every row is there in the end."""

import signal
import time
from collections.abc import Iterator

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection  # noqa: N812 -- psycopg2 spells a class so

from tests.faults.conftest import MakeRig, Record
from tests.faults.processes import send, wait_until
from tests.faults.rig import API_PASSWORD, FULL, Rig, pause
from tests.faults.scenario import survived
from tests.faults.server import Server
from tests.faults.volume import filled, small_volume

# How long Postgres is away.
AWAY_SECONDS = 30 if FULL else 3


@pytest.fixture(autouse=True)
def restored(server: Server) -> Iterator[None]:
    """Whatever a test did to the server, the next one finds it running."""
    yield
    if not server.answers():
        server.kill()
        server.start()


@pytest.fixture
def small_server() -> Iterator[Server]:
    """A server on a small disk of its own."""
    with small_volume(megabytes=160) as volume:
        server = Server(volume / "postgres", min_wal_size="32MB", max_wal_size="48MB")
        server.start()
        yield server
        server.kill()


def test_killed_with_all_its_backends(rig: Rig, server: Server, record: Record) -> None:
    rig.api.start()

    with survived(rig, record, "Postgres killed (SIGKILL to all its processes)"):
        for _ in range(5 if FULL else 1):
            server.kill()
            pause(1.5)
            server.start()
            rig.api.wait_for_state("normal", "catching_up")


def test_stopped_for_a_while(rig: Rig, server: Server, record: Record) -> None:
    rig.api.start()

    with survived(rig, record, f"Postgres stopped for {AWAY_SECONDS} s"):
        server.stop()
        pause(AWAY_SECONDS)
        assert rig.api.log_state()["state"] == "postgres_away"
        server.start()
        rig.api.wait_for_state("normal")


def test_away_while_the_api_starts(rig: Rig, server: Server, record: Record) -> None:
    """The api is ready without Postgres, and logs what it answered meanwhile."""
    healthy = rig.api.start()
    rig.api.stop()
    server.stop()

    without = rig.api.start()
    with survived(rig, record, "Postgres away while the api starts", times_healthy=3):
        pause(1)
        server.start()
        rig.api.wait_for_state("normal")

    if FULL:  # a time: see scenario.py
        assert without < healthy + 1


def test_frozen(rig: Rig, server: Server, record: Record) -> None:
    """SIGSTOP: the kernel still acknowledges, nobody answers."""
    rig.api.settings["LOG_POSTGRES_TIMEOUT_SECONDS"] = "2"
    rig.api.start()

    with survived(rig, record, f"Postgres frozen for {AWAY_SECONDS} s (SIGSTOP)"):
        with server.frozen():
            pause(AWAY_SECONDS)
        rig.api.wait_for_state("normal")


def test_backends_terminated_again_and_again(rig: Rig, record: Record) -> None:
    rig.api.start()

    with survived(rig, record, "a backend terminated every 50 ms"):
        until = time.monotonic() + 3
        while time.monotonic() < until:
            _terminate(rig)
            pause(0.05)
        rig.api.wait_for_state("normal")


@pytest.mark.slow_faults
def test_a_backend_killed(rig: Rig, record: Record) -> None:
    """SIGKILL to one backend restarts the whole server."""
    rig.api.start()

    with survived(rig, record, "one backend killed (SIGKILL)"):
        query = "SELECT pid FROM pg_stat_activity WHERE application_name = 'prediction-log'"
        (backend,) = rig.sql(query)[0]
        send([backend], signal.SIGKILL)
        wait_until(rig.server.answers, seconds=20, what="the server has recovered")
        rig.api.wait_for_state("normal")


def test_a_lock_on_the_table(rig: Rig, record: Record) -> None:
    rig.api.start()

    with survived(rig, record, "ACCESS EXCLUSIVE lock held for 6 s"):
        connection = psycopg2.connect(rig.server.url(rig.database))
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE prediction_log IN ACCESS EXCLUSIVE MODE")
        # Longer than the log's lock_timeout.
        pause(6)
        connection.close()
        rig.api.wait_for_state("normal")


def test_no_connection_left(rig: Rig, server: Server, record: Record) -> None:
    rig.api.start()

    with survived(rig, record, "max_connections used up"):
        taken = _take_all_connections(rig)
        _terminate(rig, taken[0])
        pause(2.5)
        assert rig.api.log_state()["state"] == "postgres_away"
        for connection in taken:
            connection.close()
        rig.api.wait_for_state("normal")


def test_the_table_dropped_and_made_again(rig: Rig, record: Record) -> None:
    """What was committed before is gone with the table; every later row is there."""
    rig.api.start()
    rig.api.wait_for_state("normal")
    # With all else that the migrations made, so that they run again.
    rig.sql("DROP OWNED BY mlops_owner CASCADE")

    with survived(rig, record, "table dropped, made again by migrate"):
        pause(2)
        rig.migrate()
        rig.api.wait_for_state("normal")


@pytest.mark.parametrize(
    ("fault", "harm", "remedy"),
    [
        (
            "a column missing",
            "ALTER TABLE prediction_log RENAME COLUMN probability TO lost",
            "ALTER TABLE prediction_log RENAME COLUMN lost TO probability",
        ),
        pytest.param(
            "INSERT revoked",
            "REVOKE INSERT ON prediction_log FROM api",
            "GRANT INSERT ON prediction_log TO api",
            marks=pytest.mark.slow_faults,
        ),
        (
            "password changed",
            "ALTER ROLE api PASSWORD 'another'",
            f"ALTER ROLE api PASSWORD '{API_PASSWORD}'",
        ),
    ],
    ids=["column-missing", "insert-revoked", "password-changed"],
)
def test_rows_refused_for_a_while(
    rig: Rig, record: Record, fault: str, harm: str, remedy: str
) -> None:
    rig.api.start()

    with survived(rig, record, fault):
        rig.sql(harm.format(database=rig.database))
        _terminate(rig)
        pause(2.5)
        state = rig.api.log_state()
        rig.sql(remedy.format(database=rig.database))
        rig.api.wait_for_state("normal")

    assert state["state"] == "postgres_away"
    assert state["quarantined_rows"] == 0
    # It neither floods its log nor knocks on the door all the time.
    assert rig.api.log.read_text().count("takes no rows") <= 2


@pytest.mark.parametrize("sessions", ["kept", pytest.param("ended", marks=pytest.mark.slow_faults)])
def test_read_only_for_a_while(rig: Rig, record: Record, sessions: str) -> None:
    """The sessions that it has see it at their next row, new ones as soon as they begin."""
    rig.api.start()

    with survived(rig, record, f"Postgres read-only, its sessions {sessions}"):
        with rig.server.read_only():
            if sessions == "ended":
                _terminate(rig)
            rig.api.wait_for_state("postgres_away")
            pause(2)
            state = rig.api.log_state()
        rig.api.wait_for_state("normal")

    assert state["state"] == "postgres_away"
    assert "Postgres is read-only, as a standby is" in state["reason"]
    assert state["quarantined_rows"] == 0
    assert rig.api.log.read_text().count("takes no rows") <= 2


def test_a_row_refused_for_its_content_is_set_aside_alone(rig: Rig) -> None:
    """It is counted, reported and kept in quarantine; its neighbours are logged."""
    rig.api.start()
    rig.sql(
        "ALTER TABLE prediction_log ADD CONSTRAINT picky CHECK (client_reference NOT LIKE '%-77')"
    )

    with rig.load(rate=600) as load:
        pause(1.5)
    set_aside = rig.api.log_state()["quarantined_rows"]
    verdict = rig.verdict()

    poison = [item for item in load.exchanges if item.reference.endswith("-77")]
    assert verdict.missing == [name for item in poison for name in item.predictions]
    assert set_aside == verdict.pending == 1
    assert {item.status for item in load.exchanges} == {200}
    reasons = [path.read_text() for path in (rig.spool / "quarantine").glob("*.txt")]
    assert len(reasons) == 1
    assert "picky" in reasons[0]


def test_its_disk_full(make_rig: MakeRig, small_server: Server, record: Record) -> None:
    rig = make_rig(small_server)
    rig.api.start()

    with survived(rig, record, "disk of Postgres full"):
        with filled(small_server.directory.parent):
            rig.api.wait_for_state("postgres_away", seconds=30)
            pause(2)
        if not small_server.answers():
            # Without room for its own log it gives up, as its supervisor would notice.
            small_server.kill()
            small_server.start()
        rig.api.wait_for_state("normal", seconds=30)


def _terminate(rig: Rig, connection: Connection | None = None) -> None:
    """End the log's sessions; by `connection` where there may be no other left."""
    connection = connection or rig.server.connect(rig.database)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'prediction-log' AND datname = current_database()"
        )


def _take_all_connections(rig: Rig) -> list[Connection]:
    taken: list[Connection] = []
    try:
        while True:
            taken.append(rig.server.connect(rig.database))
    except psycopg2.OperationalError:
        return taken
