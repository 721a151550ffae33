"""Serving until SIGTERM or SIGINT: the settings, the socket, the workers."""

import logging
import signal
import socket
import sys
from functools import partial
from types import FrameType
from typing import NoReturn

import uvicorn
from pydantic import ValidationError
from uvicorn.supervisors import Multiprocess

from api.http.connection import Connection
from api.http.keys import ApiKeys
from api.http.listener import bind
from api.main import check, create_app
from api.model.served import ServedModel
from api.settings import ApiSettings, StartError, complaints
from api.telemetry import logs
from api.telemetry.figures import SharedPages
from api.telemetry.metrics import SIZE
from db.log import LogSettings
from db.log.session import forget_libpq_variables

# With the log's LOG_CLOSE_SECONDS this stays under the ten seconds that Docker grants a stop.
_GRACE_SECONDS = 5
# For WORKERS at their most, and some more that a signal may add (SIGTTIN).
_MOST_PAGES = 80

logger = logging.getLogger("api")


def main() -> int:
    """Serve; the exit status."""
    try:
        settings, log_settings = ApiSettings(), LogSettings()
    except ValidationError as error:
        for complaint in complaints(error):
            print(complaint, file=sys.stderr)  # noqa: T201 -- there are no settings to log by
        return 2
    signal.signal(signal.SIGTERM, _stop)
    with logs.written(settings):
        _forget_libpq()
        try:
            with _listen(settings) as listener:
                if settings.workers == 1:
                    return _serve(settings, listener)
                _check_workers(settings, log_settings)
                return _serve(settings, listener, SharedPages(SIZE, _MOST_PAGES))
        except StartError as error:
            logger.critical("%s", error)
            return 1
        except KeyboardInterrupt:
            return 0


def _forget_libpq() -> None:
    """DATABASE_URL says it all."""
    if found := forget_libpq_variables():
        names = ", ".join(found)
        logger.warning("%s: not read; put what you mean into DATABASE_URL", names)


def _serve(settings: ApiSettings, listener: socket.socket, pages: SharedPages | None = None) -> int:
    config = uvicorn.Config(
        partial(create_app, settings, pages),
        factory=True,
        workers=settings.workers,
        loop="uvloop",
        http=Connection,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        headers=[("X-Content-Type-Options", "nosniff")],
        proxy_headers=False,
        backlog=2048,
        root_path=settings.root_path,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    if settings.workers > 1:
        Multiprocess(config, sockets=[listener]).run()
        return 0
    try:
        uvicorn.Server(config).run(sockets=[listener])
    except SystemExit as stop:
        # uvicorn's own status for a failed start, or that of `_stop`.
        return 1 if stop.code else 0
    return 0


def _listen(settings: ApiSettings) -> socket.socket:
    """The socket to accept from; taken before the model is read, so that a clash shows at once."""
    try:
        listener = bind(settings.host, settings.port, workers=settings.workers)
    except OSError as error:
        raise StartError(
            f"cannot listen on {settings.host}:{settings.port}: {error.strerror or error}:"
            " stop what uses the port, or set HOST and PORT"
        ) from error
    host, port, *_ = listener.getsockname()
    logger.info("will serve on", extra={"fields": {"host": host, "port": port}})
    return listener


def _check_workers(settings: ApiSettings, log_settings: LogSettings) -> None:
    """Raise StartError here: the supervisor would start failing workers for ever."""
    check(settings, log_settings)
    ApiKeys.read(settings.api_keys, settings.api_keys_file)
    ServedModel.load(settings)


def _stop(_signal: int, _frame: FrameType | None) -> NoReturn:
    # Before the server listens to signals itself, and after it has stopped for one.
    sys.exit(0)
