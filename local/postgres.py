"""A PostgreSQL 18 of our own, from a package: nothing to install, for root and for others."""

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from local import cluster
from local.account import Account, former_uids
from local.child import ends_with_us
from local.environment import of_server
from local.errors import LocalPostgresError, PortTaken
from local.leftover import end_leftover
from local.ownership import open_log, private_directory, read_plain
from local.port import taken
from local.programs import binary, discard, reachable

_START_SECONDS = 30
_STOP_SECONDS = 30


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

        `options` are settings, as "max_connections=20". Raises LocalError.
        """
        account = Account.of_server()
        private_directory(self.directory, former_uids())
        programs = reachable(account, self.directory)
        try:
            self._prepare(account, programs)
            self._launch(account, programs, options)
            self._await_ready()
        except BaseException:
            discard(self.directory)
            raise

    def admits(self, url: str, password: str) -> bool:
        """Whether the running server takes this password for an URL without one."""
        result = subprocess.run(
            [binary("psql"), url, "--no-psqlrc", "--command="],
            env=of_server() | {"PGPASSWORD": password, "PGCONNECT_TIMEOUT": "10"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return "password authentication failed" not in result.stderr

    def set_password(self) -> None:
        """Make the superuser's password what this object holds, while the server is stopped."""
        account = Account.of_server()
        programs = reachable(account, self.directory)
        cluster.set_password(self._data, account, programs, self._password)
        discard(self.directory)

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
        discard(self.directory)

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

    def _prepare(self, account: Account, programs: Path) -> None:
        """Have data that is the account's and that no server works on, and the port free."""
        if cluster.check(self._data, account):
            end_leftover(self._data)
            cluster.take(self._data, account)
        else:
            cluster.make(
                self._data, account, programs, password=self._password, durable=self._durable
            )
        if taken(self.port):
            raise PortTaken(
                f"PostgreSQL did not start: it could not listen on port {self.port}, for another"
                " process does"
            )

    def _launch(self, account: Account, programs: Path, options: tuple[str, ...]) -> None:
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
        log = open_log(self._log)
        try:
            self._process = subprocess.Popen(
                [programs / "postgres", "-D", cluster.seen_by(account, self._data), *arguments],
                cwd=self._data,
                env=of_server(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for us: the server is stopped last, after those who use it.
                start_new_session=True,
                preexec_fn=ends_with_us(signal.SIGINT),  # noqa: PLW1509 -- a call to the kernel
                **account.process,
            )
        finally:
            os.close(log)

    def _await_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self._process = None
                raise LocalPostgresError(f"PostgreSQL did not start: {self._last_words()}")
            # The last line of the file is the server's state (src/include/utils/pidfile.h).
            with suppress(IndexError, ValueError):
                lines = (read_plain(self._data / "postmaster.pid") or "").splitlines()
                if lines[7].strip() == "ready" and int(lines[0]) == self._process.pid:
                    return
            time.sleep(0.01)
        self.kill()
        raise LocalPostgresError(f"PostgreSQL did not start within {_START_SECONDS} s: {self._log}")

    def _last_words(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        complaints = [line for line in lines if "FATAL" in line or "could not" in line]
        return "; ".join((complaints or lines)[-2:]) + f" (see {self._log})"
