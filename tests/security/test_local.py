"""What another user of the machine can do to `make local`, above all where root runs it."""

import os
import socket
import stat
import struct
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from local.account import Account
from local.errors import LocalError
from local.leftover import end_leftover
from local.postgres import LocalPostgres
from tests.conftest import PASSWORD, free_port
from tests.local.run import Run

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be tricked into more")
NOBODY = 65534
# Another user of the machine.
STRANGER: dict[str, Any] = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
SECRET = "of root alone\n"


@pytest.fixture
def victim(short_dir: Path) -> Path:
    """A file that only root may change."""
    path = short_dir / "victim"
    path.write_text(SECRET)
    path.chmod(0o600)
    return path


@pytest.fixture
def server(short_dir: Path) -> Iterator[LocalPostgres]:
    server = LocalPostgres(short_dir / "server", port=free_port(), password=PASSWORD, durable=False)
    yield server
    server.stop()


def as_earlier_release_left_it(server: LocalPostgres) -> Path:
    """All of it nobody's, as releases did that ran the server as `nobody`; its data."""
    server.start()
    server.stop()
    subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", server.directory], check=True)
    server.directory.chmod(0o755)
    return server.directory / "data"


def as_stranger(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd="/", capture_output=True, text=True, check=False, timeout=60, **STRANGER
    )


def readable(*places: str | Path) -> str:
    """What the stranger can read of these, or write into."""
    found = as_stranger(
        "find", "-L", *places, "(", "-readable", "-o", "-writable", ")", "-not", "-path", "*/task/*"
    )
    return found.stdout


@root_only
@pytest.mark.parametrize("hard", [False, True])
def test_a_link_in_place_of_the_log_leads_nowhere(
    server: LocalPostgres, victim: Path, *, hard: bool
) -> None:
    as_earlier_release_left_it(server)
    log = server.directory / "log"
    log.unlink()
    if hard:
        log.hardlink_to(victim)
    else:
        log.symlink_to(victim)

    server.start()

    assert victim.read_text() == SECRET
    assert stat.S_ISREG(log.lstat().st_mode)
    assert "ready to accept connections" in log.read_text()
    assert (log.stat().st_uid, stat.S_IMODE(log.stat().st_mode)) == (0, 0o600)


@root_only
def test_the_server_runs_as_an_account_of_its_own_and_all_else_is_roots(
    server: LocalPostgres,
) -> None:
    data = as_earlier_release_left_it(server)

    server.start()

    account = Account.of_server()
    assert account.uid not in {0, NOBODY}
    assert Path(f"/proc/{server.pid}").stat().st_uid == account.uid
    assert server.directory.stat().st_uid == 0
    assert stat.S_IMODE(server.directory.stat().st_mode) == 0o700
    owners = {path.lstat().st_uid for path in (data, *data.rglob("*"))}
    assert owners == {account.uid}
    # Neither by its name nor through the process that works in it.
    assert readable(data, f"/proc/{server.pid}/cwd/") == ""


@root_only
def test_what_is_roots_is_not_given_to_the_server(server: LocalPostgres, victim: Path) -> None:
    data = as_earlier_release_left_it(server)
    # As where the kernel does not protect hard links.
    (data / "base" / "laid").hardlink_to(victim)

    server.start()

    assert (victim.read_text(), victim.stat().st_uid) == (SECRET, 0)


@root_only
def test_links_in_the_data_are_not_followed(server: LocalPostgres, victim: Path) -> None:
    data = as_earlier_release_left_it(server)
    for link in (data / "pg_stat_tmp" / "link", data / "postmaster.pid"):
        link.symlink_to(victim)
        os.chown(link, NOBODY, NOBODY, follow_symlinks=False)

    server.start()

    assert (victim.read_text(), victim.stat().st_uid) == (SECRET, 0)


@root_only
def test_a_link_in_place_of_the_data_is_refused(server: LocalPostgres, short_dir: Path) -> None:
    data = as_earlier_release_left_it(server)
    elsewhere = short_dir / "elsewhere"
    data.rename(elsewhere)
    data.symlink_to(elsewhere)
    (elsewhere / "postmaster.pid").write_text("kept")

    with pytest.raises(LocalError, match="data is a link"):
        server.start()

    assert (elsewhere / "postmaster.pid").read_text() == "kept"


@root_only
@pytest.mark.parametrize("name", ["PG_VERSION", "postmaster.pid"])
def test_a_pipe_in_place_of_a_file_does_not_hold_root_up(server: LocalPostgres, name: str) -> None:
    data = as_earlier_release_left_it(server)
    (data / name).unlink(missing_ok=True)
    os.mkfifo(data / name)

    if name == "PG_VERSION":
        with pytest.raises(LocalError, match="PG_VERSION holds no version"):
            server.start()
    else:
        server.start()


@root_only
def test_a_noted_number_does_not_make_root_end_another_process(server: LocalPostgres) -> None:
    """Not even one that looks like a server on this data by its command."""
    data = as_earlier_release_left_it(server)
    command = ["postgres", "-c", "sleep 60 # -D " + str(data)]
    other = subprocess.Popen(command, executable="/bin/sh", cwd=data)
    (data / "postmaster.pid").write_text(f"{other.pid}\n{data}\n")

    try:
        end_leftover(data)
        server.start()

        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


@root_only
def test_root_does_not_act_in_another_users_directory(
    short_dir: Path, server: LocalPostgres
) -> None:
    server.directory.mkdir()
    os.chown(server.directory, 54321, 54321)

    with pytest.raises(LocalError, match="belongs to user 54321, and this runs as root"):
        server.start()

    assert list(server.directory.iterdir()) == []


@root_only
@pytest.mark.parametrize("command", [["run"], ["trainer", "list"], ["psql"], ["db-url"]])
@pytest.mark.parametrize("planted", ["a link", "a directory"])
def test_root_uses_nothing_that_another_user_laid_in_its_place(
    short_dir: Path, command: list[str], planted: str
) -> None:
    """As where a service is started in a directory that others may write."""
    run = Run(short_dir)
    elsewhere = short_dir / "elsewhere"
    elsewhere.mkdir(mode=0o755)
    place = short_dir / ".local"
    if planted == "a link":
        place.symlink_to(elsewhere)
    else:
        place.mkdir()
    os.chown(place, NOBODY, NOBODY, follow_symlinks=False)

    result = run.command(*command)

    assert result.returncode == 1
    assert str(place.name) in result.stderr
    assert "Traceback" not in result.stderr
    assert stat.S_IMODE(elsewhere.stat().st_mode) == 0o755
    assert list(place.iterdir()) == []


def test_nobody_else_reads_or_changes_what_the_local_service_keeps(
    short_dir: Path, sample_models: Path
) -> None:
    run = Run(short_dir, sample_models)
    own = short_dir / ".local"
    earlier = own / "spool" / "quarantine"
    earlier.mkdir(parents=True)
    (earlier / "row.seg").write_text("a row")
    run.output.touch(mode=0o600)
    try:
        run.start()
        run.predict()

        modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in (own, *own.rglob("*"))}
        open_to_others = [
            path for path, mode in modes.items() if mode & 0o077 and not path.is_symlink()
        ]
        assert open_to_others == []
        assert {"settings.json", "models", "spool", "postgres"} <= {p.name for p in own.iterdir()}
        if os.geteuid() == 0:
            assert readable(own) == ""
    finally:
        run.interrupt()


def test_no_password_is_in_the_list_of_processes(short_dir: Path, sample_models: Path) -> None:
    run = Run(short_dir, sample_models)
    run.start()
    try:
        password = run.command("db-url").stdout.split(":")[2].partition("@")[0]
        psql = subprocess.Popen(
            [sys.executable, "-m", "local", "psql"],
            cwd=short_dir,
            env=run.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert psql.stdin is not None
        assert psql.stdout is not None
        psql.stdin.write("SELECT current_user;\n")
        psql.stdin.flush()
        answer = [psql.stdout.readline() for _ in range(3)]
        commands = [_command(entry) for entry in Path("/proc").glob("[0-9]*")]
        psql.communicate()

        assert "analyst" in answer[2]
        assert any("psql" in command for command in commands)
        assert not any(password in command for command in commands)
    finally:
        run.interrupt()


def test_a_server_that_asks_for_a_password_in_clear_gets_none(short_dir: Path) -> None:
    """While the database is down anybody may listen on its port."""
    run = Run(short_dir)
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        (short_dir / ".local").mkdir()
        roles = dict.fromkeys(("postgres", "mlops_owner", "api", "analyst"), "geheim")
        port = str(listener.getsockname()[1])
        settings = short_dir / ".local" / "settings.json"
        settings.write_text(str(roles | {"port": port}).replace("'", '"'))
        thread = threading.Thread(target=_ask_in_clear, args=(listener, got), daemon=True)
        thread.start()

        psql = run.command("psql")
        with pytest.raises(psycopg2.OperationalError, match="authentication"):
            psycopg2.connect(run.command("db-url").stdout.strip())

    thread.join(10)
    assert psql.returncode != 0
    assert len(got) == 2
    assert not any(b"geheim" in answer for answer in got)


def _ask_in_clear(listener: socket.socket, got: list[bytes]) -> None:
    """The start of a session, by a server that wants the password as it is; what came for it."""
    for _ in range(2):
        connection, _address = listener.accept()
        with connection:
            connection.settimeout(10)
            while True:
                (length,) = struct.unpack("!I", connection.recv(4))
                message = connection.recv(length - 4)
                # Offers of TLS and of GSSAPI are refused; anything else begins the session.
                if message[:4] not in {struct.pack("!I", 80877103), struct.pack("!I", 80877104)}:
                    break
                connection.sendall(b"N")
            connection.sendall(b"R" + struct.pack("!II", 8, 3))
            got.append(connection.recv(1000))


def _command(process: Path) -> str:
    try:
        return (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""  # It has ended meanwhile.
