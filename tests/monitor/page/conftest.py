"""The page over a real PostgreSQL, served as the monitor serves it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from contract.keys import Keys
from monitor.database import Database as MonitorDatabase
from monitor.guard import Guard
from monitor.page.routes import router
from monitor.sessions import Sessions
from tests import plain
from tests.conftest import PASSWORD, Database


def application(database: Database) -> FastAPI:
    """As the monitor includes the page."""
    app = FastAPI()
    app.state.database = MonitorDatabase(database.url("monitor"), lambda: PASSWORD)
    app.add_middleware(Guard, keys=Keys(()), sessions=Sessions())
    app.include_router(router)
    return app


@contextmanager
def served(database: Database) -> Iterator[str]:
    """The page on a port of its own; yields its address."""
    database.query(f"GRANT CONNECT ON DATABASE {database.name} TO monitor")
    app = application(database)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    try:
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()
        app.state.database.close()


@pytest.fixture
def client(database: Database) -> Iterator[httpx.Client]:
    with served(database) as address, plain.Client(base_url=address) as client:
        yield client
