"""The application: what it is made of, what it opens and closes."""

import asyncio
import gc
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from anyio import CapacityLimiter
from fastapi import FastAPI
from psycopg2.extensions import parse_dsn
from pydantic import ValidationError
from starlette.middleware.cors import CORSMiddleware

from api import openapi, parent, status
from api.http import errors
from api.http.envelope import Envelope
from api.http.error_form import ErrorForms
from api.http.gate import Gate
from api.http.guard import Guard
from api.http.keys import ApiKeys
from api.http.route import Route
from api.http.shortcut import Shortcut
from api.http.state import State
from api.model.served import ServedModel
from api.model.serving import Serving
from api.model.watcher import ModelWatcher
from api.outcomes import routes as outcomes
from api.predictions import predict
from api.predictions.oip import errors as oip_errors
from api.predictions.oip import routes as oip
from api.settings import ApiSettings, StartError, TracingSettings, complaints
from api.telemetry import logs
from api.telemetry.access_log import AccessLog
from api.telemetry.figures import SharedFigures, SharedPages
from api.telemetry.metrics import Metrics
from contract.secret import SecretError
from contract.words import words
from db.log import LogSettings, PredictionLog, Reason
from db.settings import DEFAULT_PASSWORD
from outcomes.desk import OutcomeDesk

if TYPE_CHECKING:
    from api.telemetry.tracing import Tracing

TITLE = "Prediction service"
VERSION = "1"

_CORS_REQUEST_HEADERS = (
    *("Authorization", "Content-Type", "X-API-Key", "traceparent"),
    *("X-Client-Reference", "X-Event-Time", "X-Outcome-Due", "X-Request-ID"),
)

# Under way at once in one process; more of them would only wait for the database.
_OUTCOME_REQUESTS = 64

logger = logging.getLogger("api")


def create_app(settings: ApiSettings | None = None, pages: SharedPages | None = None) -> FastAPI:
    """The application; it opens nothing before its lifespan, not even its settings.

    `settings`: where they are read already, as CORS_ORIGINS wants. `pages` are where several
    workers share what they count.
    """
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        lifespan=lambda _: _lifespan(settings, pages),
        openapi_url=None,
        redirect_slashes=False,
        # Asking OpenTelemetry whether it is configured costs 9 microseconds a request.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.router.routes.extend([*predict.ROUTES, *oip.ROUTES, *outcomes.ROUTES])
    app.include_router(status.router)
    app.include_router(oip.router)
    app.router.route_class = Route
    openapi.install(app)
    app.add_middleware(Shortcut, routes=predict.ROUTES)
    if origins := words(settings.cors_origins if settings else None):
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=_CORS_REQUEST_HEADERS,
            expose_headers=["X-Request-ID", "Retry-After"],
        )
    app.add_middleware(Envelope)
    for error in errors.HANDLED:
        app.add_exception_handler(error, errors.handle)
    return app


@asynccontextmanager
async def _lifespan(given: ApiSettings | None, pages: SharedPages | None) -> AsyncIterator[State]:
    parent.follow()
    settings, log_settings = _settings(given)
    with logs.written(settings) as writer:
        try:
            check(settings, log_settings)
            keys = ApiKeys.read(settings.api_keys, settings.api_keys_file)
            model = ServedModel.load(settings)
            tracing = _tracing()
            page = SharedFigures(pages) if pages else None
        except StartError as error:
            logger.critical("%s", error)
            raise
        except Exception:
            logger.critical("the service cannot start", exc_info=True)
            raise
        model.announce()
        serving = Serving(model)
        reason: Reason = "pinned" if settings.model_version else "start"
        log = PredictionLog(log_settings, model.row_format, model.registration, reason=reason)
        log.start()
        metrics = Metrics(serving, log, page)
        metrics.start()
        desk = OutcomeDesk(log_settings.database_url.get_secret_value(), log_settings.password)
        _calm_collector()
        try:
            async with _watching(serving, settings, log):
                yield State(
                    settings=settings,
                    serving=serving,
                    log=log,
                    access_log=AccessLog(writer, settings),
                    metrics=metrics,
                    tracing=tracing,
                    keys=keys,
                    gate=Gate(
                        max_requests=settings.max_requests_in_flight,
                        max_bytes=settings.max_body_bytes_in_flight,
                    ),
                    guard=Guard(
                        allowed_hosts=words(settings.allowed_hosts),
                        origins=words(settings.cors_origins),
                    ),
                    error_forms=ErrorForms({oip_errors.ROOT: oip_errors.error_object}),
                    outcomes=desk,
                    outcomes_gate=Gate(
                        max_requests=_OUTCOME_REQUESTS,
                        max_bytes=4 * settings.max_outcomes_bytes,
                    ),
                    scoring=CapacityLimiter(max(1, (os.cpu_count() or 2) - 1)),
                )
        finally:
            if tracing is not None:
                tracing.stop()
            await desk.close()
            await log.close()
            metrics.close()
            if tracing is not None:
                await asyncio.to_thread(tracing.join)


@asynccontextmanager
async def _watching(
    serving: Serving, settings: ApiSettings, log: PredictionLog
) -> AsyncIterator[None]:
    """Swap to what becomes active, where the settings want that."""
    if settings.model_version is not None or settings.model_poll_seconds == 0:
        yield
        return
    watcher = ModelWatcher(
        serving, settings, switched=lambda model: log.activated(model.registration)
    )
    task = asyncio.create_task(watcher.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


def _settings(given: ApiSettings | None) -> tuple[ApiSettings, LogSettings]:
    try:
        return given or ApiSettings(), LogSettings()
    except ValidationError as error:
        reason = "; ".join(complaints(error))
        logger.critical("%s", reason)
        raise StartError(reason) from error


def _tracing() -> "Tracing | None":
    if not TracingSettings().wanted:
        return None
    from api.telemetry.tracing import Tracing  # noqa: PLC0415 -- 12 MB of libraries that few need

    return Tracing()


def _calm_collector() -> None:
    """Keep what start-up made out of every later collection, and collect less often.

    With the defaults a full collection walks the model's and the libraries' objects again and
    again: p99 at 64 connections was three times as high.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def check(settings: ApiSettings, log_settings: LogSettings) -> None:
    """Refuse settings that contradict each other or the environment; raises StartError."""
    _ = TracingSettings().wanted
    if settings.max_batch_rows > log_settings.log_max_rows_in_flight:
        raise StartError(
            "MAX_BATCH_ROWS is above LOG_MAX_ROWS_IN_FLIGHT: no such batch could ever be logged"
        )
    password = _password(log_settings)
    if password != DEFAULT_PASSWORD:
        return
    if settings.environment == "production":
        raise StartError(
            "the database's password is the default one, and ENVIRONMENT is production:"
            " give the role api another"
        )
    logger.warning("the database's password is the default one: good for trying it out, no more")


def _password(log_settings: LogSettings) -> str | None:
    parts = parse_dsn(log_settings.database_url.get_secret_value())
    if log_settings.database_password and log_settings.database_password_file:
        raise StartError(
            "DATABASE_PASSWORD and DATABASE_PASSWORD_FILE are both set: keep one of them"
        )
    try:
        return parts.get("password") or log_settings.password()
    except SecretError as error:
        raise StartError(str(error)) from error
