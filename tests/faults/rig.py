"""A database, a proxy, the api and a load client, put together for one test."""

import asyncio
import os
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from tests.conftest import clone
from tests.faults.load import Load
from tests.faults.processes import resident_bytes, wait_until
from tests.faults.proxy import Mode, Proxy
from tests.faults.report import Result
from tests.faults.reporter import Reporter
from tests.faults.rounds import miscounted
from tests.faults.server import Server
from tests.faults.service import ROOT, Service
from tests.faults.verdict import Verdict, abandoned_rows, judge, logged_rows

Value = TypeVar("Value")

FULL = os.environ.get("FAULTS") == "full"

API_PASSWORD = "of-the-api"
MONITOR_PASSWORD = "of-the-monitor"
RETRAINING_PASSWORD = "of-the-retraining"
_TEMPLATE = "faults_template"

# The short form runs beside other tests: it asks less often, and no answer is refused because the
# machine was busy for two seconds. What LOG_WAIT_SECONDS promises, the tests of the spool say.
RATE = 300 if FULL else 150
_WAIT_SECONDS = "2" if FULL else "8"

# How long a fault may take to be over once it has ended.
RECOVERY_SECONDS = 45


class Rig:
    """Everything that a fault is done to. The load and the proxy run in a thread of their own."""

    def __init__(self, server: Server, models: Path, root: Path, **settings: str) -> None:
        self.server = server
        self.database = f"faults_{uuid.uuid4().hex[:8]}"
        self.spool = root / "spool"
        self.services: list[Service] = []
        self.proxy = Proxy(server.port)
        self.memory: dict[str, int] = {}
        self._root = root
        self._models = models
        self._given = settings
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._load: Load | None = None
        self._running: Future[None] | None = None
        self._sampling = threading.Event()

    def open(self) -> None:
        """Have a migrated database, and put the proxy in front of it."""
        self._clone()
        self._thread.start()
        self.await_(self.proxy.start())

    def close(self) -> None:
        """End everything that was started, whatever state it is in."""
        for service in self.services:
            service.kill()
        if self._thread.is_alive():
            self._sampling.set()
            self.await_(self._shut())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(5)
        self._loop.close()
        if self.server.answers():
            self.server.sql("postgres", f"DROP DATABASE IF EXISTS {self.database} WITH (FORCE)")

    def migrate(self, database: str | None = None) -> None:
        """`python -m db migrate`, for the rig's database unless another is named."""
        environment = {
            "DATABASE_ADMIN_URL": self.server.url("postgres"),
            "DATABASE_NAME": database or self.database,
            "MLOPS_OWNER_PASSWORD": "of-the-owner",
            "API_DB_PASSWORD": API_PASSWORD,
            "ANALYST_DB_PASSWORD": "of-the-analyst",
            "MONITOR_DB_PASSWORD": MONITOR_PASSWORD,
            "RETRAINING_DB_PASSWORD": RETRAINING_PASSWORD,
            "PATH": os.environ["PATH"],
        }
        result = subprocess.run(
            [sys.executable, "-m", "db", "migrate"],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert result.returncode == 0, result.stderr

    def service(self, *, faults: dict[str, Any] | None = None, **settings: str) -> Service:
        """Another api process, not started yet; the spool and the models are shared."""
        service = Service(
            settings={
                "MODELS_DIR": str(self._models),
                "SPOOL_DIR": str(self.spool),
                "DATABASE_URL": f"postgresql://api@127.0.0.1:{self.proxy.port}/{self.database}",
                "DATABASE_PASSWORD": API_PASSWORD,
                "LOG_LEVEL": "warning",
                "LOG_WAIT_SECONDS": _WAIT_SECONDS,
                **self._given,
                **settings,
            },
            log=self._root / f"api-{len(self.services)}.log",
            faults=faults or {},
        )
        self.services.append(service)
        return service

    @property
    def api(self) -> Service:
        """The first api."""
        return self.services[0] if self.services else self.service()

    @property
    def monitor_url(self) -> str:
        """Connection URL of the role that counts, past the proxy."""
        password = f"monitor:{MONITOR_PASSWORD}"
        return f"postgresql://{password}@127.0.0.1:{self.server.port}/{self.database}"

    @property
    def retraining_url(self) -> str:
        """Connection URL of the role that decides about retraining, past the proxy."""
        password = f"retraining:{RETRAINING_PASSWORD}"
        return f"postgresql://{password}@127.0.0.1:{self.server.port}/{self.database}"

    def miscounted(self) -> list[str]:
        """What is wrong with the counts of the log, once all of it is counted."""
        return miscounted(self.monitor_url)

    def network(self, mode: Mode) -> None:
        """How the network between the api and Postgres is from now on."""
        self.await_(self.proxy.set_mode(mode))

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement as superuser in the rig's database."""
        return self.server.sql(self.database, statement, *values)

    @contextmanager
    def load(self, *services: Service, rate: float = RATE) -> Iterator[Load]:
        """A load client at work on these services (default: the first)."""
        ports = [service.port for service in services or (self.api,)]
        load = self._load = Load(ports, rate=rate)
        self._running = self._submit(load.run())
        self._sampling.clear()
        sampler = threading.Thread(target=self._sample, args=(load,), daemon=True)
        sampler.start()
        try:
            yield load
        finally:
            self._loop.call_soon_threadsafe(load.stop)
            self._running.result(timeout=30)
            self._sampling.set()
            sampler.join(5)

    @contextmanager
    def reporter(self, service: Service) -> Iterator[Reporter]:
        """Somebody who reports outcomes to a service."""
        reporter = Reporter(service.port)
        reporter.start()
        try:
            yield reporter
        finally:
            reporter.stop()

    def verdict(self) -> Verdict:
        """Wait until nothing is pending, stop the services, and judge."""
        assert self._load is not None
        pending = self._settle()
        for service in self.services:
            if not service.ended:
                assert service.stop() < 10
        connection = self.server.connect(self.database)
        try:
            logged = logged_rows(connection, self._load.run_id)
        finally:
            connection.close()
        return judge(self._load.exchanges, logged, pending=pending + abandoned_rows(self.spool))

    def result(self, fault: str, verdict: Verdict) -> Result:
        """What goes into the table."""
        assert self._load is not None
        return Result.of(fault, self._load.exchanges, self.memory, verdict)

    def await_(self, work: Coroutine[Any, Any, Value], seconds: float = 30) -> Value:
        """Run a coroutine in the rig's event loop and wait for it."""
        return self._submit(work).result(timeout=seconds)

    def _clone(self) -> None:
        """A copy of a database that is migrated once for each server."""
        found = "SELECT 1 FROM pg_database WHERE datname = %s"
        if not self.server.sql("postgres", found, _TEMPLATE):
            self.migrate(_TEMPLATE)
        connection = self.server.connect("postgres")
        try:
            clone(connection, _TEMPLATE, self.database)
        finally:
            connection.close()

    def _submit(self, work: Coroutine[Any, Any, Value]) -> Future[Value]:
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _settle(self) -> int:
        """Wait for the spool to be drained; the rows that are not in Postgres even so."""
        living = [service for service in self.services if not service.ended]
        try:
            wait_until(
                lambda: self._pending(living) == 0,
                seconds=RECOVERY_SECONDS,
                what=f"the spool is drained: {[service.log_state() for service in living]}",
            )
        except AssertionError:
            return self._pending(living)
        return 0

    def _pending(self, living: list[Service]) -> int:
        """Rows that wait in living processes, and directories that nobody has adopted."""
        waiting = processes = 0
        for service in living:
            workers = int(service.settings.get("WORKERS", "1"))
            processes += workers
            # Each connection reaches any of the workers.
            looks = [service.log_state() for _ in range(1 if workers == 1 else 4 * workers)]
            waiting += max(int(look.get("rows_not_in_postgres", 1)) for look in looks)
        directories = [item for item in self.spool.glob("*-*") if not item.name.startswith(".")]
        return waiting + max(0, len(directories) - processes)

    def _sample(self, load: Load) -> None:
        ended = False
        while not ended:
            used = sum(resident_bytes(item.pid) for item in self.services if not item.ended)
            self.memory[load.phase] = max(self.memory.get(load.phase, 0), used)
            ended = self._sampling.wait(0.25 if FULL else 1)

    async def _shut(self) -> None:
        await self.proxy.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def pause(seconds: float) -> None:
    """Let the load go on for a while; the length of a phase, never a wait for something."""
    time.sleep(seconds)
