"""The services of docker-compose.yml as processes of one machine."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import NoReturn

from local import environment
from local.child import ends_with_us
from local.companion import Companion
from local.errors import LocalError, PortTaken
from local.ownership import close_tree, private_directory
from local.port import free_port, taken
from local.postgres import LocalPostgres
from local.programs import binary
from local.settings import LocalSettings

# Nobody else may read what is made: rows, passwords, models that are unpickled.
_UMASK = 0o077
# The api of a run that was killed a moment ago may be storing its last rows.
_PORT_SECONDS = 3
_STOPPED = "the local database is stopped: make local, in another terminal"


class Stack:
    """Everything lies below `root`: database, models, spool, passwords."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._given = root
        self._shell = dict(os.environ)

    def check_place(self) -> None:
        """Check that what is there is ours, and close it to others; raises LocalError."""
        link = self._given
        if link.is_symlink() and link.lstat().st_uid != os.geteuid():
            raise LocalError(f"{link} is a link that somebody else made: look at it, and remove it")
        if self.root.exists():
            private_directory(self.root)

    def check_ports(self) -> None:
        """Check that the api and the monitor can listen; raises LocalError."""
        if self.port == self.monitor_port:
            raise LocalError(f"PORT and MONITOR_PORT are both {self.port}: set one of them anew")
        deadline = time.monotonic() + _PORT_SECONDS
        for name, port in (("PORT", self.port), ("MONITOR_PORT", self.monitor_port)):
            while error := taken(port):
                if time.monotonic() > deadline:
                    raise LocalError(
                        f"port {port} is taken ({error}): choose another, as in"
                        f" make local {name}={port % 65535 + 1}"
                    )
                time.sleep(0.1)

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """One local service at a time; raises LocalError."""
        private_directory(self.root)
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = "the local service runs already: stop it with Ctrl-C in its terminal"
                raise LocalError(message) from error
            self._close()
            yield

    @contextmanager
    def postgres(self) -> Iterator[LocalPostgres]:
        """The database, running; it is stopped afterwards."""
        _say("database: starting")
        server = self._start()
        try:
            yield server
        finally:
            _say("database: stopping")
            server.stop()

    def _start(self) -> LocalPostgres:
        settings = LocalSettings.read_or_make(self._settings)
        server = self._server(settings)
        try:
            server.start()
        except PortTaken:
            settings = replace(settings, port=free_port())
            settings.write(self._settings)
            _say(f"database: another process has its port; it is at {settings.port} now")
            server = self._server(settings)
            server.start()
        url = _url(settings.port, "postgres", "postgres")
        if not server.admits(url, settings.passwords["postgres"]):
            _say("database: it has other passwords than settings.json; setting these")
            server.stop()
            server.set_password()
            server.start()
        return server

    def _server(self, settings: LocalSettings) -> LocalPostgres:
        place, password = self.root / "postgres", settings.passwords["postgres"]
        return LocalPostgres(place, port=settings.port, password=password)

    def migrate(self) -> None:
        """Bring the database's schema up to date; raises LocalError."""
        passwords = LocalSettings.read(self._settings).passwords
        self._run(
            ["db", "migrate"],
            DATABASE_ADMIN_URL=self.url("postgres", database="postgres"),
            MLOPS_OWNER_PASSWORD=passwords["mlops_owner"],
            API_DB_PASSWORD=passwords["api"],
            ANALYST_DB_PASSWORD=passwords["analyst"],
            MONITOR_DB_PASSWORD=passwords["monitor"],
            RETRAINING_DB_PASSWORD=passwords["retraining"],
        )

    def first_model(self) -> None:
        """Train if there is no model yet; raises LocalError."""
        self._run(["trainer", "train", "--if-none"])

    def trainer(self, arguments: list[str]) -> int:
        """Run a command of the trainer; its exit code."""
        # What `fetch` gets is for others as well: containers read it as another user.
        umask = -1 if arguments[:1] == ["fetch"] else _UMASK
        return self._child(["trainer", *arguments], {}, umask=umask)

    def outcomes(self, arguments: list[str]) -> int:
        """Run a command of the outcomes; its exit code. Raises LocalError while it is stopped."""
        if not taken(LocalSettings.read(self._settings).port):
            raise LocalError(_STOPPED)
        settings = {
            "DATABASE_URL": self.url("api"),
            "ANALYST_DATABASE_URL": self.url("analyst"),
        }
        # Whoever asked reads what is written: the refused lines, and what is exported.
        return self._child(["outcomes", *arguments], settings, umask=-1)

    def monitor(self, arguments: list[str]) -> int:
        """Run a command of the monitor; its exit code. Raises LocalError while it is stopped."""
        if not taken(LocalSettings.read(self._settings).port):
            raise LocalError(_STOPPED)
        return self._child(["monitor", *arguments], self._of_monitor())

    def retraining(self, arguments: list[str]) -> int:
        """Run a command about retraining; its exit code. Raises LocalError while it is stopped."""
        if not taken(LocalSettings.read(self._settings).port):
            raise LocalError(_STOPPED)
        return self._child(["retraining", *arguments], {"DATABASE_URL": self.url("retraining")})

    def replay(self, arguments: list[str]) -> int:
        """Run a command of the replay; its exit code. Raises LocalError while it is stopped."""
        if arguments[:1] == ["prepare"]:
            # It makes what is trained on at the first start.
            return self._child(["replay", *arguments], {}, umask=-1)
        if not taken(LocalSettings.read(self._settings).port):
            raise LocalError(_STOPPED)
        settings = self._of_monitor() | {"API_URL": f"http://127.0.0.1:{self.port}"}
        # Whoever asked reads what is written beside the stream.
        return self._child(["replay", *arguments], settings, umask=-1)

    @property
    def port(self) -> int:
        """Port of the api; raises LocalError."""
        return self._port("PORT", "8000")

    @property
    def monitor_port(self) -> int:
        """Port of the monitor's page; raises LocalError."""
        return self._port("MONITOR_PORT", "8001")

    def serve(self) -> int:
        """Run the api until it ends or is interrupted, and the monitor beside it.

        The api's exit code. It does not notice what becomes of the monitor.
        """
        settings = {"DATABASE_URL": self.url("api"), "PORT": str(self.port)}
        _say(f"monitor: its page will be at http://127.0.0.1:{self.monitor_port}/")
        with Companion(self._start_monitor, _say_monitor_ended):
            # Ctrl-C reaches the whole terminal: here it is passed on once, not received twice.
            return self._child(["api"], settings, start_new_session=True)

    def psql(self) -> NoReturn:
        """Become psql, as analyst, for Ctrl-C is its own; raises LocalError while it is stopped."""
        settings = LocalSettings.read(self._settings)
        if not taken(settings.port):
            raise LocalError(_STOPPED)
        program = binary("psql")
        # The password is not in the command, which every user of the machine can read.
        own = environment.of_psql(self._shell, settings.passwords["analyst"])
        os.execve(program, [program, _url(settings.port, "analyst", "mlops")], own)  # noqa: S606

    def url(self, role: str, database: str = "mlops") -> str:
        """Connection URL of a role; raises LocalError before the first `make local`."""
        settings = LocalSettings.read(self._settings)
        if role not in settings.passwords:
            raise LocalError(f"the local database has no role {role} yet: make local, anew")
        return _url(settings.port, f"{role}:{settings.passwords[role]}", database)

    def _run(self, module: list[str], **settings: str) -> None:
        if code := self._child(module, settings):
            raise LocalError(f"python -m {' '.join(module)} failed with exit code {code}")

    def _child(
        self,
        module: list[str],
        settings: dict[str, str],
        *,
        umask: int = _UMASK,
        start_new_session: bool = False,
    ) -> int:
        """Run a module of ours until it ends; its exit code. An interrupt stops it first."""
        process = self._started(module, settings, umask, start_new_session=start_new_session)
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise

    def _started(
        self, module: list[str], settings: dict[str, str], umask: int, *, start_new_session: bool
    ) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", *module],
            env=self._environment(**settings),
            umask=umask,
            start_new_session=start_new_session,
            preexec_fn=ends_with_us(signal.SIGTERM),  # noqa: PLW1509 -- a call to the kernel
        )

    def _start_monitor(self) -> subprocess.Popen[bytes]:
        module = ["monitor", "serve"]
        return self._started(module, self._of_monitor(), _UMASK, start_new_session=True)

    def _of_monitor(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url("monitor"), "MONITOR_PORT": str(self.monitor_port)}

    def _port(self, name: str, default: str) -> int:
        text = self._chosen.get(name) or default
        if not text.isdecimal() or not 0 < int(text) < 2**16:
            raise LocalError(f"{name} is no port: a number from 1 to 65535")
        return int(text)

    def _environment(self, **more: str) -> dict[str, str]:
        places = {"MODELS_DIR": str(self.root / "models"), "SPOOL_DIR": str(self.root / "spool")}
        own = environment.of_python(self._shell, self.root)
        return own | self._chosen | places | more

    @cached_property
    def _chosen(self) -> dict[str, str]:
        """Read once: what is changed while it runs takes effect at the next start."""
        return environment.settings(self._shell, self._given.parent)

    @property
    def _settings(self) -> Path:
        return self.root / "settings.json"

    def _close(self) -> None:
        """Close to others what earlier releases left open."""
        for name in ("lock", "settings.json", "models", "spool"):
            close_tree(self.root / name)


def _url(port: int, who: str, database: str) -> str:
    # While the server is down anyone may listen on its port, and ask for a password in clear.
    return f"postgresql://{who}@127.0.0.1:{port}/{database}?require_auth=scram-sha-256"


def _say_monitor_ended(code: int) -> None:
    _say(f"monitor: ended with exit code {code}; the api goes on, and it is started again soon")


def _say(text: str) -> None:
    # A closed terminal must not keep anything from being stopped.
    with suppress(OSError):
        sys.stderr.write(f"{text}\n")
