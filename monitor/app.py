"""The application: the page, its figures for Prometheus, and whether it is well."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from contract.keys import Keys
from db.log.errors import PostgresAway
from monitor import sign_in
from monitor.database import Database
from monitor.guard import Guard
from monitor.incidents import api
from monitor.metrics import MEDIA_TYPE, Metrics
from monitor.problems import answer
from monitor.rounds import Rounds
from monitor.sessions import Sessions
from monitor.settings import MonitorSettings
from monitor.webhook.address import Address
from monitor.webhook.sender import Sender

# Less than a probe waits.
_PATIENCE_SECONDS = 1.5
_KNOWN = "SELECT to_regclass('public.rollup_state') IS NOT NULL"


def create_app(
    settings: MonitorSettings,
    database: Database,
    pages: APIRouter,
    rounds: Rounds | None = None,
    sender: Sender | None = None,
) -> FastAPI:
    """The application with these pages; while it runs, rounds are done and messages are sent.

    Raises SecretError where the keys cannot be read.
    """
    keys = read_keys(settings)
    sessions = Sessions()

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # The sender before the rounds: what the first of them finds is news for a new address.
        threads = [thread for thread in (sender, rounds) if thread is not None]
        for thread in threads:
            thread.start()
        yield
        for thread in threads:
            thread.stop()
        database.close()

    # The documents of an API would load their scripts from another host.
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.settings = settings
    app.state.database = database
    app.add_middleware(Guard, keys=keys, sessions=sessions)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(PostgresAway, _away)
    app.include_router(_facts(database, rounds, _webhook(settings)))
    app.include_router(sign_in.routes(keys, sessions))
    app.include_router(api.routes(guarded=bool(keys)))
    app.include_router(pages)
    return app


def read_keys(settings: MonitorSettings) -> Keys:
    """Who may see the page; raises SecretError."""
    text, file = settings.monitor_keys, settings.monitor_keys_file
    return Keys.read("MONITOR_KEYS", text, file, "python -m monitor.keys NAME")


def _webhook(settings: MonitorSettings) -> str | None:
    """By which the database knows the receiver of messages."""
    url = settings.alert_webhook_url
    return None if url is None else Address.parse(url.get_secret_value()).digest


def _facts(database: Database, rounds: Rounds | None, webhook: str | None) -> APIRouter:
    """What tells of the service itself."""
    router = APIRouter()
    figures = Metrics(database, rounds, webhook)

    @router.get("/metrics")
    def metrics() -> Response:
        return Response(figures.exposition(), media_type=MEDIA_TYPE)

    @router.get("/livez")
    async def livez(request: Request) -> Response:
        if rounds is not None and not rounds.alive:
            return answer(request, 503, "the thread that counts has ended: start the monitor again")
        return JSONResponse({"status": "ok"})

    @router.get("/readyz")
    def readyz(request: Request) -> Response:
        with database.snapshot(_PATIENCE_SECONDS) as connection:
            ((known,),) = connection.rows(_KNOWN)
        if not known:
            detail = "the database has no counts yet: run the migrator of this release"
            return answer(request, 503, detail)
        return JSONResponse({"status": "ok"})

    return router


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return answer(request, error.status_code, str(error.detail), error.headers)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    # Names of the parameters and rules; never a value, which may hold anything.
    said = [f"{item['loc'][-1]}: {item['msg']}" for item in error.errors()]
    return answer(request, 422, "; ".join(said))


async def _away(request: Request, _error: Exception) -> Response:
    # The reason names hosts and roles, which are for the operator: the rounds log it.
    detail = "Postgres does not answer, where all counts are. Predictions go on without it."
    return answer(request, 503, detail, {"Retry-After": "5"})
