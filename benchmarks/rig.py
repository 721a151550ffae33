"""Servers under test, in a temporary directory, on free ports, ended whatever happens."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg2

from benchmarks import rows
from local.postgres import LocalPostgres

ROOT = Path(__file__).parents[1]
_START_SECONDS = 120


class RigError(Exception):
    """A server did not start."""


@dataclass(frozen=True)
class Server:
    """A server that answers."""

    name: str
    port: int
    pid: int
    ready_seconds: float

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"


class Rig:
    """A migrated database, a trained model, and the servers that use them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = rows.data()
        self.rows = rows.Rows.of(self.data)
        self.plain_model = directory / "plain.joblib"
        self._passwords = {
            name: secrets.token_urlsafe(12) for name in ("owner", "api", "analyst", "monitor")
        }
        self._stack = ExitStack()
        self.postgres = LocalPostgres(
            directory / "postgres", port=free_port(), password=secrets.token_urlsafe(12)
        )

    def open(self) -> None:
        """Start the database, train, migrate."""
        # The server of the database runs as another user.
        self.directory.chmod(0o755)
        self.postgres.start("max_connections=100")
        self._stack.callback(self.postgres.stop)
        rows.train_plain(self.data, self.plain_model)
        self._run("db", "migrate", **self._migration())
        self._run("trainer", "train", **self._training())

    def close(self) -> None:
        """End everything that was started."""
        self._stack.close()

    def url(self, database: str = "mlops") -> str:
        """The superuser's URL of a database."""
        return f"{self.postgres.admin_url.removesuffix('/postgres')}/{database}"

    def logged(self) -> int:
        """Rows in prediction_log."""
        connection = psycopg2.connect(self.url())
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM prediction_log")
                return int(cursor.fetchone()[0])  # type: ignore[index]
        finally:
            connection.close()

    def ours(self, **settings: str) -> Server:
        """`python -m api`, with its defaults but for `settings`."""
        port = free_port()
        environment = {
            "PORT": str(port),
            "MODELS_DIR": str(self.directory / "models"),
            "SPOOL_DIR": str(self.directory / "spool"),
            "DATABASE_URL": f"postgresql://api@127.0.0.1:{self.postgres.port}/mlops",
            "DATABASE_PASSWORD": self._passwords["api"],
            **settings,
        }
        command = [sys.executable, "-m", "api"]
        return self.start("ours", command, port, path="/readyz", **environment)

    def bare(self, name: str) -> Server:
        """One of benchmarks/servers, run as the api runs itself."""
        port = free_port()
        command = [sys.executable, "-m", "uvicorn", f"benchmarks.servers.{name}:app"]
        command += ["--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop"]
        command += ["--http", "httptools", "--no-access-log", "--log-level", "warning"]
        environment = {"MODEL": str(self.plain_model), "DATABASE_URL": self.url()}
        return self.start(name, command, port, path="/openapi.json", **environment)

    def start(
        self, name: str, command: Sequence[str], port: int, *, path: str, **environment: str
    ) -> Server:
        """Start a server and wait until GET `path` is answered with 200; raises RigError."""
        began = time.monotonic()
        log_path = self.directory / f"{name}-{port}.log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                command, cwd=ROOT, env=_environment(environment), stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip
        self._stack.callback(_end, process)
        while not _answers(f"http://127.0.0.1:{port}{path}"):
            if process.poll() is not None or time.monotonic() - began > _START_SECONDS:
                raise RigError(f"{name} did not start: {log_path.read_text()[-3000:]}")
            time.sleep(0.01)
        return Server(name, port, process.pid, round(time.monotonic() - began, 3))

    def _run(self, *module: str, **environment: str) -> None:
        command = [sys.executable, "-m", *module]
        run = subprocess.run(
            command, cwd=ROOT, env=_environment(environment), capture_output=True, check=False
        )
        if run.returncode:
            raise RigError(f"{' '.join(module)} failed: {run.stderr.decode()[-2000:]}")

    def _migration(self) -> dict[str, str]:
        return {
            "DATABASE_ADMIN_URL": self.postgres.admin_url,
            "MLOPS_OWNER_PASSWORD": self._passwords["owner"],
            "API_DB_PASSWORD": self._passwords["api"],
            "ANALYST_DB_PASSWORD": self._passwords["analyst"],
            "MONITOR_DB_PASSWORD": self._passwords["monitor"],
        }

    def _training(self) -> dict[str, str]:
        settings = {
            "MODELS_DIR": str(self.directory / "models"),
            "DATA_DIR": str(self.directory),
        }
        real = os.environ.get("GMSC_CSV")
        return {**settings, "DATA_PATH": real} if real else settings


@contextmanager
def opened() -> Iterator[Rig]:
    """A rig, open; closed at the end, also where a signal is it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        rig = Rig(Path(name))
        try:
            rig.open()
            yield rig
        finally:
            rig.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _environment(more: dict[str, str]) -> dict[str, str]:
    """Nothing of the caller's settings: a benchmark measures the defaults."""
    kept = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
    return kept | {"PYTHONPATH": str(ROOT)} | more


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a server and whatever it has started."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
    # Each is the leader of a session of its own; some leave their children behind.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False
