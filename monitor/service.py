"""Serving the page and counting the log, until SIGTERM or SIGINT."""

import logging
import os
import signal
import socket
from functools import partial
from types import FrameType
from typing import NoReturn

import uvicorn
from fastapi import FastAPI

from contract.secret import SecretError
from monitor import round as rounds
from monitor.app import create_app
from monitor.database import Database
from monitor.errors import MonitorError
from monitor.incidents.watching import Watching
from monitor.lines import written
from monitor.page.routes import router
from monitor.references import References
from monitor.rounds import Rounds
from monitor.settings import MonitorSettings
from monitor.webhook.sender import Sender
from monitor.webhook.webhook import Webhook

_GRACE_SECONDS = 3
# What a reader's browser waits, at most, for a server that is frozen.
_PATIENCE_SECONDS = 25.0
# A page takes some dozen milliseconds: what waits longer than its reader would is refused (503).
_MOST_REQUESTS = 100
# The counts go before: of a long past so much is looked at in each round.
_LOOK_SECONDS = 20.0

logger = logging.getLogger("monitor")


def serve(settings: MonitorSettings) -> int:
    """Serve until a signal; the exit status: 1 where the port is taken or a key cannot be read."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    with written(settings):
        url = settings.database_url.get_secret_value()
        database = Database(url, settings.password, patience=_PATIENCE_SECONDS)
        try:
            models, keys = settings.models_dir, settings.signing_keys()
            watching = Watching.of(models, keys, settings.false_pages_per_year, _LOOK_SECONDS)
            once = partial(rounds.run, database, References(models, keys), watching=watching)
            app = create_app(
                *(settings, database, router),
                Rounds(once, settings.monitor_round_seconds),
                _sender(settings, database),
            )
            with _listen(settings) as listener:
                return _run(app, listener)
        except (MonitorError, SecretError) as error:
            logger.critical("%s", error)
            return 1


def _sender(settings: MonitorSettings, database: Database) -> Sender | None:
    webhook = Webhook.of(settings)
    return None if webhook is None else Sender(database, webhook)


def _run(app: FastAPI, listener: socket.socket) -> int:
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        limit_concurrency=_MOST_REQUESTS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except SystemExit:
        # Its own status for a failed start, of which it has said why.
        return 1
    return 0


def _listen(settings: MonitorSettings) -> socket.socket:
    """The socket to accept from; taken at once, so that a clash shows. Raises MonitorError."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    # A port that a service has just left is not taken.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.monitor_port))
        # Whoever comes once it is said waits for the server's start instead of being turned away.
        listener.listen()
    except OSError as error:
        listener.close()
        raise MonitorError(
            f"cannot listen on {settings.host}:{settings.monitor_port}: {error.strerror or error}:"
            " stop what uses the port, or set HOST and MONITOR_PORT"
        ) from error
    host, port, *_ = listener.getsockname()
    logger.info("the page is served on", extra={"fields": {"host": host, "port": port}})
    return listener


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    # Before the server listens to signals itself, and after it has stopped for one: at neither time
    # is anything open that wants to be closed, and half-made coroutines would complain.
    os._exit(0)
