"""The embedded PostgreSQL survives what happens to a process on a developer's machine."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from local.account import Account
from local.errors import LocalPostgresError
from local.postgres import LocalPostgres
from local.programs import binary
from tests.conftest import PASSWORD, free_port

ROOT = Path(__file__).parents[2]


@pytest.fixture
def server(short_dir: Path) -> Iterator[LocalPostgres]:
    server = LocalPostgres(short_dir / "server", port=free_port(), password=PASSWORD)
    server.start()
    yield server
    server.stop()


def execute(server: LocalPostgres, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(server.admin_url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def store(server: LocalPostgres) -> None:
    execute(server, "CREATE TABLE kept (x int)")
    execute(server, "INSERT INTO kept VALUES (42)")


def stored(server: LocalPostgres) -> list[tuple[object, ...]]:
    return execute(server, "SELECT x FROM kept")


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").exists()


def test_rows_are_there_after_a_stop_and_a_start(server: LocalPostgres) -> None:
    store(server)

    server.stop()
    server.start()

    assert stored(server) == [(42,)]
    assert execute(server, "SHOW fsync") == [("on",)]


def test_rows_are_there_after_a_kill(server: LocalPostgres) -> None:
    store(server)

    server.kill()
    server.start()

    assert stored(server) == [(42,)]


def test_a_stop_leaves_no_process_and_no_port(server: LocalPostgres) -> None:
    pids = server.pids

    server.stop()

    assert len(pids) > 1
    assert not any(map(alive, pids))
    with socket.create_server(("127.0.0.1", server.port)):
        pass


def test_a_stop_does_not_wait_for_open_connections_or_a_frozen_server(
    server: LocalPostgres,
) -> None:
    connection = psycopg2.connect(server.admin_url)
    pid = server.pid
    server.signal(signal.SIGSTOP)

    server.stop()
    connection.close()

    assert not alive(pid)


def test_a_server_left_by_a_killed_run_is_taken_over(server: LocalPostgres) -> None:
    store(server)
    left = server.pid
    heir = LocalPostgres(server.directory, port=free_port(), password=PASSWORD)

    heir.start()

    assert stored(heir) == [(42,)]
    heir.stop()
    # The fixture's object was its parent: only that can bury it.
    assert server._process is not None
    assert server._process.wait(5) == 0
    assert not alive(left)


def test_the_number_of_a_dead_server_may_belong_to_somebody_else_by_now(
    server: LocalPostgres,
) -> None:
    """As after a restart of the machine, or in another container on the same directory."""
    store(server)
    file = server.directory / "data" / "postmaster.pid"
    left = file.read_text().splitlines()
    server.kill()
    # Of the server's own user, for Postgres takes nobody else's process for a server.
    stranger = subprocess.Popen(["sleep", "60"], **Account.of_server().process)
    file.write_text("\n".join([str(stranger.pid), *left[1:]]) + "\n")

    try:
        server.start()

        assert stored(server) == [(42,)]
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_the_password_is_asked_for_and_only_this_machine_is_served(server: LocalPostgres) -> None:
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(server.admin_url.replace(f":{PASSWORD}@", ":wrong@"))

    assert execute(server, "SHOW listen_addresses") == [("127.0.0.1",)]
    assert execute(server, "SHOW unix_socket_directories") == [("",)]


def test_a_taken_port_is_named(short_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = LocalPostgres(short_dir / "server", port=port, password=PASSWORD)

        with pytest.raises(LocalPostgresError, match=r"did not start.*could not"):
            server.start()


def test_data_of_another_major_version_is_refused_and_kept(short_dir: Path) -> None:
    data = short_dir / "server" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")
    server = LocalPostgres(short_dir / "server", port=free_port(), password=PASSWORD)

    with pytest.raises(LocalPostgresError, match="holds data of PostgreSQL 17, this is 18"):
        server.start()

    assert (data / "PG_VERSION").read_text() == "17\n"


def test_an_interrupted_first_start_is_made_anew(short_dir: Path) -> None:
    data = short_dir / "server" / "data"
    data.mkdir(parents=True)
    (data / "half").write_text("")
    server = LocalPostgres(short_dir / "server", port=free_port(), password=PASSWORD)

    server.start()

    assert not (data / "half").exists()
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the server as somebody else")
def test_as_root_it_does_not_run_as_root(server: LocalPostgres) -> None:
    assert Path(f"/proc/{server.pid}").stat().st_uid != 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to somebody else")
def test_as_root_no_directory_on_the_way_has_to_be_open(short_dir: Path) -> None:
    """As below /root, or in a checkout that was made under umask 077."""
    closed = short_dir / "closed"
    closed.mkdir(mode=0o700)
    server = LocalPostgres(closed / "server", port=free_port(), password=PASSWORD)

    server.start()

    store(server)
    assert stored(server) == [(42,)]
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to somebody else")
def test_as_root_its_programs_may_be_closed_to_others(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in an environment below /root, or made under umask 077; nothing of it is left behind."""
    installed = Path(binary("postgres")).parents[2]
    closed = short_dir / "closed"
    shutil.copytree(
        installed.parent,
        closed,
        symlinks=True,
        ignore=lambda directory, names: (
            [name for name in names if not name.startswith(installed.name)]
            if directory == str(installed.parent)
            else ["include"]
        ),
    )
    closed.chmod(0o700)
    for path in closed.rglob("*"):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o700)
    temporary = short_dir / "temporary"
    temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    monkeypatch.syspath_prepend(str(closed))
    server = LocalPostgres(short_dir / "server", port=free_port(), password=PASSWORD)

    server.start()
    store(server)
    server.kill()
    server.start()

    assert stored(server) == [(42,)]
    # The kill left a copy, which the next start found.
    assert len(list(temporary.iterdir())) == 1
    server.stop()
    assert list(temporary.iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to somebody else")
def test_as_root_a_directory_on_the_way_may_belong_to_a_user_without_a_name(
    short_dir: Path,
) -> None:
    """As a checkout does that is mounted into a container."""
    os.chown(short_dir, 54321, 54321)
    server = LocalPostgres(short_dir / "server", port=free_port(), password=PASSWORD)

    server.start()
    server.stop()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user runs all the other tests as one")
def test_an_ordinary_user_runs_it_as_oneself(short_dir: Path) -> None:
    os.chown(short_dir, 65534, 65534)
    script = (
        "import os, sys; from pathlib import Path; from local.postgres import LocalPostgres;"
        f" s = LocalPostgres(Path({str(short_dir / 'server')!r}), port={free_port()},"
        " password='x'); s.start();"
        " assert Path(f'/proc/{s.pid}').stat().st_uid == os.geteuid() != 0; s.stop()"
    )
    person: dict[str, Any] = {"user": 65534, "group": 65534, "extra_groups": []}
    command = [sys.executable, "-c", script]
    try:
        subprocess.run([sys.executable, "-c", ""], cwd=ROOT, check=True, **person)
    except (PermissionError, subprocess.CalledProcessError):
        pytest.skip(f"{sys.executable} is closed to ordinary users")

    result = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60, **person
    )

    assert result.returncode == 0, result.stderr
