"""The services of docker-compose.yml as processes of one machine."""

import fcntl
import json
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.postgres import LocalPostgres

_ROLES = ("postgres", "mlops_owner", "api", "analyst")


class LocalError(Exception):
    """The local service cannot be started."""


class Stack:
    """Everything lies below `root`: database, models, spool, passwords."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()

    @contextmanager
    def exclusively(self) -> Iterator[None]:
        """One local service at a time; raises LocalError."""
        self.root.mkdir(exist_ok=True)
        with (self.root / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                message = "the local service runs already: stop it with Ctrl-C in its terminal"
                raise LocalError(message) from error
            yield

    @contextmanager
    def postgres(self) -> Iterator[LocalPostgres]:
        """The database, running; it is stopped afterwards."""
        server = LocalPostgres(
            self.root / "postgres",
            port=self._settings()["port"],
            password=self._settings()["postgres"],
            durable=True,
        )
        _say("database: starting")
        server.start()
        try:
            yield server
        finally:
            _say("database: stopping")
            server.stop()

    def migrate(self) -> None:
        """Bring the database's schema up to date; raises LocalError."""
        settings = self._settings()
        self._run(
            ["db", "migrate"],
            DATABASE_ADMIN_URL=self.url("postgres", database="postgres"),
            MLOPS_OWNER_PASSWORD=settings["mlops_owner"],
            API_DB_PASSWORD=settings["api"],
            ANALYST_DB_PASSWORD=settings["analyst"],
        )

    def first_model(self) -> None:
        """Train if there is no model yet; raises LocalError."""
        self._run(["trainer", "train", "--if-none"])

    def trainer(self, arguments: list[str]) -> int:
        """Run a command of the trainer; its exit code."""
        command = [sys.executable, "-m", "trainer", *arguments]
        return subprocess.call(command, env=self._environment())

    def serve(self, port: int) -> int:
        """Run the api in the foreground until it ends or is interrupted; its exit code."""
        process = subprocess.Popen(
            [sys.executable, "-m", "api"],
            env=self._environment(DATABASE_URL=self.url("api"), PORT=str(port)),
            # Ctrl-C reaches the whole terminal: here it is passed on once, not received twice.
            start_new_session=True,
        )
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise

    def url(self, role: str, database: str = "mlops") -> str:
        """Connection URL of a role; raises LocalError before the first `make local`."""
        settings = self._settings()
        return f"postgresql://{role}:{settings[role]}@127.0.0.1:{settings['port']}/{database}"

    def _run(self, module: list[str], **environment: str) -> None:
        command = [sys.executable, "-m", *module]
        if code := subprocess.call(command, env=self._environment(**environment)):
            raise LocalError(f"python -m {' '.join(module)} failed with exit code {code}")

    def _environment(self, **more: str) -> dict[str, str]:
        own = {
            "MODELS_DIR": str(self.root / "models"),
            "SPOOL_DIR": str(self.root / "spool"),
            "LOG_FORMAT": "console",
        }
        return own | dict(os.environ) | more

    def _settings(self) -> dict[str, str]:
        """Port and passwords, made at the first start and kept."""
        path = self.root / "settings.json"
        if not path.exists():
            if not self.root.exists():
                raise LocalError("there is no local database yet: make local")
            made = {role: secrets.token_urlsafe(16) for role in _ROLES}
            path.touch(mode=0o600)
            path.write_text(json.dumps(made | {"port": str(_free_port())}))
        settings: dict[str, str] = json.loads(path.read_text())
        return settings


def free_to_use(port: int) -> None:
    """Check that the api can listen on `port`; raises LocalError."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise LocalError(
                f"port {port} is taken ({error.strerror}): choose another, as in"
                f" make local PORT={port + 1}"
            ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
