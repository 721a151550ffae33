"""How fast the monitor's page loads over a year of counts: python -m benchmarks.page [LOADS].

Six callers, two routes, ten features. `after a round` is the first load after each round, which
reads the counts; `within a round` the ones after it, which find them kept.

"""

import statistics
import sys
import threading
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import uvicorn

from db.migrate import migrate
from local.postgres import LocalPostgres
from tests.conftest import PASSWORD, Database, migrate_settings
from tests.monitor.page import story
from tests.monitor.page.conftest import application
from tests.ports import free_port

CALLERS = ("branch", "mobile", "broker", "partner", "web", "agent")
QUERIES = ("?last=P7D", "?last=P30D", "?last=P90D", "?last=P1Y", "?last=P1Y&by=day")


def main() -> None:
    loads = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    with TemporaryDirectory() as directory:
        path = Path(directory)
        path.chmod(0o755)
        server = LocalPostgres(path / "server", port=free_port(), password=PASSWORD, durable=False)
        server.start("max_connections=20")
        try:
            _measure(_filled(server), loads)
        finally:
            server.stop()


def _filled(server: LocalPostgres) -> Database:
    list(migrate(migrate_settings(server.admin_url, "page")))
    database = Database("page", server.port)
    story.register(database)
    routes = ("/predict", "/v2/models/gmsc/infer")
    story.tell(database, 365, callers=CALLERS, routes=routes, hours_of=29)
    story.add_outcomes(database, 365, callers=CALLERS)
    story.counted(database)
    database.query("ANALYZE")
    return database


def _measure(database: Database, loads: int) -> None:
    server = uvicorn.Server(uvicorn.Config(application(database), port=0, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    print(f"{'query':22} {'':16} {'median':>9} {'p95':>9}   size")
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        for query in QUERIES:
            after, within = [], []
            for _ in range(loads):
                story.counted(database)
                after.append(_load(client, query))
                within += [_load(client, query) for _ in range(3)]
            size = len(client.get(f"/{query}").content)
            _print(query, "after a round", after, size)
            _print("", "within a round", within, size)
    server.should_exit = True


def _load(client: httpx.Client, query: str) -> float:
    started = time.perf_counter()
    client.get(f"/{query}").raise_for_status()
    return 1000 * (time.perf_counter() - started)


def _print(query: str, name: str, found: list[float], size: int) -> None:
    p95 = statistics.quantiles(found, n=20)[-1]
    median = statistics.median(found)
    print(f"{query:22} {name:16} {median:6.0f} ms {p95:6.0f} ms   {size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
