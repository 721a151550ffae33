"""The monitor's application with a page of the tests' own, served by this process."""

import hashlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse

from db.log.errors import PostgresAway
from monitor.app import create_app
from monitor.database import Database
from monitor.rounds import Rounds
from monitor.settings import MonitorSettings
from tests import plain

KEY = "a-key-that-nobody-else-has"
# A port of this machine that nobody listens on.
NOWHERE = "postgresql://monitor:test@127.0.0.1:1/mlops"

pages = APIRouter()


@pages.get("/", response_class=PlainTextResponse)
def page() -> str:
    return "the page"


@pages.get("/number")
def number(n: int) -> int:
    return n


@pages.get("/broken")
def broken() -> None:
    raise RuntimeError("a value that was sent")


@pages.get("/away")
def away() -> None:
    raise PostgresAway("connection to db.internal refused")


@pages.get("/counts")
def counts(request: Request) -> int:
    with request.app.state.database.snapshot() as connection:
        return len(connection.rows("SELECT 1"))


def entry(name: str, key: str) -> str:
    return f"{name}:{hashlib.sha256(key.encode()).hexdigest()}"


@contextmanager
def client(
    url: str = NOWHERE,
    *,
    keys: str | None = None,
    host: str = "",
    rounds: Rounds | None = None,
    webhook: str | None = None,
) -> Iterator[httpx.Client]:
    """A client of the application, which listens; `host` is the name that it calls it by."""
    given: dict[str, Any] = {"database_url": url, "monitor_keys": keys}
    given["alert_webhook_url"] = webhook
    settings = MonitorSettings(**given)
    app = create_app(settings, Database(url, settings.password, patience=2.0), pages, rounds)
    server = uvicorn.Server(uvicorn.Config(app, http="h11", log_config=None, access_log=False))
    listener = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        base = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with plain.Client(base_url=base, headers={"Host": host} if host else {}) as made:
            yield made
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
